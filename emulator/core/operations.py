"""What every service's operations are made of: how they are declared, what they are called with, what they answer."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.core.errors import cannot_parse, malformed, missing
from emulator.core.identifiers import resource_type

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as an operation sees it. `body` is its JSON object, empty where there is none."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes = b""

    @property
    def body(self) -> Document:
        """Raises ServiceError 400 where the content is no JSON object."""
        try:
            document = json.loads(self.content) if self.content else {}
        except (ValueError, RecursionError):
            raise cannot_parse() from None
        if not isinstance(document, dict):
            raise cannot_parse()
        return document

    def required(self, name: str) -> str:
        """A query parameter. Raises ServiceError 400 where it is missing."""
        if not self.query.get(name):
            raise missing(name)
        return self.query[name]

    def ocid(self, name: str, *types: str) -> str:
        """An OCID of the path, in one of these types. Raises ServiceError 400 where it is none."""
        if resource_type(self.path[name]) not in types:
            raise malformed(name)
        return self.path[name]


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer; `document` is a JSON value, bytes as they are, or None for no body."""

    document: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Any, Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Operation:
    """An API operation: its name, where it is, and the permission (`manage volume-backups`) that a policy can deny.

    `signed` is false only for the Fn API, which the `fn` CLI calls without a signature.
    """

    name: str
    method: str
    path: str
    permission: str | None
    signed: bool


def operation(
    method: str, path: str, *, permission: str | None = None, signed: bool = True
) -> Callable[[Handler], Handler]:
    """Declare a method to be an API operation; ``create_volume_backup`` stands for CreateVolumeBackup."""

    def declare(handler: Handler) -> Handler:
        name = re.sub(r"(?:^|_)(\w)", lambda match: match.group(1).upper(), handler.__name__)
        handler.operation = Operation(name, method, path, permission, signed)  # type: ignore[attr-defined]
        return handler

    return declare


def operations_of(service: object) -> Iterator[tuple[Operation, Callable[[Call], Awaitable[Reply]]]]:
    """The operations that a service declares, with the bound methods."""
    for name in dir(type(service)):
        declared = getattr(getattr(type(service), name), "operation", None)
        if isinstance(declared, Operation):
            yield declared, getattr(service, name)
