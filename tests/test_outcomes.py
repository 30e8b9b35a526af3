"""What becomes of every answer of the API, with the fault made by the local OCI.

`seconds` is an invocation's timeout: the local OCI cuts off an answer that comes well after it, and the test fails.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from emulator.services.block_volume.volume_backups import VolumeBackups
from emulator.services.compute.boot_volume_attachments import BootVolumeAttachments
from handlers.domain.delivery import Delivery
from handlers.domain.result import Outcome, Result
from handlers.invocation import invoke
from handlers.settings import load_settings
from tests.conftest import Configure
from tests.world import World, payload, world

CREATE, PUBLISH = "CreateVolumeBackup", "PublishMessage"

# Answers that a redelivery cannot mend: not retried, answered 200 to a cloud-sent trigger, told with a hint.
PERMANENT: dict[str, tuple[dict[str, Any], str]] = {
    "400 CannotParseRequest": ({"status": 400}, "Correct the request"),
    "400 InvalidParameter": ({"status": 400}, "Correct the request"),
    "400 MissingParameter": ({"status": 400}, "Correct the request"),
    "400 LimitExceeded": ({"status": 400}, "service limit"),
    "400 QuotaExceeded": ({"status": 400}, "compartment's quota"),
    "400 RelatedResourceNotAuthorizedOrNotFound": (
        {
            "status": 400,
            "message": "The following tag namespaces / keys are not authorized or not found: 'Oracle-Tags'",
        },
        "use tag-namespaces in tenancy",
    ),
    "400 RelatedResourceNotAuthorizedOrNotFound ": (
        {"status": 400, "message": "The key is not authorized or not found."},
        "Allow service blockstorage to use keys",
    ),
    "404 NotAuthorizedOrNotFound": (
        {"status": 404, "message": "Authorization failed or requested resource not found."},
        "Allow dynamic-group <the function's> to manage volume-backups in compartment id ocid1.compartment.",
    ),
    "404 NotAuthorizedOrNotFound ": (
        {
            "status": 404,
            "message": "Either volume with ID x does not exist or you are not authorized to access it.",
        },
        "Allow dynamic-group <the function's> to use volumes",
    ),
    "409 NotAuthorizedOrResourceAlreadyExists": ({"status": 409}, "does not allow the operation"),
    "409 ResourceLocked": ({"status": 409}, "does not allow the operation"),
    "413 RequestEntityTooLarge": ({"status": 413}, "larger than the service takes"),
    "422 UnprocessableEntity": ({"status": 422}, "Correct the request"),
}

# Faults that pass: the same request is sent again until the API has taken it.
PASSING: dict[str, dict[str, Any]] = {
    "409 IncorrectState": {"status": 409, "code": "IncorrectState"},
    "409 LockConflict": {"status": 409, "code": "LockConflict"},
    "429 TooManyRequests": {"status": 429, "code": "TooManyRequests"},
    "500 InternalServerError": {"status": 500},
    "503 ServiceUnavailable": {"status": 503, "code": "ServiceUnavailable", "body": "<html>busy</html>"},
    "reset before the backup is made": {"close": "before"},
    "reset after the backup is made": {"close": "after"},
    "half an answer": {"close": "within"},
    "an answer that is not JSON": {"status": 200, "body": "<html>welcome</html>"},
    "an answer that is no backup": {"status": 200, "body": '{"hello": "world"}'},
}

# The same, lasting for longer than the invocation: a failure that a redelivery can mend.
LASTING: dict[str, tuple[dict[str, Any], str]] = {
    "IncorrectState": ({"status": 409, "code": "IncorrectState"}, "IncorrectState"),
    "throttling": ({"status": 429, "code": "TooManyRequests"}, "TooManyRequests"),
    "server errors": ({"status": 500}, "InternalServerError"),
    "a gateway's page": ({"status": 503, "body": "<html>busy</html>"}, "ServiceUnavailable"),
    "resets": ({"close": "before"}, "ApiUnreachable"),
    "no answer in time": ({"delay_seconds": 30.0}, "DeadlineReached"),
    "something else": ({"status": 200, "body": "[]"}, "ApiUnreachable"),
    "an answer that is no backup": ({"status": 200, "body": '{"hello": "world"}'}, "ApiUnreachable"),
}


@pytest.mark.parametrize("case", PERMANENT)
def test_an_error_that_a_redelivery_cannot_mend_is_told_once_with_a_hint(cloud: World, case: str) -> None:
    fault, hint = PERMANENT[case]
    code = case.split()[1]
    event = cloud.payload("event_updatevolume_tagged.json")
    cloud.oci.fault(CREATE, **{"code": code, "message": "Refused.", **fault})
    status, answer = cloud.invoke(event)
    assert status == 200
    [result] = answer["results"]
    assert result["outcome"] == "failed", cloud.operations()
    error = result["error"]
    assert (result["outcome"], error["code"], error["status"]) == ("failed", code, fault["status"])
    assert error["retryable"] is False
    [create] = cloud.requests(CREATE)
    assert error["opcRequestId"].startswith(create.details["headers"]["opc-request-id"])
    assert hint in error["hint"]
    assert cloud.operations() == [CREATE, "ListVolumeBackups", PUBLISH]
    [told] = cloud.events()
    assert (told["type"], told["data"]) == ("volumebackup.failed", {**error, "request": result["request"]})
    assert result["notified"] is True


@pytest.mark.parametrize("case", PASSING)
def test_a_fault_that_passes_is_retried_with_the_same_token_and_bytes(cloud: World, case: str) -> None:
    event = cloud.payload("event_updatevolume_tagged.json")
    cloud.oci.fault(CREATE, **PASSING[case])
    result = cloud.invoke_one(event)
    assert result["outcome"] == "accepted"
    assert len(cloud.backups_of(result["resourceId"])) == 1
    first, second = cloud.requests(CREATE)
    assert first.details["content"] == second.details["content"]
    assert first.details["headers"]["opc-retry-token"] == second.details["headers"]["opc-retry-token"]


@pytest.mark.parametrize("case", LASTING)
def test_a_fault_that_lasts_ends_in_a_retryable_failure_before_the_deadline(isolated_cloud: World, case: str) -> None:
    fault, code = LASTING[case]
    cloud = isolated_cloud
    cloud.warm_up()
    event = cloud.payload("event_updatevolume_tagged.json")
    cloud.oci.fault(CREATE, times=100, **fault)
    status, answer = cloud.invoke(event, seconds="5")
    [result] = answer["results"]
    assert (status, result["outcome"]) == (502, "failed")
    assert (result["error"]["code"], result["error"]["retryable"]) == (code, True)
    cloud.oci.reset()
    assert cloud.invoke_one(event)["outcome"] == "accepted"


def test_a_service_that_asks_for_time_gets_it(cloud: World) -> None:
    event = cloud.payload("event_updatevolume_tagged.json")
    cloud.oci.fault(CREATE, status=429, code="TooManyRequests", headers={"Retry-After": "1"})
    assert cloud.invoke_one(event)["outcome"] == "accepted"
    first, second = cloud.requests(CREATE)
    assert second.time - first.time >= 1


def test_a_service_that_asks_for_more_time_than_there_is_is_not_waited_for(cloud: World) -> None:
    event = cloud.payload("event_updatevolume_tagged.json")
    cloud.oci.fault(CREATE, status=503, headers={"Retry-After": "3600"})
    started = time.monotonic()
    status, answer = cloud.invoke(event, seconds="100")
    assert time.monotonic() - started < 50
    [result] = answer["results"]
    assert (status, result["error"]["status"], result["error"]["retryable"]) == (502, 503, True)
    assert cloud.operations() == [CREATE, PUBLISH]


def test_a_lasting_refusal_of_the_signature_is_permanent_after_one_refresh(cloud: World) -> None:
    event = cloud.payload("event_updatevolume_tagged.json")
    cloud.oci.fault(CREATE, times=5, status=401, code="NotAuthenticated", message="Refused.")
    status, answer = cloud.invoke(event)
    assert status == 200
    error = answer["results"][0]["error"]
    assert (error["code"], error["retryable"]) == ("NotAuthenticated", False)
    assert "manage volume-backups" in error["hint"]
    assert cloud.operations().count(CREATE) == 2


def test_a_denied_permission_is_told_with_the_statement_that_is_missing(cloud: World) -> None:
    cloud.oci.deny("manage volume-backups")
    status, answer = cloud.invoke(cloud.payload("event_updatevolume_tagged.json"))
    assert status == 200
    assert "to manage volume-backups in compartment" in answer["results"][0]["error"]["hint"]


def test_a_token_whose_backup_was_deleted_since_is_a_duplicate_and_told_again(cloud: World) -> None:
    event = cloud.payload("event_updatevolume_tagged.json")
    first = cloud.invoke_one(event)
    cloud.oci.operator.call("DELETE", f"/20160918/volumeBackups/{first['volumeBackup']['id']}")
    second = cloud.invoke_one(event)
    assert (second["outcome"], second["notified"]) == ("duplicate", True)
    assert len(cloud.backups_of(first["resourceId"])) == 1
    told = cloud.events()
    assert [event["type"] for event in told] == ["volumebackup.accepted"] * 2
    assert told[0]["id"] == told[1]["id"]
    assert told[1]["data"] == second["volumeBackup"]
    assert second["volumeBackup"]["id"] == first["volumeBackup"]["id"]
    assert second["volumeBackup"]["lifecycleState"].startswith("TERMINAT")


def test_a_connection_that_is_refused_is_a_retryable_failure(configured: Configure) -> None:
    cloud = configured(OCI_ENDPOINT="http://127.0.0.1:1")
    cloud.warm_up()
    status, answer = cloud.invoke(cloud.payload("event_updatevolume_tagged.json"), seconds="5")
    assert status == 502
    assert answer["results"][0]["error"]["code"] == "ApiUnreachable"
    assert "OCI_ENDPOINT" in answer["results"][0]["error"]["hint"]
    assert answer["error"]["code"] == "PublishFailed"
    assert answer["results"][0]["notified"] is False


def test_a_refused_tls_handshake_is_a_retryable_failure(configured: Configure) -> None:
    cloud = configured()
    cloud.oci.configure(OCI_ENDPOINT=cloud.oci.base_url.replace("http:", "https:"))
    cloud.warm_up()
    status, answer = cloud.invoke(cloud.payload("event_updatevolume_tagged.json"), seconds="5")
    cloud.oci.configure(OCI_ENDPOINT=cloud.oci.base_url)
    assert (status, answer["results"][0]["error"]["retryable"]) == (502, True)


def test_when_publishing_fails_the_backup_stands_and_the_platform_may_deliver_again(cloud: World) -> None:
    event = cloud.payload("event_updatevolume_tagged.json")
    cloud.oci.fault(PUBLISH, status=404, code="NotAuthorizedOrNotFound", message="Refused.")
    status, answer = cloud.invoke(event)
    assert status == 502
    assert (answer["outcome"], answer["results"][0]["notified"]) == ("accepted", False)
    assert (answer["error"]["code"], answer["error"]["retryable"]) == ("PublishFailed", True)
    assert "use ons-topics" in answer["error"]["hint"]
    assert any('"PublishFailed"' in line for line in cloud.log(least=2))
    again = cloud.invoke_one(event)
    assert again["notified"] is True
    assert len(cloud.backups_of(again["resourceId"])) == 1


def test_one_failure_stops_none_of_the_others(cloud: World) -> None:
    instance = cloud.instance(disks=3)
    cloud.oci.fault(CREATE, status=404, code="NotAuthorizedOrNotFound", message="Refused.")
    status, answer = cloud.invoke(payload("alarm_v1_5_split.json", instance=instance))
    assert (status, answer["outcome"]) == (200, "mixed")
    assert sorted(result["outcome"] for result in answer["results"]) == ["accepted"] * 3 + ["failed"]
    [failure] = [result for result in answer["results"] if result["outcome"] == "failed"]
    assert failure["error"]["code"] == "NotAuthorizedOrNotFound"
    assert failure["request"]["volumeId"] == failure["resourceId"]
    made = {result["resourceId"]: len(cloud.backups_of(result["resourceId"])) for result in answer["results"]}
    assert made == {volume: int(volume != failure["resourceId"]) for volume in made}


def test_what_the_deadline_cut_off_says_so_and_a_redelivery_completes_exactly_the_rest(isolated_cloud: World) -> None:
    cloud = isolated_cloud
    cloud.oci.configure(MAX_CONCURRENCY="1")
    cloud.warm_up()
    volumes = [cloud.volume() for _ in range(4)]
    alarm = json.loads(payload("alarm_v1_5_split.json", instance="x"))
    alarm["alarmMetaData"][0]["dimensions"] = [{"resourceId": volume} for volume in volumes]
    cloud.oci.fault(CREATE, after=1, times=3, delay_seconds=60.0)
    status, answer = cloud.invoke(alarm, seconds="5")
    assert (status, answer["outcome"]) == (502, "mixed")
    outcomes = [result["outcome"] for result in answer["results"]]
    assert outcomes == sorted(outcomes)
    assert [result["resourceId"] for result in answer["results"]] == volumes
    assert outcomes.count("accepted") >= 1
    last = answer["results"][-1]["error"]
    assert (last["code"], last["retryable"]) == ("DeadlineReached", True)
    assert f"time was over before a backup of {volumes[-1]} was asked for." in last["message"]
    assert "Send the same trigger again" in last["hint"]
    cloud.oci.reset()
    _, again = cloud.invoke(alarm)
    assert again["outcome"] == "accepted"
    assert all(len(cloud.backups_of(volume)) == 1 for volume in volumes)


def test_at_most_the_configured_number_of_calls_is_in_flight() -> None:
    with world(latency_seconds=0.05) as cloud:
        cloud.oci.configure(MAX_CONCURRENCY="3")
        instance = cloud.instance(disks=7)
        cloud.invoke(payload("alarm_v1_5_split.json", instance=instance))
        created = cloud.requests(CREATE, "CreateBootVolumeBackup")
        ends = sorted(entry.time for entry in created)
        rounds = [ends[number + 3] - ends[number] for number in range(len(ends) - 3)]
        assert len(created) == 8
        assert min(rounds) >= 0.045


def test_an_instance_that_the_api_never_describes_is_a_retryable_failure(cloud: World) -> None:
    cloud.warm_up()
    cloud.oci.fault("GetInstance", times=100, status=200, body="{}")
    status, answer = cloud.invoke(payload("alarm_v1_5_split.json", instance=cloud.instance()), seconds="8")
    assert (status, answer["results"][0]["error"]["code"]) == (502, "ApiUnreachable")


def test_a_defect_is_answered_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("handlers.invocation.load_settings", broken)
    answer = invoke(Delivery(b"{}", "call-1", "function-1"))
    assert answer.status == 502
    error = json.loads(answer.text)["error"]
    assert (error["code"], error["retryable"]) == ("InternalError", True)
    assert error["message"].startswith("unexpected RuntimeError at tests.test_outcomes:")


def test_once_the_time_is_over_nothing_is_sent_or_published(cloud: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**cloud.oci.principal.environment(), **cloud.oci.config}.items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    event = cloud.payload("event_updatevolume_tagged.json")
    answer = invoke(Delivery(event.encode(), "call-1", "function-1", fn_deadline="2020-01-01T00:00:00Z"))
    load_settings.cache_clear()
    document = json.loads(answer.text)
    assert answer.status == 502
    assert document["results"][0]["error"]["code"] == "DeadlineReached"
    assert document["error"]["code"] == "PublishFailed"
    assert cloud.operations() == []


def test_a_long_or_unprintable_identity_is_replaced_by_its_hash(cloud: World) -> None:
    event = json.loads(cloud.payload("event_updatevolume_tagged.json"))
    for strange in ("x" * 1_000_000, 'a\n{"level": "CRITICAL"}'):
        told = cloud.invoke({**event, "eventID": strange})[1]["results"][0]
        assert told["trigger"]["id"].startswith("sha256-")
        assert len(told["trigger"]["id"]) == 71
        assert all(len(line) < 3000 for line in cloud.log(least=1))


def test_a_backup_without_a_time_does_not_count_for_the_interval(configured: Configure) -> None:
    cloud = configured(MIN_INTERVAL_MINUTES="60")
    event = cloud.payload("event_updatevolume_tagged.json")
    backup = {"id": "x", "lifecycleState": "AVAILABLE", "timeRequestReceived": "lately"}
    cloud.oci.fault("ListVolumeBackups", status=200, body=json.dumps([backup]))
    assert cloud.invoke_one(event)["outcome"] == "accepted"


@pytest.mark.parametrize("fault", [{"status": 503}, {"delay_seconds": 30.0}, {"close": "before"}], ids=str)
def test_however_many_targets_and_whatever_the_fault_the_answer_comes_in_time(
    isolated_cloud: World, fault: dict[str, Any]
) -> None:
    cloud = isolated_cloud
    cloud.warm_up()
    alarm = json.loads(payload("alarm_v1_5_split.json", instance="x"))
    volumes = [f"ocid1.volume.oc1.iad.many{number}" for number in range(60)]
    alarm["alarmMetaData"][0]["dimensions"] = [{"resourceId": volume} for volume in volumes]
    for operation in ("GetVolume", PUBLISH):
        cloud.oci.fault(operation, times=10_000, **fault)
    status, answer = cloud.invoke(alarm, seconds="5")
    assert (status, answer["outcome"], len(answer["results"])) == (502, "failed", 60)
    assert all(result["error"]["retryable"] for result in answer["results"])
    assert not any(result["notified"] for result in answer["results"])
    assert answer["error"]["code"] == "PublishFailed"


def test_many_answers_of_429_in_one_fan_out_keep_no_backup_from_being_made(cloud: World) -> None:
    instance = cloud.instance(disks=12)
    cloud.oci.fault(CREATE, times=15, status=429, code="TooManyRequests")
    status, answer = cloud.invoke(payload("alarm_v1_5_split.json", instance=instance), seconds="60")
    assert (status, answer["outcome"]) == (200, "accepted")
    volumes = {result["resourceId"] for result in answer["results"]}
    assert len(answer["results"]) == len(volumes) == 13
    assert all(len(cloud.backups_of(volume)) == 1 for volume in volumes)
    assert {told["subject"] for told in cloud.events()} == volumes


def in_this_process(
    cloud: World, monkeypatch: pytest.MonkeyPatch, body: Any, **config: str
) -> tuple[Any, list[Result]]:
    """The answer and the results of an invocation in the test's own process."""
    logged: list[list[Result]] = []
    environment = {**cloud.oci.principal.environment(), **cloud.oci.config, **config}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("handlers.invocation.logs.invocation", lambda *told: logged.append(list(told[2])))
    load_settings.cache_clear()
    answer = invoke(Delivery(json.dumps(body).encode(), "call-1", "function-1"))
    load_settings.cache_clear()
    return answer, logged[0]


