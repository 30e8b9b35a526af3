"""How the local OCI answers, whatever the operation: request ids, types, and its own defects."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from emulator import LocalOci, Options
from emulator.core.errors import ServiceError
from emulator.core.models import check_details, fields_of
from emulator.core.operations import Call, Reply, operation
from emulator.core.service import Service
from emulator.services import SERVICES
from tests.world import World


class Broken(Service):
    """A service with a defect."""

    @operation("GET", "/broken", signed=False)
    async def get_broken(self, call: Call) -> Reply:
        """GetBroken."""
        return Reply(call.path["missing"])


def send(oci: LocalOci, path: str, body: bytes | None = None, request_id: str = "") -> tuple[int, Any, Any]:
    request = urllib.request.Request(
        f"{oci.base_url}{path}", data=body, headers={"opc-request-id": request_id} if request_id else {}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read()), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read()), error.headers


def test_a_defect_is_an_answer_in_oracles_form_and_told_in_the_journal() -> None:
    local = LocalOci(Options(own_stack=False), services=(*SERVICES, Broken))
    try:
        local.start()
        status, answer, headers = send(local, "/broken")
        assert (status, answer["code"]) == (500, "InternalServerError")
        assert headers["content-type"] == "application/json"
        assert "Traceback" not in answer["message"]
        [defect] = local.journal.entries("defect")
        assert "KeyError: 'missing'" in defect.line
    finally:
        local.stop()


def test_a_request_id_begins_with_what_the_client_sent(cloud: World) -> None:
    for path in ("/v2/apps", "/nowhere"):
        _, _, headers = send(cloud.oci, path, request_id="MINE")
        mine, *added = headers["opc-request-id"].split("/")
        assert (mine, [len(part) for part in added]) == ("MINE", [32, 32])
        _, _, headers = send(cloud.oci, path)
        assert [len(part) for part in headers["opc-request-id"].split("/")] == [32, 32, 32]


def test_a_request_that_is_too_large_is_refused_in_oracles_form(cloud: World) -> None:
    status, answer, _ = send(cloud.oci, "/v2/apps", b"x" * (64 * 1024 * 1024 + 1))
    assert (status, answer["code"]) == (413, "RequestEntityTooLarge")


class Inner:
    """A model as the SDK writes them."""

    swagger_types = {"kind": "str", "count": "int"}  # noqa: RUF012 as in the SDK
    attribute_map = {"kind": "kind", "count": "count"}  # noqa: RUF012 as in the SDK

    @property
    def kind(self) -> str:
        """**[Required]** Gets the kind. Allowed values for this property are: "A", "B", 'UNKNOWN_ENUM_VALUE'."""
        return ""

    @property
    def count(self) -> int:
        """Gets the count."""
        return 0


def test_a_models_documentation_says_what_is_required_and_which_values_there_are() -> None:
    fields = fields_of(Inner)
    assert fields["kind"] == ("str", True, frozenset({"A", "B"}))
    assert fields["count"] == ("int", False, frozenset())
    check_details({"kind": "A", "count": None}, Inner)
    for details in ({}, {"kind": ""}, {"kind": "C"}, {"kind": 1}, {"kind": "A", "count": "1"}, {"kind": "A", "x": 1}):
        with pytest.raises(ServiceError) as refused:
            check_details(details, Inner)
        assert refused.value.status == 400
