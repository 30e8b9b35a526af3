"""What a call is about: the resources that it names, and the compartments in which each permission is looked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...core.cloud import Cloud
from ...core.identifiers import resource_type
from ...core.operations import Call, Document
from .permissions import types_with
from .required_permissions import OPERATIONS, OPERATIONS_OF_VERSIONS, WHERE_NAMED

# The fields of groups that name what is in them.
_MEMBERS = {"volumegroup": "volumeIds", "volumegroupbackup": "volumeBackupIds"}
# Who sets defined tags has to be allowed to use their namespaces, which are the tenancy's.
_TAGGING = ("Create", "Update", "Launch", "Attach", "Copy")


@dataclass(frozen=True, slots=True)
class Target:
    """What one permission is needed for.

    Attributes:
        compartment_id: where it is needed.
        resource: the resource that it is needed for; None where there is none yet, or a list is asked for.
        region: the name of the region where it is needed, where that is not the one that is asked: a copy is there.
    """

    compartment_id: str
    resource: Document | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """An operation that somebody wants to carry out.

    Attributes:
        operation: its name.
        needed: the permissions that it needs, each with what it is needed for.
    """

    operation: str
    needed: tuple[tuple[str, Target], ...]


def access_of_call(cloud: Cloud, operation: str, call: Call) -> Access:
    """Return what a call needs. Raises LookupError where the tables do not have the operation."""
    body = _json(call.content)
    named = [_named_in(cloud, part) for part in (call.path, call.query, body)]
    fields = body if isinstance(body, dict) else {}
    compartment_ids = [
        found
        for found in (*_compartments_of(named[0]), call.query.get("compartmentId"), fields.get("compartmentId"))
        if isinstance(found, str)
    ]
    if not compartment_ids:
        compartment_ids = [*_compartments_of([*named[1], *named[2]]), *_nested_compartments(body)][:1]
    compartment_ids = compartment_ids or [cloud.tenancy_id]
    moved_to = [str(fields["compartmentId"])] if operation.startswith("Change") and "compartmentId" in fields else []
    permissions = _permissions(operation, call.path.get("version", ""), named)
    copied_to = _destination(cloud, fields) if operation.startswith("Copy") else ""
    needed = [
        (permission, replace(target, region=copied_to) if permission.endswith("_CREATE") else target)
        for permission in permissions
        for target in _targets(permission, named, compartment_ids, moved_to)
    ]
    if operation.startswith(_TAGGING) and fields.get("definedTags"):
        needed.append(("TAG_NAMESPACE_USE", Target(cloud.tenancy_id)))
    return Access(operation, tuple(needed))


def _destination(cloud: Cloud, fields: Document) -> str:
    """Return the region that a copy is to be made in, or an empty text where there is no such region."""
    name = fields.get("destinationRegion")
    return name if isinstance(name, str) and name in cloud.regions else ""


def access_to(cloud: Cloud, operation: str, resource: Document) -> Access:
    """Return what an operation on a resource needs. Raises LookupError where the tables do not have the operation."""
    named = [_named_in(cloud, resource["id"])]
    permissions = _permissions(operation, "", named)
    within = [_compartment_of(resource)]
    return Access(
        operation,
        tuple((permission, target) for permission in permissions for target in _targets(permission, named, within, [])),
    )


def _permissions(operation: str, version: str, named: Sequence[Sequence[Document]]) -> list[str]:
    if operation not in OPERATIONS:
        raise LookupError(f"{operation} has no row in emulator/services/identity/required_permissions.py")
    permissions = list(OPERATIONS_OF_VERSIONS.get(version, {}).get(operation, OPERATIONS[operation]))
    types = {resource_type(document["id"]) for documents in named for document in documents}
    for ocid_type, others in WHERE_NAMED.get(operation, {}).items():
        permissions += [other for other in others if ocid_type in types and other not in permissions]
    return permissions


def _targets(
    permission: str, named: Iterable[Sequence[Document]], compartment_ids: Iterable[str], moved_to: Iterable[str]
) -> list[Target]:
    """Return what a permission is needed for: the resources of its type that the call names, first of all its path.

    Where it names none, and for what is to be created, that is the compartment of the call itself.
    """
    types = {ocid_type for kind in types_with(permission) for ocid_type in kind.ocid_types}
    if not permission.endswith("_CREATE"):
        for documents in named:
            found = [document for document in documents if resource_type(document["id"]) in types]
            if found:
                kept = [Target(_compartment_of(document), document) for document in found]
                return [*kept, *(Target(compartment_id) for compartment_id in moved_to)]
    return [Target(compartment_id) for compartment_id in compartment_ids]


def _named_in(cloud: Cloud, part: Any) -> list[Document]:
    """Return the resources whose OCIDs are anywhere in a part of a call, each with what is in it."""
    found = [document for ocid in _ocids(part) if (document := cloud.find(ocid)) is not None]
    for group in tuple(found):
        members = group.get(_MEMBERS.get(resource_type(group["id"]), ""), ())
        found += [document for ocid in members if (document := cloud.find(ocid)) is not None]
    return found


def _ocids(part: Any) -> Iterator[str]:
    if isinstance(part, str) and resource_type(part):
        yield part
    elif isinstance(part, Mapping):
        for value in part.values():
            yield from _ocids(value)
    elif isinstance(part, list):
        for value in part:
            yield from _ocids(value)


def _nested_compartments(part: Any) -> Iterator[str]:
    """Return the values of every `compartmentId`, as each metric that is posted has one."""
    if isinstance(part, dict):
        if isinstance(part.get("compartmentId"), str):
            yield part["compartmentId"]
        part = list(part.values())
    if isinstance(part, list):
        for value in part:
            yield from _nested_compartments(value)


def _compartments_of(documents: Iterable[Document]) -> list[str]:
    return [_compartment_of(document) for document in documents]


def _compartment_of(document: Document) -> str:
    """Return the compartment that a resource is in; a compartment is in itself."""
    is_compartment = resource_type(document["id"]) in {"compartment", "tenancy"}
    return str(document["id"] if is_compartment else document["compartmentId"])


def _json(content: bytes) -> Any:
    """Return the JSON value of a body, or None where it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
