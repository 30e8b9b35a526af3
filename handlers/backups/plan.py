"""A target becomes the request that is sent: a pure function, so that a redelivery sends the same bytes."""

from __future__ import annotations

from typing import Any

from handlers.domain.errors import InvalidRequest
from handlers.domain.models import (
    DETAILS,
    MAX_DISPLAY_NAME_LENGTH,
    MAX_FREEFORM_TAGS,
    CreateBackupDetails,
    tags_fit,
)
from handlers.domain.provenance import PROVENANCE_TAG, provenance
from handlers.domain.trigger import Target, Trigger
from handlers.domain.untrusted import one_line
from handlers.settings import Settings

# Kinds that are about one resource and name it: nothing else of such a trigger can reach it. An alarm can name a volume
# as well as its instance.
_KINDS_THAT_NAME = frozenset({"event", "audit"})


def build_request(target: Target, backup_type: str | None, settings: Settings) -> CreateBackupDetails:
    """The request for a volume, boot volume or volume group; `backup_type` is what its tag asks for, if anything.

    A direct request's own fields stand as given. Raises InvalidRequest where the resource cannot have one of them.
    """
    details = DETAILS[target.resource.resource_type]
    fields: dict[str, Any] = {"type": backup_type or settings.backup_type}
    if settings.kms_key_id and details.takes_key:
        fields["kms_key_id"] = settings.kms_key_id
    if target.request is None:
        fields["display_name"] = display_name(target)
    else:
        fields |= target.request.explicit_fields()
    if "kms_key_id" in fields and not details.takes_key:
        raise InvalidRequest("kmsKeyId: the backup of a volume group takes the keys of its volumes")
    if settings.retention_days and not fields.keys() & {"retention_period", "is_indefinite_retention_enabled"}:
        fields["retention_period"] = {"retentionTimeUnit": "DAYS", "retentionTimeAmount": settings.retention_days}
    fields["freeform_tags"] = _with_provenance(fields, target.trigger) or None
    return details(resource_id=target.resource.text, **fields)


def display_name(target: Target) -> str:
    """The resource's name as its own event tells it, or else the end of its OCID, and the trigger's own time.

    A volume can be found in several ways, named by an alarm and attached to one or more of its instances, and which
    comes first is chance. So only a trigger that is about this one resource gives it its name: one trigger and volume
    always make one name, and so the same bytes. A resource's name as the API knows it can change between deliveries.
    """
    resource = target.resource
    told = target.name if target.trigger.kind in _KINDS_THAT_NAME else None
    name = one_line(told or "", MAX_DISPLAY_NAME_LENGTH).strip()
    name = name or f"{resource.resource_type}-{resource.unique_id[-12:]}"
    time = f"-{target.trigger.time:%Y%m%dT%H%M%SZ}" if target.trigger.time else ""
    return name[: MAX_DISPLAY_NAME_LENGTH - len(time)] + time


def _with_provenance(fields: dict[str, Any], trigger: Trigger) -> dict[str, str]:
    """The request's tags and ours, unless the limits leave no room or the request has set it itself."""
    given: dict[str, str] = fields.get("freeform_tags") or {}
    tags = {**given, PROVENANCE_TAG: provenance(trigger)}
    taken = any(key.casefold() == PROVENANCE_TAG for key in given)
    if taken or len(tags) > MAX_FREEFORM_TAGS or not tags_fit(tags, fields.get("defined_tags")):
        return given
    return tags
