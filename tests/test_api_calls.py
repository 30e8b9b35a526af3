"""Calls of an API that misbehaves: a stand-in service answers them late, bit by bit, or with something else."""

from __future__ import annotations

import gc
import gzip
import json
import logging
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest
import urllib3

from emulator.core.principals import ResourcePrincipal, TokenIssuer
from handlers.domain import operations
from handlers.domain.base_urls import BaseUrls
from handlers.domain.deadline import Deadline
from handlers.domain.errors import ApiError, ApiUnreachable, DeadlineReached, FunctionError
from handlers.domain.ocids import Ocid, parse_ocid
from handlers.domain.operations import Operation
from handlers.oci import connections, transport
from handlers.oci.client import OciApi
from handlers.oci.connections import Connections
from handlers.oci.transport import Limits, exchange, keep_connections
from tests.kept_keys import kept_keys

FUNCTION = "ocid1.fnfunc.oc1.iad.aaaafunction"
COMPARTMENT = "ocid1.compartment.oc1..aaaacompartment"
TENANCY = "ocid1.tenancy.oc1..aaaatenancy"
BACKUP = {"id": "ocid1.volumebackup.oc1.iad.aaaabackup", "lifecycleState": "REQUEST_RECEIVED"}
Script = Callable[["Exchange", int], None]


class Exchange(BaseHTTPRequestHandler):
    """One connection to the stand-in; its script says what each request of it gets."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: StandIn
    connection_number = 0

    def setup(self) -> None:
        super().setup()
        self.connection_number = self.server.count_connection()

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.script(self, self.server.note(self))

    do_GET = do_POST = _answer  # noqa: N815  (the names that http.server looks for)

    def reply(self, document: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"content-length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def hang(self) -> None:
        """Leave the request without an answer until the test is over."""
        self.server.over.wait(20)
        self.close_connection = True

    def trickle(self, content: bytes) -> None:
        """Send a byte now and then, each well before any limit of a single read."""
        for byte in content:
            if self.server.over.wait(0.05):
                break
            self.wfile.write(bytes([byte]))

    def log_message(self, *_: Any) -> None:
        """Write nothing."""


class StandIn(ThreadingHTTPServer):
    """A service of one script, which is called with the exchange and the number of the request, from 1."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, script: Script) -> None:
        self.script = script
        self.over = threading.Event()
        self.requests: list[tuple[str, int, str | None]] = []
        self._connections = 0
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Exchange)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def count_connection(self) -> int:
        with self._lock:
            self._connections += 1
            return self._connections

    def note(self, exchange: Exchange) -> int:
        with self._lock:
            token = exchange.headers.get("opc-retry-token")
            self.requests.append((exchange.path, exchange.connection_number, token))
            return len(self.requests)

    def handle_error(self, *_: Any) -> None:
        """The other side has hung up, which is what is tested."""


@contextmanager
def service(script: Script) -> Iterator[StandIn]:
    with StandIn(script) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            served.over.set()
            served.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def principal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ResourcePrincipal:
    """This process has a function's resource principal."""
    with kept_keys():
        made = ResourcePrincipal(tmp_path, TokenIssuer(), {"sub": FUNCTION, "res_id": FUNCTION}, seconds=60)
    for name, value in made.environment().items():
        monkeypatch.setenv(name, value)
    return made


