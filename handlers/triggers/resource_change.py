"""What events and audit records have in common: something was done to a resource.

Event types: https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventsproducers.htm
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from handlers.domain.ocids import Ocid, parse_ocid
from handlers.domain.resource_kinds import BACKUP_KINDS, SOURCES
from handlers.domain.result import Result, skipped
from handlers.domain.tags import tags_of
from handlers.domain.trigger import Tags, Target, Trigger
from handlers.domain.untrusted import mapping, one_line, text
from handlers.triggers.context import Context

# A tag change is an update without a suffix; .begin is left out because the operation may still fail.
TAGGED_TYPES = re.compile(
    r"com\.oraclecloud\.blockvolumes\.(update(boot)?volume(group)?(\.end)?|create(boot)?volume(group)?\.end|createvolumegroup)"
)


def usable(resource_id: object) -> Ocid | str:
    """The OCID of a resource that can be backed up, or the reason why it cannot."""
    ocid = parse_ocid(resource_id)
    if ocid is None:
        return f"'{one_line(str(resource_id or ''), 100)}' is not the OCID of a resource"
    if ocid.resource_type in BACKUP_KINDS:
        return "the resource is itself a backup"
    if ocid.resource_type not in SOURCES:
        return f"a resource of type {ocid.resource_type} has no volumes to back up"
    return ocid


def targets(
    trigger: Trigger, data: Mapping[str, Any], context: Context, *, tags: Tags | None = None
) -> Iterator[Target | Result]:
    """The resource of `data`, if the type of what was done to it asks for a backup."""
    resource_id = data.get("resourceId")
    told = text(resource_id)
    event_type = (trigger.type or "").lower()
    listed = any(fnmatchcase(event_type, pattern) for pattern in context.settings.event_types)
    if not listed and not TAGGED_TYPES.fullmatch(event_type):
        yield skipped(trigger, f"events of type {trigger.type} are not acted on; add the type to EVENT_TYPES", told)
        return
    status = text(mapping(data.get("additionalDetails")).get("status"))
    if status and "fail" in status.lower():
        yield skipped(trigger, "the operation that the event tells of failed", told)
        return
    ocid = usable(resource_id)
    if isinstance(ocid, str):
        yield skipped(trigger, ocid, told)
        return
    yield Target(
        trigger,
        ocid,
        name=text(data.get("resourceName")),
        compartment_id=text(data.get("compartmentId")),
        tags=tags or tags_of(data),
        tag_required=context.settings.require_tag if listed else True,
    )
