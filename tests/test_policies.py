"""Policies decide what functions, connectors and schedules may do, and the stack's give the function what it needs."""

from __future__ import annotations

import itertools
import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import oci
import pytest
from oci.identity import models

from emulator import LocalOci, Options
from emulator.services.functions.functions import Functions
from emulator.services.identity.authorization import Authorization
from emulator.services.identity.dynamic_groups import DynamicGroups
from emulator.services.identity.permissions import FAMILIES, PERMISSIONS, RESOURCE_TYPES, permissions_of
from emulator.services.identity.policy_language import parse_rule, parse_statement
from emulator.services.identity.required_permissions import OPERATIONS, OPERATIONS_OF_VERSIONS, WHERE_NAMED
from emulator.services.resource_scheduler.schedules import Schedules
from emulator.stack import GRANTS
from handlers.domain.operations import Operation
from tests.function_client import FunctionClient
from tests.sdk_clients import client_of, refusal
from tests.test_deploy import DEPLOY, stack, unquoted
from tests.test_deploy import OPERATIONS as FUNCTION_OPERATIONS
from tests.world import World, world

GROUP = "of-the-tests"
ELSEWHERE = "ocid1.compartment.oc1..aaaaelsewhere"


# The tables


def test_every_signed_operation_is_in_the_table_of_permissions() -> None:
    local = LocalOci(Options())
    local.stop()
    served = {operation.name for operation, _ in local.operations() if operation.signed}
    assert served - set(OPERATIONS) == set()


def test_every_permission_that_an_operation_needs_is_given_by_a_verb() -> None:
    tables = [OPERATIONS, *OPERATIONS_OF_VERSIONS.values(), *WHERE_NAMED.values()]
    needed = {permission for table in tables for permissions in table.values() for permission in permissions}
    assert needed - PERMISSIONS == set()


def test_every_verb_gives_what_the_one_before_it_gives_and_a_family_what_its_members_give() -> None:
    for name in (*RESOURCE_TYPES, *FAMILIES):
        given = [permissions_of(verb, name) for verb in ("inspect", "read", "use", "manage")]
        assert all(less <= more for less, more in itertools.pairwise(given)), name
    for name, members in FAMILIES.items():
        copies = {"VOLUME_BACKUP_COPY", "BOOT_VOLUME_BACKUP_COPY"} if name == "volume-family" else set()
        held = permissions_of("use", name)
        assert not copies & held
        assert all(permissions_of("use", member) - copies <= held for member in members), name


def test_the_local_ocis_own_stack_allows_what_the_functions_operations_need() -> None:
    assert set(GRANTS) == {grant for operation in FUNCTION_OPERATIONS for grant in operation.grants}


# The language

IN = "in tenancy"
MEANT = [
    ("Allow dynamic-group f to inspect volumes in tenancy", "VOLUME_INSPECT"),
    ("ALLOW  Dynamic-Group F\n TO Read VOLUME-BACKUPS IN Tenancy", "VOLUME_BACKUP_INSPECT VOLUME_BACKUP_READ"),
    ("allow any-user to {volume_write, VOLUME_INSPECT} in compartment A:B", "VOLUME_INSPECT VOLUME_WRITE"),
    ("allow group A, B to use queue-push in compartment id ocid1.compartment.oc1..a", "QUEUE_PUT"),
    ("allow service blockstorage to use key-delegate in tenancy", "KEY_ASSOCIATE KEY_DISASSOCIATE"),
]


@pytest.mark.parametrize(("statement", "permissions"), MEANT)
def test_a_statement_is_read_in_whatever_case_and_spacing(statement: str, permissions: str) -> None:
    assert parse_statement(statement).permissions == set(permissions.split())


MISUNDERSTOOD = {
    "Deny any-user to use volumes in tenancy": "expected 'allow' at character 1, and found 'Deny'",
    "Allow any-user too use volumes in tenancy": "expected 'to' at character 16, and found 'too'",
    "Allow any-user to use volume in tenancy": "'volume' at character 23 is not a resource type that",
    "Allow any-user to {VOLUMES_READ} in tenancy": "'VOLUMES_READ' at character 20 is not a permission that the local",
    "Allow any-user to use volumes": "expected 'in' at character 30, and found the end",
    "Allow any-user to use volumes in tenancy where target.function.id = 'a'": "'target.function.id' is not a variable",
    "Allow any-user to use volumes in tenancy where request.operation = GetVolume'": 'at character 77, and found "\'"',
    "Allow any-user to use volumes in tenancy where all {request.operation = 'a'": "expected ',' or '}' at character",
    "Allow any-user to use volumes in tenancy where request.utc-timestamp before '2026'": "'before'",
}


