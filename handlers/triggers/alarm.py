"""An alarm message of the Monitoring service, versions 1.0 to 1.5, grouped or split, pretty or not.

https://docs.oracle.com/en-us/iaas/Content/Monitoring/alarm-message-format.htm
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from handlers.domain.ocids import parse_ocid
from handlers.domain.result import Result, skipped
from handlers.domain.trigger import Target, Trigger
from handlers.domain.untrusted import identity, mapping, one_line, short_text, text, timestamp
from handlers.triggers.context import Context
from handlers.triggers.refusals import NotBackedUp
from handlers.triggers.resource_change import parse_backup_source

_NAME_RESOURCES = (
    "Take the function's topic from the alarm, or let its query name volumes or instances (the dimension resourceId)."
)
_SPLIT = "Split the alarm's messages per metric stream, so that each names its own resource."
_MAX_DIMENSIONS = 100  # a message lists no more, however many metric streams fire
_MAX_EPOCH_MILLIS = 10**14  # the year 5138; what is later is no time in milliseconds


def parse(document: dict[str, Any], context: Context) -> Iterator[Target | Result]:
    """Yield every distinct resource of every firing entry, in the order of the message; else the alarms themselves."""
    listed = document["alarmMetaData"]
    entries = [mapping(entry) for entry in listed] if isinstance(listed, list) else []
    trigger = _read_trigger(document, entries, context)
    if trigger.type not in context.settings.alarm_types:
        acting = ", ".join(context.settings.alarm_types)
        yield skipped(trigger, f"alarm transition {trigger.type or 'none'} does not act; ALARM_TYPES is {acting}")
        return
    firing = [entry for entry in entries if entry.get("status", "FIRING") == "FIRING"]
    if not firing:
        yield skipped(trigger, "the alarm has no firing entry", needs_person=True, hint=_NAME_RESOURCES)
    seen: set[str] = set()
    named = [item for entry in firing for item in _targets(trigger, entry, context, seen)]
    if any(isinstance(item, Target) for item in named):
        yield from named
    else:
        yield from list(_alarms(trigger, firing, context)) or named


def _alarms(trigger: Trigger, firing: list[Mapping[str, Any]], context: Context) -> Iterator[Target]:
    """Yield the alarms themselves, which may carry a selection: an alarm can be about anything."""
    ocids = (parse_ocid(entry.get("id")) for entry in firing)
    for ocid in dict.fromkeys(ocid for ocid in ocids if ocid and ocid.resource_type == "alarm"):
        yield Target(trigger, ocid, name=trigger.title, tag_required=context.settings.require_tag)


def _read_trigger(document: Mapping[str, Any], entries: list[Mapping[str, Any]], context: Context) -> Trigger:
    return Trigger(
        "alarm",
        _identity(document, context),
        one_line((text(document["type"]) or "").upper(), 100),
        _time(document),
        title=short_text(document.get("title")),
        source=next(filter(None, (short_text(entry.get("id")) for entry in entries)), None),
    )


def _targets(trigger: Trigger, entry: Mapping[str, Any], context: Context, seen: set[str]) -> Iterator[Target | Result]:
    """Yield the resources of one entry that were not `seen`. What is asked for and cannot be done needs a person."""
    listed = entry.get("dimensions")
    dimensions = [mapping(dimension) for dimension in listed] if isinstance(listed, list) and listed else [{}]
    for dimension in dimensions:
        resource_id = _dimension_value(dimension, "resourceid")
        name = short_text(_dimension_value(dimension, "resourcedisplayname"))
        try:
            ocid = parse_backup_source(resource_id)
        except NotBackedUp as error:
            reason = error.reason if resource_id else "the dimension names no resourceId"
            yield skipped(
                trigger, reason, text(resource_id), resource_name=name, needs_person=True, hint=_NAME_RESOURCES
            )
            continue
        if ocid.text not in seen:
            seen.add(ocid.text)
            yield Target(trigger, ocid, name=name, tag_required=context.settings.require_tag)
    total = entry.get("totalMetricsFiring")
    if len(dimensions) >= _MAX_DIMENSIONS and isinstance(total, int) and total > len(dimensions):
        reason = f"{total - len(dimensions)} more metric streams fire than the message lists"
        yield skipped(trigger, reason, needs_person=True, hint=_SPLIT)


def _dimension_value(dimension: Mapping[str, Any], key: str) -> Any:
    """Return the value under `key`: dimension names come as resourceId and resourceID."""
    return next((value for name, value in dimension.items() if name.casefold() == key), None)


def _identity(document: Mapping[str, Any], context: Context) -> str:
    """Return `dedupeKey` with the time: the key names the alarm or the metric stream, and repeats."""
    key = text(document.get("dedupeKey"))
    moment = document.get("timestampEpochMillis") or document.get("timestamp")
    return identity(f"{key}:{moment}" if key and moment else context.fallback_id)


def _time(document: Mapping[str, Any]) -> datetime | None:
    """Return when it fired: `timestampEpochMillis` is in every version, `timestamp` since 1.3."""
    millis = document.get("timestampEpochMillis")
    if isinstance(millis, int) and 0 < millis < _MAX_EPOCH_MILLIS:
        return datetime.fromtimestamp(millis / 1000, UTC)
    return timestamp(document.get("timestamp"))
