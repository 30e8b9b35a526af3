"""The log: one line of JSON per result and per invocation, whose level is enough to be woken by."""

from __future__ import annotations

import gc
import json
import logging
from io import BytesIO
from typing import Any

import pytest
from fdk.context import InvokeContext

from handlers.domain.delivery import Delivery
from handlers.domain.errors import ApiError, DeadlineReached, FunctionError
from handlers.domain.models import VolumeBackup
from handlers.domain.result import Outcome, Result
from handlers.domain.trigger import Trigger
from handlers.output import logs
from handlers.output.answer import Response, build_response
from tests.conftest import Configure
from tests.world import World

TRIGGER = Trigger("alarm", "key:1", "OK_TO_FIRING", title="Disk errors on orders")
REFUSED = ApiError(404, "NotAuthorizedOrNotFound", "No.", opc_request_id="A/B/C", retryable=False, hint="Check.")


def backup(state: str) -> VolumeBackup:
    return VolumeBackup.of({"id": "ocid1.volumebackup.oc1.iad.a", "lifecycleState": state})


RESULT = Result(TRIGGER, Outcome.ACCEPTED, resource_id="ocid1.volume.oc1.iad.a", resource_name="orders-120")


def written(results: list[Result], error: FunctionError | None, caplog: pytest.LogCaptureFixture) -> list[Any]:
    """The lines of an invocation, as they are written."""
    logs.start()
    logger = logging.getLogger("create_volume_backup")
    logger.addHandler(caplog.handler)
    try:
        logs.invocation(Delivery(b"", "call-1", "function"), build_response(results, error), results, error, 7)
    finally:
        logger.removeHandler(caplog.handler)
    return [json.loads(logs.JsonFormatter().format(record)) for record in caplog.records]


def test_each_result_and_each_invocation_is_one_line_of_json(cloud: World) -> None:
    cloud.invoke(cloud.payload("batch_streaming_source.json"))
    lines = [json.loads(line) for line in cloud.log(least=3)]
    assert [line["log"] for line in lines] == ["result", "result", "invocation"]
    result, _, invocation = lines
    assert result["callId"] == invocation["callId"]
    for key in ("outcome", "resourceId", "lifecycleState", "retryToken", "opcRequestId", "milliseconds"):
        assert key in result
    assert (invocation["status"], invocation["results"], invocation["outcome"]) == (200, 2, "accepted")


def test_a_result_is_logged_with_all_that_one_searches_for(caplog: pytest.LogCaptureFixture) -> None:
    result = RESULT._replace(
        volume_backup=backup("CREATING"), retry_token="token", opc_request_id="A/B", milliseconds=5
    )
    line, _ = written([result], None, caplog)
    assert line == {
        "level": "INFO",
        "log": "result",
        "callId": "call-1",
        "trigger": "alarm:key:1",
        "triggerTitle": "Disk errors on orders",
        "outcome": "accepted",
        "resourceId": "ocid1.volume.oc1.iad.a",
        "resourceName": "orders-120",
        "backupId": "ocid1.volumebackup.oc1.iad.a",
        "lifecycleState": "CREATING",
        "retryToken": "token",
        "opcRequestId": "A/B",
        "notified": False,
        "milliseconds": 5,
    }


FAILED = RESULT._replace(outcome=Outcome.FAILED, error=REFUSED)
LEVELS: dict[str, tuple[list[Result], FunctionError | None, list[str]]] = {
    "all failed": ([FAILED], None, ["ERROR", "ERROR"]),
    "one of two failed": ([RESULT, FAILED], None, ["INFO", "ERROR", "INFO"]),
    "faulty": ([RESULT._replace(outcome=Outcome.COMPLETED, volume_backup=backup("FAULTY"))], None, ["ERROR", "INFO"]),
    "available": ([RESULT._replace(outcome=Outcome.COMPLETED, volume_backup=backup("AVAILABLE"))], None, ["INFO"] * 2),
    "skip that needs a person": (
        [RESULT._replace(outcome=Outcome.SKIPPED, reason="tag misspelt", needs_person=True)],
        None,
        ["WARNING", "INFO"],
    ),
    "skip": ([RESULT._replace(outcome=Outcome.SKIPPED, reason="not tagged")], None, ["INFO", "INFO"]),
    "not published": ([RESULT], DeadlineReached("x"), ["INFO", "ERROR"]),
}


@pytest.mark.parametrize("case", LEVELS)
def test_the_level_tells_whether_to_wake_somebody(case: str, caplog: pytest.LogCaptureFixture) -> None:
    results, error, levels = LEVELS[case]
    assert [line["level"] for line in written(results, error, caplog)] == levels


def test_a_failed_backup_is_an_error_in_the_functions_own_log(cloud: World) -> None:
    cloud.oci.fault("CreateVolumeBackup", status=400, code="LimitExceeded")
    cloud.invoke(cloud.payload("event_updatevolume_tagged.json"))
    assert [json.loads(line)["level"] for line in cloud.log(least=2)] == ["ERROR", "ERROR"]


def test_a_librarys_line_is_json_too_and_an_exception_is_told_by_its_type_alone() -> None:
    secret = ValueError("a secret")
    record = logging.LogRecord("urllib3", logging.ERROR, "f", 1, "%s\nretries", ("two",), (ValueError, secret, None))
    assert json.loads(logs.JsonFormatter().format(record)) == {
        "level": "ERROR",
        "log": "library",
        "logger": "urllib3",
        "message": "two retries",
        "exception": "ValueError",
    }


def test_at_debug_every_line_is_json(configured: Configure) -> None:
    cloud = configured(LOG_LEVEL="DEBUG")
    cloud.invoke_one({"volumeId": cloud.volume()})
    assert {json.loads(line)["log"] for line in cloud.log(least=5)} == {"library", "result", "invocation"}


def test_a_header_that_comes_more_than_once_counts_by_its_first_value(monkeypatch: pytest.MonkeyPatch) -> None:
    import func

    gc.enable()
    delivered: list[Delivery] = []

    def invoke(delivery: Delivery) -> Response:
        delivered.append(delivery)
        return Response(200, "{}", "skipped")

    monkeypatch.setattr(func, "invoke", invoke)
    for header in (["message-1", "message-2"], "message-1"):
        context = InvokeContext("app", "app", "function", "fn", "call", headers={"x-oci-ns-messageid": header})
        func.handler(context, BytesIO(b"text"))
    assert [delivery.message_id for delivery in delivered] == ["message-1", "message-1"]
