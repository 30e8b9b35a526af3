"""Batches of Connector Hub, audit records, completed backups, and the function's own messages."""

from __future__ import annotations

import json

import pytest

from handlers.domain.errors import InternalError
from handlers.domain.result import Result
from handlers.domain.trigger import Target
from tests.conftest import Configure
from tests.parsing import parse_body, parse_results
from tests.world import World, payload, world

SOURCES: dict[str, dict[str, object]] = {
    "streaming": {"kind": "streaming", "streamId": "ocid1.stream.oc1.iad.a"},
    "logging": {"kind": "logging", "logSources": [{"compartmentId": "ocid1.tenancy.oc1..a", "logGroupId": "_Audit"}]},
}

AUDIT_BACKED_UP = {
    "audit_updatevolume.json": "FULL",
    "audit_tag_changed.json": "FULL",
    "audit_current_state_tells.json": "FULL",
    "audit_state_as_text.json": "FULL",
    "audit_wrapped_by_logging.json": "FULL",
}
AUDIT_SKIPPED = {
    "audit_failed_call.json": "the call did not succeed: status '404'",
    "audit_getvolume.json": "com.oraclecloud.BlockVolumes.GetVolume are not acted on",
    "audit_tag_unchanged.json": "the call did not change the tag backup",
}
COMPLETIONS = {
    "completion_volumebackup.json": "volumebackup.available",
    "completion_bootvolumebackup.json": "bootvolumebackup.available",
    "completion_volumegroupbackup.json": "volumegroupbackup.available",
    "completion_failed.json": "volumebackup.faulty",
}


@pytest.mark.parametrize("name", ["batch_streaming_source.json", "batch_logging_source.json"])
def test_a_batch_is_worked_off_item_by_item_and_told_in_one_publish(cloud: World, name: str) -> None:
    status, answer = cloud.invoke(cloud.payload(name))
    assert status == 200
    outcomes = [result["outcome"] for result in answer["results"]]
    assert outcomes == (["accepted", "accepted"] if "streaming" in name else ["accepted", "skipped"])
    assert len(cloud.messages()) == 1


def test_bad_items_are_counted_and_named_by_their_place_and_leave_the_others_alone(cloud: World) -> None:
    status, answer = cloud.invoke(cloud.payload("batch_with_bad_items.json"))
    assert (status, answer["outcome"]) == (200, "mixed")
    first, second, unknown, wrong = answer["results"]
    assert first["outcome"] == second["outcome"] == "accepted"
    assert (unknown["outcome"], unknown["trigger"]["kind"]) == ("skipped", "batch")
    assert unknown["reason"].startswith("4 of 7 items match no kind; the first: item 1: matches none of the accepted")
    assert (wrong["outcome"], wrong["trigger"]["kind"]) == ("failed", "batch")
    assert wrong["error"]["message"] == "item 5 of 7: eventID and eventType: expected texts that are not empty"
    assert [event["type"] for event in cloud.events()].count("volumebackup.failed") == 1


def test_one_impossible_time_does_not_hold_up_a_batch(cloud: World) -> None:
    status, answer = cloud.invoke(cloud.payload("batch_with_an_impossible_time.json"))
    assert (status, answer["outcome"], len(answer["results"])) == (200, "accepted", 3)


def test_a_defect_with_one_item_is_that_items_failure_and_leaves_the_others_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("handlers.triggers.audit.parse", lambda *_: 1 / 0)
    event = json.loads(payload("event_updatevolume_tagged.json", volume="ocid1.volume.oc1.iad.a"))
    record = json.loads(payload("audit_updatevolume.json", volume="ocid1.volume.oc1.iad.a"))
    target, result = parse_body([record, event, record])
    assert isinstance(target, Target)
    assert isinstance(result, Result)
    assert isinstance(result.error, InternalError)
    assert result.error.retryable
    assert "unexpected ZeroDivisionError" in result.error.message
    assert result.stands_for == 2
    with pytest.raises(InternalError, match="unexpected ZeroDivisionError"):
        parse_body(record)


def test_arrays_and_streaming_items_are_opened_wherever_they_stand(cloud: World) -> None:
    status, answer = cloud.invoke(cloud.payload("batch_nested.json"))
    assert (status, answer["outcome"]) == (200, "accepted")
    assert [result["resourceId"].split(".")[1] for result in answer["results"]] == [
        "volume",
        "bootvolume",
        "volumegroup",
    ]


