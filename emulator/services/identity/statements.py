"""The statements of policies: which are taken, and which compartment each is about."""

from __future__ import annotations

from typing import Any

from ...core.errors import invalid
from ...core.operations import Document
from .compartments import Compartments
from .policy_language import Location, parse_statement


def check_statements(statements: Any, attached_to: str, compartments: Compartments) -> list[str]:
    """Return the statements of a policy that is attached to a compartment.

    Raises ServiceError 400 where they are not a list of texts, or one is not understood or about a compartment that is
    not there.
    """
    if not isinstance(statements, list) or not statements:
        raise invalid("statements must be a list of policy statements")
    for number, statement in enumerate(statements):
        if not isinstance(statement, str) or not statement.strip():
            raise invalid("a policy statement must be a text that is not empty")
        try:
            location = parse_statement(statement).location
        except ValueError as error:
            raise invalid(f"statements[{number}] is not understood: {error}") from error
        if find_location(location, attached_to, compartments) is None:
            where = "The tenancy" if location.is_tenancy else f"Compartment {':'.join(location.path)}"
            raise invalid(
                f"statements[{number}]: {where} does not exist or is not part of the policy compartment subtree"
            )
    return statements


def find_location(location: Location, attached_to: str, compartments: Compartments) -> str | None:
    """Return the OCID of the compartment that a statement of a policy is about, or None where there is none.

    Names are looked up from the compartment that the policy is attached to; OCIDs are taken as they are.
    """
    if location.is_tenancy:
        return attached_to if attached_to == compartments.cloud.tenancy_id else None
    if location.ocid:
        return location.ocid
    path = location.path
    compartment_id: str | None = attached_to
    if path[0] == _name(compartments.document_of(attached_to)):
        path = path[1:]
    for name in path:
        below = compartments.children_of(compartment_id) if compartment_id else []
        compartment_id = next((child["id"] for child in below if _name(child) == name), None)
    return compartment_id


def _name(compartment: Document | None) -> str:
    return compartment["name"].lower() if compartment else ""
