"""A request becomes bytes, and bytes become an answer."""

from __future__ import annotations

import gc
import weakref
from http.client import HTTPException

import pytest

from handlers.oci.http1 import AnswerReader, encode_request

OK = b"HTTP/1.1 200 OK\r\n"


def read(*parts: bytes) -> AnswerReader:
    answer = AnswerReader()
    for part in parts:
        answer.feed(part)
    return answer


def test_a_request_is_its_line_its_headers_as_they_are_and_its_body() -> None:
    headers = {"host": "iaas.example", "content-length": "2", "opc-retry-token": "t"}
    head = b"POST /x?y=1 HTTP/1.1\r\nhost: iaas.example\r\ncontent-length: 2\r\nopc-retry-token: t\r\n\r\n"
    assert encode_request("POST", "/x?y=1", headers, b"{}") == head + b"{}"
    assert encode_request("GET", "/", {}, None) == b"GET / HTTP/1.1\r\n\r\n"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\0"])
@pytest.mark.parametrize("part", ["target", "name", "value"])
def test_nothing_in_a_request_can_begin_another_line(part: str, end: str) -> None:
    written = {"target": "/x", "name": "opc-retry-token", "value": "t"}
    written[part] += f"{end}x"
    with pytest.raises(ValueError, match="the end of a line"):
        encode_request("GET", written["target"], {written["name"]: written["value"]}, None)


# What comes in, the body that it is, and whether its connection can be used again.
ANSWERS = {
    "with its length": (OK + b"X-Y: z\r\ncontent-length: 2\r\n\r\nhi", b"hi", True),
    "empty": (OK + b"x-y: z\r\nContent-Length: 0\r\n\r\n", b"", True),
    "in chunks": (OK + b"x-y: z\r\ntransfer-encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n", b"hi", True),
    "after one that announces it": (
        b"HTTP/1.1 100 Continue\r\nx-y: a\r\n\r\n" + OK + b"x-y: z\r\ncontent-length: 2\r\n\r\nhi",
        b"hi",
        True,
    ),
    "and no other": (OK + b"x-y: z\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi", b"hi", False),
    "of an older version": (b"HTTP/1.0 200 OK\r\nx-y: z\r\ncontent-length: 2\r\n\r\nhi", b"hi", False),
}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_an_answer_is_the_same_in_however_many_pieces_it_comes(kind: str, step: int) -> None:
    sent, content, leaves_connection = ANSWERS[kind]
    answer = read(*(sent[start : start + step] for start in range(0, len(sent), step)))
    assert (answer.status, answer.headers["x-y"], bytes(answer.content)) == (200, "z", content)
    assert (answer.is_complete, answer.leaves_connection) == (True, leaves_connection)
    assert answer.received == len(sent)


def test_what_follows_the_chunks_of_a_body_is_none_of_its_headers() -> None:
    chunked = OK + b"opc-next-page: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n"
    answer = read(chunked + b"opc-next-page: 9\r\nopc-request-id: x\r\n\r\n")
    assert answer.headers == {"opc-next-page": "2", "transfer-encoding": "chunked"}
    assert (bytes(answer.content), answer.is_complete, answer.leaves_connection) == (b"hi", True, True)


def test_an_answer_that_was_read_is_gone_without_the_collector() -> None:
    answer = read(OK + b"content-length: 2\r\n\r\nhi")
    kept = weakref.ref(answer)
    gc.disable()
    try:
        answer.close()
        del answer
        assert kept() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("status", [204, 304])
def test_some_answers_have_no_body_whatever_they_say(status: int) -> None:
    answer = read(b"HTTP/1.1 %d x\r\n\r\n" % status)
    assert (answer.status, answer.is_complete, answer.leaves_connection) == (status, True, True)


def test_an_answer_that_says_nothing_of_its_length_ends_with_its_connection() -> None:
    answer = read(OK + b"\r\n", b"h", b"i")
    assert not answer.is_complete
    answer.feed(b"")
    assert (bytes(answer.content), answer.is_complete, answer.leaves_connection) == (b"hi", True, False)


@pytest.mark.parametrize("more", [b"HTTP/1.1 500 x\r\nx-y: b\r\ncontent-length: 1\r\n\r\n!", b"garbage", b"\x16\x03"])
def test_what_comes_behind_an_answer_is_no_part_of_it_and_of_no_other(more: bytes) -> None:
    answer = read(OK + b"x-y: z\r\ncontent-length: 2\r\n\r\nhi" + more)
    assert (answer.status, answer.headers["x-y"], bytes(answer.content)) == (200, "z", b"hi")
    assert (answer.is_complete, answer.leaves_connection) == (True, False)


@pytest.mark.parametrize(
    "parts",
    [
        (b"",),
        (b"HTTP/1.1 200", b""),
        (OK + b"content-length: 3\r\n\r\nhi", b""),
        (OK + b"transfer-encoding: chunked\r\n\r\n1\r\nh\r\n", b""),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b""),
        (b"SSH-2.0-OpenSSH_9.6\r\n",),
        (b"<html>",),
        (b"HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\nhi",),
        (OK + b"content-length: 1\r\ncontent-length: 2\r\n\r\nhi",),
        (OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\nhi",),
        (OK + b"content-length: -1\r\n\r\n",),
        (b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nx",),
    ],
)
def test_what_breaks_off_or_is_no_answer_is_never_taken_for_one(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(HTTPException):
        read(*parts)


@pytest.mark.parametrize(
    "sent", [OK + b"content-length: 3\r\n\r\nhi", OK + b"\r\nhi", b"HTTP/1.1 100 Continue\r\n\r\n", OK]
)
def test_an_answer_is_not_complete_before_its_end(sent: bytes) -> None:
    assert not read(sent).is_complete
