"""One JSON line per result and one per invocation, on standard error, where the platform collects them."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from handlers.domain.delivery import Delivery
from handlers.domain.errors import FunctionError
from handlers.domain.json_values import without_none
from handlers.domain.result import Outcome, Result
from handlers.domain.untrusted import one_line
from handlers.output.answer import Response

_log = logging.getLogger("create_volume_backup")
# At DEBUG these write what they sign and what they sign it with.
_TALKATIVE = ("botocore", "boto3")
_MAX_LIBRARY_LINE = 2000


class JsonFormatter(logging.Formatter):
    """Writes every record, also a library's, as one line of JSON; of an exception its type, never its trace."""

    def format(self, record: logging.LogRecord) -> str:
        line: Mapping[str, Any] | None = getattr(record, "line", None)
        if line is None:
            exception = record.exc_info and record.exc_info[0]
            line = {
                "log": "library",
                "logger": record.name,
                "message": one_line(record.getMessage(), _MAX_LIBRARY_LINE),
                "exception": exception.__name__ if exception else None,
            }
        return json.dumps({"level": record.levelname, **without_none(line)})


def start() -> None:
    """Log from INFO on, until the configuration is known."""
    if not _log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
        _log.addHandler(handler)
        _log.propagate = False
        configure("INFO")


def configure(level: str) -> None:
    """Write our own lines from `level` on; the libraries' from WARNING on, unless `level` is DEBUG.

    The FDK sets the root logger to DEBUG, which would write a line for every step of every library.
    """
    if logging.getLevelName(_log.level) == level:
        return
    root = logging.getLogger()
    root.setLevel(level if level in {"DEBUG", "ERROR", "CRITICAL"} else logging.WARNING)
    for handler in root.handlers:
        handler.setFormatter(JsonFormatter())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.INFO if level == "DEBUG" else logging.NOTSET)
    _log.setLevel(level)


def invocation(
    delivery: Delivery, answer: Response, results: Sequence[Result], error: FunctionError | None, milliseconds: int
) -> None:
    """Log what an invocation did: its results, each on a line, and itself on one."""
    for result in results:
        _log.log(_level_of(result), "result", extra={"line": _result_line(delivery, result)})
    line = {
        "log": "invocation",
        "callId": delivery.call_id,
        "outcome": answer.outcome,
        "status": answer.status,
        "results": len(results),
        "milliseconds": milliseconds,
        "error": error.document() if error else None,
    }
    all_failed = answer.outcome == Outcome.FAILED
    _log.log(logging.ERROR if error or all_failed else logging.INFO, "invocation", extra={"line": line})


def _result_line(delivery: Delivery, result: Result) -> dict[str, Any]:
    backup = result.volume_backup
    return {
        "log": "result",
        "callId": delivery.call_id,
        "trigger": f"{result.trigger.kind}:{result.trigger.id}",
        "triggerTitle": result.trigger.title,
        "outcome": result.outcome,
        "resourceId": result.resource_id,
        "resourceName": result.resource_name,
        "backupId": backup.id if backup else None,
        "lifecycleState": backup.lifecycle_state if backup else None,
        "reason": result.reason,
        "count": result.stands_for if result.stands_for > 1 else None,
        "retryToken": result.retry_token,
        "opcRequestId": result.opc_request_id,
        "notified": result.notified,
        "milliseconds": result.milliseconds,
        "error": result.error.document() if result.error else None,
    }


def _level_of(result: Result) -> int:
    """ERROR for a backup that is missing or useless, WARNING for one that somebody was left without on purpose.

    What the queue brings again is neither done nor failed: only a WARNING, for it comes many times.
    """
    if result.stays_in_queue:
        return logging.WARNING
    if result.outcome is Outcome.FAILED or result.is_faulty:
        return logging.ERROR
    return logging.WARNING if result.needs_person else logging.INFO
