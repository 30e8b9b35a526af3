"""The results become the caller's answer, and the status that lets the platform deliver again or not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from handlers.domain.errors import FunctionError
from handlers.domain.result import Outcome, Result
from handlers.output.titles import rank_of

# The FDK lets only 200, 502 and 504 through and replaces any other status by 200.
OK, DELIVER_AGAIN = 200, 502
# Functions passes on 6 MB, and answers 502 FunctionInvokeResponseBodyTooLarge to a larger one.
_MAX_BYTES = 5_500_000
_SHORTENED = "The volumeBackup and request of each result are left out, because the answer would be larger than 6 MB."


class Response(NamedTuple):
    """What goes back: the HTTP status, the JSON text, and the overall outcome that the text holds."""

    status: int
    text: str
    outcome: str


def build_response(results: Sequence[Result], publish_error: FunctionError | None) -> Response:
    """Return the answer to a body that could be used."""
    outcomes = {result.outcome for result in results}
    outcome = outcomes.pop() if len(outcomes) == 1 else "mixed" if outcomes else Outcome.SKIPPED
    error = {"error": publish_error.document()} if publish_error else {}
    again = (publish_error is not None and publish_error.retryable) or any(map(_wants_again, results))
    return Response(DELIVER_AGAIN if again else OK, _write(outcome, results, error), outcome)


def build_refusal(error: FunctionError) -> Response:
    """Return the answer to a body or a configuration that could not be used at all."""
    document: dict[str, Any] = {"outcome": Outcome.FAILED, "results": [], "error": error.document()}
    return Response(DELIVER_AGAIN, json.dumps(document), Outcome.FAILED)


def _wants_again(result: Result) -> bool:
    """A failure that a redelivery can mend, or one whose caller is waiting for the word."""
    return result.error is not None and (result.error.retryable or result.trigger.direct)


def _write(outcome: str, results: Sequence[Result], error: dict[str, Any]) -> str:
    """The answer's text, in ASCII. One that would be too large says in `omitted` what it leaves out."""
    text = json.dumps({"outcome": outcome, "results": [result.document() for result in results], **error})
    if len(text) <= _MAX_BYTES:
        return text
    short = [_shorten(result) for result in sorted(results, key=rank_of)]
    kept = _how_many_fit(short)
    left_out = f" {len(short) - kept} of {len(short)} results are left out, too." if kept < len(short) else ""
    omitted = f"{_SHORTENED}{left_out} The function's log has them all."
    return json.dumps({"outcome": outcome, "omitted": omitted, "results": short[:kept], **error})


def _shorten(result: Result) -> dict[str, Any]:
    document = result.document()
    return {key: value for key, value in document.items() if key not in {"volumeBackup", "request"}}


def _how_many_fit(documents: Sequence[dict[str, Any]]) -> int:
    room = _MAX_BYTES - 5_000  # for what stands around the results
    for number, document in enumerate(documents):
        room -= len(json.dumps(document)) + 2
        if room < 0:
            return number
    return len(documents)