@pytest.mark.parametrize("statement", MISUNDERSTOOD)
def test_what_is_not_understood_is_refused_when_the_policy_is_made_with_the_place(cloud: World, statement: str) -> None:
    identity = client_of(oci.identity.IdentityClient, cloud)
    details = models.CreatePolicyDetails(
        compartment_id=cloud.oci.cloud.tenancy_id, name="n", description="d", statements=[*MEANT[0][:1], statement]
    )
    status, code, message = refusal(identity.create_policy, details)
    assert (status, code) == (400, "InvalidParameter")
    assert message.startswith("statements[1] is not understood: ")
    assert MISUNDERSTOOD[statement] in message


def test_a_policy_may_only_be_about_compartments_below_its_own_which_names_are_looked_up_from(cloud: World) -> None:
    identity = client_of(oci.identity.IdentityClient, cloud)
    within = {cloud.oci.cloud.tenancy_id: "compartment backups", cloud.oci.compartment_id: "compartment Backups"}
    for compartment_id, location in within.items():
        made = {"compartment_id": compartment_id, "name": f"n-{secrets.token_hex(4)}", "description": "d"}
        for wrong in ("compartment backups:nowhere", "compartment nowhere"):
            statements = [f"Allow any-group to use volumes in {wrong}"]
            described = models.CreatePolicyDetails(**made, statements=statements)
            assert "not part of the policy compartment subtree" in refusal(identity.create_policy, described)[2]
        described = models.CreatePolicyDetails(**made, statements=[f"Allow group g to use volumes in {location}"])
        identity.delete_policy(identity.create_policy(described).data.id)
    described.statements = ["Allow group g to use volumes in tenancy"]
    assert "The tenancy does not exist or is not part" in refusal(identity.create_policy, described)[2]


VARIABLES = {"request.operation": "GetVolume", "target.compartment.name": "Backups", "target.queue.id": "q1"}
HOLDS = {
    "request.operation = 'getvolume'": True,
    "request.operation != 'GetVolume'": False,
    "request.operation = /Get*/": True,
    "request.operation = /*Vol*/": True,
    "request.operation = '*.pdf'": False,
    "request.operation in ('ListVolumes', /get*/)": True,
    "request.operation not in ('ListVolumes', 'DeleteVolume')": True,
    "request.operation not in ('ListVolumes', 'GetVolume')": False,
    "all {request.operation = 'GetVolume', target.queue.id = 'q1'}": True,
    "all {request.operation = 'GetVolume', target.queue.id = 'q2'}": False,
    "any {request.operation = 'ListVolumes', all {target.queue.id = 'q1', target.compartment.name = 'backups'}}": True,
    "request.principal.id = 'x'": False,
    "request.principal.id != 'x'": False,
    "request.principal.id not in ('x')": False,
    "any {request.principal.id != 'x', target.queue.id = 'q1'}": True,
    "target.queue.id = target.queue.id": True,
    "target.queue.id = request.operation": False,
    "target.queue.id != request.principal.id": True,
}


@pytest.mark.parametrize("condition", HOLDS)
def test_a_condition_on_a_variable_that_does_not_apply_is_false(condition: str) -> None:
    parsed = parse_statement(f"Allow any-user to use volumes in tenancy where {condition}").condition
    assert parsed is not None
    assert parsed.holds(VARIABLES) is HOLDS[condition]


RULES = {
    "resource.type = 'FnFunc'": True,
    "resource.type != 'fnfunc'": False,
    "ALL {resource.type = 'fnfunc', resource.compartment.id = 'c'}": True,
    "All {resource.type = 'fnfunc', resource.id = 'other'}": False,
    "Any {resource.id = 'other', resource.id = 'f'}": True,
    "instance.compartment.id = 'c'": False,
    "instance.id != 'c'": False,
    "tag.department.operations.value": True,
    "tag.department.operations.value = '45'": True,
    "tag.department.operations.value = '46'": False,
    "tag.department.other.value": False,
}


