"""How many messages are taken, or delivered, a minute."""

from __future__ import annotations

import time
from collections import defaultdict, deque

_MINUTE = 60.0


class RateLimit:
    """At most so many a minute for each key: a topic, an address."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._taken: defaultdict[str, deque[float]] = defaultdict(deque)

    def takes(self, key: str) -> bool:
        """Count one more for this key, and return whether it is within the limit."""
        taken, moment = self._taken[key], time.monotonic()
        while taken and moment - taken[0] > _MINUTE:
            taken.popleft()
        if len(taken) >= self._per_minute:
            return False
        taken.append(moment)
        return True