class Clock:
    """A monotonic clock that a test puts forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


def ocid(text: str = "ocid1.volume.oc1.iad.aaaavolume") -> Ocid:
    parsed = parse_ocid(text)
    assert parsed is not None
    return parsed


def api(url: str, seconds: float = 60.0, limits: Limits = Limits(), clock: Clock | None = None) -> OciApi:  # noqa: B008
    return OciApi(
        Connections(BaseUrls(url), 8, limits=limits, clock=clock or Clock()), Deadline(time.monotonic() + seconds)
    )


def create(of: OciApi) -> Any:
    return of.send(operations.CREATE_VOLUME_BACKUP, ocid(), body=b"{}", retry_token="token-1").document


def error_of(call: Callable[[], Any], kind: type[FunctionError]) -> Any:
    with pytest.raises(kind) as raised:
        call()
    return raised.value


@pytest.mark.parametrize(
    ("left", "read"), [(3000, 60), (300, 60), (60, 30), (24, 12), (4, 2), (1.5, 1), (0.6, 0.6), (0.1, 0.1)]
)
def test_an_answer_gets_a_minute_or_half_of_the_time_left_so_that_another_try_fits_in(left: float, read: float) -> None:
    timeout = Limits().timeout(left)
    assert (timeout.read_timeout, timeout.connect_timeout) == pytest.approx((read, left), abs=0.01)


def test_how_long_connecting_may_take_does_not_limit_how_long_an_answer_may() -> None:
    def script(exchange: Exchange, _: int) -> None:
        time.sleep(1.0)
        exchange.reply(BACKUP)

    with service(script) as served:
        assert create(api(served.url, limits=Limits(connect=0.3))) == BACKUP
        assert len(served.requests) == 1


def test_an_address_that_does_not_answer_is_given_up_soon_however_much_time_there_is() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        url = "http://{}:{}".format(*full.getsockname())
        limits = Limits(connect=0.2)
        pool = keep_connections(urllib3.connection_from_url(url), limits, time.monotonic)
        started = time.monotonic()
        with pytest.raises(ConnectionError, match="TimeoutError"):
            exchange(pool, "GET", "/", None, {}, 20, limits)
        assert time.monotonic() - started < 5


def test_where_one_try_gets_no_answer_there_is_time_for_another() -> None:
    def script(exchange: Exchange, number: int) -> None:
        exchange.hang() if number == 1 else exchange.reply(BACKUP)

    with service(script) as served:
        assert create(ending(served.url, 4.0, 4.0, 0.1, 40.0)) == BACKUP
        assert [token for _, _, token in served.requests] == ["token-1"] * 2


def test_a_call_without_an_answer_until_the_end_says_that_the_time_was_over_and_what_to_change() -> None:
    with service(lambda exchange, _: exchange.hang()) as served:
        error = error_of(lambda: create(ending(served.url, 1.0)), DeadlineReached)
    assert error.message == "CreateVolumeBackup was sent, and got no answer before the invocation's time was over."
    assert "timeout" in error.hint
    assert "MAX_CONCURRENCY" in error.hint
    assert error.retryable


def test_a_call_after_the_end_is_not_sent_and_says_the_same() -> None:
    with service(lambda exchange, _: exchange.reply(BACKUP)) as served:
        error = error_of(lambda: create(api(served.url, seconds=0)), DeadlineReached)
        assert served.requests == []
    assert "MAX_CONCURRENCY" in error.hint


class Countdown(Deadline):
    """A deadline that is as far away as its list says, each time that it is looked at."""

    left: Iterator[float]

    def __new__(cls, *seconds: float) -> Self:
        countdown = super().__new__(cls, 0.0)
        countdown.left = iter(seconds)
        return countdown

    def remaining(self) -> float:
        return next(self.left, 0.0)


def ending(url: str, *left: float) -> OciApi:
    """An API whose invocation has so many seconds left at each look: the first look is the first try's own."""
    return OciApi(Connections(BaseUrls(url), 8), Countdown(*left))


# One try; and another one, after looking whether there is time and how long to wait.
ONCE, TWICE = (5.0,), (5.0, 5.0, 0.1, 5.0)


def test_where_there_is_no_time_for_another_try_the_answer_to_the_last_one_is_told() -> None:
    refusal = {"code": "IncorrectState", "message": "The volume is being resized."}
    with service(lambda exchange, _: exchange.reply(refusal, 409)) as served:
        # Sending, deciding on another try, waiting for it; then it is over.
        error = error_of(lambda: create(ending(served.url, 5, 5, 0.2)), ApiError)
        assert len(served.requests) == 1
    assert (error.code, error.message) == ("IncorrectState", "The volume is being resized.")


def test_a_last_try_whose_answer_there_was_no_time_for_hides_nothing_of_the_answer_before() -> None:
    refusal = {"code": "TooManyRequests", "message": "Too many requests for the user."}

    def script(exchange: Exchange, number: int) -> None:
        exchange.reply(refusal, 429) if number == 1 else exchange.hang()

    with service(script) as served:
        error = error_of(lambda: create(ending(served.url, 5, 5, 0.1, 0.3)), ApiError)
        assert len(served.requests) == 2
    assert (error.code, error.message, error.retryable) == (refusal["code"], refusal["message"], True)