@pytest.mark.parametrize("rule", RULES)
def test_a_matching_rule_chooses_by_type_ocid_compartment_and_tag(rule: str) -> None:
    function = {"resource.type": "fnfunc", "resource.id": "f", "resource.compartment.id": "c"}
    assert parse_rule(rule).holds({**function, "tag.department.operations.value": "45"}) is RULES[rule]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("resource.kind = 'fnfunc'", "'resource.kind' is not a variable that the local OCI knows"),
        ("ALL {resource.type = fnfunc}", "expected a value in single quotes at character 22, and found 'fnfunc}'"),
    ],
)
def test_a_matching_rule_that_is_not_understood_is_refused(cloud: World, rule: str, words: str) -> None:
    identity = client_of(oci.identity.IdentityClient, cloud)
    details = models.CreateDynamicGroupDetails(
        compartment_id=cloud.oci.cloud.tenancy_id, name="n", description="d", matching_rule=rule
    )
    assert refusal(identity.create_dynamic_group, details) == (
        400,
        "InvalidParameter",
        f"matchingRule is not understood: {words}",
    )


# The decisions


@dataclass(frozen=True)
class Allowed:
    """A world whose function may do what `allow` says, and its client."""

    cloud: World
    policy_id: str
    group_id: str
    client: FunctionClient

    def allow(self, *statements: str) -> None:
        """Let the function's policy have these statements, in which C is the compartment and DG the dynamic group."""
        compartment = f"compartment id {self.cloud.oci.compartment_id}"
        texts = [
            text.replace(" in C", f" in {compartment}").replace("DG", f"dynamic-group {GROUP}") for text in statements
        ]
        self.cloud.oci.operator.call("PUT", f"/20160918/policies/{self.policy_id}", {"statements": texts})


@pytest.fixture(scope="module")
def _allowed() -> Iterator[Allowed]:
    with world(publishes_per_minute=100_000, own_stack=True) as cloud:
        local = cloud.oci
        rule = f"ALL {{resource.type = 'fnfunc', resource.id = '{local.function['id']}'}}"
        named = {"compartmentId": local.cloud.tenancy_id, "name": GROUP, "description": "d"}
        group = local.operator.call("POST", "/20160918/dynamicGroups", {**named, "matchingRule": rule})
        yield Allowed(cloud, local.stack.policy["id"], group["id"], FunctionClient(local))


@pytest.fixture
def allowed(_allowed: Allowed) -> Iterator[Allowed]:
    yield _allowed
    _allowed.cloud.oci.reset()


DECIDED: dict[str, tuple[str, dict[str, bool]]] = {
    "a verb gives what it contains": ("DG to use volumes in C", {"get": True, "list": True, "update": True}),
    "and no more": ("DG to inspect volumes in C", {"get": True, "list": True, "update": False}),
    "a family gives what its members give": ("DG to manage volume-family in C", {"update": True, "publish": False}),
    "all resources are all of them": ("DG to manage all-resources in tenancy", {"update": True, "publish": True}),
    "a permission by name": ("DG to {VOLUME_UPDATE} in C", {"get": False, "update": True}),
    "whoever it is": ("any-user to use volumes in C", {"update": True}),
    "whatever group it is in": ("any-group to use volumes in C", {"update": True}),
    "groups of users": ("group Administrators to manage all-resources in tenancy", {"get": False}),
    "services": ("service blockstorage to use volumes in tenancy", {"get": False}),
    "another dynamic group": ("dynamic-group other to use volumes in C", {"get": False}),
    "the tenancy is above its compartments": ("DG to use volumes in tenancy", {"get": True}),
    "a compartment by name": ("DG to use volumes in compartment Backups", {"get": True}),
    "another compartment": (f"DG to use volumes in compartment id {ELSEWHERE}", {"get": False, "list": False}),
    "one permission alone": (
        "DG to use volumes in C where request.permission = 'VOLUME_INSPECT'",
        {"get": True, "update": False},
    ),
    "one operation alone": (
        "DG to use volumes in C where request.operation = 'GetVolume'",
        {"get": True, "list": False, "update": False},
    ),
    "one kind of principal": (
        "any-user to use volumes in C where request.principal.type = 'serviceconnector'",
        {"get": False},
    ),
    "a variable that does not apply": ("DG to use volumes in C where target.queue.id != 'x'", {"get": False}),
    "a tag of the resource, which no list has": (
        "DG to use volumes in C where target.resource.tag.Ops.Backup = 'yes'",
        {"get": True, "update": True, "list": False},
    ),
    "the compartment of the target": (
        "DG to use volumes in tenancy where all {target.compartment.name = 'backups', request.region = 'IAD'}",
        {"get": True, "list": True},
    ),
}


