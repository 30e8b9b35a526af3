"""A volume's own tag counts whoever asks: `no` keeps it from being backed up, `full` says how."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.services.block_volume.volume_backups import VolumeBackups
from emulator.services.compute.volume_attachments import VolumeAttachments
from tests.conftest import Configure
from tests.world import World, payload

NO = {"backup": "no"}
CREATES = ("CreateVolumeBackup", "CreateBootVolumeBackup", "CreateVolumeGroupBackup")


def alarm_on(*resources: str, name: str | None = None) -> dict[str, Any]:
    alarm: dict[str, Any] = json.loads(payload("alarm_v1_5_split.json", instance="x"))
    named = {"resourceDisplayName": name} if name else {}
    alarm["alarmMetaData"][0]["dimensions"] = [{"resourceId": resource, **named} for resource in resources]
    return alarm


def test_an_alarm_about_a_volume_that_opts_out_makes_no_backup(cloud: World) -> None:
    group = cloud.volume_group(cloud.volume(), freeformTags=NO)
    _, answer = cloud.invoke(alarm_on(cloud.volume(freeformTags=NO), cloud.boot_volume(freeformTags=NO), group))
    assert [result["reason"] for result in answer["results"]] == ["tag backup opts out"] * 3
    assert cloud.requests(*CREATES) == []
    assert cloud.messages() == []


def test_an_event_of_a_configured_type_about_a_volume_that_opts_out_makes_no_backup(configured: Configure) -> None:
    cloud = configured(EVENT_TYPES="com.oraclecloud.blockvolumes.*")
    result = cloud.invoke_one(cloud.payload("event_updatevolume_tag_off.json"))
    assert result["reason"] == "tag backup opts out"
    assert cloud.operations() == []


@pytest.mark.parametrize("trigger", ["an alarm", "a request"])
def test_a_volume_that_opts_out_stays_out_when_its_instance_is_backed_up(cloud: World, trigger: str) -> None:
    instance = cloud.instance(disks=1)
    out = cloud.volume(freeformTags={"Backup": "off"})
    cloud.attach(instance, out)
    _, answer = cloud.invoke(alarm_on(instance) if trigger == "an alarm" else {"volumeId": instance})
    outcomes = {result["resourceId"]: result["outcome"] for result in answer["results"]}
    assert len(outcomes) == 3
    assert outcomes.pop(out) == "skipped"
    assert set(outcomes.values()) == {"accepted"}
    assert cloud.backups_of(out) == []


def test_a_request_that_names_the_volume_itself_overrides_its_opt_out(cloud: World) -> None:
    assert cloud.invoke_one({"volumeId": cloud.volume(freeformTags=NO)})["outcome"] == "accepted"
    assert "GetVolume" not in cloud.operations()


def test_a_defined_tag_can_opt_out_too(configured: Configure) -> None:
    cloud = configured(BACKUP_TAG="operations.backup")
    volume = cloud.volume(definedTags={"Operations": {"Backup": "none"}}, freeformTags={"backup": "full"})
    assert cloud.invoke_one(alarm_on(volume))["reason"] == "tag operations.backup opts out"


def test_a_tag_that_cannot_be_understood_does_not_opt_out(cloud: World) -> None:
    assert cloud.invoke_one(alarm_on(cloud.volume(freeformTags={"backup": "ful"})))["outcome"] == "accepted"


def test_a_tag_says_the_type_wherever_it_is_read(cloud: World) -> None:
    volume = cloud.volume(freeformTags={"backup": "full"})
    assert cloud.invoke_one(alarm_on(volume))["request"]["type"] == "FULL"


def test_a_volume_that_cannot_be_read_fails_by_itself(cloud: World) -> None:
    missing, fine = "ocid1.volume.oc1.iad.gone", cloud.volume()
    status, answer = cloud.invoke(alarm_on(missing, fine), x_oci_ns_messageid="message-1")
    assert status == 200
    assert [result["outcome"] for result in answer["results"]] == ["failed", "accepted"]
    assert "GetVolume" in answer["results"][0]["error"]["hint"]


def test_a_name_that_is_only_read_or_stands_in_an_alarm_is_in_nothing_that_is_sent(cloud: World) -> None:
    volume = cloud.volume(displayName="read-from-the-api")
    result = cloud.invoke_one(alarm_on(volume, name="told-by-the-alarm"))
    assert result["request"]["displayName"] == f"volume-{volume[-12:]}-20260301T020304Z"


@pytest.mark.parametrize("failing", [None, "first", "second"])
def test_a_volume_shared_by_two_instances_sends_the_same_bytes_however_it_is_found(
    cloud: World, failing: str | None
) -> None:
    first, second = cloud.instance(name="node-a"), cloud.instance(name="node-b")
    shared = cloud.volume()
    cloud.attach(first, shared)
    cloud.attach(second, shared)
    alarm = alarm_on(first, second)
    alarm["alarmMetaData"][0]["dimensions"][0]["resourceDisplayName"] = "node-a"
    alarm["alarmMetaData"][0]["dimensions"][1]["resourceDisplayName"] = "node-b"
    cloud.invoke(alarm)
    if failing:
        after = {"first": 0, "second": 1}[failing]
        cloud.oci.fault("ListVolumeAttachments", after=after, status=404, code="NotAuthorizedOrNotFound")
    else:
        cloud.oci.fault("ListVolumeAttachments", delay_seconds=0.5)
    cloud.invoke(alarm)
    sent = [entry for entry in cloud.requests("CreateVolumeBackup") if shared.encode() in entry.details["content"]]
    one, other = sent
    assert one.details["content"] == other.details["content"]
    assert len(cloud.backups_of(shared)) == 1


@pytest.mark.parametrize("order", [1, -1])
def test_a_volume_named_beside_its_instance_sends_the_bytes_that_it_sends_when_found_through_it(
    cloud: World, order: int
) -> None:
    instance, volume = cloud.instance(), cloud.volume()
    cloud.attach(instance, volume)
    cloud.invoke(alarm_on(*[instance, volume][::order], name="told-by-the-alarm"))
    cloud.invoke(alarm_on(instance, name="told-by-the-alarm"))
    sent = [entry for entry in cloud.requests("CreateVolumeBackup") if volume.encode() in entry.details["content"]]
    assert len(sent) == 2
    assert sent[0].details["content"] == sent[1].details["content"]


@pytest.mark.parametrize("state", ["ATTACHING", "ATTACHED", "DETACHING", "DETACHED"])
def test_every_attachment_that_is_not_over_counts(cloud: World, state: str) -> None:
    instance, volume = cloud.instance(), cloud.volume()
    attachment = cloud.attach(instance, volume)
    cloud.oci.run(
        lambda: cloud.oci.service(VolumeAttachments).collection.documents[attachment].update(lifecycleState=state)
    )
    _, answer = cloud.invoke(alarm_on(instance))
    found = [result["resourceId"] for result in answer["results"]]
    assert (volume in found) is (state != "DETACHED")
    assert len(found) == 1 + (state != "DETACHED")


@pytest.mark.parametrize("operation", ["ListVolumeAttachments", "ListBootVolumeAttachments"])
def test_an_instance_whose_one_list_fails_is_backed_up_as_far_as_it_is_known(cloud: World, operation: str) -> None:
    instance = cloud.instance(disks=1)
    boot_volume = cloud.boot_volume_of(instance)
    cloud.oci.fault(operation, status=404, code="NotAuthorizedOrNotFound", message="Refused.")
    status, answer = cloud.invoke(alarm_on(instance), x_oci_ns_messageid="message-1")
    assert (status, answer["outcome"]) == (200, "mixed")
    accepted, failed = answer["results"]
    assert (accepted["outcome"], failed["outcome"]) == ("accepted", "failed")
    assert (accepted["resourceId"] == boot_volume) is (operation == "ListVolumeAttachments")
    assert failed["resourceId"] == instance
    assert operation in failed["error"]["hint"]


def test_with_one_call_at_a_time_an_instance_is_listed_all_the_same(configured: Configure) -> None:
    cloud = configured(MAX_CONCURRENCY="1")
    instances = [cloud.instance(disks=1, name=f"web-{number}") for number in range(3)]
    status, answer = cloud.invoke(alarm_on(*instances))
    assert (status, answer["outcome"], len(answer["results"])) == (200, "accepted", 6)


@pytest.mark.parametrize("state", ["FAULTY", "TERMINATING", "TERMINATED"])
@pytest.mark.parametrize("hours", [0, 2])
def test_only_a_backup_that_stands_and_is_young_counts_for_the_interval(
    configured: Configure, state: str, hours: int
) -> None:
    cloud = configured(MIN_INTERVAL_MINUTES="60")
    volume = cloud.volume()
    young, other = cloud.backup(volume), cloud.backup(volume)
    documents = cloud.oci.service(VolumeBackups).collection.documents
    cloud.oci.run(lambda: documents[young].update(lifecycleState=state))
    # Backups that policies have made tell no timeRequestReceived.
    moment = f"2026-01-01T0{hours}:00:00Z" if hours else documents[other]["timeCreated"]
    cloud.oci.run(lambda: documents[other].update(timeRequestReceived=None, timeCreated=moment))
    assert cloud.invoke_one(alarm_on(volume))["outcome"] == ("accepted" if hours else "skipped")


def test_the_interval_holds_for_volumes_of_an_instance_in_another_compartment(configured: Configure) -> None:
    cloud = configured(MIN_INTERVAL_MINUTES="60", EVENT_TYPES="com.oraclecloud.computeapi.*")
    instance = cloud.instance()
    below = {"name": "databases", "description": "Volumes.", "compartmentId": cloud.oci.compartment_id}
    volume = cloud.volume(compartmentId=cloud.oci.operator.call("POST", "/20160918/compartments", below)["id"])
    cloud.attach(instance, volume)
    event = json.loads(payload("event_terminateinstance_begin.json", instance=instance))
    event["data"]["compartmentId"] = cloud.oci.compartment_id
    for number in range(3):
        cloud.invoke({**event, "eventID": f"event-{number}"})
        cloud.wait_for_backup_of(volume)
    assert len(cloud.backups_of(volume)) == 1
