"""A selection means every resource with its tag: found by Resource Search, and each checked again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from handlers.backups.failures import failed
from handlers.domain.errors import FunctionError
from handlers.domain.ocids import Ocid, parse_ocid
from handlers.domain.result import Result, skipped
from handlers.domain.search import Report, Search
from handlers.domain.selection import Selection
from handlers.domain.tags import tag_is_known, tags_of
from handlers.domain.trigger import Target
from handlers.domain.untrusted import short_text, text
from handlers.oci.client import OciApi
from handlers.oci.search import find_compartments, find_tagged

_GONE = frozenset({"TERMINATING", "TERMINATED"})
# What lets the function find them, and read and back them up, too.
_TO_FIND = {"volume": "use volumes", "bootvolume": "use volumes", "volumegroup": "inspect volume-groups"}


class Found(NamedTuple):
    """A resource that was found.

    Attributes:
        ocid: Its OCID.
        name: What the index calls it.
        compartment_id: Where it is.
    """

    ocid: Ocid
    name: str | None
    compartment_id: str


class Finder:
    """Finds what a selection means, page by page.

    Attributes:
        unreadable: How many items of the search had no OCID of a type that was asked for, or no compartment.
        unplaced: How many resources are in compartments that cannot be seen, so that it is not known whether they are
            below the one that was asked for.
    """

    def __init__(self, selection: Selection, api: OciApi) -> None:
        self.unreadable = 0
        self.unplaced = 0
        self._selection = selection
        self._api = api

    def find(self) -> Iterator[Found]:
        """Yield the resources. Raises what `OciApi.list_pages` raises, at any of them."""
        compartments = self._compartments()
        seen: set[str] = set()
        for page in find_tagged(self._selection.resource_types, self._selection.condition, self._api):
            for item in page:
                found = self._read(item)
                if found is None or found.ocid.text in seen or not self._is_meant(found, item, compartments):
                    continue
                seen.add(found.ocid.text)
                yield found

    def _read(self, item: dict[str, Any]) -> Found | None:
        ocid, compartment_id = parse_ocid(item.get("identifier")), text(item.get("compartmentId"))
        if ocid is None or ocid.resource_type not in self._selection.resource_types or compartment_id is None:
            self.unreadable += 1
            return None
        return Found(ocid, short_text(item.get("displayName")), compartment_id.lower())

    def _is_meant(self, found: Found, item: dict[str, Any], compartments: _Compartments | None) -> bool:
        if str(item.get("lifecycleState")).upper() in _GONE:
            return False
        # Where the index does not tell the tags, its word counts: it was asked for the tag.
        condition, tags = self._selection.condition, tags_of(item)
        if tag_is_known(tags, condition.name) and condition.find_mismatch(tags) is not None:
            return False
        if compartments is None:
            return True
        is_inside = compartments.is_inside(found.compartment_id)
        self.unplaced += is_inside is None
        return bool(is_inside)

    def _compartments(self) -> _Compartments | None:
        root = parse_ocid(self._selection.compartment_id)
        if root is None or root.resource_type == "tenancy":
            return None
        parents = {
            str(item.get("identifier")).lower(): str(item.get("compartmentId")).lower()
            for page in find_compartments(self._api)
            for item in page
        }
        return _Compartments(root.text, parents)


class _Compartments(NamedTuple):
    """A compartment and those below it.

    Attributes:
        root: The compartment.
        parents: Of every compartment that can be seen, the one that it is in.
    """

    root: str
    parents: dict[str, str]

    def is_inside(self, compartment_id: str) -> bool | None:
        """Return whether a compartment is the root or below it; None where that cannot be seen."""
        path = self._path(compartment_id)
        if self.root in path:
            return True
        # Both ways up are known as far as where they meet, and the root is not on this one.
        meets = not set(path).isdisjoint(self._path(self.root))
        return False if meets or _is_tenancy(path[-1]) else None

    def _path(self, compartment_id: str) -> list[str]:
        """The way up from a compartment, itself included, as far as it can be seen."""
        path = [compartment_id]
        while path[-1] in self.parents and len(path) <= len(self.parents):
            path.append(self.parents[path[-1]])
        return path


def targets_of(search: Search, api: OciApi) -> Sequence[Target | Result]:
    """Return a target for each resource of a selection, and a result for whatever may be missing.

    Where the search fails after some pages, what was found until then is backed up, and the rest left for a later try;
    a later try itself does all or nothing. Raises what `OciApi.list_pages` raises.
    """
    finder = Finder(search.selection, api)
    found: list[Target | Result] = []
    try:
        found += (_target(search, resource) for resource in finder.find())
    except FunctionError as error:
        if search.deferral is not None or not found:
            raise
        return [*found, failed(search, error)]
    return [*found, *tell_missing(search, finder, len(found))]


def tell_missing(task: Search | Report, finder: Finder, number: int) -> Iterator[Result]:
    """Yield a result where a search that found a `number` of resources may have missed some."""
    selection = task.selection
    grants = sorted({_TO_FIND[name] for name in selection.resource_types})
    statements = "; ".join(f"Allow dynamic-group <the function's> to {grant} in compartment <C>" for grant in grants)
    again = f"Then invoke the function with {json.dumps(task.body())}"
    if finder.unreadable:
        reason = f"{finder.unreadable} results of Resource Search were not understood, and are left out"
        yield skipped(task.trigger, reason, needs_person=True, hint="Please report this as a defect of the function.")
    if finder.unplaced:
        reason = (
            f"{finder.unplaced} with the tag {selection.condition} left out: the function may not see the compartments "
            f"that they are in, and cannot tell whether these are below {selection.compartment_id}"
        )
        hint = (
            "Check that a policy allows it: Allow dynamic-group <the function's> to inspect compartments in tenancy. "
            f"{again}"
        )
        yield skipped(task.trigger, reason, needs_person=True, hint=hint)
    elif not number:
        reason = f"no {selection.any_of_them()} was found; a missing permission to inspect them looks the same"
        hint = (
            "Check how the tag is spelled on the resources, and that a policy lets the function see them: "
            f"{statements} (<C> is their compartment, or one above it). A tag that was set just now takes a while to "
            f"be found. {again}"
        )
        yield skipped(task.trigger, reason, needs_person=True, hint=hint)


def _target(search: Search, found: Found) -> Target:
    """Its name is for people only: it can change between two deliveries. Its tags are read anew, for the index lags."""
    return Target(
        search.trigger,
        found.ocid,
        name=found.name,
        compartment_id=found.compartment_id,
        tag_required=search.tag_required,
        condition=search.selection.condition,
        request=search.request,
        deferral=search.deferral and search.deferral._replace(is_alone=False),
    )


def _is_tenancy(compartment_id: str) -> bool:
    ocid = parse_ocid(compartment_id)
    return ocid is not None and ocid.resource_type == "tenancy"
