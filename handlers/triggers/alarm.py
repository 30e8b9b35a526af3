"""An alarm message of the Monitoring service, versions 1.0 to 1.5, grouped or split, pretty or not.

https://docs.oracle.com/en-us/iaas/Content/Monitoring/alarm-message-format.htm
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from handlers.domain.result import Result, skipped
from handlers.domain.trigger import Target, Trigger
from handlers.domain.untrusted import identity, mapping, one_line, text, timestamp
from handlers.triggers.context import Context
from handlers.triggers.resource_change import usable

_MAX_DIMENSIONS = 100  # a message lists no more, however many metric streams fire


def parse(document: dict[str, Any], context: Context) -> Iterator[Target | Result]:
    """Every distinct resource of every firing entry, in the order of the message."""
    transition = (text(document["type"]) or "").upper()
    trigger = Trigger("alarm", _identity(document, context), one_line(transition, 100), _time(document))
    if transition not in context.settings.alarm_types:
        acting = ", ".join(context.settings.alarm_types)
        yield skipped(trigger, f"alarm transition {trigger.type or 'none'} does not act; ALARM_TYPES is {acting}")
        return
    entries = document["alarmMetaData"] if isinstance(document["alarmMetaData"], list) else []
    firing = [mapping(entry) for entry in entries if mapping(entry).get("status", "FIRING") == "FIRING"]
    seen: set[str] = set()
    for entry in firing:
        yield from _targets(trigger, entry, context, seen)
    if not firing:
        yield skipped(trigger, "the alarm has no firing entry")


def _targets(trigger: Trigger, entry: Mapping[str, Any], context: Context, seen: set[str]) -> Iterator[Target | Result]:
    listed = entry.get("dimensions")
    dimensions = [mapping(dimension) for dimension in listed] if isinstance(listed, list) and listed else [{}]
    for dimension in dimensions:
        resource_id = _get(dimension, "resourceid")
        ocid = usable(resource_id)
        if isinstance(ocid, str):
            yield skipped(trigger, ocid if resource_id else "the dimension names no resourceId", text(resource_id))
        elif ocid.text not in seen:
            seen.add(ocid.text)
            name = text(_get(dimension, "resourcedisplayname"))
            yield Target(trigger, ocid, name=name, tag_required=context.settings.require_tag)
    total = entry.get("totalMetricsFiring")
    if len(dimensions) >= _MAX_DIMENSIONS and isinstance(total, int) and total > len(dimensions):
        missing = total - len(dimensions)
        yield skipped(trigger, f"{missing} more metric streams fire than the message lists; split the alarm's messages")


def _get(dimension: Mapping[str, Any], key: str) -> Any:
    """Dimension names come as resourceId and resourceID."""
    return next((value for name, value in dimension.items() if name.casefold() == key), None)


def _identity(document: Mapping[str, Any], context: Context) -> str:
    """`dedupeKey` names the alarm or metric stream and repeats, so the time belongs to the identity."""
    key = text(document.get("dedupeKey"))
    moment = document.get("timestampEpochMillis") or document.get("timestamp")
    return identity(f"{key}:{moment}" if key and moment else context.fallback_id)


def _time(document: Mapping[str, Any]) -> datetime | None:
    """`timestampEpochMillis` is in every version, `timestamp` since 1.3."""
    millis = document.get("timestampEpochMillis")
    if isinstance(millis, int) and 0 < millis < 10**14:
        return datetime.fromtimestamp(millis / 1000, UTC)
    return timestamp(document.get("timestamp"))
