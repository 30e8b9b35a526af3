"""A backup ended: what is told is its final state, however long the API takes to know it."""

from __future__ import annotations

import json

import pytest

from tests.world import World, payload

GET = "GetVolumeBackup"


def in_state(backup_id: str, state: str) -> str:
    return json.dumps({"id": backup_id, "lifecycleState": state, "displayName": "nightly"})


@pytest.mark.parametrize("state", ["REQUEST_RECEIVED", "CREATING", "COMMITTED"])
def test_an_event_that_outruns_the_api_is_waited_out(cloud: World, state: str) -> None:
    backup = cloud.backup(cloud.volume())
    cloud.oci.fault(GET, times=2, status=200, body=in_state(backup, state))
    result = cloud.invoke_one(payload("completion_volumebackup.json", backup=backup))
    assert (result["outcome"], result["volumeBackup"]["lifecycleState"]) == ("completed", "AVAILABLE")
    assert cloud.operations() == [GET, GET, GET, "PublishMessage"]
    assert [event["type"] for event in cloud.events()] == ["volumebackup.available"]


def test_a_backup_that_has_not_ended_by_the_deadline_is_asked_for_again(cloud: World) -> None:
    backup = cloud.backup(cloud.volume())
    cloud.warm_up()
    cloud.oci.fault(GET, times=100, status=200, body=in_state(backup, "CREATING"))
    status, answer = cloud.invoke(payload("completion_volumebackup.json", backup=backup), seconds="8")
    [result] = answer["results"]
    assert (status, result["error"]["code"], result["error"]["retryable"]) == (502, "IncorrectState", True)
    assert "retryToken" not in result
    assert len(cloud.requests(GET)) > 2


def test_a_backup_that_cannot_be_read_is_not_called_a_failed_backup(cloud: World) -> None:
    missing = "ocid1.volumebackup.oc1.iad.gone"
    status, answer = cloud.invoke(payload("completion_volumebackup.json", backup=missing))
    [result] = answer["results"]
    error = result["error"]
    assert (status, error["code"], error["status"], error["retryable"]) == (200, "BackupStateUnknown", 404, False)
    assert error["message"].startswith("The backup has ended, but whether well is not known, because it could not be")
    assert "NotAuthorizedOrNotFound" in error["message"]
    assert GET in error["hint"]
    assert error["opcRequestId"]
    assert "retryToken" not in result


def test_a_service_that_does_not_answer_leaves_the_state_unknown_for_a_while(cloud: World) -> None:
    backup = cloud.backup(cloud.volume())
    cloud.warm_up()
    cloud.oci.fault(GET, times=100, status=503, headers={"Retry-After": "3600"})
    status, answer = cloud.invoke(payload("completion_volumebackup.json", backup=backup))
    error = answer["results"][0]["error"]
    assert (status, error["code"], error["status"], error["retryable"]) == (502, "BackupStateUnknown", 503, True)
