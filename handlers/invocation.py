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
from handlers.output.answer import Response, build_refusal, build_response
from handlers.output.cloud_events import is_worth_telling
from handlers.settings import Settings, load_settings
from handlers.triggers.recognise import parse


def invoke(delivery: Delivery) -> Response:
    """The answer to a delivery, whatever it is: this is the program's edge, and no exception goes past it."""
    started = time.monotonic()
    logs.start()
    results: Sequence[Result] = ()
    error: FunctionError | None = None
    try:
        results, error = _process(delivery)
        answered = build_response(results, error)
    except FunctionError as refused:
        error, answered = refused, build_refusal(refused)
    except Exception as defect:  # noqa: BLE001  (the one broad except: a defect must be answered, not lost)
        error = InternalError.of(defect)
        answered = build_refusal(error)
    logs.invocation(delivery, answered, results, error, round((time.monotonic() - started) * 1000))
    return answered


def _process(delivery: Delivery) -> tuple[Sequence[Result], FunctionError | None]:
    """The results of a delivery, and the error where they could not be published.

    Raises InvalidConfiguration, InvalidRequest and ResourcePrincipalUnavailable.
    """
    configured = load_settings()
    logs.configure(configured.log_level)
    items = parse(delivery, configured)
    deadlines = Deadlines.of_header(delivery.fn_deadline, len(items))
    if not any(isinstance(item, Target) or is_worth_telling(item) for item in items):
        return [item for item in items if isinstance(item, Result)], None
    return _process_targets(items, delivery, configured, deadlines)


def _process_targets(
    items: Sequence[Target | Result], delivery: Delivery, configured: Settings, deadlines: Deadlines
) -> tuple[Sequence[Result], FunctionError | None]:
    # The SDK takes most of a cold start; a delivery that asks for nothing never gets here.
    from handlers.backups.back_up import back_up
    from handlers.backups.completions import complete, is_completion
    from handlers.backups.fan_out import fan_out
    from handlers.backups.instances import volumes_of
    from handlers.oci.client import OciApi
    from handlers.oci.connections import get_connections
    from handlers.output.publish import Publisher
    from handlers.workers import get_workers

    topics = max(len(configured.topic_ids), len(configured.alert_topic_ids))
    container = get_connections(configured.oci_endpoint, max(configured.max_concurrency, topics))
    container.principal()
    publisher = Publisher(configured, container, delivery, deadlines.publish)
    api = OciApi(container, deadlines.calls)

    def handle_target(target: Target) -> Sequence[Target | Result]:
        if is_completion(target):
            return [complete(target, api)]
        if target.resource.resource_type == "instance":
            return volumes_of(target, api)
        return [back_up(target, api, configured)]

    results = fan_out(items, handle_target, deadlines.targets, get_workers(configured.max_concurrency))
    results = publisher.publish(results)
    publisher.alert(results)
    return results, publisher.error
