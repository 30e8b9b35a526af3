"""A selection: everything with a tag is backed up, at the request of a person, a script or a schedule.

`{"select": {"tag", "value", "compartmentId", "resourceTypes"}}`, and beside it what the backups are to be like.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from handlers.domain.requests import SelectionRequest
from handlers.domain.search import Search
from handlers.domain.selection import Selection
from handlers.domain.trigger import Trigger
from handlers.triggers.context import Context
from handlers.triggers.selection import SelectionFields, identity_of


class _Body(SelectionRequest):
    select: SelectionFields


def parse(document: Mapping[str, Any], context: Context) -> Iterator[Search]:
    """Yield the selection. Raises InvalidRequest, which names every field that is wrong."""
    selection, request = read_selection(document, context)
    identity = identity_of(request.opc_retry_token, context)
    yield Search(Trigger("select", identity, title=str(selection)), selection, request)


def read_selection(document: Mapping[str, Any], context: Context) -> tuple[Selection, SelectionRequest]:
    """Return which resources a body means, and what their backups are to be like. Raises InvalidRequest."""
    body = _Body.parse(document)
    fields = {name: getattr(body, name) for name in SelectionRequest.model_fields}
    return body.select.selection(context.settings.backup_tag), SelectionRequest(**fields)
