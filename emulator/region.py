"""A region of a local OCI as it is served: the services in it, on a port of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from aiohttp import web

from .core.cloud import Cloud
from .core.principals import Principal
from .http.certificates import Authority
from .http.controls import Controls
from .http.faults import Faults
from .http.operator import Operator
from .http.server import Server
from .services.functions.functions import Functions
from .services.identity.authorization import Authorization

T = TypeVar("T")


class ServedRegion:
    """The services of one region behind a base URL.

    Attributes:
        name: the region's name.
        cloud: the services in it.
        served: what has operations that are served.
        base_url: the URL that all its services are served under, once it is started.
        endpoint: the same with https, where the local OCI has that.
        operator: a client of it that signs as the operator, once it is started.
    """

    base_url: str
    endpoint: str
    operator: Operator

    def __init__(
        self,
        cloud: Cloud,
        faults: Faults,
        controls: Controls,
        find_principal: Callable[[str], Principal | None],
        pages: Sequence[web.AbstractRouteDef],
    ) -> None:
        self.name = cloud.region.name
        self.cloud = cloud
        self.served: tuple[object, ...] = (*cloud.services, controls)
        self._server = Server(
            self.name,
            self.served,
            cloud.journal,
            faults,
            cloud.service(Authorization).authorize,
            find_principal,
            cloud.home.service(Functions).kill,
            cloud.home.service(Functions).senders.find,
            cloud.options.latency_seconds,
            pages,
        )

    async def start(self, host: str, port: int, config_file: Path, authority: Authority | None) -> None:
        """Listen. Raises OSError, which names host and port."""
        try:
            port, *secure = await self._server.start(host, port, authority.server if authority else None)
        except OSError as error:
            raise OSError(error.errno, error.strerror, f"{host}:{port}") from error
        self.base_url = f"http://{host}:{port}"
        self.endpoint = f"https://{host}:{secure[0]}" if secure else self.base_url
        self.cloud.open(self.base_url)
        self.operator = Operator(config_file, self.base_url)

    async def stop(self) -> None:
        """End all that runs in it."""
        await self.cloud.stop()
        await self._server.stop()

    def service(self, kind: type[T]) -> T:
        """Return the service of this class; what it keeps belongs to the local OCI's thread."""
        return self.cloud.service(kind)
