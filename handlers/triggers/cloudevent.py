"""A CloudEvent 1.0: around an event or an audit record, or instead of their own envelope.

Connector Hub's Logging source writes an audit record in this form, with the record's `data` as its own; bridges between
clouds do the same with an event.
https://docs.oracle.com/en-us/iaas/Content/Logging/Reference/top_level_logging_format.htm
"""

from __future__ import annotations

from typing import Any

from handlers.domain.untrusted import mapping
from handlers.triggers.context import Context
from handlers.triggers.refusals import UnknownKind

# What an audit record tells of the call; an event tells of its result alone.
_AUDIT_FIELDS = frozenset({"identity", "request", "response", "stateChange"})


def unwrap(document: dict[str, Any], context: Context) -> tuple[object, Context]:
    """Return the event or the audit record in the envelope of its own service. Raises UnknownKind where it is none."""
    data = dict(mapping(document["data"]))
    if "eventType" in data and "data" in data:
        return data, context
    if "id" not in document or "type" not in document:
        raise UnknownKind("a CloudEvent without id or type, around neither an event nor an audit record")
    record = {"eventType": document["type"], "eventTime": document.get("time"), "data": data}
    if _AUDIT_FIELDS.isdisjoint(data):
        return {**record, "eventID": document["id"]}, context
    return {**record, "eventId": data.get("eventId") or document["id"]}, context
