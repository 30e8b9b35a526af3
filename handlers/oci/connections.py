"""What a container keeps between invocations: its resource principal, and open connections to the services."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3

from handlers.domain.base_urls import BaseUrls
from handlers.domain.deadline import Deadline
from handlers.domain.errors import InvalidConfiguration, ResourcePrincipalUnavailable
from handlers.domain.ocids import Ocid
from handlers.domain.operations import Service
from handlers.domain.untrusted import one_line
from handlers.oci.principal import Principal, resource_principal
from handlers.oci.sdk import regions
from handlers.oci.transport import Clock, Limits, keep_connections

_MAX_KEPT_CONNECTIONS = 1000  # more are never open: a process has 1,024 descriptors
_RENEWAL_SECONDS, _RENEWAL_POLL_SECONDS = 3.0, 0.2


class Endpoint(NamedTuple):
    """A service in a region: scheme and host of its URLs, and the connections that are kept open to it."""

    base: str
    pool: urllib3.HTTPConnectionPool


class Connections:
    """The principal and an endpoint per service and region, each made on first use and shared by all threads.

    Raises InvalidConfiguration.

    Args:
        replacement: Base URLs that take the place of every service's endpoint (the local OCI); None leaves them to
            region and realm.
        at_once: How many connections are kept to each endpoint: as many as are used at a time.
        limits: What one exchange may take.
        clock: Tells for how long a connection was idle, and when an answer is late.
    """

    def __init__(
        self,
        replacement: BaseUrls | None,
        at_once: int,
        *,
        limits: Limits = Limits(),  # noqa: B008  (a tuple of numbers)
        clock: Clock = time.monotonic,
    ) -> None:
        self.limits = limits
        self._replacement = replacement
        self._kept = min(at_once, _MAX_KEPT_CONNECTIONS)
        self._clock = clock
        # One for all connections: reading the authorities' certificates takes as long as opening ten of them.
        self._tls = None if replacement and replacement.are_plain else _ssl_context()
        self._proxy = _proxy(self._tls, self._kept) if self._tls else None
        self._lock = Lock()
        self._principal: Principal | None = None
        self._endpoints: dict[tuple[Service, str], Endpoint] = {}

    def principal(self, refused: Principal | None = None) -> Principal:
        """Return the principal, read again if it is the one that was `refused`. Raises ResourcePrincipalUnavailable."""
        with self._lock:
            if self._principal is None or self._principal is refused:
                self._principal = resource_principal()
            return self._principal

    def renewed_principals(self, refused: Principal, deadline: Deadline) -> Iterator[Principal]:
        """Yield the principal as it is read again, and once more each time that the platform has exchanged it since.

        Token and key are in files of their own, exchanged one after the other, and an expired token stays until its
        successor comes. So where they do not fit together, or the token's time is over, they are read again for some
        seconds, and then tried as they are. Raises ResourcePrincipalUnavailable.
        """
        until = min(time.monotonic() + _RENEWAL_SECONDS, deadline.at) - _RENEWAL_POLL_SECONDS
        latest, offered = refused, b""
        while True:
            try:
                latest = self.principal(latest)
            except ResourcePrincipalUnavailable:
                if time.monotonic() >= until:
                    raise
            else:
                if latest.is_current():
                    if latest.digest == offered:
                        return
                    offered = latest.digest
                    yield latest
            if time.monotonic() >= until:
                if not offered and latest.digest != refused.digest:
                    yield latest
                return
            time.sleep(_RENEWAL_POLL_SECONDS)

    def is_at_home(self, resource: Ocid) -> bool:
        """Return whether a resource is in the function's own region. Raises ResourcePrincipalUnavailable."""
        own = self.principal().region
        return find_region(resource, own) == own

    def endpoint_at(self, base: str, resource: Ocid) -> Endpoint:
        """Return the endpoint of a base URL that a service has told for `resource`, or of what replaces that, too."""
        base = self._replacement.of_region(self._region_of(resource)) if self._replacement else base.rstrip("/")
        return Endpoint(base, keep_connections(self._pool(base), self.limits, self._clock))

    def endpoint(self, service: Service, resource: Ocid | None) -> Endpoint:
        """Return the endpoint in the region that `resource` lives in, or else the function's own.

        Raises ResourcePrincipalUnavailable.

        An OCID comes from outside, so it only chooses among the regions that the SDK knows in the function's own realm.
        """
        return self.endpoint_in(service, self._region_of(resource))

    def _region_of(self, resource: Ocid | None) -> str:
        own = self.principal().region
        return (resource and find_region(resource, own)) or own

    def endpoint_in(self, service: Service, region: str) -> Endpoint:
        """Return the endpoint in a region, by the region's name."""
        with self._lock:
            if (service, region) not in self._endpoints:
                self._endpoints[service, region] = self._new_endpoint(service, region)
            return self._endpoints[service, region]

    def _new_endpoint(self, service: Service, region: str) -> Endpoint:
        if self._replacement:
            base = self._replacement.of_region(region)
        else:
            base = regions.endpoint_for(service.label, region, service_endpoint_template=service.endpoint_template)
        return Endpoint(base, keep_connections(self._pool(base), self.limits, self._clock))

    def _pool(self, base: str) -> urllib3.HTTPConnectionPool:
        """Through the proxy that the environment names, as the SDK does; but not to the local OCI."""
        if self._tls is None or base.startswith("http:"):
            return urllib3.connection_from_url(base, maxsize=self._kept)
        if self._proxy and not proxy_bypass(urllib3.util.parse_url(base).host or ""):
            return self._proxy.connection_from_url(base)
        return urllib3.connection_from_url(base, maxsize=self._kept, ssl_context=self._tls)


@cache
def get_connections(replacement: BaseUrls | None, at_once: int) -> Connections:
    """Return the container's connections."""
    return Connections(replacement, at_once)


def find_region(resource: Ocid, own: str) -> str | None:
    """Return the resource's region, or None where it is none that the SDK knows in the realm of the region `own`."""
    region = regions.REGIONS_SHORT_NAMES.get(resource.region, resource.region) or own
    if region == own:
        return own
    realm = regions.REGION_REALMS.get(region)
    return str(region) if realm and realm == regions.REGION_REALMS.get(own) else None


def _proxy(tls: ssl.SSLContext, kept: int) -> urllib3.ProxyManager | None:
    """Return the proxy for https that the environment names, if any. Raises InvalidConfiguration."""
    address = getproxies().get("https")
    if not address:
        return None
    from handlers.oci.proxies import read_proxy  # few functions stand behind one

    return read_proxy(address, tls, kept)


def _ssl_context() -> ssl.SSLContext:
    """Return a TLS context that trusts those whom the SDK trusts: certifi's list, or REQUESTS_CA_BUNDLE's.

    Reading such a file takes a tenth of a cold start. The slim image has certifi's list as a folder, too, in which
    OpenSSL finds those that it needs. Raises InvalidConfiguration.
    """
    own = os.environ.get("REQUESTS_CA_BUNDLE")
    one_by_one = Path(certifi.where()).with_name("authorities")
    if not own and one_by_one.is_dir():
        return ssl.create_default_context(capath=one_by_one)
    try:
        return ssl.create_default_context(cafile=own or certifi.where())
    except OSError as error:  # also what is raised for a file of anything else
        raise InvalidConfiguration(
            f"REQUESTS_CA_BUNDLE: '{one_line(own or '', 200)}' cannot be read as certificates: {type(error).__name__}",
            hint="Name a PEM file that is in the image, or remove the key.",
        ) from error
