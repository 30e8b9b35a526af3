"""The SDK's retry machinery, bounded by the invocation's deadline instead of by its own 600 seconds."""

from __future__ import annotations

import time
from typing import Any

from handlers.domain.deadline import Deadline
from handlers.oci.sdk import retry, retry_checkers, retry_sleep_utils

_BASE_SECONDS = 0.5
_GROWTH = 2
_MAX_WAIT_SECONDS = 30
_MIN_SECONDS_FOR_A_TRY = 0.1


class DeadlineRetryStrategy(retry.ExponentialBackoffRetryStrategyBase):  # type: ignore[misc]  # the SDK is untyped
    """Retries what the SDK calls transient: 409 IncorrectState, 429, 5xx, timeouts, connection errors.

    Waits are exponential with full jitter, and at most a quarter of the time left, so that several tries fit; a
    ``Retry-After`` of the service is waited out in full, or, where the time left is too short for it, not at all.
    """

    def __init__(self, deadline: Deadline) -> None:
        super().__init__(
            _BASE_SECONDS,
            _GROWTH,
            _MAX_WAIT_SECONDS,
            retry_checkers.RetryCheckerContainer(
                [retry_checkers.TimeoutConnectionAndServiceErrorRetryChecker(), _TimeLeft(deadline)]
            ),
        )
        self._deadline = deadline

    def do_sleep(self, attempt: int, exception: Exception) -> None:
        wait = retry_sleep_utils.get_exponential_backoff_with_full_jitter_sleep_time(
            self.base_sleep_time_seconds, self.exponent_growth_factor, self.max_wait_between_calls_seconds, attempt
        )
        left = self._deadline.remaining() - _MIN_SECONDS_FOR_A_TRY
        longest = min(left, max(_BASE_SECONDS, left / 4))
        time.sleep(max(0.0, retry_after(exception) or min(wait, longest)))


class _TimeLeft(retry_checkers.BaseRetryChecker):  # type: ignore[misc]  # the SDK is untyped
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def should_retry(self, exception: Exception | None = None, *_: Any, **__: Any) -> bool:
        return self._deadline.remaining() > (retry_after(exception) or 0.0) + _MIN_SECONDS_FOR_A_TRY


def retry_after(exception: Exception | None) -> float | None:
    """Seconds that the service asked to wait (its header ``Retry-After``), or None where it did not."""
    headers = getattr(exception, "headers", None) or {}
    value = str(headers.get("retry-after", ""))
    return float(value) if value.isascii() and value.isdigit() else None
