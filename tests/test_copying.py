"""Completed backups are copied to a second region, once, and followed until they are there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.stack import ALARMS
from handlers.domain.errors import BackupMismatch, InvalidConfiguration, InvalidRequest
from handlers.domain.resource_kinds import RESOURCE_KINDS
from tests.conftest import Configure
from tests.parsing import parse_body
from tests.test_deferral import cloud_with_queue, put, work
from tests.world import NOT_NOW, World, payload

COPY = "CopyVolumeBackup"
COMPLETIONS = {
    "volume": "completion_volumebackup.json",
    "bootvolume": "completion_bootvolumebackup.json",
    "volumegroup": "completion_volumegroupbackup.json",
}


@pytest.fixture
def estate(cloud: World, configured: Configure) -> World:
    """A cloud whose function copies to the second region."""
    return configured(COPY_TO_REGION=cloud.oci.second.name)


def back_up(cloud: World, source: str) -> str:
    """Have the function make a backup, and return the backup's OCID once it has ended."""
    made = cloud.invoke_one({"volumeId": source})
    cloud.wait_for_backup_of(source)
    return str(made["volumeBackup"]["id"])


def complete(cloud: World, backup: str, kind: str = "volume", **headers: str) -> list[dict[str, Any]]:
    body = payload(COMPLETIONS[kind], backup=backup, compartment=cloud.oci.compartment_id)
    return list(cloud.answer(body, **headers)["results"])


def types_told(cloud: World) -> list[str]:
    return [event["type"] for event in cloud.events() if not event["type"].endswith(".accepted")]


@pytest.mark.parametrize("kind", RESOURCE_KINDS)
def test_a_backup_that_this_function_has_made_is_copied_once_it_is_available(estate: World, kind: str) -> None:
    makers = {"volume": estate.volume, "bootvolume": estate.boot_volume}
    source = makers[kind]() if kind in makers else estate.volume_group(estate.volume())
    backup = back_up(estate, source)
    completed, copying = complete(estate, backup, kind)
    assert (completed["outcome"], copying["outcome"]) == ("completed", "copying")
    assert copying["request"] == {"destinationRegion": estate.oci.second.name}
    [copy] = estate.second.copies_of(backup)
    assert copying["volumeBackup"]["id"] == copy["id"]
    assert types_told(estate) == [f"{kind}backup.available", f"{kind}backup.copying"]
    assert estate.copies_of(backup) == []


def test_the_copy_has_a_token_that_depends_on_backup_and_region_alone(estate: World) -> None:
    backup = back_up(estate, estate.volume())
    first = complete(estate, backup)[1]
    event = json.loads(payload(COMPLETIONS["volume"], backup=backup, compartment=estate.oci.compartment_id))
    second = estate.answer({**event, "eventID": "another"})["results"][1]
    assert first["retryToken"] == second["retryToken"]
    assert len(estate.second.copies_of(backup)) == 1


def test_a_copy_that_is_there_is_found_though_the_token_has_expired(estate: World) -> None:
    backup = back_up(estate, estate.volume())
    complete(estate, backup)
    copy = estate.second.wait_for_copy_of(backup)
    estate.forget()
    found = complete(estate, backup)[1]
    assert (found["outcome"], found["volumeBackup"]["id"]) == ("completed", copy["id"])
    assert estate.requests(COPY) == []
    assert types_told(estate) == ["volumebackup.available", "volumebackup.copied"]
    assert estate.titles() == ["1 completed, 1 copied: db-data-1-backup"]


def test_what_others_have_made_is_told_and_not_copied(estate: World) -> None:
    [completed] = complete(estate, estate.backup(estate.volume()))
    assert completed["outcome"] == "completed"
    assert estate.requests(COPY) == []


def test_a_faulty_backup_is_not_copied(estate: World) -> None:
    backup = back_up(estate, estate.volume(freeformTags={"emulator-backup-ends": "FAULTY"}))
    assert [result["volumeBackup"]["lifecycleState"] for result in complete(estate, backup)] == ["FAULTY"]


def test_a_copy_is_not_copied_again(estate: World) -> None:
    backup = back_up(estate, estate.volume())
    complete(estate, backup)
    copy = estate.second.wait_for_copy_of(backup)
    estate.forget()
    [completed] = complete(estate, copy["id"])
    assert completed["outcome"] == "completed"
    assert types_told(estate) == ["volumebackup.copied"]


@pytest.mark.parametrize("names_the_copy", [True, False])
def test_the_event_that_a_copy_has_ended_is_told_as_such_whichever_backup_it_names(
    estate: World,
    names_the_copy: bool,  # noqa: FBT001  (a case)
) -> None:
    backup = back_up(estate, estate.volume())
    complete(estate, backup)
    copy = estate.second.wait_for_copy_of(backup)
    estate.forget()
    named = copy["id"] if names_the_copy else backup
    estate.answer(payload("event_copyvolumebackup_end.json", backup=named, compartment=estate.oci.compartment_id))
    assert "volumebackup.copied" in types_told(estate)
    assert estate.requests(COPY) == []


