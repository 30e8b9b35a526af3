"""The conditions of a query, and whether they hold of a resource."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .resource_types import TIME

Value = str | datetime
# The values of each field by its name in small letters; fields of tags have as many as there are tags.
Fields = Mapping[str, tuple[Value, ...]]
# The fields of each tag by itself, by `freeformtags` and `definedtags`.
Tags = Mapping[str, tuple[Fields, ...]]

_OF_TIMES: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OF_TEXTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda found, value: found.lower() == value.lower(),
    "!=": lambda found, value: found.lower() != value.lower(),
    "==": operator.eq,
    "!==": operator.ne,
    "=~": lambda found, value: value.lower() in found.lower(),
}


def operators_of(field_type: str) -> Mapping[str, Callable[[Any, Any], bool]]:
    """Return the operators that compare fields of a type."""
    return _OF_TIMES if field_type == TIME else _OF_TEXTS


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field, named in small letters, and what one of its values has to be compared with."""

    field: str
    compare: Callable[[Any, Any], bool]
    value: Value
    depth = 0

    def holds(self, fields: Fields, tags: Tags) -> bool:
        """Return whether it is true of one of the field's values: `!=` of a tag, too, is about one of the tags."""
        return any(self.compare(found, self.value) for found in fields[self.field])

    @property
    def tags(self) -> str:
        """The kind of tags that it is about, or an empty text."""
        name, separator, _ = self.field.partition(".")
        return name if separator else ""


@dataclass(frozen=True, slots=True)
class _Joined:
    """Conditions that are joined."""

    conditions: tuple[Condition, ...]

    @property
    def depth(self) -> int:
        """How many levels of conditions are in it."""
        return 1 + max(condition.depth for condition in self.conditions)


class AllOf(_Joined):
    """Conditions of which all have to hold."""

    tags = ""

    def holds(self, fields: Fields, tags: Tags) -> bool:
        """Return whether all of them are true."""
        return all(condition.holds(fields, tags) for condition in self.conditions)


class AnyOf(_Joined):
    """Conditions of which one has to hold."""

    def holds(self, fields: Fields, tags: Tags) -> bool:
        """Return whether one of them is true."""
        return any(condition.holds(fields, tags) for condition in self.conditions)

    @property
    def tags(self) -> str:
        """The kind of tags that all of them are about, or an empty text."""
        kinds = {condition.tags for condition in self.conditions}
        return kinds.pop() if len(kinds) == 1 else ""


@dataclass(frozen=True, slots=True)
class WithinOneTag(_Joined):
    """Conditions about one kind of tags, all of which have to hold of the same tag."""

    kind: str
    tags = ""

    def holds(self, fields: Fields, tags: Tags) -> bool:
        """Return whether there is a tag of which all of them are true."""
        return any(all(condition.holds(tag, {}) for condition in self.conditions) for tag in tags[self.kind])


Condition = Comparison | AllOf | AnyOf | WithinOneTag


def join(conditions: tuple[Condition, ...], *, is_loose: bool) -> AllOf:
    """Return conditions that are joined by `&&`; unless that is loose, those about tags are about the same tag."""
    return AllOf(conditions if is_loose else tuple(_by_tag(conditions)))


def _by_tag(conditions: tuple[Condition, ...]) -> Iterator[Condition]:
    for kind in dict.fromkeys(condition.tags for condition in conditions):
        alike = tuple(condition for condition in conditions if condition.tags == kind)
        if kind:
            yield WithinOneTag(alike, kind)
        else:
            yield from alike
