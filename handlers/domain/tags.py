"""Does a resource's tag ask for a backup, and of which type?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from handlers.domain.untrusted import one_line

# Printable ASCII without a space and without the period that separates a namespace from its key.
TAG_KEY = re.compile(r"[!-\-/-~]{1,100}")
_FIELDS = frozenset({"freeformtags", "definedtags"})
_TYPES = {"full": "FULL", "incremental": "INCREMENTAL"}
_YES = frozenset({"true", "yes", "on", "now", "1"})
_NO = frozenset({"false", "no", "off", "0", "none", ""})


class Tags(NamedTuple):
    """A resource's tags as far as they are known: None where the source did not say, {} where there are none."""

    freeform: Mapping[str, Any] | None = None
    defined: Mapping[str, Any] | None = None


class TagName(NamedTuple):
    """A tag's name: a free-form `key`, or a defined `namespace` and `key`; compared without regard to case."""

    key: str
    namespace: str | None = None

    @classmethod
    def of(cls, text: str) -> TagName:
        """Return the name that `text` is: `key` or `namespace.key`. Raises ValueError where it is neither."""
        parts = text.split(".")
        if len(parts) > 2 or not all(TAG_KEY.fullmatch(part) for part in parts):
            raise ValueError(f"'{one_line(text, 200)}' is neither a tag key nor namespace.key")
        return cls(parts[-1], parts[0] if len(parts) > 1 else None)

    def __str__(self) -> str:
        return f"{self.namespace}.{self.key}" if self.namespace else self.key


class TagDecision(NamedTuple):
    """What a tag asks for.

    Attributes:
        type: The type of the backup, None where the configured one is meant.
        reason: Why it asks for no backup, None where it does.
        opts_out: Whether it says no, which counts whoever asks.
        needs_person: Whether it says something that nobody can understand, so that somebody must correct it.
    """

    type: str | None = None
    reason: str | None = None
    opts_out: bool = False
    needs_person: bool = False


def tags_of(resource: Mapping[str, Any]) -> Tags:
    """Return a resource's tags. Events spell it freeformTags, their documentation freeFormTags; either may be null."""
    found = {
        folded: value
        for key, value in resource.items()
        if (folded := key.casefold()) in _FIELDS and isinstance(value, Mapping)
    }
    return Tags(found.get("freeformtags"), found.get("definedtags"))


def all_tags_of(resource: Mapping[str, Any]) -> Tags:
    """Return the tags of a resource that tells all it has: what it leaves out is not there."""
    tags = tags_of(resource)
    return Tags(tags.freeform or {}, tags.defined or {})


def tag_is_known(tags: Tags | None, name: TagName) -> bool:
    """Return whether the source reported this tag at all. If it did not, read the tags from the API."""
    return tags is not None and (tags.defined if name.namespace else tags.freeform) is not None


def opts_out(value: object) -> bool:
    """Return whether a tag's value says no."""
    return str(value).strip().casefold() in _NO


def decide_by_tag(tags: Tags, name: TagName) -> TagDecision:
    """Return what the tag `name` asks for."""
    value = tag_value(tags, name)
    if value is None:
        return TagDecision(reason=f"not tagged with {name}")
    word = str(value).strip().casefold()
    if word in _TYPES:
        return TagDecision(type=_TYPES[word])
    if word in _YES:
        return TagDecision()
    if opts_out(value):
        return TagDecision(reason=f"tag {name} opts out", opts_out=True)
    return TagDecision(
        reason=f"tag {name} has the value '{one_line(str(value), 100)}', expected full, incremental, true or false",
        needs_person=True,
    )


def tag_value(tags: Tags, name: TagName) -> Any:
    """Return the value of the tag `name`, None where it is not there."""
    if name.namespace is None:
        return _find(tags.freeform, name.key)
    namespace = _find(tags.defined, name.namespace)
    return _find(namespace, name.key) if isinstance(namespace, Mapping) else None


def _find(mapping: Mapping[str, Any] | None, key: str) -> Any:
    """Return the value under `key`, whatever its case; a null value counts as an empty one."""
    for candidate, value in (mapping or {}).items():
        if candidate.casefold() == key.casefold():
            return "" if value is None else value
    return None
