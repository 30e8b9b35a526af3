"""The SDK's retry machinery, bounded by the invocation's deadline instead of by its own 600 seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from handlers.domain.deadline import Deadline
from handlers.domain.errors import DeadlineReached
from handlers.oci.sdk import retry, retry_checkers, retry_sleep_utils
from handlers.oci.transport import AnswerTimeout

_BASE_SECONDS = 0.5
_GROWTH = 2
_MAX_WAIT_SECONDS = 30
_MIN_SECONDS_FOR_A_TRY = 0.1
_TRANSIENT = retry_checkers.TimeoutConnectionAndServiceErrorRetryChecker()


class DeadlineRetryStrategy(retry.ExponentialBackoffRetryStrategyBase):  # type: ignore[misc]  # the SDK is untyped
    """Retries what the SDK calls transient: 409 IncorrectState, 429, 5xx, timeouts, connection errors.

    Waits are exponential with full jitter, and at most a quarter of the time left, so that several tries fit; a
    ``Retry-After`` of the service is waited out in full, or, where the time left is too short for it, not at all.
    What a try has ended with says more than that there was no time for another one, or none for its answer: it is what
    is raised then.
    """

    def __init__(self, deadline: Deadline, sleep: Callable[[float], None] = time.sleep) -> None:
        checkers = retry_checkers.RetryCheckerContainer([_TRANSIENT, _TimeLeft(deadline)])
        super().__init__(_BASE_SECONDS, _GROWTH, _MAX_WAIT_SECONDS, checkers)
        self._deadline = deadline
        self._sleep = sleep
        self._last_error: Exception | None = None

    def make_retrying_call(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return super().make_retrying_call(call, *args, **kwargs)
        except (DeadlineReached, AnswerTimeout) as error:
            over = error
        raise self._last_error or over

    def do_sleep(self, attempt: int, exception: Exception) -> None:
        self._last_error = exception
        wait = retry_sleep_utils.get_exponential_backoff_with_full_jitter_sleep_time(
            self.base_sleep_time_seconds, self.exponent_growth_factor, self.max_wait_between_calls_seconds, attempt
        )
        left = self._deadline.remaining() - _MIN_SECONDS_FOR_A_TRY
        longest = min(left, max(_BASE_SECONDS, left / 4))
        self._sleep(max(0.0, retry_after(exception) or min(wait, longest)))


class _TimeLeft(retry_checkers.BaseRetryChecker):  # type: ignore[misc]  # the SDK is untyped
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def should_retry(self, exception: Exception | None = None, *_: Any, **__: Any) -> bool:
        return self._deadline.remaining() > (retry_after(exception) or 0.0) + _MIN_SECONDS_FOR_A_TRY


def is_transient(error: Exception) -> bool:
    """Return whether the same request may succeed later: the SDK's own judgement, by which it is sent again."""
    return bool(_TRANSIENT.should_retry(error))


def retry_after(error: Exception | None) -> float | None:
    """Return the seconds that the service asked to wait (its header ``Retry-After``), or None where it did not."""
    value = str((getattr(error, "headers", None) or {}).get("retry-after", ""))
    if value.isascii() and value.isdigit():
        return float(value)
    return _seconds_until(value) if "GMT" in value else None


def _seconds_until(date: str) -> float | None:
    from email.utils import parsedate_to_datetime  # services say seconds, gateways before them sometimes a date

    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
