"""The results become the caller's answer, and the status that lets the platform deliver again or not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from handlers.domain.errors import FunctionError
from handlers.domain.result import Outcome, Result

# The FDK lets only 200, 502 and 504 through and replaces any other status by 200.
OK, DELIVER_AGAIN = 200, 502


class Response(NamedTuple):
    """What goes back: the HTTP status, the JSON text, and the overall outcome that the text holds."""

    status: int
    text: str
    outcome: str


def build_response(results: Sequence[Result], publish_error: FunctionError | None) -> Response:
    """The answer to a body that could be used."""
    outcomes = {result.outcome for result in results}
    outcome = outcomes.pop() if len(outcomes) == 1 else "mixed" if outcomes else Outcome.SKIPPED
    document: dict[str, Any] = {"outcome": outcome, "results": [result.document() for result in results]}
    if publish_error:
        document["error"] = publish_error.document()
    again = publish_error is not None or any(map(_wants_again, results))
    return Response(DELIVER_AGAIN if again else OK, json.dumps(document), outcome)


def build_refusal(error: FunctionError) -> Response:
    """The answer to a body or a configuration that could not be used at all."""
    document: dict[str, Any] = {"outcome": Outcome.FAILED, "results": [], "error": error.document()}
    return Response(DELIVER_AGAIN, json.dumps(document), Outcome.FAILED)


def _wants_again(result: Result) -> bool:
    """A failure that a redelivery can mend, or one whose caller is waiting for the word."""
    return result.error is not None and (result.error.retryable or result.trigger.direct)
