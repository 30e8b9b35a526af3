"""Alarms: every disk of the sick machine is saved before anyone wakes up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.services.compute.boot_volume_attachments import BootVolumeAttachments
from handlers.domain.result import Result
from handlers.domain.trigger import Target
from tests.conftest import Configure
from tests.parsing import parse_body, parse_results
from tests.world import World, payload

INSTANCE_ALARMS = [
    "alarm_v1_0_instance.json",
    "alarm_v1_3_instance.json",
    "alarm_v1_5_split.json",
    "alarm_upper_case_instance.json",
]

# Per payload: why nothing is done.
SKIPPED = {
    "alarm_firing_to_ok.json": "alarm transition FIRING_TO_OK does not act; ALARM_TYPES is OK_TO_FIRING",
    "alarm_repeat.json": "alarm transition REPEAT does not act",
    "alarm_reset.json": "alarm transition RESET does not act",
}
# The same, where somebody who relied on the alarm is left without a backup.
NEEDS_PERSON = {
    "alarm_about_no_alarm.json": "the dimension names no resourceId",
    "alarm_malformed_as_documented.txt": "a text published to the topic, not JSON (Expecting property name enclosed in",
}


def through_topic(cloud: World, body: Any) -> tuple[int, Any]:
    return cloud.invoke(body, x_oci_ns_messageid="message-1")


@pytest.mark.parametrize("name", INSTANCE_ALARMS)
def test_an_alarm_on_an_instance_backs_up_its_boot_volume_and_every_attached_volume(cloud: World, name: str) -> None:
    instance = cloud.instance(disks=4)
    cloud.detach(cloud.attach(instance, cloud.volume(displayName="detached")))
    status, answer = through_topic(cloud, payload(name, instance=instance))
    assert status == 200
    assert answer["outcome"] == "accepted"
    results = answer["results"]
    assert results[0]["resourceId"] == cloud.boot_volume_of(instance)
    assert len({result["resourceId"] for result in results}) == len(results) == 5
    assert len(cloud.messages()) == 1
    ends = {result["resourceId"]: result["resourceId"][-12:] for result in results}
    kinds = ["bootvolume", "volume", "volume", "volume", "volume"]
    names = [f"{kind}-{end}-20260301T020304Z" for kind, end in zip(kinds, ends.values(), strict=True)]
    assert [result["request"]["displayName"] for result in results] == names
    key = json.loads(payload(name))["dedupeKey"]
    assert {result["trigger"]["id"] for result in results} == {f"{key}:1772330584000"}


def test_a_grouped_alarm_backs_up_every_distinct_resource_once_in_any_spelling(cloud: World) -> None:
    names = {"volume": cloud.volume(), "bootvolume": cloud.boot_volume()}
    _, answer = through_topic(cloud, payload("alarm_v1_5_grouped.json", **names))
    assert [result["resourceId"] for result in answer["results"]] == list(names.values())
    assert answer["outcome"] == "accepted"


def test_a_pretty_printed_alarm_is_the_same_alarm(cloud: World) -> None:
    assert cloud.invoke_one(payload("alarm_v1_5_pretty.txt", volume=cloud.volume()))["outcome"] == "accepted"


def test_only_firing_entries_of_an_alarm_act(cloud: World) -> None:
    names = {"volume": cloud.volume(), "bootvolume": cloud.boot_volume()}
    _, answer = through_topic(cloud, payload("alarm_several_entries.json", **names))
    assert [result["resourceId"] for result in answer["results"]] == list(names.values())


@pytest.mark.parametrize("name", SKIPPED)
def test_an_alarm_that_asks_for_nothing_is_skipped_with_a_reason(cloud: World, name: str) -> None:
    status, answer = through_topic(cloud, payload(name, instance="ocid1.instance.oc1.iad.aaaainstance"))
    assert status == 200
    assert [result["outcome"] for result in answer["results"]] == ["skipped"]
    assert SKIPPED[name] in answer["results"][0]["reason"]
    assert cloud.operations() == []
    [result] = parse_results(payload(name), message_id="message-1")
    assert result.needs_person is False


@pytest.mark.parametrize("name", NEEDS_PERSON)
def test_an_alarm_that_leads_to_no_backup_is_skipped_with_a_reason_and_needs_a_person(cloud: World, name: str) -> None:
    status, answer = through_topic(cloud, payload(name, instance="ocid1.instance.oc1.iad.aaaainstance"))
    assert (status, answer["outcome"]) == (200, "skipped")
    assert NEEDS_PERSON[name] in answer["results"][0]["reason"]
    [result] = parse_results(payload(name), message_id="message-1")
    assert result.needs_person is True


def test_an_alarms_title_ocid_and_names_go_into_targets_and_skips_on_one_line_each() -> None:
    alarm = json.loads(payload("alarm_v1_5_split.json", instance="ocid1.instance.oc1.iad.aaaainstance"))
    alarm["title"] = "web-1\nis sick " + "x" * 300
    alarm["alarmMetaData"][0]["dimensions"] += [{"resourceDisplayName": "lb\n1"}] * 2
    target, skip = parse_body(alarm, message_id="message-1")
    assert isinstance(target, Target)
    assert isinstance(skip, Result)
    assert (target.name, skip.resource_name, skip.stands_for) == ("web-1", "lb 1", 2)
    assert target.trigger is skip.trigger
    assert (target.trigger.title or "").startswith("web-1 is sick x")
    assert len(target.trigger.title or "") == 255
    assert target.trigger.source == "ocid1.alarm.oc1.iad.aaaaalarm"


def test_an_alarm_entry_that_does_not_say_its_status_fires(cloud: World) -> None:
    assert cloud.invoke_one(payload("alarm_without_status.json", volume=cloud.volume()))["outcome"] == "accepted"


def test_a_number_that_is_no_time_in_milliseconds_gives_way_to_the_written_time(cloud: World) -> None:
    result = cloud.invoke_one(payload("alarm_implausible_millis.json", volume=cloud.volume()))
    assert result["request"]["displayName"].endswith("-20260301T020304Z")


def test_a_dimension_without_a_resource_is_told_and_the_others_are_backed_up(cloud: World) -> None:
    status, answer = through_topic(cloud, payload("alarm_without_resource.json", volume=cloud.volume()))
    assert (status, answer["outcome"]) == (200, "mixed")
    assert [result["outcome"] for result in answer["results"]] == ["skipped", "accepted"]
    assert answer["results"][0]["reason"] == "the dimension names no resourceId"


def test_streams_that_the_message_leaves_out_are_told(cloud: World) -> None:
    _, answer = through_topic(cloud, payload("alarm_more_than_listed.json", volume=cloud.volume()))
    assert answer["results"][-1]["reason"].startswith("30 more metric streams fire than the message lists")
    unnamed, missing = parse_results(payload("alarm_more_than_listed.json", volume="ocid1.volume.oc1.iad.a"))
    assert (unnamed.stands_for, unnamed.needs_person, missing.needs_person) == (99, True, True)


def test_a_volume_named_beside_its_instance_is_backed_up_once(cloud: World) -> None:
    instance = cloud.instance(disks=1)
    boot_volume = cloud.boot_volume_of(instance)
    alarm = json.loads(payload("alarm_v1_5_split.json", instance=instance))
    alarm["alarmMetaData"][0]["dimensions"].append({"resourceId": boot_volume})
    _, answer = through_topic(cloud, alarm)
    assert len(answer["results"]) == 2
    assert len(cloud.backups_of(boot_volume)) == 1


def test_a_redelivered_alarm_makes_no_second_backup_and_a_new_firing_does(cloud: World) -> None:
    volume = cloud.volume()
    alarm = json.loads(payload("alarm_v1_5_grouped.json", volume=volume, bootvolume=cloud.boot_volume()))
    through_topic(cloud, alarm)
    through_topic(cloud, alarm)
    assert len(cloud.backups_of(volume)) == 1
    cloud.wait_for_backup_of(volume)
    again = {**alarm, "timestampEpochMillis": alarm["timestampEpochMillis"] + 60_000}
    assert through_topic(cloud, again)[1]["results"][0]["outcome"] == "accepted"
    assert len(cloud.backups_of(volume)) == 2


def test_configured_transitions_act(configured: Configure) -> None:
    cloud = configured(ALARM_TYPES="OK_TO_FIRING,repeat")
    _, answer = through_topic(cloud, payload("alarm_repeat.json", instance=cloud.instance()))
    assert answer["outcome"] == "accepted"


def test_with_require_tag_an_alarm_backs_up_only_tagged_volumes(configured: Configure) -> None:
    cloud = configured(REQUIRE_TAG="true")
    tagged, untagged = cloud.volume(freeformTags={"backup": "full"}), cloud.boot_volume()
    _, answer = through_topic(cloud, payload("alarm_v1_5_grouped.json", volume=tagged, bootvolume=untagged))
    assert [result["outcome"] for result in answer["results"]] == ["accepted", "skipped"]
    assert cloud.backups_of(tagged)[0]["type"] == "FULL"


def test_an_instance_that_does_not_exist_fails_and_is_told(cloud: World) -> None:
    missing = "ocid1.instance.oc1.iad.aaaagone"
    status, answer = through_topic(cloud, payload("alarm_v1_5_split.json", instance=missing))
    assert (status, answer["outcome"]) == (200, "failed")
    assert "read instances" in answer["results"][0]["error"]["hint"]
    [event] = cloud.events()
    assert (event["type"], event["subject"]) == ("volumebackup.failed", missing)


def test_an_instance_without_volumes_is_skipped_with_a_reason(cloud: World) -> None:
    instance = cloud.instance()
    cloud.oci.run(cloud.oci.service(BootVolumeAttachments).collection.documents.clear)
    _, answer = through_topic(cloud, payload("alarm_v1_5_split.json", instance=instance))
    assert [result["reason"] for result in answer["results"]] == ["the instance has no attached volumes"]


@pytest.mark.parametrize("dimensions", [[], None, "x", [1, "x"]])
def test_malformed_dimensions_are_told_and_do_no_harm(cloud: World, dimensions: Any) -> None:
    alarm = json.loads(payload("alarm_v1_5_split.json", instance="x"))
    alarm["alarmMetaData"][0] |= {"dimensions": dimensions, "id": cloud.alarm()}
    status, answer = through_topic(cloud, alarm)
    assert (status, answer["outcome"]) == (200, "skipped")
    assert "has no free-form tag backup-select" in answer["results"][0]["reason"]


@pytest.mark.parametrize("entries", [[], None, "x", [1]])
def test_malformed_entries_are_told_and_do_no_harm(cloud: World, entries: Any) -> None:
    alarm = {**json.loads(payload("alarm_v1_5_split.json", instance="x")), "alarmMetaData": entries}
    status, answer = through_topic(cloud, alarm)
    assert (status, answer["outcome"]) == (200, "skipped")


def test_an_alarm_without_a_key_or_a_time_is_identified_by_its_message(cloud: World) -> None:
    alarm = json.loads(payload("alarm_v1_5_pretty.txt", volume=cloud.volume()))
    for key in ("dedupeKey", "timestampEpochMillis", "timestamp"):
        del alarm[key]
    _, answer = through_topic(cloud, alarm)
    assert answer["results"][0]["trigger"]["id"] == "message-1"
    assert answer["results"][0]["request"]["displayName"].startswith("volume-")


def test_young_backups_of_any_kind_keep_an_alarm_from_making_another(configured: Configure) -> None:
    cloud = configured(MIN_INTERVAL_MINUTES="60")
    volume, boot_volume = cloud.volume(), cloud.boot_volume()
    group = cloud.volume_group(cloud.volume())
    cloud.backup(volume)
    cloud.boot_backup(boot_volume)
    cloud.group_backup(group)
    alarm = json.loads(payload("alarm_v1_5_split.json", instance="x"))
    alarm["alarmMetaData"][0]["dimensions"] = [{"resourceId": ocid} for ocid in (volume, boot_volume, group)]
    status, answer = through_topic(cloud, alarm)
    assert (status, answer["outcome"]) == (200, "skipped")
    assert all("younger than MIN_INTERVAL_MINUTES" in result["reason"] for result in answer["results"])
    lists = {"ListVolumeBackups", "ListBootVolumeBackups", "ListVolumeGroupBackups"}
    assert lists <= set(cloud.operations())


def test_a_dry_run_of_an_alarm_reads_the_instance_and_shows_every_request(configured: Configure) -> None:
    cloud = configured(DRY_RUN="true")
    status, answer = through_topic(cloud, payload("alarm_v1_5_split.json", instance=cloud.instance(disks=2)))
    assert (status, answer["outcome"], len(answer["results"])) == (200, "planned", 3)
    assert all(result["request"]["type"] == "INCREMENTAL" for result in answer["results"])
    lists = {"ListBootVolumeAttachments", "ListVolumeAttachments"}
    assert set(cloud.operations()) == {"GetInstance", *lists, "GetVolume", "GetBootVolume"}
