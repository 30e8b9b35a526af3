"""Signatures and authentication, with the SDK's own signer and real keys."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import oci
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from oci.auth.signers import get_resource_principals_signer

from emulator import Image
from emulator.options import PROJECT
from emulator.services.functions.container import Container
from handlers.domain.base_urls import parse_base_urls
from handlers.domain.errors import ResourcePrincipalUnavailable
from handlers.domain.ocids import parse_ocid
from handlers.domain.operations import Service
from handlers.oci.connections import Connections
from handlers.oci.principal import principal_from_sdk, resource_principal
from tests.world import World, payload, world

# What differs from request to request, and how the client itself is called and reads.
_OF_EACH_REQUEST = {"date", "opc-request-id", "authorization"}
_OF_THE_CLIENT = {"user-agent", "opc-client-info", "connection", "accept-encoding"}


def signed_parts(headers: Mapping[str, str]) -> dict[str, str]:
    return dict(re.findall(r'(\w+)="([^"]*)"', headers["authorization"]))


@pytest.fixture
def environment_of_functions(cloud: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has the function's resource principal, too."""
    for name, value in cloud.oci.principal.environment().items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("environment_of_functions")
def test_the_function_signs_and_sends_what_the_sdks_typed_client_does(cloud: World) -> None:
    volume = cloud.volume()
    details = {**json.loads(payload("request_all_fields.json", volume=volume)), "opcRetryToken": "as-the-sdk-does"}
    cloud.invoke_one(details)
    client = oci.core.BlockstorageClient(
        {}, signer=get_resource_principals_signer(), service_endpoint=f"{cloud.oci.base_url}/20160918"
    )
    tags = {**details["freeformTags"], "backup-trigger": f"request:{details['opcRetryToken']}"}
    period = details["retentionPeriod"]
    typed = oci.core.models.CreateVolumeBackupDetails(
        volume_id=volume,
        display_name=details["displayName"],
        type=details["type"],
        kms_key_id=details["kmsKeyId"],
        freeform_tags=tags,
        defined_tags=details["definedTags"],
        retention_period=oci.core.models.RetentionDuration(
            retention_time_unit=period["retentionTimeUnit"], retention_time_amount=period["retentionTimeAmount"]
        ),
        is_prevent_deletion_enabled=details["isPreventDeletionEnabled"],
        is_retention_lock_enabled=details["isRetentionLockEnabled"],
        is_indefinite_retention_enabled=details["isIndefiniteRetentionEnabled"],
    )
    client.create_volume_backup(typed, opc_retry_token=details["opcRetryToken"])
    ours, theirs = (entry.details for entry in cloud.requests("CreateVolumeBackup"))
    assert ours["content"] == theirs["content"]
    assert ours["headers"].keys() - _OF_THE_CLIENT == theirs["headers"].keys() - _OF_THE_CLIENT
    for name in ours["headers"].keys() - _OF_THE_CLIENT - _OF_EACH_REQUEST:
        assert ours["headers"][name] == theirs["headers"][name], name
    signed_by_us, signed_by_them = signed_parts(ours["headers"]), signed_parts(theirs["headers"])
    for part in ("algorithm", "headers", "keyId", "version"):
        assert signed_by_us[part] == signed_by_them[part]
    assert signed_by_us["headers"] == "date (request-target) host content-length content-type x-content-sha256"


def authorization(signer: Any) -> str:
    """What a signer makes of one and the same request; the signature itself is a pure function of it."""
    url = "https://iaas.us-ashburn-1.oraclecloud.com/20160918/volumeBackups"
    headers = {"date": "Sun, 01 Mar 2026 02:03:04 GMT", "content-length": "2", "content-type": "application/json"}
    request = requests.Request("POST", url, headers=headers, data=b"{}").prepare()
    return str(signer(request).headers["authorization"])


@pytest.mark.usefixtures("environment_of_functions")
def test_the_principal_signs_as_the_sdks_own_does() -> None:
    assert authorization(resource_principal().signer) == authorization(get_resource_principals_signer())


@pytest.mark.usefixtures("environment_of_functions")
def test_what_the_sdk_makes_of_the_environment_signs_as_our_own_reading_of_it() -> None:
    ours, theirs = resource_principal(), principal_from_sdk()
    assert type(theirs.signer).__name__ == "EphemeralResourcePrincipalSigner"
    assert theirs.region == ours.region
    assert authorization(theirs.signer) == authorization(ours.signer)
    assert theirs.function_id == ours.function_id
    assert theirs.is_current()


