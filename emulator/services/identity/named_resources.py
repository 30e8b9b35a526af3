"""What the resources of the Identity service have in common: a name that no other has."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...core.collection import require, tagged
from ...core.errors import ServiceError, invalid
from ...core.identifiers import now
from ...core.operations import Document
from ...core.resources import Resources

_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
TAGS = ("definedTags", "freeformTags")


class NamedResources(Resources):
    """They are ACTIVE at once, belong to no region, and are told apart by name.

    Beside those of `Resources`, a subclass sets this attribute.

    Attributes:
        noun: what one is called in errors: `DynamicGroup`.
    """

    noun: str
    filters = ("compartmentId", "name", "lifecycleState")
    is_regional = False
    is_instant = True

    def siblings(self, details: Document) -> Iterable[Document]:
        """Return the resources whose names a new one may not have: all."""
        return self.collection.documents.values()

    def named_fields(self, details: Document) -> Document:
        """Return the fields that all of them have. Raises ServiceError 400, and 409 where the name is taken."""
        require(details, "compartmentId", "name", "description")
        self.check_name(details["name"], self.siblings(details))
        return {
            **tagged(details),
            "compartmentId": details["compartmentId"],
            "description": details["description"],
            "lifecycleState": "ACTIVE",
            "name": details["name"],
            "timeCreated": now(),
        }

    def check_name(self, name: str, others: Iterable[Document]) -> None:
        """Raise ServiceError 400 where a name is none, and 409 where another resource has it, in whatever case."""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise invalid("name must be 1 to 100 letters, digits, periods, hyphens and underscores")
        if any(other["name"].lower() == name.lower() for other in others):
            raise ServiceError(409, f"{self.noun}AlreadyExists", f"{self.noun} '{name}' already exists.")
