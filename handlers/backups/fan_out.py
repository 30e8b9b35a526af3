"""Many targets at a time: work that may turn into more work, at most so many at once, until the deadline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from queue import Empty, SimpleQueue

from handlers.domain.deadline import Deadline
from handlers.domain.errors import DeadlineReached, FunctionError, InternalError
from handlers.domain.result import Outcome, Result, skipped
from handlers.domain.trigger import Target
from handlers.workers import Workers

Place = tuple[int, ...]
TargetHandler = Callable[[Target], Iterable[Target | Result]]


def fan_out(
    start: Iterable[Target | Result], handle_target: TargetHandler, deadline: Deadline, workers: Workers
) -> list[Result]:
    """The results of `start` and of all that `work` turns its targets into, in the order of where they came from.

    A target that fails is a failed result, one not done by the deadline a failed one that can be retried; neither
    stops the others. Two targets of one identity and resource are worked on once.
    """
    return _FanOut(workers, handle_target).run(start, deadline)


class _FanOut:
    def __init__(self, workers: Workers, handle_target: TargetHandler) -> None:
        self._workers = workers
        self._handle_target = handle_target
        self._results: dict[Place, Result] = {}
        self._pending: dict[Place, Target] = {}
        self._seen: dict[tuple[str, str], Target] = {}
        self._finished: SimpleQueue[tuple[Place, Future[list[Target | Result]]]] = SimpleQueue()

    def run(self, start: Iterable[Target | Result], deadline: Deadline) -> list[Result]:
        self._accept((), start)
        while self._pending:
            try:
                place, future = self._finished.get(timeout=max(0.0, deadline.remaining()))
            except Empty:
                self._workers.abandon()
                break
            target = self._pending.pop(place)
            error = future.exception()
            self._accept(place, future.result() if error is None else [_failed(target, error)])
        for place, target in self._pending.items():
            error = DeadlineReached("The invocation's time was over before this was done; deliver it again.")
            self._results[place] = _failed(target, error)
        return [self._results[place] for place in sorted(self._results)]

    def _accept(self, parent: Place, items: Iterable[Target | Result]) -> None:
        for number, item in enumerate(items):
            place = (*parent, number)
            if isinstance(item, Result):
                self._results[place] = item
                continue
            first = self._seen.setdefault((item.trigger.id, item.resource.text), item)
            # An instance gives way to its own volumes, so only what was not seen before is work.
            if first is item:
                self._submit(place, item)
            elif first.trigger is not item.trigger:
                reason = "the same trigger and resource stand earlier in this batch"
                self._results[place] = skipped(item.trigger, reason, item.resource.text)

    def _submit(self, place: Place, target: Target) -> None:
        self._pending[place] = target
        future = self._workers.submit(_timed, self._handle_target, target)
        future.add_done_callback(lambda done: self._finished.put((place, done)))


def _timed(handle_target: TargetHandler, target: Target) -> list[Target | Result]:
    started = time.monotonic()
    done = list(handle_target(target))
    milliseconds = round((time.monotonic() - started) * 1000)
    return [replace(item, milliseconds=milliseconds) if isinstance(item, Result) else item for item in done]


def _failed(target: Target, error: BaseException) -> Result:
    return Result(
        target.trigger,
        Outcome.FAILED,
        resource_id=target.resource.text,
        resource_type=target.resource.resource_type,
        retry_token=target.retry_token,
        error=error if isinstance(error, FunctionError) else InternalError.of(error),
        opc_request_id=getattr(error, "opc_request_id", None),
    )
