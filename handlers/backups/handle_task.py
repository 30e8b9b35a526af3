"""What is done depends on what a task is about: something to back up or to find, a backup that ended, a report."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.backups.back_up import back_up
from handlers.backups.completions import complete, follow, is_completion
from handlers.backups.deferral import give_up
from handlers.backups.failures import failed
from handlers.backups.instances import volumes_of
from handlers.domain.result import Result
from handlers.domain.search import Report, Search, Task
from handlers.domain.trigger import Target
from handlers.oci.client import OciApi
from handlers.oci.copy_region import CopyRegion
from handlers.settings import Settings
from handlers.workers import Workers


def handle_task(
    task: Task, api: OciApi, workers: Workers, settings: Settings, copy_region: CopyRegion | None
) -> Sequence[Task | Result]:
    """Return the results of a task, or the tasks that it stands for. Raises FunctionError."""
    given_up = give_up(task, settings.give_up_hours)
    if given_up is not None:
        return [failed(task, given_up)]
    if not isinstance(task, Target):
        return _look_for(task, api, copy_region)
    if is_completion(task):
        return _end(task, api, settings, copy_region)
    if task.resource.resource_type == "alarm":
        from handlers.backups.alarms import selection_of

        return selection_of(task, api, settings)
    if task.resource.resource_type == "instance":
        return volumes_of(task, api, workers)
    return [back_up(task, api, settings)]


def _end(target: Target, api: OciApi, settings: Settings, copy_region: CopyRegion | None) -> Sequence[Task | Result]:
    """Return how a backup or a copy has ended, and the copy that a backup is to have."""
    if target.is_copy:
        return [follow(target, api)]
    if copy_region is None and not target.is_to_copy:
        return [complete(target, api)]
    from handlers.backups.copies import copy_backup, wanted_copies

    if target.is_to_copy:
        return [copy_backup(target, api, copy_region, dry_run=settings.dry_run)]
    completed = complete(target, api)
    return [completed, *wanted_copies(target, completed)]


def _look_for(task: Search | Report, api: OciApi, copy_region: CopyRegion | None) -> Sequence[Task | Result]:
    """Return what a search finds. Most invocations search nothing, and need not load what it takes."""
    if isinstance(task, Search):
        from handlers.backups.selections import targets_of

        return targets_of(task, api)
    from handlers.backups.report import report_on

    return report_on(task, api, copy_region)
