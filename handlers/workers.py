"""The container's threads, kept between invocations: making them anew would take a fifth of a warm one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """At most so many calls at once."""

    def __init__(self, most_at_once: int) -> None:
        self._most_at_once = most_at_once
        self._pool = ThreadPoolExecutor(most_at_once)

    def submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self._pool.submit(work, *args, **kwargs)

    def abandon(self) -> None:
        """Begin nothing more of what was submitted, and leave what still runs to its timeout: others take its place.

        A call that outlives the deadline must hold back neither the answer nor the next invocation.
        """
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = ThreadPoolExecutor(self._most_at_once)


@cache
def get_workers(most_at_once: int) -> Workers:
    """The container's workers."""
    return Workers(most_at_once)
