"""What cannot be done now is put into the queue, and what the queue brings is given up in time.

A trigger that a service sent is deferred where a later try may end otherwise: a backup is in progress, the API
throttles or fails, the time is over. Whoever calls the function himself is waiting for the answer, and gets it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from handlers.domain.deadline import Deadline
from handlers.domain.defects import attempt
from handlers.domain.errors import FunctionError, GivenUp
from handlers.domain.result import Outcome, Result
from handlers.domain.search import Report, Task
from handlers.domain.trigger import Deferral, Target
from handlers.domain.untrusted import one_line
from handlers.domain.work import MAX_TARGETS, write_work
from handlers.oci.client import OciApi
from handlers.oci.connections import Connections
from handlers.oci.work_queue import MAX_MESSAGE_BYTES, WorkQueue

# A queue that does not answer must not use up the time of the backups: what it does not take is told instead.
_MAX_SECONDS = 10.0
_SEND_AGAIN = "Look at what has kept it from being done for so long, and send it again by hand."
_LOOK_AT_COPY = (
    "Look at the copy in its region, where a large one can take a day. "
    "If that is usual here, give the function a larger GIVE_UP_HOURS."
)
_NOT_ENDED = "it had not yet ended"
_TOO_LARGE = "it is larger than a message of the queue may be"

T = TypeVar("T")
Write = Callable[[Sequence[T]], str]
Put = tuple[Sequence[T], FunctionError | None]


def give_up(task: Task, give_up_hours: int) -> GivenUp | None:
    """Return the error that ends the work on a task from the queue, None while there is time for another try.

    Nothing is sent any more: the retry token may have expired by the time that the request arrives.
    """
    if task.deferral is None:
        return None
    first_tried = task.deferral.first_tried
    hours = (datetime.now(UTC) - first_tried) // timedelta(hours=1)
    if hours < give_up_hours:
        return None
    return GivenUp(
        f"Tried for {hours} hour{'s' if hours > 1 else ''}, since {first_tried:%Y-%m-%d %H:%M:%S} UTC, and given up "
        f"after GIVE_UP_HOURS ({give_up_hours}). The first try had ended with: {task.deferral.reason}",
        hint=_LOOK_AT_COPY if isinstance(task, Target) and task.is_copy else _SEND_AGAIN,
    )


class Deferrals:
    """Puts into the queue what one invocation leaves undone, and leaves there what came from it and is not done.

    Args:
        queue: Where it is put, None where there is no queue.
        connections: What the queue is reached by.
        deadline: When everything must have been put.
        dry_run: Whether nothing may be changed: then the queue, too, keeps all that it has.
    """

    def __init__(self, queue: WorkQueue | None, connections: Connections, deadline: Deadline, *, dry_run: bool) -> None:
        self._queue = None if dry_run else queue
        self._connections = connections
        self._deadline = deadline
        self._dry_run = dry_run
        self._started = datetime.now(UTC)

    def split(self, tasks: Sequence[Task | Result], origin: Deferral | None = None) -> list[Task | Result]:
        """Put triggers with more resources than one message holds into the queue, in parts; return the rest.

        Each part is a deferred result. What cannot be put is worked off in this invocation, as far as its time goes.
        `origin` is what the task had brought along that `tasks` were found by. What the queue brings as a part already
        is not split again.
        """
        if self._queue is None:
            return list(tasks)
        by_trigger: dict[str, list[Target]] = {}
        for task in tasks:
            if isinstance(task, Target) and _may_wait(task) and (task.deferral is None) == (origin is None):
                by_trigger.setdefault(task.trigger.id, []).append(task)
        large = [targets for targets in by_trigger.values() if len(targets) > MAX_TARGETS]
        if not large:
            return list(tasks)
        split = {id(target) for targets in large for target in targets}
        rest = [task for task in tasks if id(task) not in split]
        reason = "it was one of more resources than one invocation carries out"
        deferral = origin or Deferral(self._started, reason, is_alone=False)
        for targets in large:
            rest += self._put_parts(self._queue, targets, deferral)
        return rest

    def _put_parts(self, queue: WorkQueue, targets: Sequence[Target], deferral: Deferral) -> Iterator[Task | Result]:
        parts = [targets[start : start + MAX_TARGETS] for start in range(0, len(targets), MAX_TARGETS)]
        put = self._put(queue, parts, lambda part: write_work(part, deferral.first_tried, deferral.reason))
        for number, (part, error) in enumerate(put, 1):
            if error is not None:
                yield from part
                continue
            what = f"part {number} of {len(put)} was put into the queue, with {len(part)} of {len(targets)} resources"
            yield Result(part[0].trigger, Outcome.DEFERRED, reason=what, stands_for=len(part))

    def defer(self, results: Sequence[Result]) -> list[Result]:
        """Put what can be done later into the queue, and return the results as they stand then.

        What came from the queue by itself stays there: the answer 502 brings it again after the visibility timeout,
        which a new message would not wait for. What is left of a larger message is put anew, each by itself.
        """
        if self._dry_run:
            return [result._replace(stays_in_queue=result.was_deferred) for result in results]
        return self._follow_up(self._defer(results))

    def _defer(self, results: Sequence[Result]) -> list[Result]:
        standing = [_left_in_queue(result) if _is_alone_in_its_message(result) else result for result in results]
        if self._queue is None:
            return [_left_in_queue(result) if _is_left_of_work(result) else result for result in standing]
        groups = _group([place for place, result in enumerate(standing) if _is_deferrable(result)], standing)
        for places, error in self._put(self._queue, groups, lambda group: _write(group, results, self._started)):
            for place in places:
                standing[place] = _deferred(standing[place]) if error is None else _not_deferred(standing[place], error)
        return standing

    def _follow_up(self, results: list[Result]) -> list[Result]:
        """Put what is to be looked at until it has ended into the queue; without one, what is told now is the last."""
        following = [(place, result.follow_up) for place, result in enumerate(results) if result.follow_up is not None]
        if self._queue is None or not following:
            return results
        alone = [[pair] for pair in following]
        put = self._put(
            self._queue, alone, lambda pairs: write_work([task for _, task in pairs], self._started, _NOT_ENDED)
        )
        for [(place, _)], error in put:
            if error is not None:
                reason = f"It cannot be told when it ends, for it could not be put into the queue: {error.message}"
                results[place] = results[place]._replace(reason=reason, hint=error.hint)
        return results

    def _put(self, queue: WorkQueue, groups: Iterable[Sequence[T]], write: Write[T]) -> list[Put[T]]:
        """Put each group in a message, and return why it was not put, or None. Not even a defect hides what was made.

        A group that is larger than a message may be is put in halves.
        """
        listed = list(groups)
        put, defect = attempt(self._put_all, queue, listed, write)
        return [(group, defect) for group in listed] if put is None else put

    def _put_all(self, queue: WorkQueue, groups: Sequence[Sequence[T]], write: Write[T]) -> list[Put[T]]:
        messages = [message for group in groups for message in _in_messages(group, write)]
        if not messages:
            return []
        fitting = [content for _, content in messages if _fits(content)]
        deadline = Deadline(min(self._deadline.at, time.monotonic() + _MAX_SECONDS))
        put = iter(queue.put(fitting, OciApi(self._connections, deadline)))
        too_large = FunctionError(_TOO_LARGE)
        return [(group, next(put) if _fits(content) else too_large) for group, content in messages]


def _in_messages(group: Sequence[T], write: Write[T]) -> Iterator[tuple[Sequence[T], str]]:
    """Yield a group with its message, or its halves with theirs where that would be too large: its tags can be long."""
    content = write(group)
    middle = len(group) // 2
    if _fits(content) or not middle:
        yield group, content
    else:
        yield from _in_messages(group[:middle], write)
        yield from _in_messages(group[middle:], write)


def _fits(content: str) -> bool:
    return len(content.encode()) <= MAX_MESSAGE_BYTES


def _may_wait(task: Task) -> bool:
    """Nobody waits for the answer about this task, and it is not only asked what would be done."""
    is_dry_run = not isinstance(task, Report) and task.request is not None and task.request.dry_run
    return not task.trigger.direct and not is_dry_run


def _is_deferrable(result: Result) -> bool:
    return (
        result.unfinished is not None
        and result.can_be_done_later
        and _may_wait(result.unfinished)
        and not _is_alone_in_its_message(result)
    )


def _is_left_of_work(result: Result) -> bool:
    return result.was_deferred and _is_deferrable(result)


def _is_alone_in_its_message(result: Result) -> bool:
    """Whether the queue itself can bring again what a result leaves undone, and nothing else with it."""
    task = result.unfinished
    if task is None or task.deferral is None or not result.can_be_done_later:
        return False
    return task.deferral.is_alone


def _group(places: Iterable[int], results: Sequence[Result]) -> Iterator[list[int]]:
    """Group what is left of each trigger; what has been in a larger message already, each by itself."""
    groups: dict[str, list[int]] = {}
    for place in places:
        if results[place].was_deferred:
            yield [place]
        else:
            groups.setdefault(results[place].trigger.id, []).append(place)
    for group in groups.values():
        for start in range(0, len(group), MAX_TARGETS):
            yield group[start : start + MAX_TARGETS]


def _write(places: Sequence[int], results: Sequence[Result], started: datetime) -> str:
    tasks = [task for place in places if (task := results[place].unfinished) is not None]
    deferral = tasks[0].deferral or Deferral(started, _reason(results[places[0]]), is_alone=False)
    return write_work(tasks, deferral.first_tried, deferral.reason)


def _reason(result: Result) -> str:
    return one_line(result.error.message if result.error else result.reason or "it could not be done", 500)


def _deferred(result: Result, *, how: str = "put into the queue") -> Result:
    return result._replace(
        outcome=Outcome.DEFERRED,
        reason=f"{how}, to be tried again: {_reason(result)}",
        error=None,
        needs_person=False,
        hint=None,
    )


def _left_in_queue(result: Result) -> Result:
    return _deferred(result, how="left in the queue")._replace(stays_in_queue=True)


def _not_deferred(result: Result, error: FunctionError) -> Result:
    """Return a result that the queue did not take: it stands as without a queue, and says what is wrong with that."""
    if result.was_deferred:
        return _left_in_queue(result)
    why = f"(It could not be put into the queue either: {error.message})"
    told = result.error.hint if result.error else result.hint
    hint = " ".join(filter(None, (told, error.hint))) or None
    if result.error is None:
        return result._replace(reason=f"{result.reason} {why}", hint=hint)
    return result._replace(error=result.error.with_message(f"{result.error.message} {why}", hint))
