"""What the services of a region share: tenancy, options, event bus, the clock that moves resources on, each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar

from ..options import Options
from .changes import Changes
from .events import EventBus
from .identifiers import HOME, Region, new_ocid
from .journal import Journal
from .operations import Document
from .principals import TokenIssuer

T = TypeVar("T")


class Cloud:
    """One region of a tenancy with one compartment, and the services in it.

    Attributes:
        region: which one it is.
        home: the tenancy's home region: this one, or the one that this was opened from.
        regions: all regions of the tenancy by their names, the home region first.
        options: how the local OCI is set up.
        state: the folder for files that the outside reads, such as a function's key and token.
        journal: what happened, in order.
        events: the bus on which services publish what happened to their resources.
        changes: tells which resource has changed.
        tokens: issues and checks the session tokens of resource principals.
        tenancy_id: the tenancy's OCID.
        compartment_id: the OCID of the compartment that is there from the start.
        user_id: the operator's OCID.
    """

    def __init__(self, options: Options, state: Path, region: Region = HOME, home: Cloud | None = None) -> None:
        self.options = options
        self.state = state
        self.region = region
        self.home = home or self
        self.regions: dict[str, Cloud] = home.regions if home else {}
        self.regions[region.name] = self
        self.journal: Journal = home.journal if home else Journal(options.listener)
        self.events = EventBus(self.journal, region)
        self.changes = Changes()
        self.tokens: TokenIssuer = home.tokens if home else TokenIssuer()
        self.tenancy_id: str = home.tenancy_id if home else new_ocid("tenancy", None)
        self.compartment_id: str = home.compartment_id if home else new_ocid("compartment", None)
        self.user_id: str = home.user_id if home else new_ocid("user", None)
        self._services: dict[type, Any] = {}
        self._base_url = ""
        self._tasks: set[asyncio.Task[Any]] = set()

    def open_region(self, region: Region) -> Cloud:
        """Return another region of the tenancy, without services yet."""
        return Cloud(self.options, self.state, region, self.home)

    def register(self, kinds: Iterable[type[Any]]) -> None:
        """Make one service of each class; those that are no region's own are the home region's."""
        for kind in kinds:
            is_own = self is self.home or kind.is_regional
            self._services[kind] = kind(self) if is_own else self.home.service(kind)

    def service(self, kind: type[T]) -> T:
        """Return the service of this class. Raises LookupError where it is not registered."""
        if kind not in self._services:
            raise LookupError(f"{kind.__name__} is not registered: it belongs into emulator/services/__init__.py")
        service: T = self._services[kind]
        return service

    def service_of(self, resource_type: str) -> Any:
        """Return the service that keeps resources of this type. Raises LookupError where none does.

        This is how a service finds one that is imported after it: a topic's destination, an application's functions.
        """
        for service in self.services:
            if getattr(service, "resource_type", None) == resource_type:
                return service
        raise LookupError(f"no service keeps resources of the type {resource_type}")

    def find(self, ocid: str) -> Document | None:
        """Return the resource of this OCID, whichever service keeps it, or None where none does."""
        found = (service.document_of(ocid) for service in self.services)
        return next((document for document in found if document is not None), None)

    def find_anywhere(self, ocid: str) -> Document | None:
        """Return the resource of this OCID, whichever region keeps it, or None where none does."""
        found = (cloud.find(ocid) for cloud in self.regions.values())
        return next((document for document in found if document is not None), None)

    @property
    def services(self) -> tuple[Any, ...]:
        """All registered services."""
        return tuple(self._services.values())

    @property
    def base_url(self) -> str:
        """Return the URL that the region is served under. Raises RuntimeError before the server has its port."""
        if not self._base_url:
            raise RuntimeError("the base URL is not known before the local OCI is started")
        return self._base_url

    def open(self, base_url: str) -> None:
        """Let services know where they are served; called once, by whoever starts the server."""
        self._base_url = base_url

    def later(self, steps: int, action: Callable[[], None]) -> None:
        """Call `action` after so many lifecycle steps."""
        self.in_background(self._wait_and_call(steps * self.options.lifecycle_seconds, action))

    async def _wait_and_call(self, seconds: float, action: Callable[[], None]) -> None:
        await asyncio.sleep(seconds)
        action()

    def in_background(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        """Start `work` and return its task at once; what is not finished when the local OCI stops is cancelled."""
        task: asyncio.Task[object] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        """Cancel what runs in the background, and stop the services."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for service in self.services:
            if service.cloud is self:
                await service.stop()
