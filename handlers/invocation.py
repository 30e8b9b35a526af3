"""One invocation, from the delivered body to the answer. Read this first."""

from __future__ import annotations

import time
from collections.abc import Sequence

from handlers.domain.deadline import Deadlines
from handlers.domain.defects import attempt
from handlers.domain.delivery import Delivery
from handlers.domain.errors import FunctionError, InternalError
from handlers.domain.result import Result
from handlers.domain.search import RESULTS_OF_SEARCH
from handlers.domain.trigger import Target
from handlers.output import logs
from handlers.output.answer import Response, build_refusal, build_response
from handlers.output.cloud_events import is_worth_telling
from handlers.settings import load_settings
from handlers.triggers.recognise import parse


def invoke(delivery: Delivery) -> Response:
    """Return the answer to a delivery, whatever it is: this is the program's edge, and no exception goes past it.

    Whatever goes wrong in publishing, answering or logging hides nothing of what was made.
    """
    started = time.monotonic()
    attempt(logs.start)
    processed, error = attempt(_process, delivery)
    results: Sequence[Result] = ()
    response = None
    if processed:
        results, error = processed
        response, defect = attempt(build_response, results, error)
        error = defect or error
    response = response or build_refusal(error or InternalError("nothing was answered"))
    attempt(logs.invocation, delivery, response, results, error, round((time.monotonic() - started) * 1000))
    return response


def _process(delivery: Delivery) -> tuple[Sequence[Result], FunctionError | None]:
    """Return the results of a delivery, and the error where they could not be published.

    Raises InvalidConfiguration, InvalidRequest and ResourcePrincipalUnavailable.
    """
    settings = load_settings()
    logs.configure(settings.log_level)
    items = parse(delivery, settings)
    expected = sum(1 if isinstance(item, Target | Result) else RESULTS_OF_SEARCH for item in items)
    deadlines = Deadlines.of_header(delivery.fn_deadline, expected)
    if not any(not isinstance(item, Result) or is_worth_telling(item) for item in items):
        return [item for item in items if isinstance(item, Result)], None
    # Imports the SDK, which a delivery that asks for nothing does not need.
    from handlers.carry_out import carry_out

    return carry_out(items, delivery, settings, deadlines)
