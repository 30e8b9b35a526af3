"""How much time an invocation has left.

The platform names the instant in the header ``Fn-Deadline``; the FDK does not enforce it, so the function must answer
before it. Part of the time is kept back: some for publishing, some for the answer itself.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

DEFAULT_SECONDS = 30.0  # the platform's default timeout, for a caller that names no deadline
# Seconds kept back for the answer, for publishing, and for collecting late results; of a short time, only a share.
_ANSWER, _PUBLISH, _COLLECT = (1.0, 0.1), (5.0, 0.2), (0.5, 0.05)

# Measured at a tenth of a CPU: an answer and log of 32,000 results took 9 seconds.
_ANSWER_SECONDS_PER_ITEM = 0.0003


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant on the monotonic clock, in seconds."""

    at: float

    def remaining(self) -> float:
        """Seconds left; zero or less once the time is over."""
        return self.at - time.monotonic()


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The instants of an invocation: `calls` of the API end, `targets` are collected, results are out by `publish`."""

    calls: Deadline
    targets: Deadline
    publish: Deadline

    @classmethod
    def of_header(cls, fn_deadline: str | None, items: int = 1) -> Deadlines:
        """From the header ``Fn-Deadline`` (RFC 3339); absent or malformed, the platform's default timeout applies.

        The more `items` the delivery has, the longer its answer and log take to write.
        """
        left = DEFAULT_SECONDS
        with suppress(ValueError):
            left = datetime.fromisoformat(fn_deadline or "").timestamp() - time.time()
        answer_seconds = _ANSWER[0] + items * _ANSWER_SECONDS_PER_ITEM
        reserves = ((answer_seconds, _ANSWER[1]), _PUBLISH, _COLLECT)
        answer, publish, collect = (min(most, share * left) for most, share in reserves)
        publish_at = time.monotonic() + left - answer
        work_at = publish_at - publish
        return cls(Deadline(work_at - collect), Deadline(work_at), Deadline(publish_at))
