"""One invocation, from the delivered body to the answer. Read this first."""

from __future__ import annotations

import time
from collections.abc import Sequence

from handlers.domain.deadline import Deadlines
from handlers.domain.delivery import Delivery
from handlers.domain.errors import FunctionError, InternalError
from handlers.domain.result import Result
from handlers.domain.trigger import Target
from handlers.output import logs
from handlers.output.answer import Answer, answer, refusal
from handlers.output.messages import worth_telling
from handlers.settings import Settings, settings
from handlers.triggers.recognise import parse


def invoke(delivery: Delivery) -> Answer:
    """The answer to a delivery, whatever it is: this is the program's edge, and no exception goes past it."""
    started = time.monotonic()
    logs.start()
    results: Sequence[Result] = ()
    error: FunctionError | None = None
    try:
        results, error = _work(delivery)
        answered = answer(results, error)
    except FunctionError as refused:
        error, answered = refused, refusal(refused)
    except Exception as defect:  # noqa: BLE001  (the one broad except: a defect must be answered, not lost)
        error = InternalError.of(defect)
        answered = refusal(error)
    logs.invocation(delivery, answered, results, error, round((time.monotonic() - started) * 1000))
    return answered


def _work(delivery: Delivery) -> tuple[Sequence[Result], FunctionError | None]:
    """The results of a delivery, and the error where they could not be published.

    Raises InvalidConfiguration, InvalidRequest and ResourcePrincipalUnavailable.
    """
    configured = settings()
    logs.configure(configured.log_level)
    deadlines = Deadlines.of_header(delivery.fn_deadline)
    items = parse(delivery, configured)
    if not any(isinstance(item, Target) or worth_telling(item) for item in items):
        return [item for item in items if isinstance(item, Result)], None
    return _carry_out(items, delivery, configured, deadlines)


def _carry_out(
    items: Sequence[Target | Result], delivery: Delivery, configured: Settings, deadlines: Deadlines
) -> tuple[Sequence[Result], FunctionError | None]:
    # The SDK takes most of a cold start; a delivery that asks for nothing never gets here.
    from handlers.backups.back_up import back_up
    from handlers.backups.completions import complete, is_completion
    from handlers.backups.fan_out import fan_out
    from handlers.backups.instances import volumes_of
    from handlers.oci.client import OciApi
    from handlers.oci.connections import connections
    from handlers.output.publish import open_topics, publish
    from handlers.workers import workers

    container = connections(configured.oci_endpoint, max(configured.max_concurrency, len(configured.topic_ids)))
    container.principal()
    topics = open_topics(configured.topic_ids, container, deadlines.publish)
    api = OciApi(container, deadlines.calls)

    def work(target: Target) -> Sequence[Target | Result]:
        if is_completion(target):
            return [complete(target, api)]
        if target.resource.resource_type == "instance":
            return volumes_of(target, api)
        return [back_up(target, api, configured)]

    results = fan_out(items, work, deadlines.work, workers(configured.max_concurrency))
    if configured.dry_run:
        return results, None
    # As many as there are topics, so that one that does not answer keeps no other from being told.
    source, at_once = f"/create-volume-backup/{delivery.function_id}", workers(len(topics))
    return publish(results, topics, source, deadlines.publish, at_once)