@pytest.mark.parametrize("seconds", [0.6, 60.0])
def test_a_name_that_is_looked_up_for_too_long_holds_nothing_up_and_nothing_is_sent_then(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    look_up, over, before = socket.getaddrinfo, threading.Event(), threading.enumerate()

    def slowly(*args: Any, **kwargs: Any) -> Any:  # no setting makes a resolver slow
        over.wait(seconds)
        return look_up(*args, **kwargs)

    with service(lambda exchange, _: exchange.reply(BACKUP)) as served:
        monkeypatch.setattr(socket, "getaddrinfo", slowly)
        started = time.monotonic()
        error = error_of(lambda: create(ending(served.url, 0.4)), ApiUnreachable)
        taken = time.monotonic() - started
        over.set()
        join_connecting_threads(before)
        assert taken < 20
        monkeypatch.undo()
        assert served.requests == []
    assert error.message == "CreateVolumeBackup got no answer: ConnectTimeoutError."


def join_connecting_threads(before: list[threading.Thread]) -> None:
    """Wait for threads that connect and that nobody waits for any more; those from `before` are other tests'."""
    for thread in threading.enumerate():
        if thread.name.startswith("ThreadPoolExecutor") and thread not in before:
            thread.join(10)
            assert not thread.is_alive()


def test_no_answer_outlives_its_use_even_while_no_garbage_is_collected() -> None:
    alive = []

    class Watched(transport._PooledAnswer):
        def __init__(self) -> None:
            super().__init__()
            alive.append(weakref.ref(self))

    with service(lambda exchange, _: exchange.reply(BACKUP)) as served, pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "_PooledAnswer", Watched)
        gc.disable()
        try:
            assert create(api(served.url)) == BACKUP
            assert [answer() for answer in alive] == [None]
        finally:
            gc.enable()


def test_what_connecting_takes_is_not_there_for_the_rest() -> None:
    timeout = Limits().timeout(10.0)
    timeout.start_connect()
    later = timeout.clone()
    assert later.start_connect() == timeout.start_connect()
    assert later.connect_timeout == pytest.approx(10.0 - later.get_connect_duration(), abs=0.01)


def test_a_connection_that_comes_too_late_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    make, released, made = socket.socket.connect, threading.Event(), []
    before = threading.enumerate()

    def late(self: socket.socket, address: Any) -> None:
        released.wait(10)
        make(self, address)
        made.append(self)

    with service(lambda exchange, _: exchange.reply(BACKUP)) as served:
        pool = keep_connections(urllib3.connection_from_url(served.url), Limits(), time.monotonic)
        monkeypatch.setattr(socket.socket, "connect", late)
        with pytest.raises(ConnectionError, match="ConnectTimeoutError"):
            exchange(pool, "GET", "/", None, {}, 0.2, Limits())
        monkeypatch.undo()
        released.set()
        join_connecting_threads(before)
        assert [late_one.fileno() for late_one in made] == [-1]


@pytest.mark.parametrize("idle", [0.0, 25.0, 31.0])
def test_a_connection_is_kept_but_replaced_after_half_a_minute_without_use(idle: float) -> None:
    clock = Clock()
    with service(lambda exchange, _: exchange.reply(BACKUP)) as served:
        kept = api(served.url, clock=clock)
        create(kept)
        clock.ahead += idle
        create(kept)
        assert [connection for _, connection, _ in served.requests] == [1, 2 if idle > 30 else 1]


def test_an_answer_without_a_body_leaves_its_connection_for_the_next_request() -> None:
    def script(exchange: Exchange, number: int) -> None:
        exchange.reply(b"", 503) if number == 1 else exchange.reply(BACKUP)

    with service(script) as served:
        create(api(served.url))
        assert [connection for _, connection, _ in served.requests] == [1, 1]


def test_a_kept_connection_that_died_without_a_sign_costs_a_short_wait_and_another_try() -> None:
    clock = Clock()

    def script(exchange: Exchange, number: int) -> None:
        exchange.hang() if number == 2 else exchange.reply(BACKUP)

    with service(script) as served:
        kept = api(served.url, seconds=60, limits=Limits(read_after_idle=0.3), clock=clock)
        create(kept)
        clock.ahead += 10
        started = time.monotonic()
        create(kept)
        assert time.monotonic() - started < 15
        assert [connection for _, connection, _ in served.requests] == [1, 1, 2]


