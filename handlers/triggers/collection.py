"""What a body amounts to, however large it is and whatever it holds.

Who may publish one message must not be able to fill topics, answer and memory with it: what cannot be used becomes a
few results that count, and nothing is left out without a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handlers.domain.errors import FunctionError, InvalidRequest
from handlers.domain.result import Outcome, Result, skipped
from handlers.domain.search import Report, Search, Task
from handlers.domain.trigger import Trigger
from handlers.domain.untrusted import identity, mapping, one_line, short_text
from handlers.triggers.context import Context
from handlers.triggers.refusals import UnknownKind

# The platform takes 6 MB a call, which is less than 10,000 real events or audit records.
MAX_ITEMS = 10_000
MAX_TARGETS = 5_000
MAX_SEARCHES = 20  # selections and reports: few bytes ask for all that the function may see, each time anew
MAX_SKIPS = 100  # told one by one; more are counted
_FIND_SENDER = "Find out who sends it, and have one of these sent instead, or keep it away from the function."
MAX_FAILURES = 10  # different ones told one by one; more are counted


@dataclass(slots=True)
class _Failure:
    """Equal failures of documents.

    Attributes:
        error: The first one's error.
        trigger: The first one's identity.
        resource_id: What the first one wanted backed up, where that can be read.
        place: Where in the body the first one stands.
        count: How many there are.
    """

    error: FunctionError
    trigger: Trigger
    resource_id: str | None
    place: int
    count: int = 0


class Collection:
    """The targets and results of one body, in its order, and after them what could not be used."""

    def __init__(self, context: Context) -> None:
        self._trigger = Trigger("batch", identity(context.fallback_id))
        self._documents = 0
        self._items_left_out = 0
        self._found: list[Task | Result] = []
        self._targets = 0
        self._searches = 0
        self._skips: Counter[Result] = Counter()
        self._more_skips: Counter[Result] = Counter()
        self._failures: dict[str, _Failure] = {}

    def room_for(self, array: Sequence[object], *, waiting: int) -> int:
        """Return how many items of an array are looked at, where so many others are `waiting`."""
        taken = max(0, min(len(array), MAX_ITEMS - self._documents - waiting))
        self._items_left_out += len(array) - taken
        return taken

    def add(self, item: Task | Result) -> None:
        """Add what a document asks for, or the result of one that asks for nothing."""
        if isinstance(item, Search | Report):
            self._searches += 1
            if self._searches <= MAX_SEARCHES:
                self._found.append(item)
        elif not isinstance(item, Result):
            self._targets += 1
            if self._targets <= MAX_TARGETS:
                self._found.append(item)
        elif item in self._skips or len(self._skips) < MAX_SKIPS:
            self._skips[item] += 1
            if self._skips[item] == 1:
                self._found.append(item)
        else:
            first = next((skip for skip in self._more_skips if skip.needs_person == item.needs_person), item)
            self._more_skips[first] += 1

    def count_document(self) -> None:
        """Count a document that was looked at to its end."""
        self._documents += 1

    def reject(self, error: FunctionError, document: object, context: Context) -> None:
        """Count a document that cannot be used."""
        self.count_document()
        key = UnknownKind.__name__ if isinstance(error, UnknownKind) else error.message
        if key not in self._failures and len(self._failures) >= MAX_FAILURES and not error.retryable:
            key = "others"
        if key not in self._failures:
            resource_id = short_text(mapping(document).get("volumeId"))
            self._failures[key] = _Failure(error, trigger_of(context), resource_id, self._documents)
        self._failures[key].count += 1

    def items(self) -> list[Task | Result]:
        """Return all of it."""
        total = self._documents + self._items_left_out
        return [
            *(
                item._replace(stands_for=self._skips[item]) if isinstance(item, Result) else item
                for item in self._found
            ),
            *(_more_skips(first, count) for first, count in self._more_skips.items()),
            *(_failure_result(failure, total) for failure in self._failures.values()),
            *self._left_out(self._targets - MAX_TARGETS, "resources", MAX_TARGETS),
            *self._left_out(self._searches - MAX_SEARCHES, "selections and reports", MAX_SEARCHES),
            *self._left_out(self._items_left_out, "items", MAX_ITEMS),
        ]

    def _left_out(self, count: int, things: str, limit: int) -> Iterator[Result]:
        if count > 0:
            message = f"{count:,} {things} beyond the first {limit:,} were left out; send smaller batches"
            yield Result(self._trigger, Outcome.FAILED, error=InvalidRequest(message), stands_for=count)


def trigger_of(context: Context) -> Trigger:
    """Return the trigger that a document of no known kind is."""
    return Trigger("batch" if context.in_batch else "message", identity(context.fallback_id))


def _more_skips(first: Result, count: int) -> Result:
    reason = f"{count:,} more were skipped; the first: {first.reason}"
    return first._replace(resource_id=None, resource_name=None, reason=reason, stands_for=count)


def _failure_result(failure: _Failure, documents: int) -> Result:
    """Return the one result of equal failures: a person is told of what is unknown, the error of what is wrong."""
    error, trigger, count = failure.error, failure.trigger, failure.count
    message = error.message
    if documents > 1:
        what = "match no kind" if isinstance(error, UnknownKind) else "failed"
        several = f"{count:,} of {documents:,} items {what}; the first: item {failure.place:,}"
        message = f"{several if count > 1 else f'item {failure.place:,} of {documents:,}'}: {message}"
    if isinstance(error, UnknownKind):
        return skipped(trigger, one_line(message), needs_person=True, hint=_FIND_SENDER)._replace(stands_for=count)
    named = error.with_message(message, error.hint)
    return Result(trigger, Outcome.FAILED, resource_id=failure.resource_id, error=named, stands_for=count)
