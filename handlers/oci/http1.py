"""HTTP/1.1 as bytes: a request to send, and an answer as it comes in.

The standard library writes a request in pieces and reads an answer's head as if it were a mail, which takes a fifth of
a warm invocation. The parser here is the one that the FDK has imported already.
"""

from __future__ import annotations

import re
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

_VERSIONS = frozenset({"1.0", "1.1"})
_FIRST_FINAL_STATUS = 200  # a smaller one announces an answer, and is none
_LINE_ENDS = re.compile(r"[\r\n\0]")


def encode_request(method: str, target: str, headers: dict[str, str], body: bytes | None) -> bytes:
    """Return a request with these headers and no others: ``host`` and ``content-length`` must be among them.

    Raises ValueError where a part of the head holds the end of a line.
    """
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if any(map(_LINE_ENDS.search, lines)):
        raise ValueError("the end of a line inside of a request's head")
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1") + (body or b"")


class AnswerReader:
    """One answer, of which more and more has come in.

    Attributes:
        status: Its status.
        headers: Its headers, by name in lower case.
        content: Its body, as it was sent.
        is_complete: Whether all of it has come in.
        leaves_connection: Whether the connection can be used again.
        received: How many bytes have come in, head and framing included.
    """

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self._has_head = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self.content = bytearray()
        self.is_complete = False
        self.leaves_connection = False
        self.received = 0

    def feed(self, data: bytes) -> None:
        """Take what has come in, where nothing is the connection's end. Raises HTTPException where it is no answer."""
        if not data:
            self._end()
            return
        self.received += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            if not self.is_complete:
                raise BadStatusLine("anything but HTTP") from error
            self.leaves_connection = False  # something came behind the answer that nobody had asked for

    def close(self) -> None:
        """Let go of the parser, which holds on to this reader, and so to the whole answer."""
        del self._parser

    def _end(self) -> None:
        """Only an answer that says nothing of its length ends with its connection."""
        if not self.received:
            raise RemoteDisconnected("no answer")
        if not self._has_head or {"content-length", "transfer-encoding"} & self.headers.keys():
            raise IncompleteRead(bytes(self.content))
        self.is_complete = True

    # These are called by the parser.

    def on_message_begin(self) -> None:
        if self.is_complete:
            raise ValueError("a second answer")
        self.headers.clear()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:  # what follows the body's chunks is no part of it
            self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self._parser.get_http_version() not in _VERSIONS:
            raise ValueError("another version of HTTP")
        self.status = self._parser.get_status_code()
        self._has_head = self.status >= _FIRST_FINAL_STATUS

    def on_body(self, body: bytes) -> None:
        self.content += body

    def on_message_complete(self) -> None:
        self.is_complete = self._has_head
        self.leaves_connection = self._parser.should_keep_alive()
