"""One HTTP exchange over a kept connection, every part of it bounded.

urllib3 bounds each read of a socket, which a trickling answer never exceeds, and a name look-up not at all; and a
connection that was kept while the container stood frozen may be dead without a sign. Hence a kind of our own, which
also sends and reads faster.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, cast

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ProxyError, ReadTimeoutError

from handlers.oci.http1 import AnswerReader, encode_request

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
        answer_bytes: The largest answer, with its head.
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
        return _Running(total=left, read=min(self.read, read))


class _Running(urllib3.Timeout):
    """The timeouts of a try that has begun. urllib3 begins its own anew once it has connected to a proxy."""

    def __init__(self, total: float, read: float) -> None:
        super().__init__(total=total, read=read)
        self._total = total
        self._begun = super().start_connect()

    def clone(self) -> urllib3.Timeout:
        return self

    def start_connect(self) -> float:
        return self._begun

    @property
    def connect_timeout(self) -> float:
        return max(0.0, self._total - self.get_connect_duration())


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


class KeptConnection(HTTPConnection):
    """A connection that is bounded by its `limits`; what it takes for its timeouts bounds whole phases."""

    def __init__(self, *args: Any, limits: Limits, clock: Clock, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = limits
        self._clock = clock
        self._used = clock()

    def connect(self) -> None:
        """Connect in time for the request to be sent, or not at all.

        Nothing bounds how long looking up a name takes, or what a proxy says, so that happens in a thread which is left
        alone when the time is over.
        """
        begun, left = self._clock(), float(self.timeout or 0)
        self.timeout = min(left, self._limits.connect)
        beside = ThreadPoolExecutor(1)
        connecting = beside.submit(super().connect)
        beside.shutdown(wait=False)
        wait([connecting], timeout=max(0.0, left))
        self._used = self._clock()
        self.timeout = left - (self._used - begun)
        is_timely = connecting.done() and self.timeout > 0
        if not is_timely:
            self._abandon(connecting)
        error = connecting.exception() if is_timely else TimeoutError()
        if isinstance(error, TimeoutError):
            late = ConnectTimeoutError(self, "not connected in time")
            raise (ProxyError("no tunnel in time", late) if self.proxy else late) from error
        if error is not None:
            raise error

    def _abandon(self, connecting: Future[None]) -> None:
        """Wake a thread that waits for an answer of the proxy, and close what it has connected when it ends."""
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
        connecting.add_done_callback(lambda _: self.close())

    @property
    def is_connected(self) -> bool:
        return self._clock() - self._used < self._limits.idle and super().is_connected

    def request(  # type: ignore[override]  # as in urllib3
        self, method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None, **_: Any
    ) -> None:
        """Send a request in one piece."""
        if self.sock is None:
            self.connect()
        self.sock.settimeout(self.timeout)
        self.send(encode_request(method, url, headers or {}, body))

    def getresponse(self) -> _PooledAnswer:  # type: ignore[override]  # as much of it as urllib3's pool looks at
        """Return an answer that has come in whole, however slowly it came, before the timeout."""
        begun, allowed = self._clock(), float(self.timeout or 0)
        if begun - self._used >= self._limits.trusted_idle:
            allowed = min(allowed, self._limits.read_after_idle)
        answer = _PooledAnswer()
        try:
            while not answer.is_complete:
                left = begun + allowed - self._clock()
                if left <= 0:
                    raise TimeoutError("the answer did not end in time")
                self.sock.settimeout(left)
                answer.feed(self.sock.recv(_CHUNK_BYTES))
                if answer.received > self._limits.answer_bytes:
                    raise AnswerTooLarge(f"more than {self._limits.answer_bytes:,} bytes")
        finally:
            answer.close()
            self._used = self._clock()
        if not answer.leaves_connection:
            self.close()
        return answer


class KeptTlsConnection(KeptConnection, HTTPSConnection):
    """The same over TLS."""


class _PooledAnswer(AnswerReader):
    """An answer with what urllib3's pool, which would read it piece by piece, says of it in its log."""

    version_string = "HTTP/1.1"
    length_remaining = 0


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
) -> AnswerReader:
    """Send a request and return its whole answer, in at most `left` seconds; gzip and redirects are left as they come.

    Raises UntrustedCertificate and AnswerTooLarge, and what another try may mend as a ConnectionError of some kind.
    """
    try:
        answer: Any = pool.urlopen(
            method, path, body, headers, retries=False, redirect=False, timeout=limits.timeout(left)
        )
    except HTTPError as error:
        raise _translate(error) from error
    return cast("AnswerReader", answer)


def _translate(error: HTTPError) -> Exception:
    cause = error.__context__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return UntrustedCertificate(type(cause).__name__)
    if isinstance(error, ReadTimeoutError):
        return AnswerTimeout(type(cause).__name__)
    if isinstance(error, ProxyError):
        return ProxyRefused(type(error.original_error).__name__)
    return ConnectionError(type(cause).__name__)