def test_nobody_waits_for_the_answer_about_one_item_of_a_batch_so_its_failure_is_answered_200(cloud: World) -> None:
    status, answer = cloud.invoke(cloud.payload("batch_of_requests.json"))
    assert (status, answer["outcome"]) == (200, "failed")
    assert [result["error"]["code"] for result in answer["results"]] == ["NotAuthorizedOrNotFound"] * 2
    alone = json.loads(cloud.payload("batch_of_requests.json"))[1]
    assert cloud.invoke(alone)[0] == 200
    assert cloud.invoke({"volumeId": "ocid1.volume.oc1.iad.aaaagone"})[0] == 502


def test_the_same_event_twice_in_a_batch_makes_one_backup(cloud: World) -> None:
    status, answer = cloud.invoke(cloud.payload("batch_same_event_twice.json"))
    assert status == 200
    assert [result["outcome"] for result in answer["results"]] == ["accepted", "skipped"]
    assert "earlier in this batch" in answer["results"][1]["reason"]
    assert cloud.operations().count("CreateVolumeBackup") == 1


def test_an_empty_batch_is_nothing_to_do(cloud: World) -> None:
    assert cloud.invoke(payload("batch_empty.json")) == (200, {"outcome": "skipped", "results": []})


def test_a_batch_of_something_else_is_skipped_as_one_and_needs_a_person(cloud: World) -> None:
    body = cloud.payload("batch_metrics.json")
    assert cloud.invoke_one(body)["outcome"] == "skipped"
    [result] = parse_results(body)
    assert result.needs_person


def test_one_streaming_item_instead_of_a_batch_is_identified_by_its_place_in_the_stream(cloud: World) -> None:
    result = cloud.invoke_one(cloud.payload("stream_item.json"))
    assert result["outcome"] == "accepted"
    assert result["trigger"] == {"kind": "request", "id": "ocid1.stream.oc1.iad.aaaastream:0:9"}


@pytest.mark.parametrize("value", ["", "bm90IGpzb24=", "NDI=", None, 7, "e30="])
def test_a_streaming_value_that_holds_nothing_usable_is_skipped_and_needs_a_person(cloud: World, value: object) -> None:
    body = {"stream": "s", "partition": "0", "offset": "1", "value": value}
    assert cloud.invoke_one(body)["outcome"] == "skipped"
    [result] = parse_results(body)
    assert (result.needs_person, result.trigger.kind) == (True, "batch")


@pytest.mark.parametrize("name", AUDIT_BACKED_UP)
def test_an_audit_record_of_a_successful_change_makes_a_backup(cloud: World, name: str) -> None:
    result = cloud.invoke_one(cloud.payload(name))
    assert (result["outcome"], result["trigger"]["kind"]) == ("accepted", "audit")
    assert result["request"]["freeformTags"] == {"backup-trigger": f"event:{result['trigger']['id']}"}
    assert cloud.backups_of(result["resourceId"])[0]["type"] == AUDIT_BACKED_UP[name]
    assert result["request"]["displayName"] == "db-data-1-20260301T020304Z"


@pytest.mark.parametrize("name", AUDIT_SKIPPED)
def test_an_audit_record_that_changed_nothing_is_skipped_with_a_reason(cloud: World, name: str) -> None:
    result = cloud.invoke_one(cloud.payload(name))
    assert result["outcome"] == "skipped"
    assert AUDIT_SKIPPED[name] in result["reason"]
    assert cloud.operations() == []


def test_an_audit_record_without_tags_has_them_read_from_the_api(cloud: World) -> None:
    volume = cloud.volume(freeformTags={"backup": "incremental"})
    assert cloud.invoke_one(payload("audit_null_tags.json", volume=volume))["outcome"] == "accepted"
    assert cloud.operations()[0] == "GetVolume"


@pytest.mark.parametrize("record", [{"eventId": "", "eventType": "x", "data": {}}, {"specversion": "1.0", "data": {}}])
def test_an_audit_record_without_an_identity_is_refused(cloud: World, record: dict[str, object]) -> None:
    status, answer = cloud.invoke(record)
    assert (status, answer["error"]["code"]) == (502, "InvalidRequest")


