"""Process tasks concurrently until the deadline. Processing a task may yield further tasks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple, cast

from handlers.backups.failures import failed, left_undone, out_of_time
from handlers.domain.deadline import Deadline
from handlers.domain.defects import attempt
from handlers.domain.errors import DeadlineReached
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
TaskHandler = Callable[[Task], Sequence[Task | Result]]
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
        handle_task: Processes one task, in a worker, or in this thread where the task is alone.
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
        accepted: list[tuple[Place, Task]] = []
        for number, item in enumerate(items):
            place = (*parent, number)
            if isinstance(item, Result):
                self._finish(place, item)
                continue
            # A volume may be named beside its instance: each is submitted once for a trigger.
            first = self._seen.setdefault((item.trigger.id, item.key), item)
            if first is item:
                accepted.append((place, item))
            elif first.trigger is not item.trigger:
                self._finish(place, _repeated(item))

        # A thread, and waiting for it, costs a tenth of a warm invocation. A task alone can do without, because all it
        # waits for ends in time; but what is finished already must not wait for it.
        if len(accepted) == 1 and not self._pending and not self._unreported:
            [(place, task)] = accepted
            self._accept(place, _carry_out(self._handle_task, task))
            return
        for place, task in accepted:
            self._submit(place, task)

    def _submit(self, place: Place, task: Task) -> None:
        future = self._workers.submit(_carry_out, self._handle_task, task)
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
        self._accept(place, self._pending.pop(place).future.result())

    def _give_up(self) -> None:
        begun = {place for place, pending in self._pending.items() if pending.future.running()}
        self._workers.abandon()
        for place, (task, _) in self._pending.items():
            result = failed(task, out_of_time(left_undone(task, begun=place in begun)))
            self._finish(place, _with_task(result, task))
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


def _repeated(task: Task) -> Result:
    reason = "the same trigger and resource stand earlier in this batch"
    if isinstance(task, Target):
        return skipped(task.trigger, reason, task.resource_id, resource_name=task.name)
    return skipped(task.trigger, reason)


def _carry_out(handle_task: TaskHandler, task: Task) -> list[Task | Result]:
    """Return what comes of a task, whatever happens in it."""
    started = time.monotonic()
    done, error = attempt(handle_task, task)
    if isinstance(error, DeadlineReached):
        error = out_of_time(left_undone(task, begun=False))
    if error is not None:
        done = [failed(task, error)]
    milliseconds = round((time.monotonic() - started) * 1000)
    return [_with_task(item, task, milliseconds) if isinstance(item, Result) else item for item in done or ()]


def _with_task(result: Result, task: Task, milliseconds: int = 0) -> Result:
    """Return a result with what its task took, where that came from, and what is left of it for a later try."""
    unfinished = _what_is_left(result, task)
    was_deferred = task.deferral is not None
    return result._replace(milliseconds=milliseconds, was_deferred=was_deferred, unfinished=unfinished)


def _what_is_left(result: Result, task: Task) -> Task | None:
    """Return the task that a later try can do with the same bytes, None where there is nothing left to do."""
    if not result.can_be_done_later:
        return None
    if isinstance(task, Target) and not result.is_copy:
        return task._replace(planned=cast("CreateBackupDetails | None", result.request) or task.planned)
    return task
