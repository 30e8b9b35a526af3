"""What the local OCI holds from the start: a function, what it may do, its topics, and what sets it off."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from .core.cloud import Cloud
from .core.identifiers import new_ocid
from .core.operations import Document
from .services.events.rules import Rules
from .services.functions.applications import Applications
from .services.functions.functions import Functions
from .services.functions.images import read_func_yaml
from .services.identity.dynamic_groups import DynamicGroups
from .services.identity.policies import Policies
from .services.notifications.subscriptions import Subscriptions
from .services.notifications.topics import Topics

# Of the dynamic group, the policy and the rule.
_NAME = "volume-backups"
FUNCTION = "create-volume-backup"
RESULTS, ALARMS = "backup-results", "backup-alarms"
# What the function may do in the compartment.
GRANTS = (
    "inspect compartments",
    "inspect volume-attachments",
    "inspect volume-groups",
    "manage boot-volume-backups",
    "manage volume-backups",
    "manage volume-group-backups",
    "read alarms",
    "read instances",
    "read metrics",
    "read queues",
    "use ons-topics",
    "use queue-push",
    "use volumes",
)
# What connectors and schedules may do in the compartment, which have to be allowed to do what they do.
_GRANTS_OF_SERVICES = (
    "use fn-invocation in {} where request.principal.type in ('serviceconnector', 'resourceschedule')",
    "use queue-pull in {} where request.principal.type = 'serviceconnector'",
    "read queues in {} where request.principal.type = 'serviceconnector'",
)
# What the function is subscribed to: tag changes and ended backups, never blockvolumes.* as a whole.
EVENT_TYPES = [
    f"com.oraclecloud.blockvolumes.{name}"
    for kind in ("volume", "bootvolume", "volumegroup")
    for name in (f"create{kind}.end", f"update{kind}", f"update{kind}.end", f"create{kind}backup.end")
]


@dataclass(frozen=True, slots=True)
class Stack:
    """The resources that are there from the start.

    Attributes:
        function: the function, named as its func.yaml says, or `create-volume-backup`.
        result_topic: the topic that it publishes to.
        alarm_topic: the topic for alarms.
        policy: what the function, connectors and schedules may do.
    """

    function: Document
    result_topic: Document
    alarm_topic: Document
    policy: Document


def create_stack(cloud: Cloud, config: Mapping[str, str]) -> Stack:
    """Create the stack; the function's configuration is `config`, TOPIC_ID and what the options set."""
    compartment = {"compartmentId": cloud.compartment_id}
    topics, functions = cloud.service(Topics), cloud.service(Functions)
    # Which subnet it is does not matter: the function's process has the network of its host.
    application = {**compartment, "displayName": cloud.options.application, "subnetIds": [new_ocid("subnet")]}
    described = read_func_yaml(cloud.options.image)
    function = functions.add(
        {
            "applicationId": cloud.service(Applications).add(application)["id"],
            "displayName": FUNCTION,
            "image": f"local/{described.get('displayName', FUNCTION)}:latest",
            "memoryInMBs": 256,
            "timeoutInSeconds": 300,
            **described,
        }
    )
    result_topic = topics.add({**compartment, "name": RESULTS})
    alarm_topic = topics.add({**compartment, "name": ALARMS})
    functions.configure(function, {**config, "TOPIC_ID": result_topic["id"], **cloud.options.config})
    stack = Stack(function, result_topic, alarm_topic, _allow(cloud, function))
    if cloud.options.wired:
        _wire(cloud, stack)
    return stack


def _allow(cloud: Cloud, function: Document) -> Document:
    """Make a dynamic group of the function alone, and return the policy that allows it what it does."""
    named = {"compartmentId": cloud.tenancy_id, "name": _NAME, "description": "There from the start"}
    rule = f"ALL {{resource.type = 'fnfunc', resource.id = '{function['id']}'}}"
    cloud.service(DynamicGroups).add({**named, "matchingRule": rule})
    within = f"compartment id {cloud.compartment_id}"
    statements = [
        *(f"Allow dynamic-group {_NAME} to {grant} in {within}" for grant in (*GRANTS, *cloud.options.grants)),
        f"Allow dynamic-group {_NAME} to use tag-namespaces in tenancy",
        *(f"Allow any-user to {grant.format(within)}" for grant in _GRANTS_OF_SERVICES),
    ]
    return cloud.service(Policies).add({**named, "statements": statements})


def _wire(cloud: Cloud, stack: Stack) -> None:
    """Subscribe the function to the alarm topic and to the events that it acts on."""
    compartment, function_id = {"compartmentId": cloud.compartment_id}, stack.function["id"]
    subscription = {"topicId": stack.alarm_topic["id"], "protocol": "ORACLE_FUNCTIONS", "endpoint": function_id}
    cloud.service(Subscriptions).add({**compartment, **subscription})
    rule = {
        "displayName": _NAME,
        "isEnabled": True,
        "condition": json.dumps({"eventType": EVENT_TYPES}),
        "actions": {"actions": [{"actionType": "FAAS", "isEnabled": True, "functionId": function_id}]},
    }
    cloud.service(Rules).add({**compartment, **rule})
