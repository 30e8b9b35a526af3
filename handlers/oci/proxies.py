"""The proxy that HTTPS_PROXY names, in the forms that the SDK takes. Imported only where there is one."""

from __future__ import annotations

import re
import ssl
from base64 import b64encode
from urllib.parse import unquote

import urllib3

from handlers.domain.errors import InvalidConfiguration

_PROXY = re.compile(
    r"(?P<scheme>https?://)?"
    r"(?:(?P<credentials>[^/]*)@)?"  # a password may hold an @ that nobody has encoded
    r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>\d{1,5}))?/?",
    re.IGNORECASE,
)
_MAX_PORT = 65535


def read_proxy(text: str, tls: ssl.SSLContext, kept: int) -> urllib3.ProxyManager:
    """Return what opens connections through the proxy at ``[http[s]://][user:password@]host[:port]``.

    Raises InvalidConfiguration, which never repeats the text: it may hold a password.
    """
    match = _PROXY.fullmatch(text)
    if not match or int(match["port"] or 0) > _MAX_PORT:
        raise InvalidConfiguration(
            "HTTPS_PROXY: is not the address of a proxy",
            hint="Write it as http://host:port or http://user:password@host:port, with %XX for special characters.",
        )
    headers = {}
    if match["credentials"] is not None:
        user, _, password = match["credentials"].partition(":")
        credentials = f"{unquote(user)}:{unquote(password)}".encode()
        headers["proxy-authorization"] = "Basic " + b64encode(credentials).decode()
    base = (match["scheme"] or "http://") + match["host"] + (f":{match['port']}" if match["port"] else "")
    return urllib3.ProxyManager(base, proxy_headers=headers, maxsize=kept, ssl_context=tls, proxy_ssl_context=tls)
