"""A thread with an event loop, for callers that have none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Runs coroutines and calls on a thread of its own, and waits for what they return."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Carry out a coroutine on the thread and return what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def run(self, action: Callable[[], T]) -> T:
        """Call a function on the thread and return what it returns."""

        async def call() -> T:
            return action()

        return self.wait(call())

    def stop(self) -> None:
        """Cancel what still runs, end the thread and close the loop."""
        if self.is_running:
            self.wait(_cancel_others())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
