"""The container's threads, kept between invocations: making them anew would take a fifth of a warm one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """A thread pool of fixed size."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._pool = ThreadPoolExecutor(size)

    def submit(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a call as soon as a thread is free."""
        return self._pool.submit(call, *args, **kwargs)

    def run_both(self, here: Callable[[], T], beside: Callable[[], T]) -> tuple[T, T]:
        """Run two calls of a task, side by side if a thread is free, and return what they return.

        A thread that waited for a queued call could wait for ever, for all others may do the same; so what has not
        been begun elsewhere by the time that this thread has done its own is taken back and run here.
        """
        if self._size == 1:  # the task may have a thread that is none of these
            return here(), beside()
        submitted = self.submit(beside)
        done = here()
        return done, beside() if submitted.cancel() else submitted.result()

    def abandon(self) -> None:
        """Cancel queued calls, abandon running ones to their own timeouts, and continue with fresh threads.

        A call that outlives the deadline must hold back neither the answer nor the next invocation.
        """
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = ThreadPoolExecutor(self._size)


@cache
def get_api_workers(max_concurrency: int) -> Workers:
    """Return the container's threads that call the API: as many as may be in flight."""
    return Workers(max_concurrency)


@cache
def get_topic_workers(topics: int) -> Workers:
    """Return the container's threads that publish: one a topic, so that one that hangs keeps no other from being told.

    They are others than those that call the API: what hangs there must not keep results from being told.
    """
    return Workers(topics)
