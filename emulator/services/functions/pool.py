"""The containers of one function: as many as it has invocations at a time."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence

from ...core.cloud import Cloud
from ...core.errors import ServiceError, too_many_requests
from .container import Container, ContainerDied


class Pool:
    """Containers that are made by `new_container`, at most `capacity` of them; each serves one invocation at a time."""

    def __init__(self, cloud: Cloud, new_container: Callable[[], Container], capacity: int) -> None:
        self._cloud = cloud
        self._new_container = new_container
        self._capacity = capacity
        self._containers: list[Container] = []
        self._idle: list[Container] = []
        self._retired: list[Container] = []

    @property
    def containers(self) -> Sequence[Container]:
        """All containers that may serve another invocation, busy ones among them."""
        return tuple(self._containers)

    async def take(self) -> Container:
        """Return an idle container, or a new one. Raises ServiceError 429 at capacity, 502 if it does not start."""
        while self._idle:
            container = self._idle.pop()
            if container.alive:
                return container
            await self.discard(container)
        if len(self._containers) >= self._capacity:
            raise too_many_requests()
        container = self._new_container()
        self._containers.append(container)
        try:
            await container.start()
        except ContainerDied as died:
            await self.discard(container)
            raise ServiceError(502, "FunctionInvokeContainerInitFail", str(died)) from died
        return container

    def give_back(self, container: Container) -> None:
        """Let a container serve the next invocation, unless it was retired."""
        if container in self._containers:
            self._idle.append(container)
        else:
            self._cloud.in_background(container.stop())

    async def discard(self, container: Container) -> None:
        """End a container that must not serve again."""
        if container in self._containers:
            self._containers.remove(container)
        await container.stop(signal.SIGKILL)

    async def warm(self) -> Container:
        """Return a container that is ready for an invocation."""
        container = await self.take()
        self.give_back(container)
        return container

    def retire(self) -> None:
        """Let no container that runs now serve another invocation."""
        for container in self._idle:
            self._cloud.in_background(container.stop())
        self._retired += self._containers
        self._containers.clear()
        self._idle.clear()

    async def kill(self) -> None:
        """Send SIGKILL to every container, whatever it is doing, and wait for their end."""
        await asyncio.gather(*(container.kill() for container in self._containers))

    async def stop(self) -> None:
        """End all containers and refuse new ones: a pending event may still ask for one."""
        self._capacity = 0
        self.retire()
        await asyncio.gather(*(container.stop() for container in self._retired))
        self._retired.clear()
