"""What a delivery asks for is carried out, told, and put off where it has to be.

It imports the SDK, which takes much of a cold start, and is itself imported only where something is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from handlers.backups.deferral import Deferrals
from handlers.backups.fan_out import fan_out
from handlers.backups.handle_task import handle_task
from handlers.domain.deadline import Deadlines
from handlers.domain.delivery import Delivery
from handlers.domain.errors import FunctionError
from handlers.domain.result import Result
from handlers.domain.search import Task
from handlers.oci.client import OciApi
from handlers.oci.connections import get_connections
from handlers.oci.copy_region import get_copy_region
from handlers.oci.work_queue import get_work_queue
from handlers.output.publish import Publisher
from handlers.settings import Settings
from handlers.workers import get_api_workers


def carry_out(
    items: Sequence[Task | Result], delivery: Delivery, settings: Settings, deadlines: Deadlines
) -> tuple[Sequence[Result], FunctionError | None]:
    """Return a result of each task, and the error where results could not be published.

    Raises InvalidConfiguration and ResourcePrincipalUnavailable.
    """
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
