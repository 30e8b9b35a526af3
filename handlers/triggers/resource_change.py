"""What events and audit records have in common: something was done to a resource.

Event types: https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventsproducers.htm
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from handlers.domain.errors import InvalidRequest
from handlers.domain.ocids import Ocid, parse_ocid
from handlers.domain.resource_kinds import BACKUP_KINDS, SOURCES
from handlers.domain.result import Result, skipped
from handlers.domain.tags import Tags, tags_of
from handlers.domain.trigger import Target, Trigger
from handlers.domain.untrusted import identity, mapping, one_line, short_text, text, timestamp
from handlers.triggers.context import Context
from handlers.triggers.refusals import NotBackedUp

# A tag change is an update without a suffix; .begin is left out because the operation may still fail, and a group's
# creation without a suffix because .end follows it.
TAGGED_TYPES = re.compile(
    r"com\.oraclecloud\.blockvolumes\.(update(boot)?volume(group)?(\.end)?|create(boot)?volume(group)?\.end)"
)


def parse_backup_source(resource_id: object) -> Ocid:
    """Return the OCID of a resource that can be backed up. Raises NotBackedUp."""
    ocid = parse_ocid(resource_id)
    if ocid is None:
        raise NotBackedUp(f"'{one_line(str(resource_id or ''), 100)}' is not the OCID of a resource")
    if ocid.resource_type in BACKUP_KINDS:
        raise NotBackedUp("the resource is itself a backup")
    if ocid.resource_type not in SOURCES:
        raise NotBackedUp(f"a resource of type {ocid.resource_type} has no volumes to back up")
    return ocid


def read_trigger(kind: str, document: Mapping[str, Any], *, id_field: str) -> Trigger:
    """Return what happened, and when. Raises InvalidRequest where the document does not say."""
    event_id, event_type = text(document[id_field]), text(document["eventType"])
    if event_id is None or event_type is None:
        raise InvalidRequest(f"{id_field} and eventType: expected texts that are not empty")
    return Trigger(kind, identity(event_id), one_line(event_type, 100), timestamp(document.get("eventTime")))


def changed_resource(
    trigger: Trigger, data: Mapping[str, Any], context: Context, *, tags: Tags | None = None
) -> Target:
    """Return the resource of `data`. Raises NotBackedUp where what was done to it asks for no backup."""
    event_type = (trigger.type or "").lower()
    listed = any(fnmatchcase(event_type, pattern) for pattern in context.settings.event_types)
    if not listed and not TAGGED_TYPES.fullmatch(event_type):
        raise NotBackedUp(f"events of type {trigger.type} are not acted on{_advice(event_type, data)}")
    status = text(mapping(data.get("additionalDetails")).get("status"))
    if status and "fail" in status.lower():
        raise NotBackedUp("the operation that the event tells of failed")
    return Target(
        trigger,
        parse_backup_source(data.get("resourceId")),
        name=short_text(data.get("resourceName")),
        compartment_id=text(data.get("compartmentId")),
        tags=tags or tags_of(data),
        tag_required=context.settings.require_tag if listed else True,
    )


def not_backed_up(trigger: Trigger, data: Mapping[str, Any], error: NotBackedUp) -> Result:
    """Return the result of doing nothing to the resource of `data`."""
    name = short_text(data.get("resourceName"))
    return skipped(trigger, error.reason, text(data.get("resourceId")), resource_name=name)


def _advice(event_type: str, data: Mapping[str, Any]) -> str:
    """Return how to have such events acted on, where that would help: their resource must have volumes."""
    end = f"{event_type.removesuffix('.begin')}.end"
    if TAGGED_TYPES.fullmatch(end):  # to add the type would make two backups
        return f"; {end}, which follows, is"
    try:
        parse_backup_source(data.get("resourceId"))
    except NotBackedUp:
        return ""
    return "; add the type to EVENT_TYPES"
