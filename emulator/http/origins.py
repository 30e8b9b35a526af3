"""Which pages may call: the local OCI's own, and no other one that a browser has open.

A browser sends requests of any page to this machine, too. That a page is another one's is told by `Origin` and
`Sec-Fetch-Site`, which no page can leave out or forge; a page that has had its own name point to this machine (DNS
rebinding) is told by `Host`. The CLI, the SDKs, `fn`, Terraform and functions are no pages, and send neither.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_PORTS = {"http": 80, "https": 443}
# The proxy brings requests for Oracle's own host names here: over TLS, where the certificate tells them from a page's.
_ORACLES_DOMAIN = ".oraclecloud.com"
_OWN_SITES = frozenset({"same-origin", "none"})


@web.middleware
async def refuse_other_origins(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer 403 to a request that another page may have sent, whatever it asks for."""
    refusal = _find_refusal(request)
    if refusal is None:
        return await handler(request)
    error = {"code": "NotAllowed", "message": refusal}
    return web.Response(status=403, body=json.dumps(error).encode(), content_type="application/json")


def _find_refusal(request: web.Request) -> str | None:
    if not _is_own_host(request):
        return f"The local OCI is not called {request.host}: use 127.0.0.1 or localhost, with its port."
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        return f"The local OCI takes no request from a page of {origin}."
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site not in _OWN_SITES and not _is_link(request):
        return "The local OCI takes no request from a page of another origin."
    return None


def _is_own_host(request: web.Request) -> bool:
    """Return whether a request is addressed to this machine by a name or an address that is nobody else's."""
    address = request.transport.get_extra_info("sockname") if request.transport else None
    try:
        asked = urlsplit(f"//{request.host}")
        port = asked.port or _PORTS[request.scheme]
    except ValueError:
        return False
    if address is None or asked.hostname is None:
        return False
    if request.scheme == "https" and asked.hostname.endswith(_ORACLES_DOMAIN):
        return True
    if port != address[1]:
        return False
    # Where it listens on another address than loopback, that address; never a name, which could be anybody's.
    return asked.hostname in _LOOPBACK_NAMES or _is_address(asked.hostname, address[0])


def _is_address(host: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(host) == ipaddress.ip_address(address)
    except ValueError:
        return False


def _is_link(request: web.Request) -> bool:
    """Return whether somebody follows a link to here, such as the one in a mail: the page it is on sees no answer."""
    is_navigation = request.headers.get("Sec-Fetch-Mode") == "navigate"
    return request.method == "GET" and is_navigation and request.headers.get("Sec-Fetch-Dest") == "document"