def test_a_key_of_the_other_region_encrypts_the_copy(estate: World) -> None:
    key = f"ocid1.key.oc1.{estate.oci.second.cloud.region.key}.vault.aaaakey"
    estate.oci.configure(COPY_KMS_KEY_ID=key)
    backup = back_up(estate, estate.volume())
    complete(estate, backup)
    assert [copy["kmsKeyId"] for copy in estate.second.copies_of(backup)] == [key]


WRONG = {
    "no region": (
        {"COPY_TO_REGION": "atlantis-1"},
        "COPY_TO_REGION: 'atlantis-1' is no region that the function's SDK",
    ),
    "its own": ({"COPY_TO_REGION": "us-ashburn-1"}, "COPY_TO_REGION: 'us-ashburn-1' is the function's own region"),
    "its own key": ({"COPY_TO_REGION": "IAD"}, "COPY_TO_REGION: 'iad' is the function's own region"),
    "another realm": ({"COPY_TO_REGION": "us-langley-1"}, "COPY_TO_REGION: 'us-langley-1' is no region"),
    "no name": ({"COPY_TO_REGION": "a b"}, "COPY_TO_REGION: 'a b' is not the name or the key of a region"),
    "a key alone": ({"COPY_KMS_KEY_ID": "ocid1.key.oc1.iad.v.a"}, "COPY_KMS_KEY_ID: a key of the region that COPY_TO"),
    "a key of home": (
        {"COPY_TO_REGION": "fra", "COPY_KMS_KEY_ID": "ocid1.key.oc1.iad.v.a"},
        "COPY_KMS_KEY_ID: ocid1.key.oc1.iad.v.a is a key of another region than eu-frankfurt-1",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_region_that_cannot_be_meant_is_a_configuration_error(configured: Configure, case: str) -> None:
    config, message = WRONG[case]
    cloud = configured(**config)
    status, answer = cloud.invoke({"volumeId": cloud.volume()})
    assert status == 502
    assert answer["error"]["message"].startswith(message)
    assert answer["error"]["code"] == InvalidConfiguration.code


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_copy_that_is_throttled_is_tried_again_with_the_same_token_and_bytes(estate: World, status: int) -> None:
    backup = back_up(estate, estate.volume())
    estate.oci.fault(COPY, times=2, status=status)
    assert complete(estate, backup)[1]["outcome"] == "copying"
    requests = [request.details for request in estate.requests(COPY)]
    sent = [(request["headers"]["opc-retry-token"], request["content"]) for request in requests]
    assert len(sent) == 3
    assert len(set(sent)) == 1


def test_a_copy_without_its_policy_fails_with_the_statement_to_check(estate: World) -> None:
    backup = back_up(estate, estate.volume())
    estate.oci.fault(COPY, status=404, code="NotAuthorizedOrNotFound")
    completed, failure = complete(estate, backup)
    assert (completed["outcome"], failure["outcome"]) == ("completed", "failed")
    assert (
        "a policy allows CopyVolumeBackup: Allow dynamic-group <the function's> to manage volume-backups in"
        in (failure["error"]["hint"])
    )
    assert types_told(estate) == ["volumebackup.failed", "volumebackup.available"]


@pytest.fixture(scope="module")
def queued() -> Iterator[World]:
    with cloud_with_queue() as cloud:
        cloud.oci.configure(COPY_TO_REGION=cloud.oci.second.name)
        yield cloud


def test_with_a_queue_a_copy_is_followed_until_it_is_there(queued: World) -> None:
    queued.forget()
    backup = back_up(queued, queued.volume())
    complete(queued, backup)
    assert queued.oci.journal.wait_until(lambda _: "volumebackup.copied" in types_told(queued))
    [told] = [event for event in queued.events() if event["type"] == "volumebackup.copied"]
    copy = queued.second.wait_for_copy_of(backup)
    assert (told["data"]["id"], told["data"]["lifecycleState"]) == (copy["id"], "AVAILABLE")
    assert told["subject"] == copy["id"]
    assert len(queued.second.copies_of(backup)) == 1


def test_with_a_queue_a_copy_that_ends_faulty_is_told_as_failed(queued: World) -> None:
    queued.forget()
    backup = back_up(queued, queued.volume(freeformTags={"emulator-copy-ends": "FAULTY"}))
    complete(queued, backup)
    assert queued.oci.journal.wait_until(lambda _: "volumebackup.failed" in types_told(queued))
    [told] = [event for event in queued.events() if event["type"] == "volumebackup.failed"]
    assert told["data"]["code"] == "BackupFaulty"


def test_with_a_queue_a_copy_that_cannot_be_asked_for_now_is_asked_for_later(queued: World) -> None:
    queued.forget()
    backup = back_up(queued, queued.volume())
    queued.oci.fault(COPY, **NOT_NOW)
    results = complete(queued, backup)
    assert [result["outcome"] for result in results] == ["completed", "deferred"]
    queued.oci.reset()
    assert queued.oci.journal.wait_until(lambda _: "volumebackup.copied" in types_told(queued))
    assert len(queued.second.copies_of(backup)) == 1


def test_what_others_put_into_the_queue_copies_nothing_that_this_function_has_not_made(queued: World) -> None:
    queued.forget()
    backup = queued.backup(queued.volume())
    trigger = {"kind": "completion", "id": "forged"}
    done = len(queued.oci.journal.entries("queue", what="deleted"))
    put(queued, work("", trigger=trigger, targets=[{"resourceId": backup, "isToCopy": True}]))
    queued.oci.journal.wait_for("queue", what="deleted", count=done + 1)
    assert queued.requests(COPY) == []


def test_a_report_of_copies_tells_what_has_no_copy_and_how_to_have_it_made(estate: World) -> None:
    tag = "copied-reports"
    volumes = [estate.volume(displayName=f"db-{number}", freeformTags={tag: "yes"}) for number in range(3)]
    backups = [back_up(estate, volume) for volume in volumes]
    complete(estate, backups[0])
    estate.second.wait_for_copy_of(backups[0])
    answer = estate.answer({"report": {"tag": tag, "copies": True}})
    assert {result["resourceId"] for result in answer["results"]} == set(volumes[1:])
    assert {result["uncopiedTo"] for result in answer["results"]} == {estate.oci.second.name}
    assert "reason" in answer["results"][0]
    for backup in backups[1:]:
        complete(estate, backup)
    assert estate.invoke_one({"report": {"tag": tag, "copies": True}})["outcome"] == "skipped"


def test_a_report_of_copies_needs_a_region_to_copy_to() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse_body({"report": {"copies": True}})
    assert refusal.value.message == "report.copies: nothing is copied, because COPY_TO_REGION is not set"


def test_a_conflict_about_a_copy_passes_and_so_does_not_count_as_a_refusal(estate: World) -> None:
    backup = back_up(estate, estate.volume())
    estate.oci.fault(COPY, times=1000, status=409, code="Conflict")
    status, answer = estate.invoke(payload(COMPLETIONS["volume"], backup=backup, compartment=estate.oci.compartment_id))
    assert (status, answer["results"][1]["error"]["retryable"]) == (502, True)


def test_a_copy_that_somebody_has_deleted_is_not_made_again_and_that_is_explained(estate: World) -> None:
    backup = back_up(estate, estate.volume())
    complete(estate, backup)
    copy = estate.second.wait_for_copy_of(backup)
    estate.second.region.operator.call("DELETE", f"/20160918/volumeBackups/{copy['id']}")
    error = complete(estate, backup)[1]["error"]
    assert error["code"] == "InvalidatedRetryToken"
    assert error["hint"].startswith("A copy of the backup was asked for within the last 24 hours, and deleted since.")


def test_a_copy_of_another_backup_is_none_of_this_one(estate: World) -> None:
    backup = back_up(estate, estate.volume())
    other = {"id": "ocid1.volumebackup.oc1.phx.o", "lifecycleState": "AVAILABLE", "sourceVolumeBackupId": "ocid1.x"}
    estate.oci.fault(COPY, status=200, body=json.dumps(other))
    failure = complete(estate, backup)[1]
    assert (failure["outcome"], failure["error"]["code"]) == ("failed", BackupMismatch.code)
    assert "volumebackup.copied" not in types_told(estate)


def line_of_mail(cloud: World, tag: str) -> dict[str, Any]:
    """The body that the mail about a report of copies has, to be sent by hand."""
    cloud.oci.configure(ALERT_TOPIC_ID=cloud.oci.alarm_topic["topicId"])
    cloud.answer({"report": {"tag": tag, "copies": True}})
    mail = cloud.published(ALARMS)[-1].details["body"]
    return dict(json.loads(mail.split("--body '")[1].split("'")[0]))


def test_a_report_of_copies_advises_another_backup_where_the_newest_is_none_that_is_copied(estate: World) -> None:
    volume = estate.volume(freeformTags={"made-by-others": "yes"})
    estate.backup(volume)
    assert line_of_mail(estate, "made-by-others") == {"volumeId": volume}


def test_a_report_of_copies_advises_to_copy_a_groups_backup_for_one_of_its_volumes(estate: World) -> None:
    volume = estate.volume(freeformTags={"in-a-group": "yes"})
    backup = back_up(estate, estate.volume_group(volume))
    estate.answer(line_of_mail(estate, "in-a-group"))
    estate.second.wait_for_copy_of(backup)
    assert estate.invoke_one({"report": {"tag": "in-a-group", "copies": True}})["outcome"] == "skipped"


def test_a_copy_that_its_region_does_not_know_yet_is_looked_at_again(cloud: World) -> None:
    region = cloud.oci.second.cloud.region.key
    trigger = {"kind": "completion", "id": "followed"}
    copy = f"ocid1.volumebackup.oc1.{region}.aaaanotyet"
    status, answer = cloud.invoke(work("", trigger=trigger, targets=[{"resourceId": copy, "isCopy": True}]))
    assert (status, answer["outcome"]) == (502, "deferred")
    assert "its region does not know it" in answer["results"][0]["reason"]
    assert cloud.events() == []
