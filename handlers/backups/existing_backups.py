"""The backups that a resource has already, and whether one of them is this trigger's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from handlers.backups.known_resource import KnownResource
from handlers.domain.errors import ApiUnreachable
from handlers.domain.models import VolumeBackup
from handlers.domain.provenance import PROVENANCE_TAG
from handlers.domain.tags import tags_of
from handlers.domain.untrusted import text, timestamp
from handlers.oci.client import ApiResponse, OciApi

# A token lives 24 hours, and policies make a backup an hour at most: this trigger's own is among so many.
_BACKUPS_TO_COMPARE = 50
# As far as the clocks of two services may lie apart: a signed request is refused beyond it.
_CLOCK_SKEW = timedelta(minutes=5)

RUNNING = frozenset({"REQUEST_RECEIVED", "CREATING"})
DELETED = frozenset({"TERMINATING", "TERMINATED"})
# Nothing can be restored from these.
OF_NO_USE = frozenset({"FAULTY", *DELETED})


def list_backups(resource: KnownResource, api: OciApi) -> list[VolumeBackup]:
    """Return the newest backups of a resource, newest first. Raises what `OciApi.send` raises, and ApiUnreachable."""
    operation = resource.kind.list_backups
    query = {
        "compartmentId": resource.read_compartment_id(),
        resource.kind.id_field: resource.ocid.text,
        "sortBy": "TIMECREATED",
        "sortOrder": "DESC",
        "limit": _BACKUPS_TO_COMPARE,
    }
    listed = api.send(operation, resource.ocid, query=query).document
    backups = [backup for backup in map(parse_backup, listed) if backup is not None]
    return [backup for backup in backups if source_of(backup, resource) in {None, resource.ocid.text}]


def volume_backup(answer: ApiResponse) -> VolumeBackup:
    """Return the backup that an API answered. Raises ApiUnreachable where the answer is none."""
    backup = parse_backup(answer.document)
    if backup is None:
        raise ApiUnreachable("The service's answer is not a backup: it has no id or no lifecycleState.")
    return backup


def parse_backup(document: object) -> VolumeBackup | None:
    """Return a backup as an API tells of it, None where it is none."""
    try:
        return VolumeBackup.of(document) if isinstance(document, dict) else None
    except ValueError:
        return None


def source_of(backup: VolumeBackup, resource: KnownResource) -> str | None:
    """Return the OCID of what it is a backup of, None where the service does not say."""
    source = text(backup.document().get(resource.kind.id_field))
    return source.lower() if source else None


def provenance_of(backup: VolumeBackup) -> str | None:
    """Return what a backup says of the trigger that made it: None where the service tells no tags, else a text."""
    tags = tags_of(backup.document()).freeform
    return None if tags is None else str(tags.get(PROVENANCE_TAG) or "")


def time_of(backup: VolumeBackup) -> datetime | None:
    """Return when a backup was asked for."""
    return requested_at(backup.document())


def requested_at(document: Mapping[str, Any]) -> datetime | None:
    """Return when the backup that an API tells of was asked for; `timeCreated` is null until it has begun."""
    return timestamp(document.get("timeRequestReceived")) or timestamp(document.get("timeCreated"))


def is_older_than(backup: VolumeBackup, moment: datetime | None) -> bool:
    """Return whether a backup was asked for well before a moment: by more than clocks may differ."""
    requested = time_of(backup)
    return requested is not None and moment is not None and requested < moment - _CLOCK_SKEW
