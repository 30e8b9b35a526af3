"""Selections: all that carries a tag is backed up, at a request, or because an alarm about anything says so."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from emulator.services.block_volume.volumes import Volumes
from emulator.services.identity.compartments import Compartments
from handlers.domain.errors import InvalidRequest
from handlers.domain.selection import TagCondition
from handlers.domain.tags import TagName
from handlers.oci.search import build_query
from tests.conftest import Configure
from tests.parsing import parse_body
from tests.test_deferral import LONG_VISIBILITY, cloud_with_queue, put, put_messages, told_as_accepted, wait_until_done
from tests.world import NOT_NOW, World, payload, world

SEARCH = "SearchResources"
TAGGED = {"freeformTags": {"backup": "yes"}}
SHOP = {"freeformTags": {"app": "shop"}}


@pytest.fixture
def estate(isolated_cloud: World) -> World:
    return isolated_cloud


def select(**fields: Any) -> dict[str, Any]:
    return {"select": fields}


def compartment(cloud: World, name: str, parent: str | None = None) -> str:
    details = {"compartmentId": parent or cloud.oci.compartment_id, "name": name, "description": name}
    return str(cloud.oci.run(lambda: cloud.oci.service(Compartments).add(details))["id"])


def results_of(cloud: World, body: Any, **headers: str) -> dict[str, dict[str, Any]]:
    """The results of an invocation by their resource."""
    return {result["resourceId"]: result for result in cloud.answer(body, **headers)["results"]}


def test_everything_with_the_tag_is_backed_up_and_nothing_else(estate: World) -> None:
    full = estate.volume(freeformTags={"backup": "full"})
    boot = estate.boot_volume(**TAGGED)
    estate.volume()
    estate.volume(freeformTags={"backup": "no"})
    estate.volume_group(estate.volume(), **TAGGED)
    results = results_of(estate, payload("select_everything_tagged.json"))
    assert {ocid: result["outcome"] for ocid, result in results.items()} == {full: "accepted", boot: "accepted"}
    assert [results[full]["request"]["type"], results[boot]["request"]["type"]] == ["FULL", "INCREMENTAL"]
    assert "displayName" not in results[full]["request"]
    assert results[full]["request"]["freeformTags"]["backup-trigger"].startswith("select:")
    assert {event["triggerkind"] for event in estate.events()} == {"select"}
    assert [len(estate.backups_of(ocid)) for ocid in (full, boot)] == [1, 1]


def test_what_stands_beside_a_selection_is_what_its_backups_are_like(estate: World) -> None:
    volume = estate.volume(freeformTags={"App": "Shop", "backup": "incremental"})
    estate.volume(freeformTags={"app": "shop-2"})
    results = results_of(estate, payload("select_by_tag_and_value.json"))
    assert list(results) == [volume]
    request = results[volume]["request"]
    assert request["type"] == "FULL"
    assert request["retentionPeriod"] == {"retentionTimeUnit": "DAYS", "retentionTimeAmount": 30}
    assert request["freeformTags"] == {
        "reason": "before the maintenance",
        "backup-trigger": "select:maintenance-2026-03-01",
    }


def test_a_selection_that_is_delivered_again_makes_no_second_backup_though_names_have_changed(estate: World) -> None:
    volume = estate.volume(**SHOP)
    body = payload("select_by_tag_and_value.json")
    first = results_of(estate, body)
    estate.oci.operator.call("PUT", f"/20160918/volumes/{volume}", {"displayName": "renamed"})
    second = results_of(estate, body)
    assert len(estate.backups_of(volume)) == 1
    sent = {entry.details["content"] for entry in estate.requests("CreateVolumeBackup")}
    assert len(sent) == 1
    assert first[volume]["retryToken"] == second[volume]["retryToken"]


def test_an_opt_out_counts_though_another_tag_selects(estate: World) -> None:
    volume = estate.volume(freeformTags={"app": "shop", "backup": "off"})
    [result] = estate.answer(select(tag="app"))["results"]
    assert (result["resourceId"], result["outcome"], result["reason"]) == (volume, "skipped", "tag backup opts out")


def test_a_defined_tag_selects(estate: World) -> None:
    volume = estate.volume(definedTags={"Ops": {"Backup": "Full"}})
    estate.volume(definedTags={"Ops": {"backup": "no"}})
    estate.volume(freeformTags={"backup": "full"})
    assert list(results_of(estate, select(tag="ops.backup"))) == [volume]


def test_a_compartment_means_all_that_are_below_it_too(estate: World) -> None:
    inner = compartment(estate, "inner", compartment(estate, "outer"))
    beside = compartment(estate, "beside")
    outer = estate.oci.run(lambda: estate.oci.service(Compartments).find(inner))["compartmentId"]
    inside = [estate.volume(compartmentId=inner, **TAGGED), estate.volume(compartmentId=outer, **TAGGED)]
    inside.append(estate.volume_group(estate.volume(compartmentId=inner), compartmentId=inner, **TAGGED))
    estate.volume(compartmentId=beside, **TAGGED)
    estate.volume(**TAGGED)
    results = results_of(estate, payload("select_in_a_compartment.json", compartment=outer))
    assert set(results) == set(inside)
    assert {result["outcome"] for result in results.values()} == {"accepted"}


def test_what_is_in_a_compartment_that_cannot_be_seen_is_told(estate: World) -> None:
    inner = compartment(estate, "inner")
    estate.volume(compartmentId=inner, **TAGGED)
    estate.oci.deny("inspect compartments")
    [result] = estate.answer(select(compartmentId=compartment(estate, "elsewhere")))["results"]
    assert result["reason"].startswith("1 with the tag backup left out: the function may not see the compartments that")
    [event] = estate.events()
    assert event["type"] == "volumebackup.skipped"


def test_tags_are_read_again_because_the_index_lags(estate: World) -> None:
    volume = estate.volume(**SHOP)
    # Behind the back of the index.
    document = estate.oci.service(Volumes).collection.documents[volume]
    estate.oci.run(lambda: document.update(freeformTags={"app": "other"}))
    reason = "tag app has the value 'other', and 'shop' was selected"
    assert only_reason(estate, select(tag="app", value="shop")) == reason
    assert estate.requests("CreateVolumeBackup") == []


def only_reason(cloud: World, body: Any, **headers: str) -> str:
    result = cloud.invoke_one(body, **headers)
    assert result["outcome"] == "skipped"
    return str(result["reason"])


def test_nothing_found_is_told_for_a_missing_permission_looks_the_same(estate: World) -> None:
    estate.volume(**TAGGED)
    estate.oci.deny("inspect volumes")
    reason = only_reason(estate, select())
    assert reason == (
        "no volume or boot volume with the tag backup was found; a missing permission to inspect them looks the same"
    )
    [event] = estate.events()
    assert (event["type"], event["triggerkind"]) == ("volumebackup.skipped", "select")


UNUSABLE = {
    "an unknown key": ({"select": {"tags": "backup"}}, "select.tags: unknown field"),
    "an unknown key beside it": ({"select": {}, "displayName": "x"}, "displayName: unknown field"),
    "a lock": ({"select": {}, "isRetentionLockEnabled": True}, "isRetentionLockEnabled: unknown field"),
    "a resource beside it": ({"select": {}, "volumeId": "ocid1.volume.oc1.iad.a"}, "volumeId: unknown field"),
    "no object": ({"select": "backup"}, "select: Input should be"),
    "a tag with a space": (select(tag="my tag"), "select.tag: 'my tag' is neither a tag key nor namespace.key"),
    "a tag of three parts": (select(tag="a.b.c"), "select.tag: 'a.b.c' is neither"),
    "a compartment that is none": (
        select(compartmentId="ocid1.volume.oc1.iad.a"),
        "select.compartmentId: 'ocid1.volume.oc1.iad.a' is not the OCID of a compartment",
    ),
    "a type without backups": (
        select(resourceTypes=["volume", "instance"]),
        "select.resourceTypes.1: 'instance' has no backups; expected volume, bootvolume, volumegroup",
    ),
    "no types": (select(resourceTypes=[]), "select.resourceTypes: List should have at least 1 item"),
    "an empty value": (select(value=""), "select.value: String should have at least 1 character"),
    "a report with an unknown key": ({"report": {"maxAge": 1}}, "report.maxAge: unknown field"),
    "a report with a wish": ({"report": {}, "type": "FULL"}, "type: unknown field"),
    "an age of nothing": ({"report": {"maxAgeHours": 0}}, "report.maxAgeHours: Input should be greater than 0"),
    "a negative age": ({"report": {"maxAgeHours": -1}}, "report.maxAgeHours: Input should be greater than 0"),
    "an age in words": ({"report": {"maxAgeHours": "26"}}, "report.maxAgeHours: Input should be a valid number"),
    "an age of for ever": ({"report": {"maxAgeHours": 1e300}}, "report.maxAgeHours: Input should be less than"),
    "a report and a selection": ({"report": {}, "select": {}}, "report: unknown field"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_cannot_be_meant_is_refused_by_name(case: str) -> None:
    body, message = UNUSABLE[case]
    with pytest.raises(InvalidRequest) as refusal:
        parse_body(body)
    assert refusal.value.message.startswith(message)


@pytest.mark.parametrize("text", ["it's", "\\", "x' || freeformTags.key = 'y", 'a"b', "line\nend"])
def test_nothing_breaks_out_of_a_query(estate: World, text: str) -> None:
    query = build_query(("volume",), TagCondition(TagName("app"), text))
    assert query == "query volume resources where (freeformTags.key = 'app')"
    volume = estate.volume(freeformTags={"app": text})
    estate.volume(freeformTags={"app": "y"})
    assert list(results_of(estate, select(tag="app", value=text))) == [volume]


def test_a_key_that_could_break_out_of_a_query_is_left_out_of_it(estate: World) -> None:
    volume = estate.volume(freeformTags={"it's": "yes"})
    estate.volume(**TAGGED)
    assert list(results_of(estate, select(tag="it's"))) == [volume]


FAULTS: dict[str, dict[str, Any]] = {
    "throttled": {"status": 429, "code": "TooManyRequests"},
    "failing": {"status": 500, "code": "InternalServerError"},
    "half an answer": {"body": "{"},
    "no list": {"body": '{"items": null}'},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_search_that_fails_for_a_while_is_asked_again(estate: World, fault: str) -> None:
    volume = estate.volume(**TAGGED)
    estate.oci.fault(SEARCH, **FAULTS[fault])
    assert list(results_of(estate, select())) == [volume]


def test_a_search_that_fails_in_the_middle_backs_up_what_it_has_found_and_tells_the_rest() -> None:
    with world(page_size=2) as cloud:
        volumes = {cloud.volume(**TAGGED) for _ in range(5)}
        cloud.oci.fault(SEARCH, after=1, times=100, status=404, code="NotAuthorizedOrNotFound")
        status, answer = cloud.invoke(select())
        *made, failure = answer["results"]
        assert (status, answer["outcome"]) == (200, "mixed")
        assert len(made) == 2
        assert {result["resourceId"] for result in made} < volumes
        assert failure["outcome"] == "failed"
        assert "that a policy allows SearchResources: Allow dynamic-group" in failure["error"]["hint"]
        assert cloud.events()[0]["type"] == "volumebackup.failed"


def test_a_search_that_cannot_be_done_now_is_done_when_the_queue_brings_it_back() -> None:
    with cloud_with_queue() as cloud:
        volumes = {cloud.volume(**SHOP) for _ in range(3)}
        cloud.oci.fault(SEARCH, **NOT_NOW)
        answer = cloud.answer(payload("select_by_tag_and_value.json"))
        [deferred] = answer["results"]
        assert deferred["outcome"] == "deferred"
        [work] = put_messages(cloud)
        [target] = work["targets"]
        assert target["select"] == {"tag": "app", "value": "shop", "resourceTypes": ["volume", "bootvolume"]}
        cloud.oci.reset()
        assert cloud.oci.journal.wait_until(lambda _: told_as_accepted(cloud) == volumes)
        types = {json.loads(entry.details["content"])["type"] for entry in cloud.requests("CreateVolumeBackup")}
        assert types == {"FULL"}


def test_many_volumes_are_put_into_the_queue_in_parts_and_each_is_backed_up_once() -> None:
    with cloud_with_queue(connectors=2, visibility=LONG_VISIBILITY) as cloud:
        volumes = {cloud.volume(**TAGGED) for _ in range(230)}
        answer = cloud.answer(select())
        assert [result["outcome"] for result in answer["results"]] == ["deferred"] * 3
        assert cloud.requests("CreateVolumeBackup") == []
        assert [len(work["targets"]) for work in put_messages(cloud)] == [100, 100, 30]
        wait_until_done(cloud, 3)
        assert told_as_accepted(cloud) == volumes
        parts = [{"work": part} for part in put_messages(cloud)]
        put(cloud, *parts)
        wait_until_done(cloud, 3 + len(parts))
        assert {len(cloud.backups_of(volume)) for volume in volumes} == {1}


def test_without_a_queue_a_selection_is_worked_off_until_the_deadline_and_the_rest_is_told(estate: World) -> None:
    volumes = {estate.volume(**TAGGED) for _ in range(60)}
    estate.warm_up()
    estate.oci.fault("CreateVolumeBackup", after=16, times=1000, delay_seconds=60.0)
    status, answer = estate.invoke(select(), seconds="13")
    assert status == 502
    outcomes = Counter(result["outcome"] for result in answer["results"])
    assert set(outcomes) == {"accepted", "failed"}
    assert {result["resourceId"] for result in answer["results"]} == volumes
    told = {event["subject"]: event["type"] for event in estate.events()}
    assert set(told) == volumes
    assert Counter(told.values())["volumebackup.failed"] == outcomes["failed"]


def test_a_dry_run_of_a_selection_shows_every_request_and_puts_nothing_into_the_queue() -> None:
    with cloud_with_queue() as cloud:
        for _ in range(101):
            cloud.volume(**TAGGED)
        answer = cloud.answer({**select(), "dryRun": True})
        assert (answer["outcome"], len(answer["results"])) == ("planned", 101)
        assert put_messages(cloud) == []


@pytest.mark.parametrize("operation", [SEARCH, "GetVolume"])
def test_a_dry_run_of_a_selection_that_fails_is_told_and_never_left_for_later(
    configured: Configure, operation: str
) -> None:
    cloud = configured()
    configured(WORK_QUEUE_ID=cloud.queue())
    tag = f"dry-{operation.lower()}"
    cloud.volume(freeformTags={tag: "yes"})
    cloud.oci.fault(operation, **NOT_NOW)
    status, answer = cloud.invoke({**select(tag=tag), "dryRun": True})
    assert (status, answer["outcome"]) == (502, "failed")
    assert put_messages(cloud) == []


# What an alarm's tag says, and whether it selects the shop's volume.
ALARM_TAGS = {"app=shop": True, "app": True, " app = Shop ": True, "app=other": False}


@pytest.mark.parametrize("value", ALARM_TAGS)
def test_an_alarm_about_anything_backs_up_what_its_tag_selects(estate: World, value: str) -> None:
    volume = estate.volume(**SHOP)
    alarm = estate.alarm(freeformTags={"Backup-Select": value})
    answer = estate.answer(payload("alarm_of_a_load_balancer.json", alarm=alarm), x_oci_ns_messageid="message-1")
    if not ALARM_TAGS[value]:
        assert "no volume or boot volume with the tag app=other was found" in answer["results"][0]["reason"]
        return
    [result] = answer["results"]
    assert (result["resourceId"], result["outcome"], result["trigger"]["kind"]) == (volume, "accepted", "alarm")
    assert re.fullmatch(r"volume-.{12}-20260301T020304Z", result["request"]["displayName"])
    assert estate.operations()[0] == "GetAlarm"


@pytest.mark.parametrize("value", [None, "", "a.b.c=1", "my tag", "app=", "app= "])
def test_an_alarm_without_a_selection_is_told_with_the_tag_to_put_where(estate: World, value: str | None) -> None:
    alarm = estate.alarm(freeformTags={"backup-select": value} if value is not None else {})
    body = payload("alarm_of_a_database.json", alarm=alarm)
    reason = only_reason(estate, body, x_oci_ns_messageid="message-1")
    assert reason.startswith("the alarm names no volume or instance, and ")
    [event] = estate.events()
    assert event["subject"] == alarm


def test_an_alarm_that_may_not_be_read_says_which_policy_is_missing(estate: World) -> None:
    alarm = estate.alarm(freeformTags={"backup-select": "app=shop"})
    estate.oci.deny("read alarms")
    answer = estate.answer(payload("alarm_of_a_load_balancer.json", alarm=alarm), x_oci_ns_messageid="message-1")
    [result] = answer["results"]
    assert result["error"]["hint"].startswith(
        "The alarm names no volume or instance, so the function reads what to back up from the alarm's own tag "
        "backup-select. Check that "
        f"{alarm} exists and that a policy allows GetAlarm: Allow dynamic-group <the function's> to read alarms in"
    )


def test_whoever_may_only_publish_cannot_choose_what_an_alarm_selects(estate: World) -> None:
    estate.volume(**SHOP)
    forged = json.loads(payload("alarm_of_a_load_balancer.json", alarm=estate.alarm()))
    forged["alarmMetaData"][0]["freeformTags"] = {"backup-select": "app=shop"}
    assert "has no free-form tag backup-select" in only_reason(estate, forged, x_oci_ns_messageid="message-1")


def test_the_tag_that_an_alarm_selects_by_can_have_another_name(isolated_cloud: World) -> None:
    isolated_cloud.oci.configure(ALARM_SELECT_TAG="saves")
    volume = isolated_cloud.volume(**SHOP)
    alarm = isolated_cloud.alarm(freeformTags={"saves": "app"})
    body = payload("alarm_of_a_load_balancer.json", alarm=alarm)
    assert list(results_of(isolated_cloud, body, x_oci_ns_messageid="message-1")) == [volume]