@pytest.fixture(scope="module")
def tagged_volume(_allowed: Allowed) -> str:
    return _allowed.cloud.volume(definedTags={"Ops": {"Backup": "yes"}})


@pytest.mark.parametrize("case", DECIDED)
def test_a_function_may_do_what_a_statement_allows(allowed: Allowed, tagged_volume: str, case: str) -> None:
    statement, expected = DECIDED[case]
    allowed.allow(f"Allow {statement}")
    topic, compartment = allowed.cloud.oci.alarm_topic["id"], allowed.cloud.oci.compartment_id
    calls: dict[str, Callable[[], int]] = {
        "get": lambda: allowed.client.status("GET", f"/20160918/volumes/{tagged_volume}"),
        "list": lambda: allowed.client.status("GET", "/20160918/volumes", compartmentId=compartment),
        "update": lambda: allowed.client.status("PUT", f"/20160918/volumes/{tagged_volume}", {"displayName": "n"}),
        "publish": lambda: allowed.client.status("POST", f"/20181201/topics/{topic}/messages", {"body": "b"}),
    }
    assert {name: calls[name]() != 404 for name in expected} == expected


# A copy needs permissions in two regions; `volume-family` has not that to copy.
COPYING = {
    ("DG to manage volume-backups in C",): True,
    ("DG to manage volume-family in C",): False,
    (
        "DG to manage volume-family in C",
        "DG to use volume-backups in C where request.permission = 'VOLUME_BACKUP_COPY'",
    ): True,
    ("DG to use volume-backups in C",): False,
    ("DG to use volume-backups in C", "DG to manage volume-backups in C where request.region = 'phx'"): True,
    ("DG to use volume-backups in C", "DG to manage volume-backups in C where request.region = 'iad'"): False,
}


@pytest.fixture(scope="module")
def backup(_allowed: Allowed, tagged_volume: str) -> str:
    return _allowed.cloud.backup(tagged_volume)


@pytest.mark.parametrize("statements", COPYING)
def test_a_backup_is_copied_with_permissions_in_both_regions(
    allowed: Allowed, backup: str, statements: tuple[str, ...]
) -> None:
    allowed.allow(*(f"Allow {statement}" for statement in statements))
    path = f"/20160918/volumeBackups/{backup}/actions/copy"
    status = allowed.client.status("POST", path, {"destinationRegion": "us-phoenix-1"})
    assert (status == 200) is COPYING[statements]
    assert status in {200, 404}


def test_a_refusal_looks_like_a_resource_that_is_not_there_and_the_journal_names_the_statement(
    allowed: Allowed, tagged_volume: str
) -> None:
    allowed.allow("Allow any-user to use ons-topics in C")
    assert allowed.client.status("GET", f"/20160918/volumes/{tagged_volume}") == 404
    assert (allowed.client.refusal.code, allowed.client.refusal.message) == (
        "NotAuthorizedOrNotFound",
        "Authorization failed or requested resource not found.",
    )
    line = allowed.cloud.oci.journal.entries("refused", operation="GetVolume")[-1].line
    where = f"`inspect volumes`, in {allowed.cloud.oci.compartment_id}"
    assert line == f"GetVolume of create-volume-backup: no policy gives it VOLUME_INSPECT, which is in {where}"


