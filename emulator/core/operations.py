"""What every service's operations are made of: how they are declared, what they are called with, what they answer."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import cannot_parse, malformed, missing
from .identifiers import resource_type

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as an operation sees it.

    Attributes:
        path: the parameters that the operation's path names.
        query: the parameters of the query.
        headers: the headers, their names in lower case.
        content: the body's bytes.
        caller: the OCID of whoever signed the request; empty where it is not signed.
    """

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes = b""
    caller: str = ""

    @property
    def body(self) -> Document:
        """Return the body's JSON object, empty where there is no body. Raises ServiceError 400 where it is none."""
        try:
            document = json.loads(self.content) if self.content else {}
        except (ValueError, RecursionError):
            raise cannot_parse() from None
        if not isinstance(document, dict):
            raise cannot_parse()
        return document

    def required(self, name: str) -> str:
        """Return a query parameter. Raises ServiceError 400 where it is missing."""
        if not self.query.get(name):
            raise missing(name)
        return self.query[name]

    def ocid(self, name: str, *types: str) -> str:
        """Return an OCID of the path, of one of these types. Raises ServiceError 400 where it is none."""
        if resource_type(self.path[name]) not in types:
            raise malformed(name)
        return self.path[name]


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer.

    Attributes:
        document: a JSON value, bytes that are sent as they are, or None for no body.
        status: the HTTP status.
        headers: headers beside content type and request id.
    """

    document: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Any, Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Operation:
    """An API operation.

    Attributes:
        name: its name in the API: CreateVolumeBackup.
        method: the HTTP method.
        path: the path, with its parameters in braces.
        signed: whether requests are signed; false for the Fn API, which the `fn` CLI calls without a signature.
    """

    name: str
    method: str
    path: str
    signed: bool

    @property
    def is_control(self) -> bool:
        """Return whether it steers the local OCI, and is none of the cloud's."""
        return self.path.startswith("/emulator/")


def operation(method: str, path: str, *, signed: bool = True) -> Callable[[Handler], Handler]:
    """Declare a method to be an API operation; ``create_volume_backup`` stands for CreateVolumeBackup."""

    def declare(handler: Handler) -> Handler:
        name = re.sub(r"(?:^|_)(\w)", lambda match: match.group(1).upper(), handler.__name__)
        handler.operation = Operation(name, method, path, signed)  # type: ignore[attr-defined]
        return handler

    return declare


def declared_operations(kind: type) -> Iterator[tuple[str, Operation]]:
    """Return the operations that a class of services declares, each with its method's name."""
    for name in dir(kind):
        declared = getattr(getattr(kind, name), "operation", None)
        if isinstance(declared, Operation):
            yield name, declared


def operations_of(service: object) -> Iterator[tuple[Operation, Callable[[Call], Awaitable[Reply]]]]:
    """Return the operations that a service declares, each with the bound method."""
    for name, declared in declared_operations(type(service)):
        yield declared, getattr(service, name)
