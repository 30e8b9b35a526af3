"""Process tasks concurrently until the deadline. Processing a task may yield further tasks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple, cast

from handlers.backups.failures import failed, left_undone, out_of_time
from handlers.domain.deadline import Deadline
from handlers.domain.errors import DeadlineReached, FunctionError
from handlers.domain.result import Result, skipped
from handlers.domain.search import Task
from handlers.domain.trigger import Target
from handlers.workers import Workers

if TYPE_CHECKING:
    from handlers.domain.models import CreateBackupDetails

# What is done is told before more than ten seconds are waited for the rest: a container can be killed, and people are
# waiting. The half second is for the publish itself. In 300 seconds that makes 32 publishes of the 60 that a topic
# takes a minute.
MAX_SECONDS_UNREPORTED = 9.5

Place = tuple[int, ...]
TaskHandler = Callable[[Task], Iterable[Task | Result]]
ReportResults = Callable[[list[Result]], Sequence[Result]]


def fan_out(
    start: Iterable[Task | Result],
    handle_task: TaskHandler,
    deadline: Deadline,
    workers: Workers,
    report: ReportResults,
) -> list[Result]:
    """Return one result per task, in input order; what a task expands into takes its place.

    A task that fails is a failed result, one not done by the deadline a failed one that can be retried; neither
    stops the others. Two tasks of one identity and resource are processed once.

    Args:
        start: Tasks, and results that stand from the beginning.
        handle_task: Processes one task, in a worker.
        deadline: When the results are collected, whatever is still running.
        workers: The threads that process tasks.
        report: Called with results that are finished, each once; returns them, in the same order, as they stand then.
    """
    return _FanOut(handle_task, deadline, workers, report).run(start)


class _Pending(NamedTuple):
    task: Task
    future: Future[list[Task | Result]]


class _FanOut:
    def __init__(self, handle_task: TaskHandler, deadline: Deadline, workers: Workers, report: ReportResults) -> None:
        self._handle_task = handle_task
        self._deadline = deadline
        self._workers = workers
        self._report = report
        self._results: dict[Place, Result] = {}
        self._unreported: dict[Place, float] = {}  # by place, when it finished; the oldest stands first
        self._pending: dict[Place, _Pending] = {}
        self._seen: dict[tuple[str, str], Task] = {}
        # Not concurrent.futures.wait, which looks at every future that is pending each time one is done: of 1,000 slow
        # tasks it takes 310 ms of CPU where the queue takes 101, of 100 it takes 16 where the queue takes 11.
        self._finished: SimpleQueue[Place] = SimpleQueue()

    def run(self, start: Iterable[Task | Result]) -> list[Result]:
        self._accept((), start)
        while self._pending:
            if self._seconds_until_report() <= 0:
                self._report_finished()
            place = self._next_finished()
            if place is not None:
                self._collect(place)
            elif self._deadline.remaining() <= 0:
                self._give_up()
        self._report_finished()
        return [self._results[place] for place in sorted(self._results)]

    def _accept(self, parent: Place, items: Iterable[Task | Result]) -> None:
        for number, item in enumerate(items):
            place = (*parent, number)
            if isinstance(item, Result):
                self._finish(place, item)
                continue
            # A volume may be named beside its instance: each is submitted once for a trigger.
            first = self._seen.setdefault((item.trigger.id, item.key), item)
            if first is item:
                self._submit(place, item)
            elif first.trigger is not item.trigger:
                reason = "the same trigger and resource stand earlier in this batch"
                self._finish(place, skipped(item.trigger, reason, item.resource_id, resource_name=item.name))

    def _submit(self, place: Place, task: Task) -> None:
        future = self._workers.submit(_timed, self._handle_task, task)
        self._pending[place] = _Pending(task, future)
        future.add_done_callback(lambda _: self._finished.put(place))

    def _next_finished(self) -> Place | None:
        """The place of a task that is done, None where waiting for it is over."""
        longest = min(self._deadline.remaining(), self._seconds_until_report(), threading.TIMEOUT_MAX)
        try:
            return self._finished.get(timeout=max(0.0, longest))
        except Empty:
            return None

    def _collect(self, place: Place) -> None:
        task, future = self._pending.pop(place)
        error = future.exception()
        self._accept(place, future.result() if error is None else [failed(task, error)])

    def _give_up(self) -> None:
        begun = {place for place, pending in self._pending.items() if pending.future.running()}
        self._workers.abandon()
        for place, (task, _) in self._pending.items():
            result = failed(task, out_of_time(left_undone(task, begun=place in begun)))
            self._finish(place, _leave_for_later(result, task))
        self._pending.clear()

    def _finish(self, place: Place, result: Result) -> None:
        self._results[place] = result
        self._unreported[place] = time.monotonic()

    def _seconds_until_report(self) -> float:
        oldest = next(iter(self._unreported.values()), float("inf"))
        return oldest + MAX_SECONDS_UNREPORTED - time.monotonic()

    def _report_finished(self) -> None:
        if not self._unreported:
            return
        places = sorted(self._unreported)
        self._unreported.clear()
        reported = self._report([self._results[place] for place in places])
        self._results.update(zip(places, reported, strict=True))


def _timed(handle_task: TaskHandler, task: Task) -> list[Task | Result]:
    started = time.monotonic()
    try:
        done = list(handle_task(task))
    except DeadlineReached:
        done = [failed(task, out_of_time(left_undone(task, begun=False)))]
    except FunctionError as error:
        done = [failed(task, error)]
    milliseconds = round((time.monotonic() - started) * 1000)
    return [
        replace(_leave_for_later(item, task), milliseconds=milliseconds) if isinstance(item, Result) else item
        for item in done
    ]


def _leave_for_later(result: Result, task: Task) -> Result:
    """Return a result with what is left of its task, so that a later try can do it with the same bytes."""
    was_deferred = task.deferral is not None
    if not result.can_be_done_later:
        return replace(result, was_deferred=was_deferred)
    unfinished = task
    if isinstance(task, Target) and not result.is_copy:
        unfinished = replace(task, planned=cast("CreateBackupDetails | None", result.request) or task.planned)
    return replace(result, was_deferred=was_deferred, unfinished=unfinished)
