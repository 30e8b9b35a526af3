"""The index: every searchable resource as it was some time ago."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from itertools import chain
from time import monotonic

from ...core.identifiers import resource_type
from ...core.operations import Document
from .conditions import Fields
from .resource_types import FIELDS, TYPES

_COMMON = ("compartmentId", "displayName", "availabilityDomain", "lifecycleState")
_TAGS = ("freeformTags", "definedTags", "systemTags")
_SHOWN_ELSEWHERE = frozenset({*_COMMON, *_TAGS, "id", "timeCreated"})


class Entry:
    """A resource as it was when it changed: what conditions compare, and what answers show."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.kind = TYPES[resource_type(document["id"])]

    @cached_property
    def fields(self) -> Fields:
        """The values of the fields that queries may name; a text that the resource does not have is empty."""
        document = self.document
        created = document.get("timeCreated")
        return {
            "availabilitydomain": (document.get("availabilityDomain") or "",),
            "compartmentid": (document["compartmentId"],),
            "displayname": (_name(document) or "",),
            "identifier": (document["id"],),
            "lifecyclestate": (document.get("lifecycleState") or "",),
            "resourcetype": (self.kind.name,),
            "timecreated": (datetime.fromisoformat(created),) if created else (),
            **{
                name: tuple(tag[name][0] for tag in self.tags[name.partition(".")[0]]) for name in FIELDS if "." in name
            },
        }

    @cached_property
    def tags(self) -> Mapping[str, tuple[Fields, ...]]:
        """The fields of each tag by itself."""
        free, defined = (self.document.get(name) or {} for name in _TAGS[:2])
        return {
            "freeformtags": tuple(
                {"freeformtags.key": (key,), "freeformtags.value": (str(value),)} for key, value in free.items()
            ),
            "definedtags": tuple(
                {
                    "definedtags.namespace": (namespace,),
                    "definedtags.key": (key,),
                    "definedtags.value": (str(value),),
                }
                for namespace, keys in defined.items()
                for key, value in keys.items()
            ),
        }

    def summarize(self, *, shows_all: bool) -> Document:
        """Return the resource as an answer shows it; with `shows_all`, with all that its type has of its own."""
        document = self.document
        details = {name: value for name, value in document.items() if name not in _SHOWN_ELSEWHERE}
        return {
            "resourceType": self.kind.name,
            "identifier": document["id"],
            **{name: document.get(name) for name in (*_COMMON, "timeCreated")},
            "displayName": _name(document),
            **{name: document.get(name) or {} for name in _TAGS},
            "additionalDetails": details if shows_all else {},
        }


def _name(document: Document) -> str | None:
    """Return what a resource is called: compartments have a name, the others a display name."""
    name: str | None = document.get("displayName") or document.get("name")
    return name


class Index:
    """Entries by type, in the order in which the index got to know them; a change is seen `lag` seconds later."""

    def __init__(self, lag: float) -> None:
        self._lag = lag
        self._entries: dict[str, dict[str, Entry]] = {name: {} for name in TYPES}
        self._awaited: deque[tuple[float, str, Entry | None]] = deque()

    def record(self, ocid: str, document: Document | None) -> None:
        """Take note that a resource, of whatever type, has changed, or is gone."""
        if resource_type(ocid) not in TYPES:
            return
        # Changes replace the fields of a resource, so that a copy of it keeps those of today.
        entry = None if document is None else Entry(dict(document))
        self._awaited.append((monotonic() + self._lag, ocid, entry))
        self._catch_up()

    def entries(self, types: Iterable[str]) -> Iterable[Entry]:
        """Return the entries of these types as they are seen now."""
        self._catch_up()
        return chain.from_iterable(self._entries[name].values() for name in types)

    def _catch_up(self) -> None:
        while self._awaited and self._awaited[0][0] <= monotonic():
            _, ocid, entry = self._awaited.popleft()
            seen = self._entries[resource_type(ocid)]
            if entry is None:
                seen.pop(ocid, None)
            else:
                seen[ocid] = entry
