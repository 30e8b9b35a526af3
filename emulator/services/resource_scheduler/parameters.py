"""What a schedule sends to the functions that it invokes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ...core.collection import require
from ...core.errors import invalid
from ...core.identifiers import resource_type
from ...core.operations import Document

_TYPES = ("BODY", "HEADER", "PATH", "QUERY")
_HEADERS = {"Content-Type": "application/json", "Fn-Intent": "cloudevent"}


@dataclass(frozen=True, slots=True)
class FunctionRequest:
    """One invocation.

    Attributes:
        function_id: the function.
        body: the value of the parameter of type BODY, as JSON; empty where there is none. Nothing is wrapped around it.
        headers: those of parameters of type HEADER, and what goes with every invocation.
    """

    function_id: str
    body: bytes
    headers: dict[str, str]


def build_request(resource: Document) -> FunctionRequest:
    """Return the invocation that a resource of a schedule stands for."""
    values: dict[str, Any] = {
        parameter["parameterType"]: parameter["value"]
        for parameter in resource.get("parameters") or []
        if parameter.get("value") is not None
    }
    body = json.dumps(values["BODY"]).encode() if "BODY" in values else b""
    return FunctionRequest(resource["id"], body, {**_HEADERS, **values.get("HEADER", {})})


def check_resources(resources: Any) -> None:
    """Raise ServiceError 400 where these are not resources that a schedule of the local OCI can act on."""
    for resource in resources:
        require(resource, "id")
        if resource_type(resource["id"]) != "fnfunc":
            raise invalid(f"A schedule of the local OCI invokes functions, and {resource['id']} is none.")
        for parameter in resource.get("parameters") or []:
            if parameter.get("parameterType") not in _TYPES:
                raise invalid(f"parameterType must be one of {', '.join(_TYPES)}")
            # The API needs no value, and Oracle's Terraform provider sends HEADER parameters without one.
            if parameter["parameterType"] != "BODY" and not isinstance(parameter.get("value") or {}, dict):
                raise invalid("the value of a parameter that is not of type BODY must be an object")
