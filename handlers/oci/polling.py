"""Ask again, with growing waits, until an answer has come or the invocation's time is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from handlers.domain.deadline import Deadline
from handlers.oci.retries import DeadlineRetryStrategy
from handlers.oci.sdk import retry_checkers

T = TypeVar("T")
_MIN_SECONDS_FOR_A_CALL = 0.1


def poll(call: Callable[[], T], is_too_early: Callable[[Exception], bool], deadline: Deadline) -> T:
    """Return what `call` returns, calling it again while it raises what `is_too_early`.

    The waits are those of the SDK's retries. Raises what `call` raised last; that there was no time for another call,
    only where it has raised nothing before.
    """
    strategy = DeadlineRetryStrategy(deadline)
    strategy.checkers = retry_checkers.RetryCheckerContainer([_TooEarly(is_too_early, deadline)])
    answer: T = strategy.make_retrying_call(call)
    return answer


class _TooEarly(retry_checkers.BaseRetryChecker):  # type: ignore[misc]  # the SDK is untyped
    def __init__(self, is_too_early: Callable[[Exception], bool], deadline: Deadline) -> None:
        super().__init__()
        self._is_too_early = is_too_early
        self._deadline = deadline

    def should_retry(self, exception: Exception, *_: Any, **__: Any) -> bool:
        return self._is_too_early(exception) and self._deadline.remaining() > _MIN_SECONDS_FOR_A_CALL
