"""One HTTP exchange over a kept connection, every part of it bounded.

urllib3 bounds each read of a socket, which a trickling answer never exceeds, and a name look-up not at all; and a
connection that was kept while the container stood frozen may be dead without a sign. Hence a kind of our own.
"""

from __future__ import annotations

import http.client
import io
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ProxyError, ReadTimeoutError

_CHUNK_BYTES = 64 * 1024
Clock = Callable[[], float]


class Limits(NamedTuple):
    """What an exchange may take.

    Attributes:
        connect: Seconds for reaching one address of a service.
        read: Seconds for an answer, from the request's last byte to its own.
        least_read: Seconds for an answer that the end of the invocation does not shorten by half, but only cuts off.
        idle: Seconds without use after which a connection is replaced: firewalls forget idle flows without a word.
        trusted_idle: Seconds without use after which a connection may be dead already.
        read_after_idle: Seconds for an answer over such a connection; another try over a new one costs less than more.
        answer_bytes: The largest answer.
    """

    connect: float = 10.0
    read: float = 60.0
    least_read: float = 1.0
    idle: float = 30.0
    trusted_idle: float = 5.0
    read_after_idle: float = 5.0
    answer_bytes: int = 16 * 1024 * 1024

    def timeout(self, left: float) -> urllib3.Timeout:
        """Return the timeouts of a try, `left` seconds before the end: half of them, so that another try fits in."""
        read = max(left / 2, min(left, self.least_read))
        return urllib3.Timeout(total=left, read=min(self.read, read))


class AnswerTimeout(ConnectionError):
    """The request was sent, and its answer did not come in time."""


class ProxyRefused(ConnectionError):
    """The proxy was not reached, or lets nobody through."""


class UntrustedCertificate(Exception):
    """The service's certificate is not vouched for, which no other try would mend."""


class AnswerTooLarge(Exception):
    """The answer is larger than any of these services gives, and would be the next time."""


class UnusableAnswer(ConnectionError):
    """There was an answer, but not one that can be used."""


class HttpAnswer(NamedTuple):
    """An answer that has come in whole."""

    status: int
    headers: Any
    content: bytes


class KeptConnection(HTTPConnection):
    """A connection that is bounded by its `limits`; what it takes for its timeouts bounds whole phases."""

    def __init__(self, *args: Any, limits: Limits, clock: Clock, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = limits
        self._clock = clock
        self._used = clock()
        self._gathered: bytearray | None = None

    def connect(self) -> None:
        """Connect in time for the request to be sent, or not at all: nothing else bounds the name's look-up."""
        begun, left = self._clock(), float(self.timeout or 0)
        self.timeout = min(left, self._limits.connect)
        self._read_until(begun + left)  # what a proxy answers
        super().connect()
        self._used = self._clock()
        if self._used - begun >= left:
            self.close()
            raise ConnectTimeoutError(self, "connected when the time was over")

    @property
    def is_connected(self) -> bool:
        return self._clock() - self._used < self._limits.idle and super().is_connected

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request in one piece: http.client sends headers and body apart, each with a system call of its own."""
        self._gathered = request = bytearray()
        try:
            super().request(*args, **kwargs)
        finally:
            self._gathered = None
        self.send(request)

    def send(self, data: Any) -> None:
        if self._gathered is None:
            super().send(data)
        else:
            self._gathered += data

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as in urllib3
        begun = self._clock()
        if begun - self._used >= self._limits.trusted_idle:
            self.timeout = min(float(self.timeout or 0), self._limits.read_after_idle)
        self._read_until(begun + float(self.timeout or 0))
        try:
            return super().getresponse()
        finally:
            self._used = self._clock()

    def _read_until(self, instant: float) -> None:
        timely = partial(_TimelyResponse, until=instant, clock=self._clock)
        self.response_class = timely  # type: ignore[assignment]  # a class in its hints


class KeptTlsConnection(KeptConnection, HTTPSConnection):
    """The same over TLS."""


class _TimelyResponse(http.client.HTTPResponse):
    """An answer whose status, headers and body are read until an instant, however slowly they come."""

    def __init__(self, sock: Any, *args: Any, until: float, clock: Clock, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimelyReader(sock, self.fp.detach(), until, clock))


class _TimelyReader(io.RawIOBase):
    def __init__(self, sock: Any, source: io.RawIOBase, until: float, clock: Clock) -> None:
        super().__init__()
        self._socket = sock
        self._source = source
        self._until = until
        self._clock = clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - self._clock()
        if left <= 0:
            raise TimeoutError("the answer did not end in time")
        self._socket.settimeout(left)
        return self._source.readinto(buffer)

    def close(self) -> None:
        self._source.close()
        super().close()


def keep_connections(pool: urllib3.HTTPConnectionPool, limits: Limits, clock: Clock) -> urllib3.HTTPConnectionPool:
    """Let a new pool make connections of this module's kind."""
    kind = KeptTlsConnection if pool.scheme == "https" else KeptConnection
    pool.ConnectionCls = partial(kind, limits=limits, clock=clock)  # type: ignore[assignment]  # a class in its hints
    return pool


def exchange(
    pool: urllib3.HTTPConnectionPool,
    method: str,
    path: str,
    body: bytes | None,
    headers: dict[str, str],
    left: float,
    limits: Limits,
) -> HttpAnswer:
    """Send a request and return its answer, in at most `left` seconds; gzip and redirects are left as they come.

    Raises UntrustedCertificate and AnswerTooLarge, and what another try may mend as a ConnectionError of some kind.
    """
    try:
        response = pool.urlopen(
            method,
            path,
            body,
            headers,
            retries=False,
            timeout=limits.timeout(left),
            preload_content=False,
        )
        return HttpAnswer(response.status, response.headers, _read(response, limits.answer_bytes))
    except HTTPError as error:
        raise _translate(error) from error


def _read(response: urllib3.BaseHTTPResponse, most: int) -> bytes:
    content = bytearray()
    for chunk in response.stream(_CHUNK_BYTES, decode_content=False):
        content += chunk
        if len(content) > most:
            response.close()
            raise AnswerTooLarge(f"more than {most:,} bytes")
    return bytes(content)


def _translate(error: HTTPError) -> Exception:
    cause = error.__context__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return UntrustedCertificate(type(cause).__name__)
    if isinstance(error, ReadTimeoutError):
        return AnswerTimeout(type(cause).__name__)
    if isinstance(error, ProxyError):
        return ProxyRefused(type(error.original_error).__name__)
    return ConnectionError(type(cause).__name__)
