"""Every answer of every operation is what Oracle's SDK expects: its keys, their types, the values of enumerations.

The sweep calls each operation of each service once, with what a request of it needs: services that are added have to
be called here, too. The answers that all other tests cause are held to the same by `tests.world`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import oci
import pytest

from emulator import LocalOci
from emulator.core.operations import Operation
from emulator.core.resources import Resources
from tests.answers import NOT_IN_SDK, deviations, expected_of
from tests.world import World, world

Ids = dict[str, str]
Body = dict[str, Any]
_VERSIONS = re.compile(r"\{version:([\w|]+)\}")
_ON_THE_WAY = re.compile(r"(?!RUNNING|PENDING)\w+ING|REQUEST_RECEIVED|COMMITTED|ACCEPTED")
KEY = "ocid1.key.oc1.iad.vault.key"

# What makes each resource, in an order in which each finds what it needs. A resource's OCID is known from then on by
# the path parameter that names it.
CREATIONS: dict[str, Callable[[Ids], Body]] = {
    "CreateCompartment": lambda ids: {"compartmentId": ids["tenancyId"], "name": "swept", "description": "d"},
    "CreateDynamicGroup": lambda ids: {
        "compartmentId": ids["tenancyId"],
        "name": "swept",
        "description": "d",
        "matchingRule": f"ALL {{resource.type = 'fnfunc', resource.compartment.id = '{ids['root']}'}}",
    },
    "CreatePolicy": lambda ids: {
        "compartmentId": ids["tenancyId"],
        "name": "swept",
        "description": "d",
        "statements": ["Allow group Administrators to manage all-resources in tenancy"],
    },
    "CreateVcn": lambda ids: {"compartmentId": ids["root"], "cidrBlocks": ["10.90.0.0/16"]},
    "CreateServiceGateway": lambda ids: {
        "compartmentId": ids["root"],
        "vcnId": ids["vcnId"],
        "services": [{"serviceId": ids["serviceId"]}],
    },
    "CreateRouteTable": lambda ids: {"compartmentId": ids["root"], "vcnId": ids["vcnId"], "routeRules": []},
    "CreateSecurityList": lambda ids: {
        "compartmentId": ids["root"],
        "vcnId": ids["vcnId"],
        "egressSecurityRules": [],
        "ingressSecurityRules": [],
    },
    "CreateSubnet": lambda ids: {"compartmentId": ids["root"], "vcnId": ids["vcnId"], "cidrBlock": "10.90.0.0/26"},
    "CreateVolumeBackupPolicy": lambda ids: {
        "compartmentId": ids["root"],
        "schedules": [{"backupType": "FULL", "period": "ONE_DAY", "retentionSeconds": 86400, "hourOfDay": 3}],
    },
    "CreateVolume": lambda ids: {
        "compartmentId": ids["root"],
        "availabilityDomain": "AD-1",
        "autotunePolicies": [{"autotuneType": "DETACHED_VOLUME"}],
        "sourceDetails": {"type": "volume", "id": ids["aVolume"]},
    },
    "CreateBootVolume": lambda ids: {
        "compartmentId": ids["root"],
        "sourceDetails": {"type": "bootVolume", "id": ids["aBootVolume"]},
    },
    "CreateVolumeGroup": lambda ids: {
        "compartmentId": ids["root"],
        "availabilityDomain": "AD-1",
        "sourceDetails": {"type": "volumeIds", "volumeIds": [ids["volumeId"], ids["bootVolumeId"]]},
    },
    "CreateVolumeBackupPolicyAssignment": lambda ids: {"assetId": ids["volumeId"], "policyId": ids["backupPolicyId"]},
    "CreateVolumeBackup": lambda ids: {
        "volumeId": ids["volumeId"],
        "retentionPeriod": {"retentionTimeUnit": "DAYS", "retentionTimeAmount": 1},
    },
    "CreateBootVolumeBackup": lambda ids: {"bootVolumeId": ids["bootVolumeId"]},
    "CreateVolumeGroupBackup": lambda ids: {"volumeGroupId": ids["volumeGroupId"]},
    "LaunchInstance": lambda ids: {
        "compartmentId": ids["root"],
        "availabilityDomain": "AD-1",
        "shape": "VM.Standard.E4.Flex",
        "shapeConfig": {"ocpus": 2, "memoryInGBs": 32},
    },
    "AttachVolume": lambda ids: {
        "instanceId": ids["instanceId"],
        "volumeId": ids["volumeId"],
        "type": "iscsi",
        "useChap": True,
    },
    "CreateTopic": lambda ids: {"compartmentId": ids["root"], "name": "swept"},
    "CreateSubscription": lambda ids: {
        "compartmentId": ids["root"],
        "topicId": ids["topicId"],
        "protocol": "EMAIL",
        "endpoint": "ops@example.com",
    },
    "CreateAlarm": lambda ids: {
        "compartmentId": ids["root"],
        "metricCompartmentId": ids["root"],
        "displayName": "swept",
        "namespace": "oci_blockstore",
        "query": "VolumeReadOps[1m].sum() > 1",
        "severity": "CRITICAL",
        "destinations": [ids["topicId"]],
        "isEnabled": True,
        "suppression": {"timeSuppressFrom": "2030-01-01T00:00:00Z", "timeSuppressUntil": "2030-01-02T00:00:00Z"},
    },
    "CreateApplication": lambda ids: {
        "compartmentId": ids["root"],
        "displayName": "swept",
        "subnetIds": [ids["subnetId"]],
    },
    "CreateFunction": lambda ids: {
        "applicationId": ids["applicationId"],
        "displayName": "swept",
        "image": "local/create-volume-backup:latest",
        "memoryInMBs": 256,
        "config": {"TOPIC_ID": ids["topicId"]},
    },
    "CreateRule": lambda ids: {
        "compartmentId": ids["root"],
        "displayName": "swept",
        "isEnabled": False,
        "condition": "{}",
        "actions": {"actions": [{"actionType": "FAAS", "isEnabled": True, "functionId": ids["functionId"]}]},
    },
    "CreateQueue": lambda ids: {"compartmentId": ids["root"], "displayName": "swept"},
    "PutMessages": lambda _: {"messages": [{"content": "one"}, {"content": "two"}, {"content": "three"}]},
    "CreateServiceConnector": lambda ids: {
        "compartmentId": ids["root"],
        "displayName": "swept",
        "source": {"kind": "streaming", "streamId": "ocid1.stream.oc1.iad.a", "cursor": {"kind": "LATEST"}},
        "target": {"kind": "functions", "functionId": ids["functionId"]},
    },
    "CreateLogGroup": lambda ids: {"compartmentId": ids["root"], "displayName": "swept"},
    "CreateLog": lambda ids: {
        "displayName": "swept",
        "logType": "SERVICE",
        "configuration": {
            "source": {
                "sourceType": "OCISERVICE",
                "service": "functions",
                "resource": ids["applicationId"],
                "category": "invoke",
            }
        },
    },
    "CreateSchedule": lambda ids: {
        "compartmentId": ids["root"],
        "action": "START_RESOURCE",
        "recurrenceType": "CRON",
        "recurrenceDetails": "0 2 * * *",
        "resources": [{"id": ids["functionId"]}],
    },
}
# What other operations need in their bodies; a change sets a tag, and a move is one to the tenancy.
BODIES: dict[str, Callable[[Ids], Any]] = {
    "UpdateVolumeKmsKey": lambda _: {"kmsKeyId": KEY},
    "UpdateBootVolumeKmsKey": lambda _: {"kmsKeyId": KEY},
    **dict.fromkeys(
        ("CopyVolumeBackup", "CopyBootVolumeBackup", "CopyVolumeGroupBackup"),
        lambda _: {"destinationRegion": "us-phoenix-1"},
    ),
    "PublishMessage": lambda _: {"title": "t", "body": "b"},
    "PostMetricData": lambda ids: {
        "metricData": [
            {
                "namespace": "swept",
                "compartmentId": ids["root"],
                "name": "backups",
                "dimensions": {"volume": "a"},
                "datapoints": [{"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "value": 1.0}],
            }
        ]
    },
    "ListMetrics": lambda _: {"namespace": "swept"},
    "RemoveAlarmSuppression": lambda _: None,
    "SearchResources": lambda _: {
        "type": "Structured",
        "query": "query volume resources return allAdditionalFields where lifeCycleState != 'TERMINATED'",
    },
    "UpdateTopic": lambda _: {"description": "swept"},
    "InvokeFunction": lambda _: [],
    "PurgeQueue": lambda _: {"purgeType": "DLQ"},
    "UpdateMessage": lambda _: {"visibilityInSeconds": 60},
    "UpdateMessages": lambda ids: {"entries": [{"receipt": ids["secondReceipt"], "visibilityInSeconds": 60}]},
    "DeleteMessages": lambda ids: {"entries": [{"receipt": ids["secondReceipt"]}]},
    **dict.fromkeys(("InstanceAction", "ResendSubscriptionConfirmation"), lambda _: None),
    **dict.fromkeys(("ActivateServiceConnector", "DeactivateServiceConnector"), lambda _: None),
    **dict.fromkeys(("ActivateSchedule", "DeactivateSchedule"), lambda _: None),
}
QUERIES: dict[str, Callable[[Ids], Ids]] = {
    "InstanceAction": lambda _: {"action": "STOP"},
    "GetVolumeBackupPolicyAssetAssignment": lambda ids: {"assetId": ids["volumeId"]},
    "ListBootVolumeAttachments": lambda ids: {
        "compartmentId": ids["root"],
        "availabilityDomain": "Iocq:US-ASHBURN-AD-1",
    },
    "ListFunctions": lambda ids: {"applicationId": ids["applicationId"]},
    "ListCompartments": lambda ids: {"compartmentId": ids["tenancyId"]},
    "ListPolicies": lambda ids: {"compartmentId": ids["tenancyId"]},
    "ListDynamicGroups": lambda ids: {"compartmentId": ids["tenancyId"]},
    "ListSubscriptions": lambda ids: {"compartmentId": ids["root"], "topicId": ids["topicId"]},
    "GetMessages": lambda _: {"timeoutInSeconds": "0"},
    **dict.fromkeys(
        ("GetConfirmSubscription", "GetUnsubscription"), lambda ids: {"token": ids["token"], "protocol": "EMAIL"}
    ),
}
# The SDK calls the parameter one way, and the body another.
ALSO_KNOWN_AS = {
    "CreateVolumeBackupPolicy": "backupPolicyId",
    "CreateSubscription": "id",
    "LaunchInstance": "bootVolumeAttachmentId",
}


class Sweep:
    """Calls each operation of a local OCI, once."""

    def __init__(self, cloud: World) -> None:
        self.oci: LocalOci = cloud.oci
        self.operations = {declared.name: (declared, method) for declared, method in cloud.oci.operations()}
        self.ids: Ids = {
            "root": cloud.oci.compartment_id,
            # Of a resource type of Resource Search.
            "name": "Volume",
            "tenancyId": cloud.oci.cloud.tenancy_id,
            "aVolume": cloud.volume(),
            "aBootVolume": cloud.boot_volume(),
        }
        self.own: dict[Any, str] = {}
        self.refused: dict[str, str] = {}

    def run(self) -> None:
        services = self.oci.operator.call("GET", "/20160918/services")
        self.ids["serviceId"] = services[0]["id"]
        plugins = self.oci.operator.call("GET", "/20200909/connectorPlugins")
        self.ids["connectorPluginName"] = plugins["items"][0]["name"]
        for name, body in CREATIONS.items():
            self._create(name, body(self.ids))
        # The link in a mail ends the subscription.
        self._call(self.operations["GetUnsubscription"][0])
        self._create("CreateSubscription", CREATIONS["CreateSubscription"](self.ids))
        done = {*CREATIONS, "GetUnsubscription"}
        others = [declared for declared, _ in self.operations.values() if declared.name not in done]
        for method in ("GET", "PUT", "POST"):
            # What is active is deactivated first.
            for declared in sorted(others, key=lambda declared: declared.name.startswith("Activate")):
                if declared.method == method:
                    self._call(declared)
        for declared in sorted(others, key=self._deletion_order):
            if declared.method == "DELETE":
                self._call(declared)

    def _deletion_order(self, declared: Operation) -> tuple[int, int]:
        """The latest resource first, and parts before the whole."""
        order = [self._service(name) for name in CREATIONS]
        service = self._service(declared.name)
        return -order.index(service) if service in order else 0, -len(declared.path)

    def _service(self, name: str) -> Any:
        return self.operations[name][1].__self__  # type: ignore[attr-defined]  # operations are bound methods

    def _create(self, name: str, body: Body) -> None:
        declared = self.operations[name][0]
        service = self._service(name)
        self._send(declared, self._path(declared), body, {})
        assert self.refused == {}
        if name != "PutMessages":
            ocid = self.oci.run(lambda: list(service.collection.documents)[-1])
            self.own[service] = self.ids[service.parameter] = ocid
            self.ids[ALSO_KNOWN_AS.get(name, service.parameter)] = ocid
            self._settle(service)
        if name == "CreateSubscription":
            # It is in the mail that asks for confirmation.
            self.ids["token"] = self.oci.run(lambda: service.collection.get(ocid)["token"])

    def _call(self, declared: Operation) -> None:
        if NOT_IN_SDK.match(declared.path):
            return
        move = {"compartmentId": self.ids["tenancyId"]}
        change = {"freeformTags": {"swept": "yes"}}
        default = move if declared.name.endswith("Compartment") and declared.method == "POST" else change
        body = None
        if declared.method in {"PUT", "POST"}:
            body = BODIES[declared.name](self.ids) if declared.name in BODIES else default
        by_compartment = {"compartmentId": self.ids["root"]}
        is_read = declared.method == "GET" or declared.name == "ListMetrics"
        query = by_compartment if is_read else {}
        if declared.name in QUERIES:
            query = QUERIES[declared.name](self.ids)
        if "workRequestId" in declared.path or declared.name == "ListWorkRequests":
            self._call_of_work_requests(declared, query)
            return
        answer = self._send(declared, self._path(declared), body, query)
        if declared.name == "GetMessages" and answer:
            receipts = [message["receipt"] for message in answer["messages"]]
            self.ids["messageReceipt"], self.ids["secondReceipt"] = receipts[:2]
        self._settle(self._service(declared.name))

    def _call_of_work_requests(self, declared: Operation, query: Ids) -> None:
        versions = _VERSIONS.match(declared.path.removeprefix("/"))
        assert versions
        for version in versions[1].split("|"):
            found = self.oci.operator.call("GET", f"/{version}/workRequests", compartmentId=self.ids["root"])
            items = found if isinstance(found, list) else found["items"]
            assert items, version
            path = declared.path.replace(versions[0], version).replace("{workRequestId}", items[0]["id"])
            self._send(declared, path, None, query)

    def _path(self, declared: Operation) -> str:
        service = self._service(declared.name)
        path = _VERSIONS.sub(lambda versions: versions[1].split("|")[-1], declared.path)
        # Two kinds of policies are called `policyId`.
        names = {**self.ids, **({service.parameter: self.own[service]} if service in self.own else {})}
        return re.sub(r"\{(\w+)\}", lambda name: names[name[1]], path)

    def _send(self, declared: Operation, path: str, body: Any, query: Ids) -> Any:
        try:
            return self.oci.operator.call(declared.method, path, body, **query)
        except oci.exceptions.ServiceError as error:
            self.refused[declared.name] = f"{error.status} {error.code}: {error.message}"
            return None

    def _settle(self, service: Any) -> None:
        """Wait until all resources of a service have come to rest."""
        if not isinstance(service, Resources):
            return
        until = time.monotonic() + 20

        def moving() -> list[str]:
            states = [str(document.get("lifecycleState")) for document in service.collection.documents.values()]
            return [state for state in states if _ON_THE_WAY.fullmatch(state)]

        while self.oci.run(moving):
            assert time.monotonic() < until, service
            time.sleep(0.002)


@pytest.fixture(scope="module")
def sweep() -> Iterator[Sweep]:
    with world() as cloud:
        sweep = Sweep(cloud)
        sweep.run()
        yield sweep


def test_every_operation_is_one_of_the_sdk(sweep: Sweep) -> None:
    for declared, _ in sweep.operations.values():
        versions = _VERSIONS.search(declared.path)
        for version in versions[1].split("|") if versions else [""]:
            path = _VERSIONS.sub(version, declared.path)
            known = expected_of(declared.name, declared.method, path)
            assert NOT_IN_SDK.match(path) or known, (declared.name, path)


def test_every_operation_is_called_by_the_sweep_and_answers(sweep: Sweep) -> None:
    assert sweep.refused == {}
    answered = {
        entry.details["operation"] for entry in sweep.oci.journal.entries("request") if entry.details["status"] < 300
    }
    known = {declared.name for declared, _ in sweep.operations.values() if not NOT_IN_SDK.match(declared.path)}
    assert known - answered == set()


def test_every_answer_is_what_the_sdk_expects(sweep: Sweep) -> None:
    assert list(deviations(sweep.oci.journal.all())) == []