@pytest.mark.parametrize("name", COMPLETIONS)
def test_a_backup_that_ended_is_read_and_its_final_state_published(cloud: World, name: str) -> None:
    volume = cloud.volume(freeformTags={"emulator-backup-ends": "FAULTY"} if "failed" in name else {})
    backup = (
        cloud.boot_backup(cloud.boot_volume())
        if "boot" in name
        else cloud.group_backup(cloud.volume_group(volume))
        if "group" in name
        else cloud.backup(volume)
    )
    result = cloud.invoke_one(payload(name, backup=backup, volume=volume))
    assert (result["outcome"], result["resourceId"]) == ("completed", backup)
    [event] = cloud.events()
    assert event["type"] == COMPLETIONS[name]
    assert event["subject"] == event["data"]["id"] == backup
    assert event["triggerkind"] == "completion"
    assert len(cloud.requests("CreateVolumeBackup", "CreateBootVolumeBackup", "CreateVolumeGroupBackup")) == 0


def test_a_completed_backup_that_is_gone_is_skipped(cloud: World) -> None:
    backup = cloud.backup(cloud.volume())
    cloud.oci.operator.call("DELETE", f"/20160918/volumeBackups/{backup}")
    result = cloud.invoke_one(payload("completion_volumebackup.json", backup=backup))
    assert result["reason"] == "the backup has been deleted since"


def test_a_completion_that_names_no_backup_is_skipped(cloud: World) -> None:
    result = cloud.invoke_one(payload("completion_volumebackup.json", backup=""))
    assert result["reason"] == "the event names no backup"
    other = cloud.invoke_one(payload("completion_of_another_service.json"))
    assert (other["outcome"], other["reason"]) == ("skipped", "the event names no backup")


@pytest.mark.parametrize("name", ["own_message.json", "own_messages.json"])
def test_the_functions_own_messages_are_skipped(cloud: World, name: str) -> None:
    status, answer = cloud.invoke(payload(name, volume=cloud.volume()), x_oci_ns_messageid="message-1")
    assert (status, answer["outcome"]) == (200, "skipped")
    assert all("a message of this function itself" in result["reason"] for result in answer["results"])
    assert cloud.operations() == []


def test_a_text_published_to_the_topic_by_a_person_is_skipped(cloud: World) -> None:
    result = cloud.invoke_one("Please have a look at web-1.", x_oci_ns_messageid="message-1")
    assert (result["outcome"], result["trigger"]) == ("skipped", {"kind": "message", "id": "message-1"})


def test_a_large_batch_is_split_by_its_real_size_in_the_order_of_its_items(configured: Configure) -> None:
    cloud = configured(DRY_RUN=None)
    event = json.loads(cloud.payload("event_updatevolume_tagged.json"))
    batch = [{**event, "eventID": f"missing-{number}"} for number in range(150)]
    for item in batch:
        item["data"] = {**event["data"], "resourceId": f"ocid1.volume.oc1.iad.{item['eventID']}"}
    status, _ = cloud.invoke(batch)
    assert status == 200
    published = cloud.requests("PublishMessage")
    sizes = [len(entry.details["content"]) for entry in published]
    assert max(sizes) <= 64 * 1024
    assert min(sizes[:-1]) > 60 * 1024
    assert [event["triggerid"] for event in cloud.events()] == [item["eventID"] for item in batch]


@pytest.mark.parametrize("kind", ["streaming", "logging"])
def test_connector_hub_hands_over_what_happened_in_batches(kind: str) -> None:
    with world() as cloud:
        cloud.connector(SOURCES[kind], batchSizeInNum=4, batchTimeInSec=600)
        first, second = cloud.volume(), cloud.volume(freeformTags={"backup": "full"})
        cloud.oci.journal.wait_for("invocation", status=200)
        assert cloud.backups_of(first) == []
        [backup] = cloud.backups_of(second)
        assert backup["freeformTags"]["backup-trigger"].startswith("event:")
        [accepted] = [event for event in cloud.events() if event["type"] == "volumebackup.accepted"]
        assert accepted["triggerkind"] == {"streaming": "event", "logging": "audit"}[kind]


@pytest.mark.parametrize("target", [{"batchTimeInSec": 60}, {"batchSizeInKbs": 1, "batchTimeInSec": 600_000}])
def test_connector_hub_hands_over_a_batch_after_its_time_or_size(target: dict[str, int]) -> None:
    with world(queue_second_seconds=0.001) as cloud:
        cloud.connector(SOURCES["streaming"], **target)
        cloud.volume()
        assert len(cloud.oci.journal.wait_for("batch")[0].details["items"]) == 2