def test_a_connection_that_is_in_use_all_the_time_is_given_the_whole_time_for_each_answer() -> None:
    def script(exchange: Exchange, number: int) -> None:
        time.sleep(0.6 if number == 2 else 0)
        exchange.reply(BACKUP)

    with service(script) as served:
        kept = api(served.url, limits=Limits(read_after_idle=0.2))
        create(kept)
        create(kept)
        assert len(served.requests) == 2


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
# What is sent at once, and what follows bit by bit.
TRICKLES = {
    "the headers": (HEAD, b"x-padding: " + b"x" * 1000),
    "the body": (HEAD + b"content-length: 1000\r\n\r\n", b" " * 1000),
    "the body to the end of the connection": (HEAD + b"connection: close\r\n\r\n", b" " * 1000),
    "chunks": (HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 300),
}


@pytest.mark.parametrize("part", TRICKLES)
def test_an_answer_that_trickles_ends_with_the_time_for_it(part: str) -> None:
    at_once, bit_by_bit = TRICKLES[part]

    def script(exchange: Exchange, _: int) -> None:
        exchange.wfile.write(at_once)
        exchange.trickle(bit_by_bit)

    with service(script) as served:
        started = time.monotonic()
        error_of(lambda: create(ending(served.url, 1.0)), DeadlineReached)
        assert time.monotonic() - started < 10


def test_a_slow_answer_that_ends_in_time_is_taken() -> None:
    content = json.dumps(BACKUP).encode()

    def script(exchange: Exchange, _: int) -> None:
        exchange.wfile.write(HEAD + b"content-length: %d\r\n\r\n" % len(content) + content[:-8])
        exchange.trickle(content[-8:])

    with service(script) as served:
        assert create(api(served.url)) == BACKUP
        assert len(served.requests) == 1


def test_an_answer_that_is_larger_than_any_is_not_read_to_its_end() -> None:
    def script(exchange: Exchange, _: int) -> None:
        exchange.wfile.write(HEAD + b"transfer-encoding: chunked\r\n\r\n")
        while not exchange.server.over.is_set():
            exchange.wfile.write(b"400\r\n" + b" " * 1024 + b"\r\n")

    with service(script) as served:
        call = api(served.url, limits=Limits(answer_bytes=10_000))
        error = error_of(lambda: create(call), ApiUnreachable)
    assert error.message == "CreateVolumeBackup was answered with more than 10,000 bytes."


def test_sixteen_megabytes_are_the_most_and_not_asked_for_again() -> None:
    with service(lambda exchange, _: exchange.reply(b"[" + b" " * 17 * 1024 * 1024 + b"]")) as served:
        error = error_of(lambda: create(api(served.url, seconds=60)), ApiUnreachable)
        assert len(served.requests) == 1
    assert error.message == "CreateVolumeBackup was answered with more than 16,777,216 bytes."


def test_an_answer_that_nobody_asked_to_be_packed_is_not_unpacked() -> None:
    packed = gzip.compress(json.dumps(BACKUP).encode())
    with service(lambda exchange, _: exchange.reply(packed, headers={"content-encoding": "gzip"})) as served:
        error = error_of(lambda: create(ending(served.url, *ONCE)), ApiUnreachable)
    assert error.message == "CreateVolumeBackup was answered with anything but a JSON object."


USABLE: list[tuple[Operation, Any, list[Any]]] = [
    (operations.CREATE_VOLUME_BACKUP, BACKUP, [{}, [], None, "x", [BACKUP], {"id": "x"}, {**BACKUP, "id": 7}]),
    (operations.GET_VOLUME, {"id": "x"}, [{}, [], {"id": None}]),
    (
        operations.GET_INSTANCE,
        {"id": "x", "compartmentId": "c", "availabilityDomain": "a"},
        [{"id": "x"}, {"id": "x", "compartmentId": "c"}],
    ),
    (operations.LIST_VOLUME_BACKUPS, [], [{}, None, ["x"], {"items": []}]),
    (operations.PUBLISH_MESSAGE, {}, [[], None, "ok"]),
]