def test_statements_add_up_and_each_permission_is_needed_where_its_resource_is(allowed: Allowed) -> None:
    cloud, client = allowed.cloud, allowed.client
    named = {"compartmentId": cloud.oci.compartment_id, "name": f"c-{secrets.token_hex(4)}", "description": "d"}
    inner = cloud.oci.operator.call("POST", "/20160918/compartments", named)["id"]
    outside = {**named, "compartmentId": cloud.oci.cloud.tenancy_id}
    other = cloud.oci.operator.call("POST", "/20160918/compartments", outside)["id"]
    volumes = [cloud.volume(compartmentId=compartment) for compartment in (inner, other)]

    def statuses() -> list[int]:
        return [client.status("POST", "/20160918/volumeBackups", {"volumeId": volume}) for volume in volumes]

    allowed.allow("Allow DG to manage volume-backups in tenancy", "Allow DG to {VOLUME_INSPECT} in tenancy")
    assert statuses() == [404, 404]
    allowed.allow("Allow DG to manage volume-backups in tenancy", "Allow DG to {VOLUME_WRITE} in C")
    assert statuses() == [200, 404]
    topic = cloud.oci.operator.call("POST", "/20181201/topics", {"compartmentId": inner, "name": named["name"]})
    change = (
        "POST",
        f"/20181201/topics/{topic['topicId']}/actions/changeCompartment",
        {"compartmentId": other},
    )
    allowed.allow("Allow DG to manage ons-topics in C")
    assert client.status(*change) == 404
    allowed.allow("Allow DG to manage ons-topics in tenancy")
    assert client.status(*change) == 202


def test_defined_tags_need_their_namespaces(allowed: Allowed) -> None:
    volume = allowed.cloud.volume()
    change = ("PUT", f"/20160918/volumes/{volume}", {"definedTags": {"Ops": {"Backup": "no"}}})
    allowed.allow("Allow DG to use volumes in C")
    assert allowed.client.status(*change) == 404
    allowed.allow("Allow DG to use volumes in C", "Allow DG to use tag-namespaces in tenancy")
    assert allowed.client.status(*change) == 200


def test_a_group_backup_needs_the_permissions_of_the_kinds_of_volumes_in_it(allowed: Allowed) -> None:
    cloud = allowed.cloud
    group_of_volumes, mixed = (
        cloud.volume_group(cloud.volume()),
        cloud.volume_group(cloud.volume(), cloud.boot_volume()),
    )
    grants = ("manage volume-group-backups", "inspect volume-groups", "use volumes", "manage volume-backups")
    allowed.allow(*(f"Allow DG to {grant} in C" for grant in grants))
    path = "/20160918/volumeGroupBackups"
    assert allowed.client.status("POST", path, {"volumeGroupId": group_of_volumes}) in {200, 202}
    assert allowed.client.status("POST", path, {"volumeGroupId": mixed}) == 404


def test_who_subscribes_a_function_has_to_be_allowed_to_invoke_it(allowed: Allowed) -> None:
    local = allowed.cloud.oci
    compartment = {"compartmentId": local.compartment_id, "topicId": local.alarm_topic["id"]}
    subscription = {**compartment, "protocol": "ORACLE_FUNCTIONS", "endpoint": local.function["id"]}
    allowed.allow("Allow DG to use ons-topics in C")
    assert allowed.client.status("POST", "/20181201/subscriptions", subscription) == 404
    allowed.allow("Allow DG to use ons-topics in C", "Allow DG to use fn-invocation in C")
    assert allowed.client.status("POST", "/20181201/subscriptions", subscription) == 202


def test_a_dynamic_group_by_its_ocid_and_its_rule_as_they_are_now(allowed: Allowed, tagged_volume: str) -> None:
    local = allowed.cloud.oci
    path, group = f"/20160918/volumes/{tagged_volume}", f"/20160918/dynamicGroups/{allowed.group_id}"
    allowed.allow(f"Allow dynamic-group id {allowed.group_id} to use volumes in C")
    assert allowed.client.status("GET", path) == 200
    rule = local.operator.call("GET", group)["matchingRule"]
    local.operator.call("PUT", group, {"matchingRule": f"resource.compartment.id = '{ELSEWHERE}'"})
    assert allowed.client.status("GET", path) == 404
    local.operator.call("PUT", group, {"matchingRule": rule})
    assert allowed.client.status("GET", path) == 200


def test_what_is_denied_is_taken_from_functions_whatever_the_policies_say(allowed: Allowed, tagged_volume: str) -> None:
    local, path = allowed.cloud.oci, f"/20160918/volumes/{tagged_volume}"
    allowed.allow("Allow any-user to manage all-resources in tenancy")
    local.deny("inspect volumes")
    assert allowed.client.status("GET", path) == 404
    assert allowed.client.status("PUT", path, {"displayName": "n"}) == 200
    local.deny("use volume-family")
    assert allowed.client.status("PUT", path, {"displayName": "n"}) == 404
    assert local.operator.call("GET", path)["displayName"] == "n"
    local.reset()
    assert allowed.client.status("GET", path) == 200


