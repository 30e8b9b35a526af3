"""One JSON line per result and one per invocation, on standard error, where the platform collects them."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from handlers.domain.delivery import Delivery
from handlers.domain.errors import FunctionError
from handlers.domain.result import Outcome, Result
from handlers.output.answer import Response

_log = logging.getLogger("create_volume_backup")


def start() -> None:
    """Log from INFO on, until the configuration is known."""
    if not _log.handlers:
        configure("INFO")


def configure(level: str) -> None:
    """Our own lines from `level` on; the libraries' from WARNING on, unless `level` is DEBUG.

    The FDK sets the root logger to DEBUG, which would write a line for every step of every library.
    """
    if logging.getLevelName(_log.level) == level:
        return
    logging.getLogger().setLevel(level if level in {"DEBUG", "ERROR", "CRITICAL"} else logging.WARNING)
    _log.setLevel(level)
    _log.propagate = False
    if not _log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        _log.addHandler(handler)


def invocation(
    delivery: Delivery, answer: Response, results: Sequence[Result], error: FunctionError | None, milliseconds: int
) -> None:
    """Log what an invocation did: its results, each on a line, and itself on one."""
    for result in results:
        _write(_level(result), _result_line(delivery, result))
    line = {
        "log": "invocation",
        "callId": delivery.call_id,
        "outcome": answer.outcome,
        "status": answer.status,
        "results": len(results),
        "milliseconds": milliseconds,
        "error": error.document() if error else None,
    }
    _write(logging.ERROR if error else logging.INFO, line)


def _result_line(delivery: Delivery, result: Result) -> dict[str, Any]:
    return {
        "log": "result",
        "callId": delivery.call_id,
        "trigger": f"{result.trigger.kind}:{result.trigger.id}",
        "outcome": result.outcome,
        "resourceId": result.resource_id,
        "backupId": result.volume_backup.id if result.volume_backup else None,
        "reason": result.reason,
        "retryToken": result.retry_token,
        "opcRequestId": result.opc_request_id,
        "notified": result.notified,
        "milliseconds": result.milliseconds,
        "error": result.error.document() if result.error else None,
    }


def _level(result: Result) -> int:
    return logging.ERROR if result.outcome is Outcome.FAILED else logging.INFO


def _write(level: int, line: Mapping[str, Any]) -> None:
    known = {key: value for key, value in line.items() if value is not None}
    _log.log(level, "%s", json.dumps({"level": logging.getLevelName(level), **known}))