@pytest.mark.parametrize(
    ("operation", "usable", "unusable"),
    [(operation, usable, wrong) for operation, usable, every in USABLE for wrong in every],
    ids=str,
)
def test_a_successful_answer_that_is_not_what_the_operation_answers_is_asked_for_again(
    operation: Operation, usable: Any, unusable: Any
) -> None:
    with service(lambda exchange, number: exchange.reply(unusable if number == 1 else usable)) as served:
        sent = api(served.url).send(operation, ocid(), retry_token="token-1")
        assert sent.document == usable
        assert [token for _, _, token in served.requests] == ["token-1"] * 2


def test_an_answer_that_stays_unusable_says_what_is_missing() -> None:
    with service(lambda exchange, _: exchange.reply({"id": "x"})) as served:
        call = ending(served.url, *TWICE)
        error = error_of(lambda: call.send(operations.GET_INSTANCE, ocid()), ApiUnreachable)
    assert error.message == "GetInstance was answered with an object without compartmentId and availabilityDomain."
    assert error.retryable


def pages(most: int) -> Script:
    def script(exchange: Exchange, number: int) -> None:
        exchange.reply([{"id": number}], headers={"opc-next-page": f"page-{number}"} if number < most else {})

    return script


def test_all_pages_of_a_list_are_read() -> None:
    with service(pages(100)) as served:
        items = api(served.url).list_all(operations.LIST_VOLUME_BACKUPS, ocid(), {"limit": 1})
        assert [item["id"] for item in items] == list(range(1, 101))
        assert served.requests[-1][0].endswith("?limit=1&page=page-99")


def test_a_list_that_does_not_end_is_an_error_and_never_a_part_of_it() -> None:
    with service(pages(1000)) as served:
        call = api(served.url)
        error = error_of(lambda: call.list_all(operations.LIST_VOLUME_BACKUPS, ocid(), {}), ApiUnreachable)
        assert error.message == "ListVolumeBackups did not end after 100 pages."


def test_a_service_that_names_a_date_to_come_back_at_is_waited_for_until_then() -> None:
    def script(exchange: Exchange, number: int) -> None:
        if number == 1:
            exchange.reply({}, 503, {"retry-after": formatdate(time.time() + 2, usegmt=True)})
        else:
            exchange.reply(BACKUP)

    with service(script) as served:
        started = time.monotonic()
        create(api(served.url))
        assert 0.9 < time.monotonic() - started < 15


def test_a_service_that_asks_for_more_time_than_there_is_is_answered_for_at_once_in_its_own_words() -> None:
    refusal = {"code": "ServiceUnavailable", "message": "Come back tomorrow."}
    with service(lambda exchange, _: exchange.reply(refusal, 503, {"retry-after": "86400"})) as served:
        started = time.monotonic()
        error = error_of(lambda: create(api(served.url)), ApiError)
        assert time.monotonic() - started < 15
        assert len(served.requests) == 1
    assert (error.code, error.message, error.retryable) == ("ServiceUnavailable", "Come back tomorrow.", True)


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [(409, "IncorrectState", True), (409, "Conflict", False), (429, "X", True), (500, "X", True), (501, "X", False)],
)
def test_what_is_sent_again_is_what_is_called_retryable(status: int, code: str, *, retryable: bool) -> None:
    with service(lambda exchange, _: exchange.reply({"code": code, "message": "No."}, status)) as served:
        error = error_of(lambda: create(ending(served.url, *TWICE)), ApiError)
        assert error.retryable is retryable
        assert (len(served.requests) > 1) is retryable


def test_of_a_services_message_300_characters_are_told() -> None:
    with service(lambda exchange, _: exchange.reply({"code": "X", "message": "m" * 5000}, 400)) as served:
        error = error_of(lambda: create(api(served.url)), ApiError)
    assert error.message == "m" * 299 + "…"


def refused(status: int, operation: Operation, resource: str, **known: Any) -> str:
    with service(lambda exchange, _: exchange.reply({"code": "X", "message": "No."}, status)) as served:
        call = api(served.url)
        hint: str = error_of(lambda: call.send(operation, ocid(resource), **known), ApiError).hint
    return hint


VOLUME, TOPIC = "ocid1.volume.oc1.iad.aaaavolume", "ocid1.onstopic.oc1.iad.aaaatopic"


def test_a_refusal_shows_the_statements_as_they_must_stand_in_the_policy() -> None:
    hint = refused(404, operations.CREATE_VOLUME_BACKUP, VOLUME, compartment_id=COMPARTMENT)
    assert f"Allow dynamic-group <the function's> to manage volume-backups in compartment id {COMPARTMENT};" in hint
    assert f"covers {FUNCTION}" in hint
    assert f"Check that {VOLUME} exists" in hint


