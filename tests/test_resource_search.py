"""Resource Search in the local OCI, through the SDK's typed client: what queries find, and who sees it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import oci
import pytest
from oci.resource_search.models import FreeTextSearchDetails, StructuredSearchDetails

from emulator import command
from emulator.core.operations import Document
from emulator.services.identity import authorization, targets
from emulator.services.identity.required_permissions import OPERATIONS
from emulator.services.resource_search import index
from emulator.services.resource_search.resource_types import TYPES
from tests.function_client import FunctionClient
from tests.sdk_clients import client_of, refusal
from tests.world import World, world


@pytest.fixture(scope="module")
def cloud() -> Iterator[World]:
    """A world whose resources are the only ones, named so that they can be told apart."""
    with world(page_size=1000) as cloud:
        named = {"compartmentId": cloud.oci.cloud.tenancy_id, "name": "elsewhere", "description": "d"}
        elsewhere = cloud.oci.operator.call("POST", "/20160918/compartments", named)["id"]
        ops = {"Ops": {"backup": "full"}, "Cost": {"center": "42"}}
        shop = cloud.volume(displayName="shop", freeformTags={"backup": "full", "app": "shop"}, definedTags=ops)
        cloud.volume(
            displayName="crossed", freeformTags={"backup": "no", "app": "full"}, definedTags={"Ops": {"a": "b"}}
        )
        cloud.volume(displayName="it's", compartmentId=elsewhere)
        cloud.volume(displayName="back\\slash")
        cloud.boot_volume(displayName="boot", freeformTags={"Backup": "FULL"})
        cloud.backup(shop, displayName="of shop")
        cloud.volume_group(shop, displayName="group")
        cloud.queue(displayName="queue")
        gone = cloud.volume(displayName="gone", freeformTags={"backup": "full"})
        cloud.oci.operator.call("DELETE", f"/20160918/volumes/{gone}")
        cloud.oci.journal.wait_for("event", type="com.oraclecloud.blockvolumes.deletevolume.end", resource=gone)
        yield cloud


def searching(cloud: World) -> Any:
    return client_of(oci.resource_search.ResourceSearchClient, cloud)


def search(cloud: World, query: str, **options: Any) -> Any:
    return searching(cloud).search_resources(StructuredSearchDetails(query=query), **options)


def names(cloud: World, query: str) -> list[str]:
    return [item.display_name for item in search(cloud, query).data.items]


def compartment_elsewhere(cloud: World) -> str:
    [found] = cloud.oci.operator.call(
        "GET", "/20160918/compartments", compartmentId=cloud.oci.cloud.tenancy_id, name="elsewhere"
    )
    return str(found["id"])


LIVE = "query volume resources where lifeCycleState = 'AVAILABLE'"
FOUND = {
    "query volume resources": ["gone", "back\\slash", "it's", "crossed", "shop"],
    "QUERY Volume Resources": ["gone", "back\\slash", "it's", "crossed", "shop"],
    "query volume, bootvolume resources sorted by timeCreated asc": [
        *("shop", "crossed", "it's", "back\\slash", "boot", "gone")
    ],
    "query volumegroup, queue, volumebackup, alarm resources sorted by displayName asc": ["group", "of shop", "queue"],
    # Operators, with and without regard to the case of letters.
    f"{LIVE} && displayName = 'SHOP'": ["shop"],
    f"{LIVE} && displayName == 'SHOP'": [],
    f"{LIVE} && displayName == 'shop'": ["shop"],
    f"{LIVE} && displayName != 'SHOP'": ["back\\slash", "it's", "crossed"],
    f"{LIVE} && displayName !== 'SHOP'": ["back\\slash", "it's", "crossed", "shop"],
    f"{LIVE} && displayName =~ 'HO'": ["shop"],
    f'{LIVE} and displayName = "shop"': ["shop"],
    # What is quoted cannot break out.
    r"query volume resources where displayName = 'it\'s'": ["it's"],
    'query volume resources where displayName = "it\'s"': ["it's"],
    r"query volume resources where displayName = 'back\\slash'": ["back\\slash"],
    r"query volume resources where displayName = 'x\' || displayName != \'x'": [],
    # The other fields.
    "query all resources where resourceType = 'bootvolume'": ["boot"],
    "query all resources where identifier =~ 'ocid1.volumebackup.'": ["of shop"],
    "query all resources where availabilityDomain != 'AD-1' && lifecycleState = 'ACTIVE'": ["queue", "elsewhere"],
    "query compartment resources where displayName = 'ELSEWHERE'": ["elsewhere"],
    "query queue resources where timeCreated > now - 3h": ["queue"],
    "query queue resources where timeCreated <= NOW + 1m": ["queue"],
    "query queue resources where timeCreated < now - 3h": [],
    "query queue resources where timeCreated >= '2020-01-01' && timeCreated != '2020-01-01 00:00:00 +0100'": ["queue"],
    "query queue resources where timeCreated < '2020-01-01T00:00:00Z' + 5200w": ["queue"],
    # && and || with parentheses.
    "query all resources where displayName = 'boot' || displayName = 'queue' or displayName = 'x'": ["queue", "boot"],
    "query all resources where (displayName = 'boot' || displayName = 'queue') && lifeCycleState = 'ACTIVE'": ["queue"],
    "query all resources where displayName = 'boot' || (displayName = 'queue' && lifeCycleState = 'x')": ["boot"],
    # Other conditions for other types; what is found twice is told once.
    "query volume resources where displayName = 'shop' union bootvolume resources sorted by displayName asc": [
        *("boot", "shop")
    ],
    "query queue resources union query queue, bootvolume resources sorted by displayName desc": ["queue", "boot"],
    # Tags: each condition is true where one of the tags makes it true.
    "query all resources where freeformTags.key = 'backup' sorted by displayName asc": [
        *("boot", "crossed", "gone", "shop")
    ],
    "query all resources where freeformTags.key == 'Backup'": ["boot"],
    f"{LIVE} && (freeformTags.key = 'backup' && freeformTags.value != 'no')": ["crossed", "shop"],
    f"{LIVE} && (freeformTags.key = 'backup' && freeformTags.value = 'full')": ["crossed", "shop"],
    f"{LIVE} && freeformTags.value != 'x'": ["crossed", "shop"],
    "query volume resources where (definedTags.namespace = 'Ops' && definedTags.key = 'center')": ["shop"],
    "query volume resources where definedTags.namespace = 'ops' && definedTags.value = '42'": ["shop"],
}


@pytest.mark.parametrize("query", FOUND)
def test_a_query_finds_what_it_says_the_newest_first_or_as_it_sorts(cloud: World, query: str) -> None:
    assert names(cloud, query) == FOUND[query]


def test_all_resources_are_those_of_all_types_in_all_compartments(cloud: World) -> None:
    everything = ["back\\slash", "boot", "crossed", "elsewhere", "gone", "group", "it's", "of shop", "queue", "shop"]
    assert sorted(names(cloud, "query all resources")) == everything
    assert names(cloud, f"query all resources where compartmentId = '{compartment_elsewhere(cloud)}'") == ["it's"]


REFUSED = {
    "": "Missing required parameter: query",
    "query": "expected 'all' or a name at character 6, and found the end",
    "query volumes resources": "'volumes' at character 7 is not a resource type",
    "query volume": "expected ',' or 'resources' at character 13, and found the end",
    "query volume resources where": "at character 29, and found the end",
    "query volume resources where colour = 'red'": "'colour' at character 30 is not a field",
    "query volume resources where freeformTags = 'x'": "'freeformTags' at character 30 is not a field",
    "query volume resources where displayName = shop": "expected 'now' or a value in quotes at character 44",
    "query volume resources where displayName = 'it's'": 'at character 48, and found "s\'"',
    "query volume resources where displayName = 'x": "expected 'now' or a value in quotes at character 44",
    "query volume resources where displayName > 'x'": "'>' at character 42 does not compare displayName",
    "query volume resources where timeCreated =~ 'x'": "'=~' at character 42 does not compare timeCreated",
    "query volume resources where timeCreated > 'soon'": "\"'soon'\" at character 44 is not a time",
    "query volume resources where timeCreated > now - 99999999w": "'now' at character 44 is moved out of all times",
    "query volume resources where displayName = now": "'now' at character 44 is a time, and the field is none",
    "query all resources where displayName = 'a' && displayName = 'b' || displayName = 'c'": (
        "'&&' and '||' need parentheses between them, at character 66"
    ),
    "query all resources where displayName = 'a' or displayName = 'b' and displayName = 'c'": (
        "'&&' and '||' need parentheses between them, at character 66"
    ),
    "query volume resources sorted by colour asc": "'colour' at character 34 is not a field",
    "query volume resources sorted timeCreated": "expected 'by' at character 31",
    "query volume resources matching 'x'": "at character 24, and found 'matching'",
    "query volume, queue resources return allAdditionalFields": "'return' stands in queries of one resource type only",
    "query volume resources where "
    + "(displayName = 'a' && " * 3000
    + "displayName = 'a'"
    + ")" * 3000: "nested more than 32 levels deep",
}


@pytest.mark.parametrize("query", REFUSED, ids=lambda query: query[:80])
def test_a_query_that_is_not_understood_is_refused_with_where(cloud: World, query: str) -> None:
    status, code, message = refusal(searching(cloud).search_resources, StructuredSearchDetails(query=query))
    assert (status, code) == (400, "InvalidParameter" if query else "MissingParameter")
    assert REFUSED[query] in message


def test_a_resource_is_told_as_the_index_knows_it(cloud: World) -> None:
    [found] = search(cloud, "query volume resources where displayName = 'shop'").data.items
    volume = cloud.oci.operator.call("GET", f"/20160918/volumes/{found.identifier}")
    assert (found.resource_type, found.lifecycle_state) == ("Volume", "AVAILABLE")
    assert (found.compartment_id, found.availability_domain) == (volume["compartmentId"], volume["availabilityDomain"])
    assert found.time_created.isoformat(timespec="milliseconds") == volume["timeCreated"].replace("Z", "+00:00")
    assert (found.freeform_tags, found.defined_tags) == (volume["freeformTags"], volume["definedTags"])
    assert (found.system_tags, found.additional_details) == ({}, {})


def test_additional_fields_are_returned_where_a_query_says_so(cloud: World) -> None:
    [found] = search(cloud, "query volume resources return allAdditionalFields where displayName = 'shop'").data.items
    assert found.additional_details["sizeInGBs"] == 1024
    assert "displayName" not in found.additional_details


def test_a_deleted_resource_stays_in_the_index_with_its_last_state(cloud: World) -> None:
    [gone] = search(
        cloud, "query volume resources where freeformTags.key = 'backup' && displayName = 'gone'"
    ).data.items
    assert gone.lifecycle_state == "TERMINATED"


def test_free_text_other_tenancies_and_bad_pages_are_refused(cloud: World) -> None:
    free = FreeTextSearchDetails(text="shop")
    assert refusal(searching(cloud).search_resources, free)[:2] == (400, "NotImplemented")
    query = "query all resources"
    other = "ocid1.tenancy.oc1..aaaaother"
    assert refusal(search, cloud, query, tenant_id=other)[:2] == (404, "NotAuthorizedOrNotFound")
    assert refusal(search, cloud, query, tenant_id="ours")[0] == 400
    assert search(cloud, query, tenant_id=cloud.oci.cloud.tenancy_id).status == 200
    assert [refusal(search, cloud, query, limit=limit)[0] for limit in (0, 1001)] == [400, 400]
    assert refusal(search, cloud, query, page="x")[0] == 400


def test_what_is_found_comes_in_pages_of_which_a_fault_may_hit_any(cloud: World) -> None:
    query = "query all resources"
    whole = names(cloud, query)
    first = search(cloud, query, limit=4)
    second = search(cloud, query, limit=4, page=first.headers["opc-next-page"])
    cloud.oci.fault("SearchResources", status=500)
    assert refusal(search, cloud, query, limit=4, page=second.headers["opc-next-page"])[0] == 500
    third = search(cloud, query, limit=4, page=second.headers["opc-next-page"])
    assert "opc-next-page" not in third.headers
    assert [item.display_name for page in (first, second, third) for item in page.data.items] == whole


def test_resource_types_tell_the_fields_that_queries_may_name(cloud: World) -> None:
    types = searching(cloud).list_resource_types().data
    assert {"Volume", "BootVolume", "VolumeGroupBackup", "Instance", "Queue", "Alarm"} <= {kind.name for kind in types}
    volume = searching(cloud).get_resource_type("volume").data
    assert volume.name == "Volume"
    tags = {field.field_name: field for field in volume.fields}["definedTags"]
    assert (tags.field_type, tags.is_array) == ("OBJECT", True)
    assert [field.field_name for field in tags.object_properties] == ["namespace", "key", "value"]
    assert refusal(searching(cloud).get_resource_type, "Spaceship")[0] == 404


def test_every_type_is_found_and_what_is_deleted_without_a_trace_is_not() -> None:
    with world() as cloud:
        volume_id = cloud.boot_volume_of(cloud.instance())
        cloud.group_backup(cloud.volume_group(volume_id))
        cloud.backup(cloud.volume())
        cloud.queue()
        query = "Reads[1m].sum() > 1"
        whose = {"compartmentId": cloud.oci.compartment_id, "metricCompartmentId": cloud.oci.compartment_id}
        what = {"displayName": "busy", "namespace": "oci_blockstore", "query": query, "severity": "INFO"}
        alarm = {**whose, **what, "destinations": [cloud.oci.alarm_topic["id"]], "isEnabled": True}
        alarm_id = cloud.oci.operator.call("POST", "/20180401/alarms", alarm)["id"]
        named = {"compartmentId": cloud.oci.compartment_id, "name": "inner", "description": "d"}
        cloud.oci.operator.call("POST", "/20160918/compartments", named)
        found = {item.resource_type for item in search(cloud, "query all resources").data.items}
        assert found == {kind.name for kind in TYPES.values()}
        assert {kind.list_operation for kind in TYPES.values()} <= set(OPERATIONS)
        assert names(cloud, "query alarm resources") == ["busy"]
        cloud.oci.operator.call("DELETE", f"/20180401/alarms/{alarm_id}")
        assert names(cloud, "query alarm resources") == []


# Whether one tag has to fulfil all conditions, and how late the index is

STRICTLY = {
    "freeformTags.key = 'backup' && freeformTags.value = 'full'": ["shop"],
    "freeformTags.key = 'backup' && freeformTags.value != 'no'": ["shop"],
    "freeformTags.key = 'app' && (freeformTags.value = 'full' || freeformTags.value = 'x')": ["crossed"],
    "(freeformTags.key = 'backup' && freeformTags.value = 'no') && (freeformTags.key = 'app')": ["crossed"],
    "freeformTags.key = 'backup' && freeformTags.key = 'app'": [],
    "freeformTags.value = 'no' || freeformTags.value = 'shop'": ["crossed", "shop"],
    "definedTags.namespace = 'Ops' && definedTags.value = '42'": [],
    "definedTags.namespace = 'Ops' && definedTags.value = 'full' && freeformTags.key = 'app'": ["shop"],
}


def test_strictly_the_conditions_of_a_group_are_about_one_tag() -> None:
    with world(search_is_loose=False) as cloud:
        ops = {"Ops": {"backup": "full"}, "Cost": {"center": "42"}}
        cloud.volume(displayName="shop", freeformTags={"backup": "full", "app": "shop"}, definedTags=ops)
        cloud.volume(displayName="crossed", freeformTags={"backup": "no", "app": "full"})
        found = {condition: names(cloud, f"query volume resources where {condition}") for condition in STRICTLY}
        assert found == STRICTLY


def test_with_a_lag_nothing_is_found_at_first() -> None:
    with world(search_lag=3600) as cloud:
        cloud.volume()
        assert names(cloud, "query all resources") == []


def test_the_index_sees_each_change_when_its_lag_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 0.0
    monkeypatch.setattr(index, "monotonic", lambda: moment)
    seen_late = index.Index(lag=10)
    alarm_id = "ocid1.alarm.oc1.iad.a"
    alarm: Document = {"id": alarm_id, "compartmentId": "c", "freeformTags": {"state": "made"}}

    def seen() -> list[Any]:
        return [entry.document["freeformTags"]["state"] for entry in seen_late.entries(["alarm"])]

    states: dict[float, list[Any]] = {}
    changes: dict[float, Document | None] = {
        0.0: alarm,
        4.0: {**alarm, "freeformTags": {"state": "changed"}},
        8.0: None,
    }
    for moment in (0.0, 4.0, 8.0, 9.0, 10.0, 13.0, 14.0, 17.0, 18.0):
        if moment in changes:
            seen_late.record(alarm_id, changes[moment])
        states[moment] = seen()
    assert [at for at, state in states.items() if state == ["made"]] == [10.0, 13.0]
    assert [at for at, state in states.items() if state == ["changed"]] == [14.0, 17.0]
    assert [at for at, state in states.items() if not state] == [0.0, 4.0, 8.0, 9.0, 18.0]


def test_the_command_says_how_loose_and_how_late_search_is() -> None:
    def read(*arguments: str) -> tuple[bool, float]:
        options = command._read_options(command._build_parser().parse_args(arguments), command.Observer())
        return options.search_is_loose, options.search_lag

    assert read() == (True, 0.0)
    assert read("--strict-search", "--search-lag", "2.5") == (False, 2.5)


# Who sees what


def seen_by_function(cloud: World, query: str) -> list[str]:
    function = FunctionClient(cloud.oci)
    assert function.status("POST", "/20180409/resources", {"type": "Structured", "query": query}) == 200
    return [item["displayName"] for item in function.answer["items"]]


def test_a_function_finds_what_it_may_list_and_nothing_else_is_an_error(cloud: World) -> None:
    # Its policies are about one compartment.
    assert seen_by_function(cloud, "query volume resources") == ["gone", "back\\slash", "crossed", "shop"]
    elsewhere = compartment_elsewhere(cloud)
    assert seen_by_function(cloud, f"query all resources where compartmentId = '{elsewhere}'") == []
    cloud.oci.deny("inspect volumes")
    try:
        # A backup cannot be listed without inspecting volumes.
        assert sorted(seen_by_function(cloud, "query all resources")) == ["group", "queue"]
    finally:
        cloud.oci.reset()
    assert len(seen_by_function(cloud, "query all resources")) == 8


def test_a_policy_may_tell_resources_apart() -> None:
    with world() as cloud:
        operator, tenancy_id = cloud.oci.operator, cloud.oci.cloud.tenancy_id
        named = {"compartmentId": tenancy_id, "name": "elsewhere", "description": "d"}
        elsewhere = operator.call("POST", "/20160918/compartments", named)["id"]
        cloud.volume(displayName="plain", compartmentId=elsewhere)
        seen = cloud.volume(displayName="seen", compartmentId=elsewhere, definedTags={"Ops": {"seen": "yes"}})
        # The function's own policies are about another compartment.
        allowed = f"Allow any-user to inspect volumes in compartment id {elsewhere}"
        told_apart = {**named, "statements": [f"{allowed} where target.resource.tag.Ops.seen = 'yes'"]}
        policy = operator.call("POST", "/20160918/policies", told_apart)
        assert seen_by_function(cloud, "query volume resources") == ["seen"]
        operator.call("PUT", f"/20160918/policies/{policy['id']}", {"statements": [allowed]})
        assert seen_by_function(cloud, "query volume resources") == ["seen", "plain"]
        operator.call("DELETE", f"/20160918/policies/{policy['id']}")
        assert seen_by_function(cloud, "query volume resources") == []
        moved = {"compartmentId": cloud.oci.compartment_id}
        operator.call("POST", f"/20160918/volumes/{seen}/actions/changeCompartment", moved)
        operator.call("PUT", f"/20160918/volumes/{seen}", {"displayName": "moved"})
        assert seen_by_function(cloud, "query volume resources") == ["moved"]


def test_the_policies_decide_once_for_all_that_they_do_not_tell_apart(
    cloud: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided: list[str] = []

    def count(oci_cloud: Any, operation: str, resource: Any) -> Any:
        decided.append(operation)
        return targets.access_to(oci_cloud, operation, resource)

    monkeypatch.setattr(authorization, "access_to", count)
    assert len(seen_by_function(cloud, "query volume, bootvolume resources")) > 4
    # Of each type in the two compartments.
    assert sorted(decided) == ["ListBootVolumes", "ListVolumes", "ListVolumes"]