def test_connector_hub_hands_over_what_waits_in_a_queue_until_it_is_done() -> None:
    with world(queue_second_seconds=0.01, queue_element_shape="object") as cloud:
        queue = cloud.queue(visibilityInSeconds=400)
        source = {"kind": "plugin", "pluginName": "QueueSource", "configMap": {"queueId": queue}}
        cloud.connector(source, batchSizeInNum=1, batchTimeInSec=60)
        volume = cloud.volume()
        cloud.oci.wait(cloud.oci.pool.warm())
        cloud.oci.fault("CreateVolumeBackup", kill="before")
        messages = {"messages": [{"content": json.dumps({"volumeId": volume})}]}
        cloud.oci.operator.call("POST", f"/20210201/queues/{queue}/messages", messages)
        cloud.oci.journal.wait_for("queue", what="deleted")
        first, *others = (entry.details["status"] for entry in cloud.oci.journal.entries("invocation"))
        assert (first, set(others)) == (502, {200})
        assert len(cloud.backups_of(volume)) == 1


def test_a_cloud_event_around_an_audit_record_is_that_record(cloud: World) -> None:
    record = json.loads(cloud.payload("audit_updatevolume.json"))
    wrapped = {"specversion": "1.0", "id": "x", "source": "hub", "type": "audit", "data": record}
    assert cloud.invoke_one(wrapped)["trigger"]["id"] == record["eventId"]
    strange = {"specversion": "1.0", "id": "x", "source": "hub", "type": "x", "data": {"eventType": "x", "data": {}}}
    assert cloud.invoke(strange)[1]["error"]["code"] == "InvalidRequest"


def test_a_dry_run_of_a_completion_reads_the_backup_and_publishes_nothing(configured: Configure) -> None:
    cloud = configured(DRY_RUN="true")
    result = cloud.invoke_one(payload("completion_volumebackup.json", backup=cloud.backup(cloud.volume())))
    assert (result["outcome"], result["notified"]) == ("completed", False)
    assert cloud.operations() == ["GetVolumeBackup"]


def test_configured_event_types_and_require_tag_hold_for_audit_records_too(configured: Configure) -> None:
    cloud = configured(EVENT_TYPES="com.oraclecloud.blockvolumes.getvolume", REQUIRE_TAG="true")
    assert cloud.invoke_one(cloud.payload("audit_getvolume.json"))["outcome"] == "accepted"
    untagged = json.loads(cloud.payload("audit_getvolume.json"))
    untagged["data"]["freeformTags"] = {}
    assert cloud.invoke_one({**untagged, "eventId": "another"})["reason"] == "not tagged with backup"


@pytest.mark.parametrize(
    "name", ["audit_failed_call.json", "audit_tag_unchanged.json", "event_updatevolume_begin.json"]
)
def test_a_resource_of_any_length_is_told_shortly(cloud: World, name: str) -> None:
    record = json.loads(cloud.payload(name))
    record["data"]["resourceId"] = "x\n" * 500_000
    assert len(cloud.invoke_one(record)["resourceId"]) == 255
    assert all(len(line) < 3000 for line in cloud.log(least=2))


def test_an_event_and_an_audit_record_of_one_happening_send_the_same_bytes_under_one_token(cloud: World) -> None:
    record = json.loads(cloud.payload("audit_updatevolume.json"))
    data = {key: record["data"][key] for key in ("resourceId", "resourceName", "compartmentId", "freeformTags")}
    event = {"eventType": record["eventType"], "eventID": record["eventId"], "eventTime": record["eventTime"]}
    first, second = cloud.invoke_one(record), cloud.invoke_one({**event, "data": data})
    assert [first["trigger"]["kind"], second["trigger"]["kind"]] == ["audit", "event"]
    assert first["volumeBackup"]["id"] == second["volumeBackup"]["id"]
    one, other = cloud.requests("CreateVolumeBackup")
    assert one.details["content"] == other.details["content"]


def test_a_record_that_logging_has_wrapped_keeps_its_own_identity(cloud: World) -> None:
    body = json.loads(cloud.payload("audit_wrapped_with_its_own_id.json"))
    assert cloud.invoke_one(body)["trigger"]["id"] == body["data"]["eventId"] != body["id"]