@pytest.mark.parametrize("wrong", ["manage volume", "delete volumes", "volumes", "VOLUME_WRITE"])
def test_what_no_statement_could_give_cannot_be_denied(cloud: World, wrong: str) -> None:
    with pytest.raises(ValueError, match=f"there is no permission '{wrong}' that could be denied"):
        cloud.oci.deny(wrong)


# Connectors and schedules, which act in their own names

OF_CONNECTORS = [
    f"Allow any-user to {grant} in C where request.principal.type = 'serviceconnector'"
    for grant in ("use queue-pull", "read queues", "use fn-invocation")
]


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_connector_without_a_policy_is_silent_until_it_has_one(missing: int) -> None:
    with world(queue_second_seconds=0.005) as cloud:
        local = cloud.oci
        allowed = Allowed(cloud, local.stack.policy["id"], "", FunctionClient(local))
        allowed.allow(*OF_CONNECTORS[:missing], *OF_CONNECTORS[missing + 1 :])
        queue = cloud.queue(visibilityInSeconds=2)
        cloud.connector(
            {"kind": "plugin", "pluginName": "QueueSource", "configMap": {"queueId": queue}},
            batchSizeInNum=1,
        )
        put = ("POST", f"/20210201/queues/{queue}/messages", {"messages": [{"content": "{}"}]})
        local.operator.call(*put)
        [refused] = local.journal.wait_for("refused")
        needed = ("QUEUE_GET", "QUEUE_READ", "FN_INVOCATION")[missing]
        assert f"to the function: no policy gives it {needed}" in refused.line
        assert local.journal.entries("invocation") == []
        allowed.allow(*OF_CONNECTORS)
        local.journal.wait_for("invocation")


def test_a_schedule_fails_with_its_work_request_where_no_policy_lets_it_invoke(allowed: Allowed) -> None:
    local = allowed.cloud.oci
    resources = [{"id": local.function["id"], "parameters": [{"parameterType": "BODY", "value": {"volumeId": "x"}}]}]
    details = {"action": "START_RESOURCE", "recurrenceType": "CRON", "recurrenceDetails": "0 2 * * *"}
    located = {"compartmentId": local.compartment_id, "resources": resources}
    schedule = allowed.cloud._active(local.service(Schedules), {**details, **located})

    def run() -> Any:
        started = local.operator.call("POST", f"/emulator/schedules/{schedule}/fire")["id"]
        return _status_in_the_end(local, f"/20240430/workRequests/{started}")

    allowed.allow("Allow DG to use volumes in C")
    assert run() == "FAILED"
    condition = f"all {{request.principal.type = 'resourceschedule', request.principal.id = '{schedule}'}}"
    allowed.allow(f"Allow any-user to manage functions-family in C where {condition}")
    assert run() == "SUCCEEDED"


def _status_in_the_end(local: LocalOci, path: str) -> str:
    give_up = time.monotonic() + 20
    while (status := str(local.operator.call("GET", path)["status"])) not in {"SUCCEEDED", "FAILED"}:
        assert time.monotonic() < give_up, status
    return status


def test_a_service_asks_why_somebody_may_not_do_something(allowed: Allowed, tagged_volume: str) -> None:
    local = allowed.cloud.oci
    authorization, volume = local.service(Authorization), local.cloud.find(tagged_volume)
    assert volume is not None

    def refusal_of(operation: str) -> str | None:
        return local.run(lambda: authorization.find_refusal(local.function["id"], operation, volume))

    allowed.allow("Allow DG to inspect volumes in C")
    assert refusal_of("GetVolume") is None
    assert "VOLUME_UPDATE" in (refusal_of("UpdateVolume") or "")


def test_a_second_function_has_no_part_in_the_first_ones_dynamic_group(allowed: Allowed, tagged_volume: str) -> None:
    local = allowed.cloud.oci
    details = {key: local.function[key] for key in ("applicationId", "image", "memoryInMBs")}
    second = local.run(lambda: local.service(Functions).add({**details, "displayName": "second"}))
    allowed.allow("Allow DG to use volumes in C")
    other = FunctionClient(local, second["id"])
    assert other.status("GET", f"/20160918/volumes/{tagged_volume}") == 404
    rule = f"ALL {{resource.type = 'fnfunc', resource.compartment.id = '{local.compartment_id}'}}"
    named = {"compartmentId": local.cloud.tenancy_id, "name": "both", "description": "d", "matchingRule": rule}
    local.run(lambda: local.service(DynamicGroups).add(named))
    allowed.allow("Allow dynamic-group both to use volumes in C")
    assert other.status("GET", f"/20160918/volumes/{tagged_volume}") == 200


