"""How the function reaches the services: over TLS, through proxies, and over connections that are kept."""

from __future__ import annotations

import socket
import socketserver
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import oci
import pytest

from tests.world import World, payload, world


class Proxy(socketserver.ThreadingTCPServer):
    """An HTTP proxy for https: a tunnel for each CONNECT, and a list of where they led.

    With `credentials`, only for those who show them.
    """

    daemon_threads = True

    def __init__(self, credentials: str | None = None) -> None:
        self.tunnels: list[str] = []
        self.authorization = f"Basic {b64encode(credentials.encode()).decode()}" if credentials else None
        super().__init__(("127.0.0.1", 0), Tunnel)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"


class Tunnel(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        method, target, _ = self.rfile.readline().decode().split()
        headers = {}
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        assert method == "CONNECT"
        if headers.get("proxy-authorization") != self.server.authorization:
            self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            return
        self.server.tunnels.append(target)
        host, port = target.split(":")
        with socket.create_connection((host, int(port))) as far:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(far, self.connection), daemon=True)
            back.start()
            pump(self.connection, far)
            back.join()


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Copy until the source ends, and end the sink, too."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@contextmanager
def proxy(credentials: str | None = None) -> Iterator[Proxy]:
    with Proxy(credentials) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        try:
            yield served
        finally:
            served.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def secure() -> Iterator[World]:
    with world(tls=True) as cloud:
        yield cloud


def error_of_a_backup(cloud: World) -> dict[str, object]:
    status, answer = cloud.invoke(payload("request_minimal.json", volume=cloud.volume()))
    assert status == 502
    [result] = answer["results"]
    error: dict[str, object] = result["error"]
    return error


def test_a_backup_is_made_and_told_over_tls(secure: World) -> None:
    assert secure.oci.config["OCI_ENDPOINT"].startswith("https://")
    result = secure.invoke_one(payload("request_minimal.json", volume=secure.volume()))
    assert (result["outcome"], result["notified"]) == ("accepted", True)


def test_a_service_whose_certificate_nobody_trusted_vouches_for_is_not_spoken_to(secure: World) -> None:
    bundle = secure.oci.config["REQUESTS_CA_BUNDLE"]
    secure.oci.configure(REQUESTS_CA_BUNDLE=None)
    secure.forget()
    error = error_of_a_backup(secure)
    assert (error["code"], error["retryable"]) == ("ApiUnreachable", True)
    assert error["message"] == "CreateVolumeBackup got no answer: SSLCertVerificationError."
    assert "REQUESTS_CA_BUNDLE" in str(error["hint"])
    secure.oci.configure(REQUESTS_CA_BUNDLE=bundle)


def test_a_service_under_another_name_than_its_certificates_is_not_spoken_to(secure: World) -> None:
    endpoint = secure.oci.config["OCI_ENDPOINT"]
    secure.oci.configure(OCI_ENDPOINT=endpoint.replace("127.0.0.1", "localhost"))
    assert error_of_a_backup(secure)["code"] == "ApiUnreachable"
    secure.oci.configure(OCI_ENDPOINT=endpoint)


@pytest.mark.parametrize("content", [None, "garbage"])
def test_a_file_of_authorities_that_cannot_be_read_is_a_clear_error(
    secure: World, content: str | None, tmp_path: Path
) -> None:
    bundle, own = secure.oci.config["REQUESTS_CA_BUNDLE"], tmp_path / "own.pem"
    if content:
        own.write_text(content)
    secure.oci.configure(REQUESTS_CA_BUNDLE=str(own))
    status, answer = secure.invoke(payload("request_minimal.json", volume=secure.volume()))
    assert (status, answer["error"]["code"]) == (502, "InvalidConfiguration")
    assert answer["error"]["message"].startswith(f"REQUESTS_CA_BUNDLE: '{own}' cannot be read")
    secure.oci.configure(REQUESTS_CA_BUNDLE=bundle)


def test_through_the_local_ocis_proxy_the_region_alone_says_where_a_client_goes(
    secure: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", secure.oci.proxy_url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", secure.oci.config["REQUESTS_CA_BUNDLE"])
    config = oci.config.from_file(str(secure.oci.config_file))
    client = oci.core.BlockstorageClient(config, retry_strategy=oci.retry.NoneRetryStrategy())
    volumes = {"us-ashburn-1": secure.volume(), "us-phoenix-1": secure.second.volume()}
    for region, volume in volumes.items():
        client.base_client.set_region(region)
        assert client.base_client.get_endpoint() == f"https://iaas.{region}.oraclecloud.com"
        listed = {found.id for found in client.list_volumes(compartment_id=secure.oci.compartment_id).data}
        assert listed & set(volumes.values()) == {volume}
    client.base_client.set_region("eu-frankfurt-1")
    with pytest.raises(oci.exceptions.RequestException, match="502"):
        client.list_volumes(compartment_id=secure.oci.compartment_id)


