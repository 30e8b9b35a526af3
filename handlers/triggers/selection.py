"""How a body says which resources it means: `{"tag", "value", "compartmentId", "resourceTypes"}`, all optional."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from handlers.domain.errors import InvalidRequest
from handlers.domain.models import MAX_TAG_VALUE_LENGTH
from handlers.domain.ocids import parse_ocid
from handlers.domain.requests import WireModel
from handlers.domain.resource_kinds import RESOURCE_KINDS
from handlers.domain.selection import DEFAULT_TYPES, Selection, TagCondition
from handlers.domain.tags import TagName
from handlers.domain.untrusted import identity, one_line
from handlers.triggers.context import Context


def _tag(text: str) -> str:
    return str(TagName.of(text))


def _compartment(text: str) -> str:
    ocid = parse_ocid(text)
    if ocid is None or ocid.resource_type not in {"compartment", "tenancy"}:
        raise ValueError(f"'{one_line(text, 100)}' is not the OCID of a compartment")
    return ocid.text


def _resource_type(text: str) -> str:
    if text.lower() not in RESOURCE_KINDS:
        raise ValueError(f"'{one_line(text, 100)}' has no backups; expected {', '.join(RESOURCE_KINDS)}")
    return text.lower()


class SelectionFields(WireModel):
    """Which resources are meant."""

    tag: Annotated[str, AfterValidator(_tag)] | None = None
    value: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TAG_VALUE_LENGTH)] | None = None
    compartment_id: Annotated[str, AfterValidator(_compartment)] | None = None
    resource_types: Annotated[list[Annotated[str, AfterValidator(_resource_type)]], Field(min_length=1)] | None = None

    def selection(self, default_tag: TagName) -> Selection:
        """Return what the fields mean."""
        name = TagName.of(self.tag) if self.tag else default_tag
        types = tuple(dict.fromkeys(self.resource_types or DEFAULT_TYPES))
        return Selection(TagCondition(name, self.value), self.compartment_id, types)


def identity_of(token: str | None, context: Context) -> str:
    """Return the identity of a body that may carry a token. Raises InvalidRequest where it has none."""
    found = identity(token or context.fallback_id)
    if not found:
        raise InvalidRequest("opcRetryToken: needed where the call comes without the platform's Fn-Call-Id")
    return found
