"""What the services share: the tenancy, the clock that moves resources on, and the way events are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from emulator.core.identifiers import new_ocid
from emulator.core.journal import Journal
from emulator.core.operations import Document

Listener = Callable[[Document], None]


@dataclass(slots=True)
class Cloud:
    """`lifecycle_seconds` is how long a resource stays in each state on its way to AVAILABLE."""

    journal: Journal
    lifecycle_seconds: float
    page_size: int
    tenancy_id: str = field(default_factory=lambda: new_ocid("tenancy", regional=False))
    compartment_id: str = field(default_factory=lambda: new_ocid("compartment", regional=False))
    user_id: str = field(default_factory=lambda: new_ocid("user", regional=False))
    listeners: list[Listener] = field(default_factory=list)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def later(self, steps: int, action: Callable[[], None]) -> None:
        """Do something after so many lifecycle steps."""
        self.in_background(self._wait_and_do(steps * self.lifecycle_seconds, action))

    async def _wait_and_do(self, seconds: float, action: Callable[[], None]) -> None:
        await asyncio.sleep(seconds)
        action()

    def in_background(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def tell(self, event: Document) -> None:
        """An event happened: the Events service listens."""
        for listener in self.listeners:
            listener(event)
