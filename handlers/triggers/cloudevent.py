"""A CloudEvent 1.0: around an event, around an audit record (Connector Hub's Logging source), or one of our own.

https://docs.oracle.com/en-us/iaas/Content/Logging/Reference/top_level_logging_format.htm
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from handlers.domain.errors import InvalidRequest
from handlers.domain.result import Result, skipped
from handlers.domain.trigger import Target, Trigger
from handlers.domain.untrusted import identity, mapping, text
from handlers.triggers import audit, event
from handlers.triggers.context import Context

OWN_SOURCE = "/create-volume-backup/"


def parse(document: dict[str, Any], context: Context) -> Iterator[Target | Result]:
    """Raises InvalidRequest where what is inside is neither an event nor an audit record."""
    if (text(document.get("source")) or "").startswith(OWN_SOURCE):
        trigger = Trigger("message", identity(text(document.get("id")) or context.fallback_id))
        yield skipped(trigger, "a message of this function itself; subscribe it to another topic than TOPIC_ID")
        return
    inside = dict(mapping(document["data"]))
    if "eventType" in inside and "data" in inside:
        if "eventID" in inside:
            yield from event.parse(inside, context)
            return
        if "eventId" in inside:
            yield from audit.parse(inside, context)
            return
    if "resourceId" not in inside:
        raise InvalidRequest("data: holds neither an event nor an audit record")
    record = {
        "eventId": inside.get("eventId") or document.get("id"),
        "eventType": document.get("type"),
        "eventTime": document.get("time"),
        "data": inside,
    }
    yield from audit.parse(record, context)
