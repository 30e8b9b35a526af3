"""A create that is refused, or answered with somebody else's backup: the backups that exist say what it means."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator.services.block_volume.volume_backups import VolumeBackups
from tests.conftest import Configure
from tests.world import World, payload

CREATE, LIST, PUBLISH = "CreateVolumeBackup", "ListVolumeBackups", "PublishMessage"
CONFLICT: dict[str, Any] = {
    "status": 409,
    "code": "Conflict",
    "message": "The volume is currently being modified, try again later.",
}
TEN_TAGS = {f"tag-{number}": "x" for number in range(10)}


def tagged_event(cloud: World) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(cloud.payload("event_updatevolume_tagged.json"))
    return event


def change(cloud: World, backup_id: str, **fields: Any) -> None:
    cloud.oci.run(lambda: cloud.oci.service(VolumeBackups).collection.documents[backup_id].update(fields))


def rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def test_a_conflict_with_the_triggers_own_backup_is_accepted_with_that_backup(cloud: World) -> None:
    event = tagged_event(cloud)
    first = cloud.invoke_one(event)
    change(cloud, first["volumeBackup"]["id"], lifecycleState="CREATING")
    cloud.oci.fault(CREATE, **CONFLICT)
    second = cloud.invoke_one(event)
    assert (second["outcome"], second["notified"]) == ("accepted", True)
    assert second["volumeBackup"]["id"] == first["volumeBackup"]["id"]
    assert cloud.operations() == [CREATE, PUBLISH, CREATE, LIST, PUBLISH]


def test_a_conflict_with_another_backup_is_a_skip_that_names_it_and_gives_the_services_words(cloud: World) -> None:
    event = tagged_event(cloud)
    running = cloud.backup(event["data"]["resourceId"])
    change(cloud, running, lifecycleState="CREATING")
    result = cloud.invoke_one(event)
    assert result["outcome"] == "skipped"
    assert result["reason"].startswith(f"backup already in progress: {running} is CREATING; the service says: ")
    assert result["reason"].endswith(f"A backup of {result['resourceId']} is already in progress.")
    assert cloud.operations().count(LIST) == 1


@pytest.mark.parametrize("kind", ["bootvolume", "volumegroup"])
def test_a_conflict_is_looked_into_for_boot_volumes_and_volume_groups_too(cloud: World, kind: str) -> None:
    event = json.loads(cloud.payload(f"event_update{kind}_tagged.json"))
    first = cloud.invoke_one(event)
    operation = {"bootvolume": "CreateBootVolumeBackup", "volumegroup": "CreateVolumeGroupBackup"}[kind]
    cloud.oci.fault(operation, **CONFLICT)
    second = cloud.invoke_one(event)
    assert (second["outcome"], second["volumeBackup"]["id"]) == ("accepted", first["volumeBackup"]["id"])


def test_a_conflict_that_no_backup_explains_passes_and_the_same_request_is_sent_again(cloud: World) -> None:
    event = tagged_event(cloud)
    cloud.oci.fault(CREATE, times=2, **CONFLICT)
    assert cloud.invoke_one(event)["outcome"] == "accepted"
    created = cloud.requests(CREATE)
    assert len(created) == 3
    assert len({entry.details["content"] for entry in created}) == 1
    assert len({entry.details["headers"]["opc-retry-token"] for entry in created}) == 1
    assert cloud.operations().count(LIST) == 1


def test_a_conflict_that_lasts_is_a_retryable_failure_in_the_services_words(cloud: World) -> None:
    event = tagged_event(cloud)
    cloud.warm_up()
    cloud.oci.fault(CREATE, times=100, **CONFLICT)
    status, answer = cloud.invoke(event, seconds="8")
    [result] = answer["results"]
    error = result["error"]
    assert (status, result["outcome"], error["code"], error["status"]) == (502, "failed", "Conflict", 409)
    assert (error["message"], error["retryable"]) == (CONFLICT["message"], True)
    assert cloud.operations().count(CREATE) > 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"status": 409, "code": "InvalidatedRetryToken"}, "duplicate"),
        ({"status": 404, "code": "NotAuthorizedOrNotFound"}, "failed"),
    ],
    ids=["deleted since", "gone"],
)
def test_a_conflict_that_passes_into_another_refusal_becomes_that(
    cloud: World, fault: dict[str, Any], outcome: str
) -> None:
    event = tagged_event(cloud)
    cloud.oci.fault(CREATE, **CONFLICT)
    cloud.oci.fault(CREATE, **fault)
    result = cloud.invoke_one(event)
    assert result["outcome"] == outcome
    assert result.get("error", {}).get("code", fault["code"]) == fault["code"]


@pytest.mark.parametrize("status", [404, 500])
def test_a_look_that_fails_hides_nothing_of_the_refusal(cloud: World, status: int) -> None:
    event = tagged_event(cloud)
    cloud.warm_up()
    cloud.oci.fault(CREATE, times=100, status=400, code="InvalidParameter", message="type is wrong.")
    cloud.oci.fault(LIST, times=100, status=status, code="Strange", message="No look.", headers={"Retry-After": "3600"})
    _, answer = cloud.invoke(event)
    error = answer["results"][0]["error"]
    assert (error["code"], error["status"], error["retryable"]) == ("InvalidParameter", 400, False)
    looked = "type is wrong. (The backups of the resource could not be looked at: No look.)"
    assert error["message"] == looked


def test_a_conflict_that_cannot_be_looked_into_is_tried_again_and_keeps_its_words(cloud: World) -> None:
    event = tagged_event(cloud)
    cloud.warm_up()
    cloud.oci.fault(CREATE, times=100, **CONFLICT)
    cloud.oci.fault(LIST, status=404, code="NotAuthorizedOrNotFound", message="No look.")
    status, answer = cloud.invoke(event, seconds="6")
    error = answer["results"][0]["error"]
    assert (status, error["code"], error["retryable"]) == (502, "Conflict", True)
    assert error["message"].startswith(CONFLICT["message"])


def test_a_list_that_is_no_list_is_no_look(cloud: World) -> None:
    event = tagged_event(cloud)
    cloud.warm_up()
    cloud.oci.fault(CREATE, status=400, code="InvalidParameter", message="type is wrong.")
    cloud.oci.fault(LIST, times=100, status=200, body='{"items": []}')
    _, answer = cloud.invoke(event, seconds="8")
    assert answer["results"][0]["error"]["message"].startswith("type is wrong. (The backups of the resource could not")


@pytest.mark.parametrize("status", [400, 404, 409, 413])
def test_a_refusal_of_a_trigger_whose_backup_exists_is_a_duplicate_with_that_backup(cloud: World, status: int) -> None:
    event = tagged_event(cloud)
    first = cloud.invoke_one(event)
    cloud.oci.fault(CREATE, status=status, code="Refused", message="Refused.")
    second = cloud.invoke_one(event)
    assert (second["outcome"], second["notified"]) == ("duplicate", True)
    assert second["volumeBackup"]["id"] == first["volumeBackup"]["id"]
    assert cloud.events()[1]["data"]["id"] == first["volumeBackup"]["id"]


def test_a_redelivery_with_other_bytes_finds_the_backup_of_the_first_delivery(configured: Configure) -> None:
    cloud = configured(BACKUP_TYPE="INCREMENTAL")
    event = tagged_event(cloud)
    first = cloud.invoke_one(event)
    configured(BACKUP_TYPE="FULL", RETENTION_DAYS="7")
    second = cloud.invoke_one(event)
    assert (second["outcome"], second["volumeBackup"]["id"]) == ("duplicate", first["volumeBackup"]["id"])
    assert len(cloud.backups_of(first["resourceId"])) == 1


def test_a_backup_of_another_volume_of_the_same_trigger_is_not_taken_for_this_ones(cloud: World) -> None:
    event = tagged_event(cloud)
    provenance = {"backup-trigger": f"event:{event['eventID']}"}
    other = cloud.backup(cloud.volume(), freeformTags=provenance)
    listed = [cloud.oci.operator.call("GET", f"/20160918/volumeBackups/{other}")]
    cloud.oci.fault(LIST, status=200, body=json.dumps(listed))
    cloud.oci.fault(CREATE, status=400, code="InvalidParameter", message="Refused.")
    assert cloud.invoke_one(event)["outcome"] == "failed"


def test_the_look_goes_to_the_volumes_own_compartment_whatever_the_trigger_knows(cloud: World) -> None:
    below = {"name": "elsewhere", "description": "Volumes.", "compartmentId": cloud.oci.compartment_id}
    volume = cloud.volume(compartmentId=cloud.oci.operator.call("POST", "/20160918/compartments", below)["id"])
    request = {"volumeId": volume, "opcRetryToken": "elsewhere"}
    first = cloud.invoke_one(request)
    second = cloud.invoke_one({**request, "type": "FULL"})
    assert (second["outcome"], second["volumeBackup"]["id"]) == ("duplicate", first["volumeBackup"]["id"])
    assert cloud.operations()[-3:] == ["GetVolume", LIST, PUBLISH]


def test_without_room_for_provenance_nothing_is_guessed(cloud: World) -> None:
    volume = cloud.volume()
    request = {"volumeId": volume, "opcRetryToken": "ten-tags", "freeformTags": TEN_TAGS}
    cloud.invoke_one(request)
    status, answer = cloud.invoke({**request, "type": "FULL"})
    [result] = answer["results"]
    assert (status, result["outcome"], result["error"]["status"]) == (502, "failed", 400)
    cloud.wait_for_backup_of(volume)
    cloud.oci.fault(CREATE, **CONFLICT)
    assert cloud.invoke_one(request)["outcome"] == "accepted"
    assert LIST not in cloud.operations()


@pytest.mark.parametrize("state", ["TERMINATING", "TERMINATED"])
def test_a_conflict_whose_own_backup_was_deleted_since_is_a_duplicate(cloud: World, state: str) -> None:
    event = tagged_event(cloud)
    change(cloud, cloud.invoke_one(event)["volumeBackup"]["id"], lifecycleState=state)
    cloud.oci.fault(CREATE, **CONFLICT)
    assert cloud.invoke_one(event)["outcome"] == "duplicate"


def test_a_token_whose_backup_is_no_longer_listed_is_a_duplicate_all_the_same(cloud: World) -> None:
    event = tagged_event(cloud)
    cloud.oci.fault(CREATE, status=409, code="InvalidatedRetryToken")
    result = cloud.invoke_one(event)
    assert result["outcome"] == "duplicate"
    assert "volumeBackup" not in result


def test_one_token_for_two_volumes_never_reports_the_backup_of_the_other(cloud: World) -> None:
    one, other = cloud.volume(), cloud.volume()
    made = cloud.invoke_one({"volumeId": one, "opcRetryToken": "shared"})["volumeBackup"]
    cloud.oci.fault(CREATE, status=200, body=json.dumps(made))
    status, answer = cloud.invoke({"volumeId": other, "opcRetryToken": "shared"})
    [result] = answer["results"]
    error = result["error"]
    assert (status, result["outcome"], error["code"], error["retryable"]) == (502, "failed", "BackupMismatch", False)
    expected = f"The service answered with {made['id']}, a backup of {one}: the retry token had been used before."
    assert error["message"] == expected
    assert "send a request" in error["hint"]


@pytest.mark.parametrize(
    ("tags", "words"),
    [({"backup-trigger": "request:predicted"}, "made by 'request:predicted'"), ({}, "made by no trigger")],
    ids=["another's", "none"],
)
def test_a_known_token_whose_backup_another_trigger_made_is_a_failure(
    cloud: World, tags: dict[str, str], words: str
) -> None:
    event = tagged_event(cloud)
    backup = cloud.backup(event["data"]["resourceId"], freeformTags=tags)
    document = cloud.oci.operator.call("GET", f"/20160918/volumeBackups/{backup}")
    cloud.oci.fault(CREATE, status=200, body=json.dumps(document))
    result = cloud.invoke_one(event)
    assert (result["outcome"], result["error"]["code"]) == ("failed", "BackupMismatch")
    assert f"The service answered with {backup}, {words}: " in result["error"]["message"]


def test_a_backup_that_was_asked_for_well_before_the_alarm_is_not_the_alarms(cloud: World) -> None:
    volume, alarm = cloud.volume(), json.loads(payload("alarm_v1_5_split.json", instance="x"))
    alarm["alarmMetaData"][0]["dimensions"] = [{"resourceId": volume}]
    fires = datetime.now(UTC) - timedelta(minutes=1)
    alarm["timestampEpochMillis"] = int(fires.timestamp() * 1000)
    alarm["timestamp"] = rfc3339(fires)
    sent_ahead = cloud.invoke_one(alarm)["volumeBackup"]
    change(cloud, sent_ahead["id"], timeRequestReceived=rfc3339(fires - timedelta(minutes=30)))
    result = cloud.invoke_one(alarm)
    assert (result["outcome"], result["error"]["code"]) == ("failed", "BackupMismatch")
    assert "before this trigger happened" in result["error"]["message"]


def test_a_backup_of_the_triggers_provenance_that_is_older_than_the_trigger_is_not_its_own(cloud: World) -> None:
    event = tagged_event(cloud)
    event["eventTime"] = rfc3339(datetime.now(UTC))
    forged = cloud.backup(event["data"]["resourceId"], freeformTags={"backup-trigger": f"event:{event['eventID']}"})
    sent_ahead = rfc3339(datetime.now(UTC) - timedelta(minutes=30))
    change(cloud, forged, lifecycleState="CREATING", timeRequestReceived=sent_ahead)
    result = cloud.invoke_one(event)
    assert result["outcome"] == "skipped"
    assert forged in result["reason"]


@pytest.mark.parametrize("hours", [0, 23])
def test_clocks_that_differ_a_little_and_late_redeliveries_are_no_mismatch(cloud: World, hours: int) -> None:
    event = tagged_event(cloud)
    now = datetime.now(UTC)
    event["eventTime"] = rfc3339(now - timedelta(hours=hours) + timedelta(minutes=3))
    first = cloud.invoke_one(event)
    change(cloud, first["volumeBackup"]["id"], timeRequestReceived=rfc3339(now - timedelta(hours=hours)))
    second = cloud.invoke_one(event)
    assert (second["outcome"], second["volumeBackup"]["id"]) == ("accepted", first["volumeBackup"]["id"])


def test_a_trigger_that_is_ahead_of_the_clock_gets_its_backup(cloud: World) -> None:
    event = tagged_event(cloud)
    event["eventTime"] = rfc3339(datetime.now(UTC) + timedelta(hours=1))
    assert cloud.invoke_one(event)["outcome"] == "accepted"


def test_an_event_and_an_audit_record_of_one_identity_make_one_backup(cloud: World) -> None:
    record = json.loads(cloud.payload("audit_updatevolume.json"))
    volume = record["data"]["resourceId"]
    event = json.loads(payload("event_updatevolume_tagged.json", volume=volume, compartment=cloud.oci.compartment_id))
    first = cloud.invoke_one(record)
    second = cloud.invoke_one({**event, "eventID": record["eventId"]})
    assert first["retryToken"] == second["retryToken"]
    assert first["volumeBackup"]["freeformTags"] == {"backup-trigger": f"event:{record['eventId']}"}
    assert second["volumeBackup"]["id"] == first["volumeBackup"]["id"]