@pytest.mark.parametrize("broken_part", ["pack_messages", "rank_of", "get_topic_workers"])
def test_what_goes_wrong_in_telling_hides_nothing_that_was_made(
    cloud: World, monkeypatch: pytest.MonkeyPatch, broken_part: str
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(f"handlers.output.publish.{broken_part}", broken)
    answer, [result] = in_this_process(cloud, monkeypatch, {"volumeId": cloud.volume()})
    document = json.loads(answer.text)
    assert (answer.status, document["outcome"]) == (502, "accepted")
    assert [told["notified"] for told in document["results"]] == [False]
    assert "a secret" not in answer.text
    assert document["error"]["retryable"] is True
    assert result.volume_backup is not None
    assert result.volume_backup.id == document["results"][0]["volumeBackup"]["id"]


def test_a_log_that_cannot_be_written_keeps_no_answer_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("a secret")

    monkeypatch.setattr("handlers.invocation.logs.invocation", broken)
    answer = invoke(Delivery(b"", "call-1", "function-1"))
    assert (answer.status, json.loads(answer.text)["outcome"]) == (502, "failed")


def test_an_answer_that_cannot_be_built_is_a_defect_and_its_results_are_logged(
    cloud: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("handlers.invocation.build_response", broken)
    answer, [result] = in_this_process(cloud, monkeypatch, {"volumeId": cloud.volume()})
    assert (answer.status, json.loads(answer.text)["error"]["code"]) == (502, "InternalError")
    assert result.outcome is Outcome.ACCEPTED


def test_results_tell_the_resources_name_wherever_somebody_told_it(
    cloud: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume, missing = cloud.volume(displayName="read"), "ocid1.volume.oc1.iad.gone"
    alarm = json.loads(payload("alarm_v1_5_split.json", instance="x"))
    alarm["alarmMetaData"][0]["dimensions"] = [
        {"resourceId": volume, "resourceDisplayName": "told"},
        {"resourceId": missing, "resourceDisplayName": "told"},
    ]
    _, results = in_this_process(cloud, monkeypatch, alarm)
    assert [(result.outcome, result.resource_name) for result in results] == [("accepted", "read"), ("failed", "told")]
    event = json.loads(cloud.payload("event_updatevolume_tag_strange.json"))
    _, [strange] = in_this_process(cloud, monkeypatch, event)
    assert (strange.resource_name, strange.needs_person) == ("db-data-1", True)
    cloud.wait_for_backup_of(volume)
    backup = cloud.backup(volume)
    _, [completed] = in_this_process(
        cloud, monkeypatch, json.loads(payload("completion_volumebackup.json", backup=backup))
    )
    assert completed.resource_name is not None


def test_skips_that_leave_somebody_without_a_backup_need_a_person(
    cloud: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = cloud.instance(name="empty")
    cloud.oci.run(cloud.oci.service(BootVolumeAttachments).collection.documents.clear)
    _, [empty] = in_this_process(cloud, monkeypatch, {"volumeId": instance})
    assert (empty.outcome, empty.needs_person, empty.resource_name) == ("skipped", True, "empty")
    event = json.loads(cloud.payload("event_updatevolume_tagged.json"))
    running = cloud.backup(event["data"]["resourceId"])
    documents = cloud.oci.service(VolumeBackups).collection.documents
    cloud.oci.run(lambda: documents[running].update(lifecycleState="CREATING"))
    _, [busy] = in_this_process(cloud, monkeypatch, event)
    assert (busy.outcome, busy.needs_person, busy.resource_name) == ("skipped", True, "db-data-1")
    _, [opted_out] = in_this_process(cloud, monkeypatch, json.loads(cloud.payload("event_updatevolume_tag_off.json")))
    assert (opted_out.outcome, opted_out.needs_person) == ("skipped", False)