def test_without_an_endpoint_the_function_finds_the_region_of_a_resource_by_oracles_host_names(secure: World) -> None:
    endpoint = secure.oci.config["OCI_ENDPOINT"]
    secure.oci.configure(OCI_ENDPOINT=None, HTTPS_PROXY=secure.oci.proxy_url)
    for region, estate in (("us-ashburn-1", secure), ("us-phoenix-1", secure.second)):
        secure.forget()
        result = secure.invoke_one(payload("request_minimal.json", volume=estate.volume()))
        assert (result["outcome"], result["notified"]) == ("accepted", True)
        [created] = secure.entries("request", operation="CreateVolumeBackup")
        assert created.details["region"] == region
    secure.oci.configure(OCI_ENDPOINT=endpoint, HTTPS_PROXY=None)


def test_connections_are_kept_between_invocations_and_go_through_the_proxy_of_the_environment(secure: World) -> None:
    with proxy() as served:
        secure.oci.configure(HTTPS_PROXY=served.url)
        for _ in range(3):
            assert secure.invoke_one(payload("request_minimal.json", volume=secure.volume()))["outcome"] == "accepted"
        # One serves both services, because the local OCI has them at one address.
        assert served.tunnels == [secure.oci.regions["us-ashburn-1"].endpoint.removeprefix("https://")]
        secure.oci.configure(HTTPS_PROXY=None)


def test_a_host_that_no_proxy_names_is_reached_directly(secure: World) -> None:
    with proxy() as served:
        secure.oci.configure(HTTPS_PROXY=served.url, NO_PROXY="127.0.0.1")
        assert secure.invoke_one(payload("request_minimal.json", volume=secure.volume()))["outcome"] == "accepted"
        assert served.tunnels == []
        secure.oci.configure(HTTPS_PROXY=None, NO_PROXY=None)


@pytest.mark.parametrize(
    ("credentials", "form"),
    [
        (None, "{address}"),
        (None, "HTTP://{address}/"),
        ("anna:secret", "http://anna:secret@{address}"),
        ("anna:secret", "anna:secret@{address}"),
        ("anna:s@cr:t/ü", "http://anna:s%40cr%3At%2F%C3%BC@{address}"),
        ("anna:s@cret", "http://anna:s@cret@{address}/"),
        ("anna:", "http://anna@{address}"),
    ],
)
def test_a_proxy_is_named_in_any_form_that_the_sdk_takes(secure: World, credentials: str | None, form: str) -> None:
    with proxy(credentials) as served:
        secure.oci.configure(HTTPS_PROXY=form.format(address=served.address))
        assert secure.invoke_one(payload("request_minimal.json", volume=secure.volume()))["outcome"] == "accepted"
        assert len(served.tunnels) == 1
        secure.oci.configure(HTTPS_PROXY=None)


def test_a_proxy_that_refuses_the_password_is_what_the_hint_names(secure: World) -> None:
    with proxy("anna:secret") as served:
        secure.oci.configure(HTTPS_PROXY=f"http://anna:hidden@{served.address}")
        volume = secure.volume()
        assert secure.invoke_one({"volumeId": volume, "dryRun": True})["outcome"] == "planned"
        status, answer = secure.invoke({"volumeId": volume}, seconds="6")
        secure.oci.configure(HTTPS_PROXY=None)
        assert served.tunnels == []
    error = answer["results"][0]["error"]
    assert (status, error["code"], error["retryable"]) == (502, "ApiUnreachable", True)
    assert "HTTPS_PROXY" in error["hint"]
    assert "hidden" not in str(answer)


class Trickle(socketserver.StreamRequestHandler):
    """A proxy that begins its answer, and never ends it."""

    server: Trickling

    def handle(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nx-padding: ")
        with suppress(OSError):
            while not self.server.over.wait(0.05):
                self.wfile.write(b"x")
        self.server.ended.set()


class Trickling(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.over, self.ended = threading.Event(), threading.Event()
        super().__init__(("127.0.0.1", 0), Trickle)


def test_a_proxy_that_answers_bit_by_bit_is_given_up_and_named_and_leaves_no_connection(secure: World) -> None:
    with Trickling() as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        secure.oci.configure(HTTPS_PROXY=f"http://127.0.0.1:{served.server_address[1]}")
        try:
            volume = secure.volume()
            assert secure.invoke_one({"volumeId": volume, "dryRun": True})["outcome"] == "planned"
            status, answer = secure.invoke({"volumeId": volume}, seconds="6")
            is_closed = served.ended.wait(20)
        finally:
            served.over.set()
            served.shutdown()
            thread.join()
            secure.oci.configure(HTTPS_PROXY=None)
    error = answer["results"][0]["error"]
    assert (status, error["code"], "HTTPS_PROXY" in error["hint"]) == (502, "ApiUnreachable", True)
    assert is_closed


@pytest.mark.parametrize(
    "address",
    [
        "http://",
        "ftp://anna:hidden@proxy:3128",
        "http://anna:hidden@proxy:port",
        "anna:hidden@proxy:99999",
        "a hidden b",
    ],
)
def test_a_proxy_that_cannot_be_one_is_a_clear_error_that_does_not_repeat_it(secure: World, address: str) -> None:
    secure.oci.configure(HTTPS_PROXY=address)
    status, answer = secure.invoke(payload("request_minimal.json", volume=secure.volume()))
    secure.oci.configure(HTTPS_PROXY=None)
    assert (status, answer["error"]["code"]) == (502, "InvalidConfiguration")
    assert answer["error"]["message"] == "HTTPS_PROXY: is not the address of a proxy"
    assert "hidden" not in str(answer)
    assert not any("hidden" in line for line in secure.log(least=1))