# The stack's statements


@dataclass(frozen=True)
class StackStatement:
    """A statement of deploy/iam.tf: its text, what it grants, and the operations that its comment names."""

    text: str
    grant: str
    operations: frozenset[str]


def rendered(template: str, values: dict[str, str]) -> str:
    """A text of the stack's locals with what it refers to filled in."""
    [own] = [block for block in stack()["locals"] if "statements" in block]

    def value(match: re.Match[str]) -> str:
        name = match[1]
        local = own.get(name.removeprefix("local."), "") if name.startswith("local.") else ""
        return rendered(unquoted(local), values) if local and name not in values else values[name]

    return re.sub(r"\$\{([^}]+)\}", value, template)


def stack_values(cloud: World, queue: str) -> dict[str, str]:
    return {
        "oci_identity_dynamic_group.function.name": GROUP,
        "local.volumes_compartment": cloud.oci.compartment_id,
        "local.alarms_compartment": cloud.oci.compartment_id,
        "var.compartment_ocid": cloud.oci.compartment_id,
        "key_id": "ocid1.key.oc1.iad.a",
        "local.work_queue_id": queue,
        "schedule.id": "ocid1.resourceschedule.oc1.iad.a",
    }


def templates(name: str) -> list[str]:
    """The statements of one of the stack's lists, those of switches that are off, too."""
    [own] = [block for block in stack()["locals"] if "statements" in block]
    return [text for text in re.findall(r'"([^"]*)"', own[name]) if " to " in text or "${local.allow}" in text]


COMMENTS = {
    template: named
    for named, template in re.findall(r'^ +# (.+)\n +"(.+)",$', (DEPLOY / "iam.tf").read_text(), re.MULTILINE)
}
TEMPLATES = templates("statements")


def grant_of(template: str) -> str:
    return " ".join(template.removeprefix("${local.allow} ").split()[:2])


@dataclass(frozen=True)
class StackWorld:
    """The stack's policy at work, and one resource of every kind that the function's operations are about."""

    allowed: Allowed
    texts: dict[str, str]
    requests: dict[str, tuple[str, str, Any, dict[str, str]]]

    def refused(self) -> set[str]:
        """The function's operations that are answered 404, and a search that does not find what is there."""
        return {name for name in self.requests if self._is_refused(name)}

    def _is_refused(self, name: str) -> bool:
        method, path, body, query = self.requests[name]
        status = self.allowed.client.status(method, path, body, **query)
        # 409: the group is being backed up already, which only tells who may back it up.
        assert status in {200, 202, 404, 409}, (name, self.allowed.client.refusal)
        return status == 404 or (name == "SearchResources" and not self.allowed.client.answer["items"])


@pytest.fixture(scope="module")
def stack_world(_allowed: Allowed) -> StackWorld:
    cloud = _allowed.cloud
    volume, boot_volume, instance = cloud.volume(), cloud.boot_volume(), cloud.instance()
    group, queue = cloud.volume_group(volume, boot_volume), cloud.queue()
    below = {"compartmentId": cloud.oci.compartment_id, "name": "below", "description": "To be found"}
    cloud.oci.operator.call("POST", "/20160918/compartments", below)
    values = stack_values(cloud, queue)
    texts = {template: rendered(template, values) for template in TEMPLATES}
    backups = {
        "VolumeBackup": cloud.backup(volume),
        "BootVolumeBackup": cloud.boot_backup(boot_volume),
        "VolumeGroupBackup": cloud.group_backup(group),
    }
    ids = {
        **{f"{verb}{kind}": backup for kind, backup in backups.items() for verb in ("Get", "Copy")},
        "GetVolume": volume,
        "GetBootVolume": boot_volume,
        "GetVolumeGroup": group,
        "GetInstance": instance,
        "PublishMessage": cloud.oci.result_topic["id"],
        "GetAlarm": cloud.alarm(),
        "GetQueue": queue,
        "PutMessages": queue,
    }
    bodies = {
        **{f"Copy{kind}": {"destinationRegion": cloud.oci.second.name} for kind in backups},
        "CreateVolumeBackup": {"volumeId": volume},
        "CreateBootVolumeBackup": {"bootVolumeId": boot_volume},
        "CreateVolumeGroupBackup": {"volumeGroupId": group},
        "PublishMessage": {"title": "t", "body": json.dumps({})},
        "PutMessages": {"messages": [{"content": "c"}]},
        "SearchResources": {"type": "Structured", "query": "query compartment resources"},
    }
    listed = {"compartmentId": cloud.oci.compartment_id}
    queries = {
        "ListVolumeAttachments": {"instanceId": instance},
        "ListBootVolumeAttachments": {"instanceId": instance, "availabilityDomain": "Iocq:US-ASHBURN-AD-1"},
        "ListVolumeBackups": {"volumeId": volume},
    }

    def request(operation: Operation) -> tuple[str, str, Any, dict[str, str]]:
        path = operation.service.base_path + operation.path.replace("{id}", ids.get(operation.name, ""))
        is_listing = operation.is_list and operation.method == "GET"
        query = {**listed, **queries.get(operation.name, {})} if is_listing else {}
        return operation.method, path, bodies.get(operation.name), query

    return StackWorld(_allowed, texts, {operation.name: request(operation) for operation in FUNCTION_OPERATIONS})


