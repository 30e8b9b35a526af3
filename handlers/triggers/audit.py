"""A record of the Audit service (version 2): an API call was made, successfully or not.

https://docs.oracle.com/en-us/iaas/Content/Audit/Reference/logeventreference.htm
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from handlers.domain.result import Result
from handlers.domain.tags import TagName, Tags, all_tags_of, decide_by_tag, tag_is_known, tags_of
from handlers.domain.trigger import Target
from handlers.domain.untrusted import mapping, one_line
from handlers.triggers.context import Context
from handlers.triggers.refusals import NotBackedUp
from handlers.triggers.resource_change import changed_resource, not_backed_up, read_trigger


def parse(document: dict[str, Any], context: Context) -> Iterator[Target | Result]:
    """Yield the resource of a successful call. Raises InvalidRequest where the record has no identity."""
    trigger = read_trigger("audit", document, id_field="eventId")
    data = mapping(document["data"])
    try:
        _require_success(data)
        tags = _changed_tags(data, context.settings.backup_tag)
        yield changed_resource(trigger, data, context, tags=tags)
    except NotBackedUp as error:
        yield not_backed_up(trigger, data, error)


def _require_success(data: Mapping[str, Any]) -> None:
    status = str(mapping(data.get("response")).get("status", ""))
    if not (len(status) == 3 and status.startswith("2")):
        raise NotBackedUp(f"the call did not succeed: status '{one_line(status, 20)}'")


def _changed_tags(data: Mapping[str, Any], name: TagName) -> Tags:
    """Return the tags after the call: `stateChange` is sure to be of that time, what stands beside it is not.

    Raises NotBackedUp where the record tells both sides, and the tag `name` asks for the same on both.
    """
    change = mapping(data.get("stateChange"))
    previous, current = mapping(change.get("previous")), mapping(change.get("current"))
    if previous and current and _decide(previous, name) == _decide(current, name):
        raise NotBackedUp(f"the call did not change the tag {name}")
    tags = tags_of(current)
    return tags if tag_is_known(tags, name) else tags_of(data)


def _decide(state: Mapping[str, Any], name: TagName) -> object:
    return decide_by_tag(all_tags_of(state), name)