@pytest.mark.parametrize(
    ("compartment_id", "where"),
    [
        (COMPARTMENT.upper(), f"in compartment id {COMPARTMENT};"),
        (TENANCY, "in tenancy;"),
        (None, "in compartment <C>;"),
        ("x to manage all-resources in tenancy", "in compartment <C>;"),
        (VOLUME, "in compartment <C>;"),
    ],
)
def test_a_statement_names_the_compartment_only_where_it_is_one(compartment_id: str | None, where: str) -> None:
    assert where in refused(404, operations.CREATE_VOLUME_BACKUP, VOLUME, compartment_id=compartment_id)


def test_the_compartment_that_a_list_asks_about_stands_in_its_statements() -> None:
    hint = refused(404, operations.LIST_VOLUME_ATTACHMENTS, VOLUME, query={"compartmentId": COMPARTMENT})
    assert f"inspect volume-attachments in compartment id {COMPARTMENT}" in hint


def test_a_refused_publish_names_the_topic() -> None:
    hint = refused(404, operations.PUBLISH_MESSAGE, TOPIC)
    assert f"Check that {TOPIC}, which the configuration names, exists" in hint
    assert "use ons-topics" in hint


def test_a_refused_signature_points_to_the_clock_and_the_token_before_the_policies() -> None:
    hint = refused(401, operations.CREATE_VOLUME_BACKUP, VOLUME)
    assert hint.index("clock") < hint.index("token") < hint.index("policy allows")


@pytest.mark.parametrize("resource", ["ocid1.volume.oc1.eu-atlantis-1.a", "ocid1.volume.oc2.us-gov-phoenix-1.a"])
def test_a_region_that_the_sdk_does_not_know_in_this_realm_is_named_instead_of_policies(resource: str) -> None:
    hint = refused(404, operations.CREATE_VOLUME_BACKUP, resource)
    assert f"names the region {resource.split('.')[3]}" in hint
    assert "requirements.txt" in hint
    assert "Allow" not in hint


def test_a_new_token_that_seems_to_be_over_is_tried_at_last_because_the_clock_may_be_wrong(
    principal: ResourcePrincipal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def script(exchange: Exchange, number: int) -> None:
        if number == 1:
            principal.expire()
            exchange.reply({"code": "NotAuthenticated", "message": "No."}, 401)
        else:
            exchange.reply(BACKUP)

    monkeypatch.setattr(connections, "_RENEWAL_SECONDS", 0.7)
    with service(script) as served:
        started = time.monotonic()
        assert create(api(served.url)) == BACKUP
        assert time.monotonic() - started > 0.4


def test_a_token_that_is_refused_for_good_is_sent_twice_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_RENEWAL_SECONDS", 1000)
    with service(lambda exchange, _: exchange.reply({"code": "NotAuthenticated", "message": "No."}, 401)) as served:
        started = time.monotonic()
        assert not error_of(lambda: create(api(served.url)), ApiError).retryable
        assert time.monotonic() - started < 15
        assert len(served.requests) == 2


def test_what_went_wrong_underneath_is_kept_for_whoever_debugs_it() -> None:
    error = error_of(lambda: create(ending("http://127.0.0.1:1", *ONCE)), ApiUnreachable)
    assert error.message == "CreateVolumeBackup got no answer: ConnectionRefusedError."
    causes = [error.__cause__, error.__cause__ and error.__cause__.__cause__]
    assert [type(cause).__name__ for cause in causes] == ["ConnectionError", "NewConnectionError"]


def test_as_many_connections_are_kept_as_are_used_at_a_time(caplog: pytest.LogCaptureFixture) -> None:
    everybody = threading.Barrier(130)

    def script(exchange: Exchange, _: int) -> None:
        everybody.wait(20)
        exchange.reply(BACKUP)

    with service(script) as served, ThreadPoolExecutor(130) as threads, caplog.at_level(logging.WARNING):
        shared = OciApi(Connections(BaseUrls(served.url), 130), Deadline(time.monotonic() + 60))
        for _ in range(2):
            assert list(threads.map(create, [shared] * 130)) == [BACKUP] * 130
        assert len({connection for _, connection, _ in served.requests}) == 130
    assert caplog.records == []