def test_with_the_stacks_statements_the_function_may_do_all_that_it_does(stack_world: StackWorld) -> None:
    stack_world.allowed.allow(*stack_world.texts.values())
    assert stack_world.refused() == set()


def test_every_statement_of_the_stack_says_in_a_comment_what_it_is_there_for() -> None:
    assert set(COMMENTS) == set(TEMPLATES)


@pytest.mark.parametrize("template", TEMPLATES, ids=grant_of)
def test_without_a_statement_exactly_the_operations_that_its_comment_names_are_refused_and_their_hint_names_it(
    stack_world: StackWorld, template: str
) -> None:
    others = [text for name, text in stack_world.texts.items() if name != template]
    stack_world.allowed.allow(*others)
    named = set(COMMENTS[template].split(", "))
    assert stack_world.refused() == named
    hinted = {operation.name for operation in FUNCTION_OPERATIONS if grant_of(template) in operation.grants}
    assert hinted == named


@pytest.mark.parametrize("kind", ["volume", "boot-volume", "volume-group"])
def test_no_statement_of_the_stack_lets_the_function_delete_a_backup(stack_world: StackWorld, kind: str) -> None:
    stack_world.allowed.allow(*stack_world.texts.values())
    name = "".join(word.capitalize() for word in kind.split("-"))
    path = stack_world.requests[f"Get{name}Backup"][1]
    assert stack_world.allowed.client.status("DELETE", path) == 404
    assert stack_world.allowed.client.status("GET", path) == 200


def test_the_statements_for_tags_keys_connectors_and_schedules_are_understood(stack_world: StackWorld) -> None:
    values = stack_values(stack_world.allowed.cloud, "ocid1.queue.oc1.iad.a")
    texts = [rendered(template, values) for template in templates("tenancy_statements")]
    assert len(texts) >= 6
    stack_world.allowed.allow(*texts)


TRIGGERS = {
    "manage volume-backups": "volume",
    "use volumes": "volume",
    "manage boot-volume-backups": "boot_volume",
    "manage volume-group-backups": "volume_group",
    "inspect volume-groups": "volume_group",
    "read instances": "instance",
    "inspect volume-attachments": "instance",
    "use ons-topics": "volume",
}


@pytest.mark.parametrize("grant", TRIGGERS)
def test_the_function_tells_which_statement_of_the_stack_is_missing(stack_world: StackWorld, grant: str) -> None:
    cloud = stack_world.allowed.cloud
    stack_world.allowed.allow(*(text for name, text in stack_world.texts.items() if grant_of(name) != grant))
    made: dict[str, Callable[[], str]] = {
        "volume": cloud.volume,
        "boot_volume": cloud.boot_volume,
        "volume_group": lambda: cloud.volume_group(cloud.volume()),
        "instance": lambda: cloud.instance(disks=1, name=f"web-{secrets.token_hex(3)}"),
    }
    _, answer = cloud.invoke({"volumeId": made[TRIGGERS[grant]]()})
    error = answer["error"] if grant == "use ons-topics" else answer["results"][0]["error"]
    assert f"to {grant} in compartment" in error["hint"]
