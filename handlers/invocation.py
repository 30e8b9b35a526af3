"""One invocation, from the delivered body to the answer. Read this first."""

from __future__ import annotations

import time
from collections.abc import Sequence

from handlers.domain.deadline import Deadlines
from handlers.domain.defects import attempt
from handlers.domain.delivery import Delivery
from handlers.domain.errors import FunctionError, InternalError
from handlers.domain.result import Result
from handlers.domain.search import RESULTS_OF_SEARCH, Task
from handlers.domain.trigger import Target
from handlers.output import logs
from handlers.output.answer import Response, build_refusal, build_response
from handlers.output.cloud_events import is_worth_telling
from handlers.settings import Settings, load_settings
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
    return _process_tasks(items, delivery, settings, deadlines)


def _process_tasks(
    items: Sequence[Task | Result], delivery: Delivery, settings: Settings, deadlines: Deadlines
) -> tuple[Sequence[Result], FunctionError | None]:
    # The SDK takes most of a cold start; a delivery that asks for nothing never gets here.
    from handlers.backups.deferral import Deferrals
    from handlers.backups.fan_out import fan_out
    from handlers.backups.handle_task import handle_task
    from handlers.oci.client import OciApi
    from handlers.oci.connections import get_connections
    from handlers.oci.copy_region import get_copy_region
    from handlers.oci.work_queue import get_work_queue
    from handlers.output.publish import Publisher
    from handlers.workers import get_api_workers

    topics = max(len(settings.topic_ids), len(settings.alert_topic_ids))
    connections = get_connections(settings.oci_endpoint, max(settings.max_concurrency, topics))
    connections.principal()
    publisher = Publisher(settings, connections, delivery, deadlines.publish)
    queue = get_work_queue(connections, settings.work_queue_id) if settings.work_queue_id else None
    region = settings.copy_to_region
    copy_region = get_copy_region(connections, region, settings.copy_kms_key_id) if region else None
    deferrals = Deferrals(queue, connections, deadlines.deferral, dry_run=settings.dry_run)
    api, workers = OciApi(connections, deadlines.calls), get_api_workers(settings.max_concurrency)

    def handle(task: Task) -> Sequence[Task | Result]:
        return deferrals.split(handle_task(task, api, workers, settings, copy_region), task.deferral)

    def report(finished: list[Result]) -> list[Result]:
        return publisher.publish(deferrals.defer(finished))

    results = fan_out(deferrals.split(items), handle, deadlines.targets, workers, report)
    publisher.alert(results)
    return results, publisher.error
