"""Events of the Events service: a tag on a volume, and whatever else is configured, becomes a backup."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator.services.block_volume.volume_backups import VolumeBackups
from handlers.domain.tags import TagName, Tags, decide_by_tag
from handlers.domain.trigger import Target
from tests.conftest import Configure
from tests.parsing import parse_body, parse_results
from tests.world import World, payload

NAMED_TIME = datetime(2026, 3, 1, 2, 3, 4, tzinfo=UTC)
# Per payload: the type of the backup that it makes.
BACKED_UP = {
    "event_updatevolume_tagged.json": "INCREMENTAL",
    "event_updatevolume_tag_full.json": "FULL",
    "event_updatevolume_documented_spelling.json": "INCREMENTAL",
    "event_updatevolume_root_compartment.json": "INCREMENTAL",
    "event_updatevolume_upper_case_ocid.json": "INCREMENTAL",
    "event_updatevolume_end.json": "INCREMENTAL",
    "event_createvolume_end.json": "INCREMENTAL",
    "event_updatebootvolume_tagged.json": "INCREMENTAL",
    "event_createbootvolume_end.json": "INCREMENTAL",
    "event_updatevolumegroup_tagged.json": "INCREMENTAL",
    "event_createvolumegroup_end.json": "INCREMENTAL",
    "cloudevent_around_event.json": "INCREMENTAL",
    "event_cloudevents_form.json": "INCREMENTAL",
}

# Per payload: why nothing is done.
SKIPPED = {
    "event_updatevolume_tag_off.json": "tag backup opts out",
    "event_updatevolume_tag_null.json": "tag backup opts out",
    "event_updatevolume_untagged.json": "not tagged with backup",
    "event_updatevolume_begin.json": "events of type com.oraclecloud.blockvolumes.updatevolume.begin are not acted on",
    "event_createvolume_end_failed.json": "the operation that the event tells of failed",
    "event_createvolumebackup_begin.json": "createvolumebackup.begin are not acted on",
    "event_instanceaction_end.json": "com.oraclecloud.computeapi.instanceaction.end are not acted on; add the type to",
    "event_createvolumegroup.json": "; com.oraclecloud.blockvolumes.createvolumegroup.end, which follows, is",
    "event_createbucket_path.json": "com.oraclecloud.objectstorage.createbucket are not acted on",
    "event_databasebackup_end.json": "com.oraclecloud.databaseservice.backupdatabase.end are not acted on",
    "event_without_resource.json": "'' is not the OCID of a resource",
    "event_of_a_bucket_ocid.json": "a resource of type bucket has no volumes to back up",
}


@pytest.mark.parametrize("name", BACKED_UP)
def test_an_event_on_a_tagged_resource_makes_one_backup_of_it(cloud: World, name: str) -> None:
    result = cloud.invoke_one(cloud.payload(name))
    assert result["outcome"] == "accepted"
    assert result["trigger"]["kind"] == "event"
    assert result["trigger"]["type"].startswith("com.oraclecloud.blockvolumes.")
    [backup] = cloud.backups_of(result["resourceId"])
    assert backup["type"] == BACKED_UP[name]
    assert backup["freeformTags"] == {"backup-trigger": f"event:{result['trigger']['id']}"}


@pytest.mark.parametrize("name", SKIPPED)
def test_an_event_that_asks_for_nothing_is_skipped_with_a_reason(cloud: World, name: str) -> None:
    result = cloud.invoke_one(cloud.payload(name))
    assert (result["outcome"], result["notified"]) == ("skipped", False)
    assert SKIPPED[name] in result["reason"]
    assert cloud.operations() == []


@pytest.mark.parametrize("name", ["event_updatevolume_without_tags.json", "event_updatevolume_null_tags.json"])
@pytest.mark.parametrize(("tags", "outcome"), [({"BACKUP": "full"}, "accepted"), ({}, "skipped")])
def test_tags_that_the_event_does_not_carry_are_read_from_the_api(
    cloud: World, name: str, tags: dict[str, str], outcome: str
) -> None:
    volume = cloud.volume(freeformTags=tags)
    result = cloud.invoke_one(payload(name, volume=volume, compartment=cloud.oci.compartment_id))
    assert result["outcome"] == outcome
    assert cloud.operations()[0] == "GetVolume"


def test_tags_that_the_event_carries_are_not_read_again(cloud: World) -> None:
    cloud.invoke_one(cloud.payload("event_updatevolume_tagged.json"))
    assert cloud.operations() == ["CreateVolumeBackup", "PublishMessage"]


def test_a_defined_tag_opts_a_volume_in_whatever_the_case_of_its_name(configured: Configure) -> None:
    cloud = configured(BACKUP_TAG="operations.BACKUP")
    assert cloud.invoke_one(cloud.payload("event_updatevolume_defined_tag.json"))["outcome"] == "accepted"
    assert (
        cloud.invoke_one(cloud.payload("event_updatevolume_tagged.json"))["reason"]
        == "not tagged with operations.BACKUP"
    )


def test_the_backup_is_named_after_the_volume_and_the_time_of_the_event(cloud: World) -> None:
    result = cloud.invoke_one(cloud.payload("event_updatevolume_root_compartment.json"))
    assert result["request"]["displayName"] == "db-data-1-20260301T020304Z"


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"resourceName": None}, "-20260301T020304Z"),
        ({"resourceName": "x" * 300}, "x" * 238 + "…-20260301T020304Z"),
        ({"resourceName": 'a\n{"level":"ERROR"}\x00'}, 'a {"level":"ERROR"}-20260301T020304Z'),
    ],
    ids=["no name", "a long name", "control characters"],
)
def test_whatever_the_volume_is_called_the_backup_has_a_name_of_one_line(
    cloud: World, told: dict[str, Any], named: str
) -> None:
    event = json.loads(cloud.payload("event_updatevolume_tagged.json"))
    event["data"].update(told)
    name = cloud.invoke_one(event)["request"]["displayName"]
    assert len(name) <= 255
    assert name.isprintable()
    assert name.endswith(named[-17:])
    assert name.startswith(named[:-17][:200] or "volume-")


def test_a_redelivered_event_repeats_its_token_and_its_bytes_from_any_container(cloud: World) -> None:
    event = cloud.payload("event_updatevolume_tagged.json")
    first = cloud.invoke_one(event)
    cloud.oci.run(cloud.oci.pool.retire)
    second = cloud.invoke_one(event)
    assert first["volumeBackup"]["id"] == second["volumeBackup"]["id"]
    one, other = cloud.requests("CreateVolumeBackup")
    assert one.details["content"] == other.details["content"]
    assert one.details["headers"]["opc-retry-token"] == other.details["headers"]["opc-retry-token"]
    assert len(one.details["headers"]["opc-retry-token"]) <= 64
    assert [event["id"] for event in cloud.events()] == [f"{first['retryToken']}:accepted"] * 2


def test_an_event_through_a_topic_is_the_same_event(cloud: World) -> None:
    event = cloud.payload("event_updatevolume_tagged.json")
    through_topic = cloud.invoke_one(event, x_oci_ns_messageid="message-1", x_oci_ns_topicname="events")
    assert through_topic["retryToken"] == cloud.invoke_one(event)["retryToken"]


def test_configured_event_types_back_up_whatever_the_tags(configured: Configure) -> None:
    cloud = configured(EVENT_TYPES="com.oraclecloud.computeapi.terminateinstance.begin, com.oraclecloud.*.updatevolume")
    status, answer = cloud.invoke(payload("event_terminateinstance_begin.json", instance=cloud.instance(disks=1)))
    assert status == 200
    assert [result["outcome"] for result in answer["results"]] == ["accepted", "accepted"]
    assert cloud.invoke_one(cloud.payload("event_updatevolume_untagged.json"))["outcome"] == "accepted"
    assert cloud.invoke_one(cloud.payload("event_createbucket_path.json"))["outcome"] == "skipped"


def test_with_require_tag_configured_event_types_back_up_only_tagged_volumes(configured: Configure) -> None:
    cloud = configured(EVENT_TYPES="*", REQUIRE_TAG="true")
    instance = cloud.instance()
    tagged = cloud.volume(freeformTags={"backup": "full"})
    cloud.attach(instance, tagged)
    _, answer = cloud.invoke(payload("event_terminateinstance_begin.json", instance=instance))
    assert [(result["resourceId"], result["outcome"]) for result in answer["results"]] == [
        (cloud.boot_volume_of(instance), "skipped"),
        (tagged, "accepted"),
    ]
    assert "is not the OCID" in cloud.invoke_one(cloud.payload("event_createbucket_path.json"))["reason"]


def test_an_event_without_an_id_cannot_be_told_from_another_and_is_refused(cloud: World) -> None:
    event = json.loads(cloud.payload("event_updatevolume_tagged.json"))
    status, answer = cloud.invoke({**event, "eventID": ""})
    assert (status, answer["error"]["code"]) == (502, "InvalidRequest")


def test_a_volume_whose_newest_backup_is_young_is_skipped(configured: Configure) -> None:
    cloud = configured(MIN_INTERVAL_MINUTES="60")
    volume = cloud.volume()
    cloud.backup(volume)
    event = json.loads(payload("event_updatevolume_tagged.json", volume=volume, compartment=cloud.oci.compartment_id))
    result = cloud.invoke_one(event)
    assert result["outcome"] == "skipped"
    assert "younger than MIN_INTERVAL_MINUTES (60)" in result["reason"]
    del event["data"]["compartmentId"]
    assert cloud.invoke_one(event)["outcome"] == "skipped"
    assert cloud.operations() == ["ListVolumeBackups", "GetVolume", "ListVolumeBackups"]
    assert cloud.invoke_one({"volumeId": volume})["outcome"] == "accepted"


def test_a_redelivery_within_the_interval_finds_its_own_backup_again(configured: Configure) -> None:
    cloud = configured(MIN_INTERVAL_MINUTES="60")
    event = cloud.payload("event_updatevolume_tagged.json")
    first, second = cloud.invoke_one(event), cloud.invoke_one(event)
    assert first["volumeBackup"]["id"] == second["volumeBackup"]["id"]


@pytest.mark.parametrize("state", ["FAULTY", "TERMINATED"])
def test_a_backup_that_is_none_does_not_count_for_the_interval(configured: Configure, state: str) -> None:
    cloud = configured(MIN_INTERVAL_MINUTES="60")
    volume = cloud.volume()
    backup = cloud.backup(volume)
    cloud.oci.run(lambda: cloud.oci.service(VolumeBackups).collection.documents[backup].update(lifecycleState=state))
    event = payload("event_updatevolume_tagged.json", volume=volume, compartment=cloud.oci.compartment_id)
    assert cloud.invoke_one(event)["outcome"] == "accepted"


def test_a_dry_run_reads_what_it_needs_shows_the_request_and_publishes_nothing(configured: Configure) -> None:
    cloud = configured(DRY_RUN="true")
    volume = cloud.volume(freeformTags={"backup": "full"})
    result = cloud.invoke_one(payload("event_updatevolume_without_tags.json", volume=volume))
    assert (result["outcome"], result["notified"]) == ("planned", False)
    assert result["request"] == {
        "displayName": "db-data-1-20260301T020304Z",
        "freeformTags": {"backup-trigger": f"event:{result['trigger']['id']}"},
        "type": "FULL",
        "volumeId": volume,
    }
    assert cloud.operations() == ["GetVolume"]
    assert cloud.messages() == []


def test_a_tag_value_that_cannot_be_understood_is_skipped_with_the_value_and_needs_a_person(cloud: World) -> None:
    result = cloud.invoke_one(cloud.payload("event_updatevolume_tag_strange.json"))
    assert result["outcome"] == "skipped"
    assert result["reason"].startswith("tag backup has the value 'weekly', expected full, incremental")
    assert cloud.backups_of(result["resourceId"]) == []
    decisions = {value: decide_by_tag(Tags({"backup": value}), TagName("backup")) for value in ("ful", "no", "full")}
    assert [value for value, decision in decisions.items() if decision.needs_person] == ["ful"]
    assert not decide_by_tag(Tags({}), TagName("backup")).needs_person


def test_an_event_in_the_form_of_cloudevents_is_the_same_event_as_in_its_own_envelope(cloud: World) -> None:
    form = json.loads(cloud.payload("event_cloudevents_form.json"))
    envelope = {"eventType": form["type"], "eventID": form["id"], "eventTime": form["time"], "data": form["data"]}
    first, second = cloud.invoke_one(form), cloud.invoke_one(envelope)
    assert first["volumeBackup"]["id"] == second["volumeBackup"]["id"]
    one, other = cloud.requests("CreateVolumeBackup")
    assert one.details["content"] == other.details["content"]


@pytest.mark.parametrize("name", ["event_createvolumebackup_begin.json", "event_createbucket_path.json"])
def test_nobody_is_told_to_list_an_event_type_whose_resource_has_no_volumes(cloud: World, name: str) -> None:
    assert "EVENT_TYPES" not in cloud.invoke_one(cloud.payload(name))["reason"]


@pytest.mark.parametrize(
    "name", ["event_updatevolume_time_with_offset.json", "event_updatevolume_time_without_offset.json"]
)
def test_the_time_in_a_backups_name_is_utc_whatever_the_offset_of_the_events_time(cloud: World, name: str) -> None:
    event = cloud.payload(name)
    assert cloud.invoke_one(event)["request"]["displayName"] == "db-data-1-20260301T020304Z"
    [target] = parse_body(event)
    assert (target.trigger.time, target.trigger.time and target.trigger.time.tzinfo) == (NAMED_TIME, UTC)


@pytest.mark.parametrize(
    "name", ["event_updatevolume_time_before_year_one.json", "event_updatevolume_time_after_year_9999.json"]
)
def test_a_time_that_cannot_be_counts_as_one_that_is_not_told(cloud: World, name: str) -> None:
    result = cloud.invoke_one(cloud.payload(name))
    assert (result["outcome"], result["request"]["displayName"]) == ("accepted", "db-data-1")


@pytest.mark.parametrize("status", ["operationFailed", "OPERATION_FAILED", "Failure", "failed"])
def test_an_operation_that_failed_makes_no_backup_however_its_status_is_spelt(cloud: World, status: str) -> None:
    event = json.loads(cloud.payload("event_updatevolume_end.json"))
    event["data"]["additionalDetails"] = {"status": status}
    assert cloud.invoke_one(event)["reason"] == "the operation that the event tells of failed"


def test_the_resources_name_goes_on_one_line_into_targets_and_skips() -> None:
    names = {"volume": "ocid1.volume.oc1.iad.a", "compartment": "ocid1.compartment.oc1..a"}
    [target] = parse_body(payload("event_updatevolume_tagged.json", **names).replace("db-data-1", "db\\ndata"))
    assert isinstance(target, Target)
    assert target.name == "db data"
    [skip] = parse_results(payload("event_updatevolume_begin.json", **names))
    assert (skip.resource_name, skip.needs_person) == ("db-data-1", False)
