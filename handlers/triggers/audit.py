"""A record of the Audit service (version 2): an API call was made, successfully or not.

https://docs.oracle.com/en-us/iaas/Content/Audit/Reference/logeventreference.htm
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from handlers.domain.errors import InvalidRequest
from handlers.domain.result import Result, skipped
from handlers.domain.tags import all_tags_of, decide_by_tag, tag_is_known, tags_of
from handlers.domain.trigger import Target, Trigger
from handlers.domain.untrusted import identity, mapping, one_line, text, timestamp
from handlers.triggers.context import Context
from handlers.triggers.resource_change import targets


def parse(document: dict[str, Any], context: Context) -> Iterator[Target | Result]:
    """A record with `eventId`, `eventType` and `data`. Raises InvalidRequest where it has no identity."""
    event_id, event_type = text(document["eventId"]), text(document["eventType"])
    if event_id is None or event_type is None:
        raise InvalidRequest("eventId and eventType: expected texts that are not empty")
    time = timestamp(document.get("eventTime"))
    trigger = Trigger("audit", identity(event_id), one_line(event_type, 100), time)
    data = mapping(document["data"])
    status = str(mapping(data.get("response")).get("status", ""))
    if not (len(status) == 3 and status.startswith("2")):
        yield skipped(
            trigger, f"the call did not succeed: status '{one_line(status, 20)}'", text(data.get("resourceId"))
        )
        return
    previous, current = _states(data)
    if previous and current and not _tag_changed(previous, current, context):
        reason = f"the call did not change the tag {context.settings.backup_tag}"
        yield skipped(trigger, reason, text(data.get("resourceId")))
        return
    tags = tags_of(data)
    if current and not tag_is_known(tags, context.settings.backup_tag):
        tags = tags_of(current)
    yield from targets(trigger, data, context, tags=tags)


def _states(data: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What the resource was before and after the call, empty where the record does not say."""
    change = mapping(data.get("stateChange"))
    return mapping(change.get("previous")), mapping(change.get("current"))


def _tag_changed(previous: Mapping[str, Any], current: Mapping[str, Any], context: Context) -> bool:
    name = context.settings.backup_tag
    return decide_by_tag(all_tags_of(previous), name) != decide_by_tag(all_tags_of(current), name)
