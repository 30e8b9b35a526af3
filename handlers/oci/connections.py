"""What a container keeps between invocations: its resource principal, and open connections to the services."""

from __future__ import annotations

import os
import ssl
from functools import cache
from threading import Lock
from typing import NamedTuple
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3

from handlers.domain.errors import InvalidConfiguration
from handlers.domain.ocids import Ocid
from handlers.domain.operations import Service
from handlers.domain.untrusted import one_line
from handlers.oci.principal import Principal, resource_principal
from handlers.oci.sdk import regions

_MAX_KEPT_CONNECTIONS = 100


class Endpoint(NamedTuple):
    """A service in a region: scheme and host of its URLs, and the connections that are kept open to it."""

    base: str
    pool: urllib3.HTTPConnectionPool


class Connections:
    """The principal and an endpoint per service and region, each made on first use.

    `replacement` is a base URL that takes the place of every service's endpoint (the local OCI); None leaves them to
    region and realm. So many connections as are used `at_once` are kept to each. Raises InvalidConfiguration.
    """

    def __init__(self, replacement: str | None, at_once: int) -> None:
        self._replacement = replacement
        self._kept = min(at_once, _MAX_KEPT_CONNECTIONS)
        # One for all connections: reading the authorities' certificates takes as long as opening ten of them.
        self._tls = None if replacement and replacement.startswith("http:") else _ssl_context()
        self._lock = Lock()
        self._principal: Principal | None = None
        self._endpoints: dict[tuple[Service, str], Endpoint] = {}

    def principal(self, refused: Principal | None = None) -> Principal:
        """The principal, read again if it is the one that was `refused`. Raises ResourcePrincipalUnavailable."""
        with self._lock:
            if self._principal is None or self._principal is refused:
                self._principal = resource_principal()
            return self._principal

    def endpoint(self, service: Service, resource: Ocid) -> Endpoint:
        """The endpoint in the region that `resource` lives in. Raises ResourcePrincipalUnavailable."""
        region = _region_of(resource, self.principal().region)
        with self._lock:
            if (service, region) not in self._endpoints:
                self._endpoints[service, region] = self._new_endpoint(service, region)
            return self._endpoints[service, region]

    def _new_endpoint(self, service: Service, region: str) -> Endpoint:
        base = self._replacement or regions.endpoint_for(
            service.label, region, service_endpoint_template=service.endpoint_template
        )
        return Endpoint(base, self._pool(base))

    def _pool(self, base: str) -> urllib3.HTTPConnectionPool:
        """Through the proxy that the environment names, as the SDK does; but not to the local OCI."""
        if self._tls is None:
            return urllib3.connection_from_url(base, maxsize=self._kept)
        proxy = getproxies().get("https")
        if proxy and not proxy_bypass(urllib3.util.parse_url(base).host or ""):
            manager: urllib3.PoolManager = urllib3.ProxyManager(proxy, maxsize=self._kept, ssl_context=self._tls)
            return manager.connection_from_url(base)
        return urllib3.connection_from_url(base, maxsize=self._kept, ssl_context=self._tls)


@cache
def get_connections(replacement: str | None, at_once: int) -> Connections:
    """The container's connections."""
    return Connections(replacement, at_once)


def _region_of(resource: Ocid, own: str) -> str:
    """The resource's region, if it is a known one of the function's own realm: an OCID comes from outside."""
    if not resource.region:
        return own
    region = regions.REGIONS_SHORT_NAMES.get(resource.region, resource.region)
    known = regions.REGION_REALMS.get(region)
    return str(region) if known and known == regions.REGION_REALMS.get(own) else own


def _ssl_context() -> ssl.SSLContext:
    """Trusts whom the SDK does: the authorities that certifi lists, or those of a file of one's own."""
    own = os.environ.get("REQUESTS_CA_BUNDLE")
    try:
        return ssl.create_default_context(cafile=own or certifi.where())
    except OSError as error:  # also what is raised for a file of anything else
        raise InvalidConfiguration(
            f"REQUESTS_CA_BUNDLE: '{one_line(own or '', 200)}' cannot be read as certificates: {type(error).__name__}",
            hint="Name a PEM file that is in the image, or remove the key.",
        ) from None