@pytest.mark.usefixtures("environment_of_functions")
def test_the_principal_may_be_in_the_variables_themselves_and_its_key_protected(
    cloud: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = authorization(resource_principal().signer)
    key = load_pem_private_key(cloud.oci.principal.key_file.read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    protected = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_RPST", cloud.oci.principal.token_file.read_text())
    monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", protected.decode())
    monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE", "secret")
    assert authorization(resource_principal().signer) == expected


@pytest.mark.usefixtures("environment_of_functions")
@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"VERSION": None}, "is not in the environment"),
        ({"RPST": "/nowhere/rpst"}, "cannot be read: FileNotFoundError"),
        ({"RPST": "garbage"}, "is malformed: ValueError"),
        ({"PRIVATE_PEM": "garbage"}, "is malformed: ValueError"),
        ({"RPST": None}, "is incomplete: OCI_RESOURCE_PRINCIPAL_RPST is not set"),
        ({"REGION": None}, "is incomplete: OCI_RESOURCE_PRINCIPAL_REGION is not set"),
        ({"VERSION": "3.0"}, "cannot be had: OSError"),
        ({"VERSION": "2.1.1"}, "cannot be had: ValueError"),
    ],
)
def test_an_environment_that_names_no_usable_principal_is_a_clear_error(
    variables: dict[str, str | None], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        if value is None:
            monkeypatch.delenv(f"OCI_RESOURCE_PRINCIPAL_{name}")
        else:
            monkeypatch.setenv(f"OCI_RESOURCE_PRINCIPAL_{name}", value)
    with pytest.raises(ResourcePrincipalUnavailable) as raised:
        resource_principal()
    assert raised.value.message == f"The function's resource principal {message}."


@pytest.mark.usefixtures("environment_of_functions")
@pytest.mark.parametrize(
    ("resource", "endpoint"),
    [
        ("ocid1.volume.oc1.iad.a", "https://iaas.us-ashburn-1.oraclecloud.com"),
        ("ocid1.volume.oc1.phx.a", "https://iaas.us-phoenix-1.oraclecloud.com"),
        ("ocid1.volume.oc1.eu-frankfurt-1.a", "https://iaas.eu-frankfurt-1.oraclecloud.com"),
        ("ocid1.volume.oc1..a", "https://iaas.us-ashburn-1.oraclecloud.com"),
        ("ocid1.volume.oc1.evil-host.a", "https://iaas.us-ashburn-1.oraclecloud.com"),
        ("ocid1.volume.oc2.us-gov-phoenix-1.a", "https://iaas.us-ashburn-1.oraclecloud.com"),
    ],
)
def test_endpoints_follow_the_resources_region_within_the_functions_realm(resource: str, endpoint: str) -> None:
    connections = Connections(None, 8)
    ocid = parse_ocid(resource)
    assert ocid is not None
    assert connections.endpoint(Service.CORE, ocid).base == endpoint


@pytest.mark.usefixtures("environment_of_functions")
@pytest.mark.parametrize(
    ("resource", "endpoint"),
    [
        ("ocid1.volume.oc1.iad.a", "http://127.0.0.1:12000"),
        ("ocid1.volume.oc1.phx.a", "https://127.0.0.1:12001"),
        ("ocid1.volume.oc1.us-phoenix-1.a", "https://127.0.0.1:12001"),
        ("ocid1.volume.oc1.eu-frankfurt-1.a", "http://127.0.0.1:12000"),
    ],
)
def test_what_replaces_the_endpoints_follows_the_resources_region_where_it_names_that(
    resource: str, endpoint: str
) -> None:
    connections = Connections(parse_base_urls("http://127.0.0.1:12000,us-phoenix-1=https://127.0.0.1:12001"), 8)
    ocid = parse_ocid(resource)
    assert ocid is not None
    assert connections.endpoint(Service.CORE, ocid).base == endpoint
    assert connections.endpoint_at("https://cell-1.queue.oraclecloud.com", ocid).base == endpoint


@pytest.mark.usefixtures("environment_of_functions")
def test_endpoints_follow_the_realm_of_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_REGION", "us-gov-phoenix-1")
    connections = Connections(None, 8)
    topic = parse_ocid("ocid1.onstopic.oc2..a")
    assert topic is not None
    endpoint = connections.endpoint(Service.NOTIFICATIONS, topic).base
    assert endpoint == "https://notification.us-gov-phoenix-1.oraclegovcloud.com"


def test_a_rotated_principal_is_read_again_after_the_old_token_is_refused(cloud: World) -> None:
    cloud.invoke_one(payload("request_minimal.json", volume=cloud.volume()))
    cloud.oci.run(cloud.oci.principal.rotate)
    cloud.forget()
    assert cloud.invoke_one(payload("request_minimal.json", volume=cloud.volume()))["outcome"] == "accepted"
    refused = [entry for entry in cloud.oci.journal.all() if entry.details.get("status") == 401]
    assert [entry.details["operation"] for entry in refused[-1:]] == ["CreateVolumeBackup"]


def test_an_expired_token_fails_with_what_to_check_and_a_fresh_one_mends_it() -> None:
    with world() as cloud:
        cloud.oci.run(cloud.oci.principal.expire)
        volume = cloud.volume()
        status, answer = cloud.invoke(cloud.payload("event_updatevolume_tagged.json"))
        assert status == 502
        [result] = answer["results"]
        assert (result["error"]["code"], result["error"]["status"]) == ("NotAuthenticated", 401)
        hint = result["error"]["hint"]
        assert hint.index("clock") < hint.index("token") < hint.index("manage volume-backups")
        assert answer["error"]["code"] == "PublishFailed"
        cloud.oci.run(cloud.oci.principal.rotate)
        assert cloud.invoke_one({"volumeId": volume})["outcome"] == "accepted"


def accepted_once_the_platform_has(finished: Callable[[], object], cloud: World) -> None:
    """An invocation is refused once, and accepted after the platform has `finished` what it was about to do."""
    body = payload("request_minimal.json", volume=cloud.volume())
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(cloud.invoke_one, body)
        cloud.oci.journal.wait_for("request", status=401)
        finished()
        assert (result.result()["outcome"], result.result()["notified"]) == ("accepted", True)


def test_an_expired_token_is_waited_for_until_the_platform_has_replaced_it() -> None:
    with world() as cloud:
        cloud.oci.run(cloud.oci.principal.expire)
        accepted_once_the_platform_has(lambda: cloud.oci.run(cloud.oci.principal.rotate), cloud)


@pytest.mark.parametrize("late", ["private.pem", "rpst"])
def test_token_and_key_that_are_read_between_their_exchange_are_read_again(late: str) -> None:
    with world() as cloud:
        file = cloud.oci.principal.token_file.with_name(late)
        before = file.read_bytes()
        cloud.oci.run(cloud.oci.principal.rotate)
        after = file.read_bytes()
        file.write_bytes(before)
        accepted_once_the_platform_has(lambda: file.write_bytes(after), cloud)


def test_a_key_that_cannot_be_read_while_it_is_exchanged_is_read_again() -> None:
    with world() as cloud:
        cloud.invoke_one({"volumeId": cloud.volume()})
        cloud.oci.run(cloud.oci.principal.rotate)
        key = cloud.oci.principal.key_file
        after = key.read_bytes()
        key.write_bytes(after[:100])
        accepted_once_the_platform_has(lambda: key.write_bytes(after), cloud)


@pytest.mark.parametrize("what", ["missing", "garbage"])
@pytest.mark.parametrize("file", ["rpst", "private.pem"])
def test_unreadable_files_of_the_principal_are_a_clear_error(file: str, what: str) -> None:
    with world() as cloud:
        path = cloud.oci.principal.key_file.with_name(file)
        path.write_text("garbage")
        if what == "missing":
            path.unlink()
        status, answer = cloud.invoke({"volumeId": cloud.volume()})
        assert (status, answer["error"]["code"]) == (502, "ResourcePrincipalUnavailable")
        assert answer["error"]["retryable"] is True
        assert "dynamic group" in answer["error"]["hint"]
        assert cloud.operations() == []
        cloud.oci.run(cloud.oci.principal.rotate)
        assert cloud.invoke_one({"volumeId": cloud.volume()})["outcome"] == "accepted"


def test_a_principal_whose_files_break_under_a_warm_function_is_a_clear_error() -> None:
    with world() as cloud:
        cloud.invoke_one({"volumeId": cloud.volume()})
        cloud.oci.run(cloud.oci.principal.rotate)
        cloud.oci.principal.key_file.write_text("garbage")
        status, answer = cloud.invoke({"volumeId": cloud.volume()})
        assert status == 502
        assert answer["results"][0]["error"]["code"] == "ResourcePrincipalUnavailable"


@pytest.fixture
def bare_function(cloud: World) -> Iterator[Any]:
    """The function with a configuration, but outside OCI Functions: no resource principal in its environment."""
    lines: list[str] = []
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT),
        "TOPIC_ID": cloud.oci.result_topic["id"],
        "OCI_ENDPOINT": cloud.oci.base_url,
    }
    container = Container(Image(PROJECT / "func.py").command, environment, PROJECT, lambda line, _: lines.append(line))
    cloud.oci.wait(container.start())
    yield lambda body: cloud.oci.wait(container.invoke(body, {}, 20))
    cloud.oci.wait(container.stop(signal.SIGTERM))


def test_without_any_resource_principal_the_answer_says_so_in_a_sentence(cloud: World, bare_function: Any) -> None:
    for _ in range(2):
        outcome = bare_function(cloud.payload("event_updatevolume_tagged.json").encode())
        answer = json.loads(outcome.body)
        assert outcome.status == 502
        assert answer["error"]["code"] == "ResourcePrincipalUnavailable"
        assert answer["error"]["message"] == "The function's resource principal is not in the environment."
        assert "Outside OCI Functions there is none" in answer["error"]["hint"]
    assert cloud.operations() == []
