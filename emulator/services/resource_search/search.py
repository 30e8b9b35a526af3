"""Searches: structured queries over the index, of which everybody sees what they may list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from oci.resource_search import models

from ...core.cloud import Cloud
from ...core.collection import page_of
from ...core.errors import invalid, malformed, not_found, not_implemented
from ...core.identifiers import resource_type
from ...core.models import check_details
from ...core.operations import Call, Reply, operation
from ...core.service import Service
from ..identity.authorization import Authorization
from .index import Entry, Index
from .query_language import Clause, Order, Query, parse_query
from .resource_types import TYPES, describe

_PATH = "/20180409"
_STRUCTURED = "Structured"


class ResourceSearch(Service):
    """Searches what changes of resources have told the index."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._index = Index(cloud.options.search_lag)
        cloud.changes.listen(self._index.record)

    @operation("POST", f"{_PATH}/resources")
    async def search_resources(self, call: Call) -> Reply:
        """SearchResources, of type Structured: what the caller may list. Leaves out `matching`, `in` and highlights."""
        details = call.body
        check_details(details, models.SearchDetails)
        if details["type"] != _STRUCTURED:
            raise not_implemented(f"The local OCI searches by {_STRUCTURED} queries only.")
        self._check_tenancy(call)
        try:
            query = parse_query(details["query"], is_loose=self.cloud.options.search_is_loose)
        except ValueError as error:
            raise invalid(f"The query is not understood: {error}") from error
        visible = self._visible_to(call.caller, query)
        found = page_of(_sorted(visible, query.order), call, self.cloud.options.page_size)
        return replace(
            found, document={"items": [entry.summarize(shows_all=query.shows_all) for entry in found.document]}
        )

    def _check_tenancy(self, call: Call) -> None:
        """Raise ServiceError 400 for what is no tenancy, and 404 for another one than this."""
        tenancy_id = call.query.get("tenantId") or self.cloud.tenancy_id
        if resource_type(tenancy_id) != "tenancy":
            raise malformed("tenantId")
        if tenancy_id != self.cloud.tenancy_id:
            raise not_found()

    def _visible_to(self, caller_id: str, query: Query) -> list[Entry]:
        """Return what matches a query and may be listed by a caller: less, and no error, where a policy is missing."""
        may = self.cloud.service(Authorization).decide_for(caller_id)
        matching = chain.from_iterable(map(self._matching, query.clauses))
        # What matches more than one part of a union is found once.
        once = {entry.document["id"]: entry for entry in matching}
        return [entry for entry in once.values() if may(entry.kind.list_operation, entry.document)]

    def _matching(self, clause: Clause) -> Iterator[Entry]:
        for entry in self._index.entries(clause.types):
            if clause.condition is None or clause.condition.holds(entry.fields, entry.tags):
                yield entry

    @operation("GET", f"{_PATH}/resourceTypes")
    async def list_resource_types(self, call: Call) -> Reply:
        """ListResourceTypes: those that are searched here, of the many that OCI has."""
        return page_of(map(describe, TYPES.values()), call, self.cloud.options.page_size)

    @operation("GET", f"{_PATH}/resourceTypes/{{name}}")
    async def get_resource_type(self, call: Call) -> Reply:
        """GetResourceType, with the fields that queries may name: those that all types have, and no others."""
        kind = TYPES.get(call.path["name"].lower())
        if kind is None:
            raise not_found()
        return Reply(describe(kind))


def _sorted(entries: list[Entry], order: Order) -> list[Entry]:
    """Sort by a field; what does not have it comes last, and of what is equal the newest comes first, or last."""
    having = [entry for entry in entries if any(entry.fields[order.field])]
    lacking = [entry for entry in entries if not any(entry.fields[order.field])]
    in_order = having[::-1] if order.descending else having

    def value_of(entry: Entry) -> Any:
        value = entry.fields[order.field][0]
        return value.lower() if isinstance(value, str) else value

    return [*sorted(in_order, key=value_of, reverse=order.descending), *lacking]
