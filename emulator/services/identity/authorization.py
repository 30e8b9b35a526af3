"""Who may do what: policies decide on every operation of functions, connectors and schedules.

Nothing is allowed but what a policy allows, and statements add up. Operators may do everything: they are the tenancy's
administrators. https://docs.oracle.com/en-us/iaas/Content/Identity/Concepts/policies.htm
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from ...core.cloud import Cloud
from ...core.errors import not_found, not_implemented
from ...core.identifiers import resource_type
from ...core.operations import Call, Document
from ...core.service import Service
from .compartments import Compartments
from .dynamic_groups import DynamicGroups
from .permissions import (
    FAMILIES,
    RESOURCE_TYPES,
    VERBS,
    permissions_of,
    types_with,
    weakest_grant,
)
from .policies import Policies
from .policy_language import Statement, Subject, Variables, parse_rule, parse_statement
from .required_permissions import OPERATIONS
from .statements import find_location
from .targets import Access, Target, access_of_call, access_to

# Users are the operators.
_USER = "user"
_FUNCTION = "fnfunc"
# https://docs.oracle.com/en-us/iaas/Content/Tagging/Tasks/managingaccesswithtags.htm
_REGARDLESS_OF_TAGS = frozenset(
    {
        "BACKUP_POLICY_ASSIGNMENT_DELETE",
        "INSTANCE_POWER_ACTIONS",
        "SUBNET_DETACH",
        "VNIC_DELETE",
        "VNIC_UPDATE",
        "VOLUME_BACKUP_COPY",
    }
)


class Authorization(Service):
    """Decides in a region by the policies and dynamic groups as they are now; OCI takes minutes to know of a change.

    Attributes:
        denied_grants: what is taken from all functions at the moment.
    """

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._denied: set[str] = set()
        self.denied_grants: list[str] = []

    def authorize(self, caller_id: str, operation: str, call: Call) -> None:
        """Let a call pass. Raises ServiceError 404 where its caller may not make it, and 400 where no table has it."""
        if resource_type(caller_id) == _USER:
            return
        try:
            access = access_of_call(self.cloud, operation, call)
        except LookupError as error:
            raise not_implemented(f"No policy can allow this: {error}.") from error
        self._check(caller_id, access)

    def check(self, caller_id: str, operation: str, resource: Document) -> None:
        """Let a service carry out an operation on a resource in the name of another. Raises ServiceError 404."""
        self._check(caller_id, access_to(self.cloud, operation, resource))

    def find_refusal(self, caller_id: str, operation: str, resource: Document) -> str | None:
        """Return why an operation on a resource is not allowed, or None where it is."""
        return self._find_refusal(caller_id, access_to(self.cloud, operation, resource))

    def decide_for(self, caller_id: str) -> Callable[[str, Document], bool]:
        """Return what tells whether a caller may carry out an operation on a resource, by the policies as they are now.

        It is meant for many resources: those in one compartment are decided on once, unless a policy tells them apart.
        """
        if resource_type(caller_id) == _USER:
            return lambda _operation, _resource: True
        caller, statements = self._statements_about(caller_id)
        known: dict[tuple[str, str, str], bool] = {}

        @cache
        def are_told_apart(operation: str) -> bool:
            permissions = set(OPERATIONS[operation])
            return any(not permissions.isdisjoint(found.permissions) and found.is_selective for found, _ in statements)

        def is_allowed(operation: str, resource: Document) -> bool:
            key = (operation, resource["compartmentId"], resource["id"] if are_told_apart(operation) else "")
            if key not in known:
                known[key] = self._refusal(caller, access_to(self.cloud, operation, resource), statements) is None
            return known[key]

        return is_allowed

    def deny(self, *grants: str) -> None:
        """Take what `manage volume-backups` gives in this region from all functions, whatever the policies say.

        Raises ValueError for what is no verb and resource type.
        """
        for grant in grants:
            verb, _, name = grant.partition(" ")
            if verb not in VERBS or name not in {*RESOURCE_TYPES, *FAMILIES}:
                known = ", ".join(sorted({*RESOURCE_TYPES, *FAMILIES}))
                raise ValueError(
                    f"there is no permission {grant!r} that could be denied: it is one of {', '.join(VERBS)}, and then "
                    f"one of {known}"
                )
            self._denied |= permissions_of(verb, name)
            self.denied_grants.append(grant)

    def is_denied(self, permission: str) -> bool:
        """Return whether a permission is taken from all functions in this region."""
        return permission in self._denied

    def clear(self) -> None:
        """Give back what was denied."""
        self._denied.clear()
        self.denied_grants.clear()

    def _check(self, caller_id: str, access: Access) -> None:
        refusal = self._find_refusal(caller_id, access)
        if refusal:
            self.cloud.journal.add("refused", refusal, caller=caller_id, operation=access.operation)
            raise not_found()

    def _find_refusal(self, caller_id: str, access: Access) -> str | None:
        caller, statements = self._statements_about(caller_id)
        return self._refusal(caller, access, statements)

    def _statements_about(self, caller_id: str) -> tuple[Document, list[tuple[Statement, str]]]:
        """Return a caller, and the statements that are about it, each with its compartment."""
        caller = self.cloud.find_anywhere(caller_id) or {"id": caller_id}
        return caller, [found for found in self._statements() if self._is_subject(found[0].subject, caller)]

    def _refusal(self, caller: Document, access: Access, statements: list[tuple[Statement, str]]) -> str | None:
        for permission, target in access.needed:
            if not self._is_allowed(caller, access.operation, permission, target, statements):
                named = caller.get("displayName") or caller["id"]
                return (
                    f"{access.operation} of {named}: no policy gives it {permission}, which is in "
                    f"`{weakest_grant(permission)}`, in {target.compartment_id}"
                )
        return None

    def _is_allowed(
        self, caller: Document, operation: str, permission: str, target: Target, statements: list[tuple[Statement, str]]
    ) -> bool:
        region = self.cloud.regions[target.region] if target.region else self.cloud
        if resource_type(caller["id"]) == _FUNCTION and region.service(Authorization).is_denied(permission):
            return False
        compartments = self.cloud.service(Compartments)
        granting = [
            statement
            for statement, location_id in statements
            if permission in statement.permissions and compartments.is_at_or_below(target.compartment_id, location_id)
        ]
        if not granting:
            return False
        variables = {
            "request.operation": operation,
            "request.permission": permission,
            "request.region": region.region.key,
            **self._caller_variables(caller),
            **self._target_variables(permission, target),
        }
        return any(statement.condition is None or statement.condition.holds(variables) for statement in granting)

    def _statements(self) -> Iterator[tuple[Statement, str]]:
        """Return the statements of all policies, each with the compartment that it is about."""
        compartments = self.cloud.service(Compartments)
        for policy in self.cloud.service(Policies).collection.documents.values():
            attached_to = policy["compartmentId"]
            for text in policy["statements"]:
                statement = parse_statement(text)
                location_id = find_location(statement.location, attached_to, compartments)
                if location_id and compartments.is_at_or_below(location_id, attached_to):
                    yield statement, location_id

    def _is_subject(self, subject: Subject, caller: Document) -> bool:
        """Return whether a statement is about a caller, which is a resource: groups of users are about none."""
        if subject.kind == "dynamic-group":
            groups = self.cloud.service(DynamicGroups).collection.documents.values()
            named = [group for group in groups if {group["id"], group["name"].lower()} & subject.names]
            return any(parse_rule(group["matchingRule"]).holds(_rule_variables(caller)) for group in named)
        return subject.kind in {"any-user", "any-group"}

    def _caller_variables(self, caller: Document) -> Variables:
        known = {
            "request.principal.type": resource_type(caller["id"]),
            "request.principal.id": caller["id"],
        }
        if "compartmentId" not in caller:
            return known
        compartment = self.cloud.find(caller["compartmentId"])
        return {
            **known,
            "request.principal.compartment.id": caller["compartmentId"],
            **_tags("request.principal.compartment.tag", compartment),
        }

    def _target_variables(self, permission: str, target: Target) -> Variables:
        compartment = self.cloud.find(target.compartment_id)
        known = {
            "target.compartment.id": target.compartment_id,
            **({"target.compartment.name": compartment["name"]} if compartment else {}),
        }
        if target.resource is None:
            return known
        kind = resource_type(target.resource["id"])
        known[f"target.{kind}.id"] = target.resource["id"]
        if "name" in target.resource:
            known[f"target.{kind}.name"] = target.resource["name"]
        if permission in _REGARDLESS_OF_TAGS or not any(found.has_tags for found in types_with(permission)):
            return known
        return {
            **known,
            **_tags("target.resource.tag", target.resource),
            **_tags("target.resource.compartment.tag", compartment),
        }


def _rule_variables(caller: Document) -> Variables:
    """Return what matching rules know of a caller."""
    known = {"resource.type": resource_type(caller["id"]), "resource.id": caller["id"]}
    if "compartmentId" in caller:
        known["resource.compartment.id"] = caller["compartmentId"]
    return {**known, **{f"{name}.value": value for name, value in _tags("tag", caller).items()}}


def _tags(prefix: str, document: Document | None) -> dict[str, str]:
    """Return the defined tags of a resource as variables: `target.resource.tag.namespace.key`."""
    namespaces: dict[str, dict[str, Any]] = (document or {}).get("definedTags") or {}
    return {
        f"{prefix}.{namespace}.{key}".lower(): str(value)
        for namespace, tags in namespaces.items()
        for key, value in tags.items()
    }
