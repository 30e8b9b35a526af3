"""How much time an invocation has left.

The platform names the instant in the header ``Fn-Deadline``; the FDK does not enforce it, so the function must answer
before it. Part of the time is kept back: some for publishing, some for the answer itself.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

DEFAULT_SECONDS = 30.0  # the platform's default timeout, for a caller that names no deadline
MAX_SECONDS = 3600.0  # the longest that the platform gives, to a detached invocation
OUT_OF_TIME_HINT = (
    "Give the function a longer timeout, or change MAX_CONCURRENCY; the same trigger can be delivered again and makes "
    "no second backup."
)


class _Reserve(NamedTuple):
    """Time that is kept back: at most `seconds`, and never more than `share` of the time left."""

    seconds: float
    share: float

    def of(self, left: float) -> float:
        return min(self.seconds, self.share * left)


_FOR_ANSWER = _Reserve(1.0, share=0.1)
_FOR_PUBLISHING = _Reserve(5.0, share=0.2)
_FOR_COLLECTING = _Reserve(0.5, share=0.05)

# Measured at a tenth of a CPU: an answer and log of 32,000 results took 9 seconds.
_ANSWER_SECONDS_PER_ITEM = 0.0003


class Deadline(NamedTuple):
    """An instant on the monotonic clock, in seconds."""

    at: float

    def remaining(self) -> float:
        """Return the seconds left; zero or less once the time is over."""
        return self.at - time.monotonic()


class Deadlines(NamedTuple):
    """The instants of an invocation.

    Attributes:
        calls: Calls of the API end.
        targets: What has not been done by then is given up.
        deferral: What is left for later has been put into the queue.
        publish: The results are out.
    """

    calls: Deadline
    targets: Deadline
    deferral: Deadline
    publish: Deadline

    @classmethod
    def of_header(cls, fn_deadline: str | None, items: int = 1) -> Deadlines:
        """Read the header ``Fn-Deadline`` (RFC 3339); absent or malformed, the platform's default timeout applies.

        The more `items` the delivery has, the longer its answer and log take to write.
        """
        left = DEFAULT_SECONDS
        with suppress(ValueError, OverflowError):
            # No wait of the standard library takes the seconds until the year 9999.
            left = min(datetime.fromisoformat(fn_deadline or "").timestamp() - time.time(), MAX_SECONDS)
        for_answer = _FOR_ANSWER._replace(seconds=_FOR_ANSWER.seconds + items * _ANSWER_SECONDS_PER_ITEM)
        publish_at = time.monotonic() + left - for_answer.of(left)
        targets_at = publish_at - _FOR_PUBLISHING.of(left)
        return cls(
            calls=Deadline(targets_at - _FOR_COLLECTING.of(left)),
            targets=Deadline(targets_at),
            deferral=Deadline((targets_at + publish_at) / 2),
            publish=Deadline(publish_at),
        )
