"""Results become a title of one line that is true when it is read alone: failures first, and named."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.domain.errors import BackupFaulty
from handlers.domain.result import Outcome, Result
from handlers.domain.untrusted import one_line

MAX_TITLE_LENGTH = 100
# What stands first in a title, a message and an answer that has no room for all; any other state comes after these.
_FIRST = ("failed", "FAULTY", "copy failed", "unprotected", "unconfirmed", "skipped", "deferred")
_OF_COPIES = {Outcome.COMPLETED: "copied", Outcome.FAILED: "copy failed"}


def state_of(result: Result) -> str:
    """Return the state that counts: a backup that ended FAULTY is no completed one.

    A completion that could not be read is `unconfirmed`, and so is a copy that was asked for: nothing is known to be
    wrong with either.
    """
    if result.is_faulty:
        return "FAULTY"
    if result.outcome is Outcome.FAILED and result.trigger.kind == "completion" and not _is_not_copied(result):
        return "unconfirmed"
    if result.is_copy and result.outcome in _OF_COPIES:
        return _OF_COPIES[result.outcome]
    return str(result.outcome)


def _is_not_copied(result: Result) -> bool:
    """Whether a copy could not be asked for, which its body does again, or has ended FAULTY."""
    return result.is_copy and (result.body is not None or isinstance(result.error, BackupFaulty))


def rank_of(result: Result) -> int:
    """Return the place of a result among others, the worst first."""
    state = state_of(result)
    return _FIRST.index(state) if state in _FIRST else len(_FIRST)


def name_of(result: Result) -> str:
    """Return what a person calls the resource, or as much as is known of it."""
    backup, request = result.volume_backup, result.request
    name = result.resource_name or (backup and backup.display_name) or (request and request.display_name)
    return name or result.resource_id or result.trigger.title or f"{result.trigger.kind} {result.trigger.id}"


def count_by_state(results: Sequence[Result]) -> dict[str, int]:
    """Return how many results there are of each state, in the order of `results`."""
    counts: dict[str, int] = {}
    for result in results:
        counts[state_of(result)] = counts.get(state_of(result), 0) + result.stands_for
    return counts


def write_title(results: Sequence[Result], part: tuple[int, int] = (1, 1)) -> str:
    """Return the title of a message about `results`, which is part so many of so many.

    One result: `failed: orders-120`. Several: `47 failed, 24 accepted: orders-120 and 46 more`, named after the worst.
    """
    counts = count_by_state(sorted(results, key=rank_of))
    worst, number = next(iter(counts.items()))
    named = name_and_more([result for result in results if state_of(result) == worst], number)
    states = worst if counts == {worst: 1} else ", ".join(f"{count} {state}" for state, count in counts.items())
    which, of = part
    return fit_title(f"{states}: {named}", f" ({which} of {of})" if of > 1 else "")


def name_and_more(results: Sequence[Result], number: int) -> str:
    """Return the first one's name, and how many more of the `number` there are; an alarm's title stands for all."""
    name = name_of(results[0])
    if name == results[0].trigger.title and len({result.trigger.id for result in results}) == 1:
        return name
    return f"{name} and {number - 1} more" if number > 1 else name


def fit_title(text: str, suffix: str = "") -> str:
    """Return one printable line of at most 100 characters that ends with `suffix` whatever must be cut."""
    return one_line(text, MAX_TITLE_LENGTH - len(suffix)) + suffix
