"""MIN_INTERVAL_MINUTES: is a volume's newest backup younger than that?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from handlers.backups.existing_backups import OF_NO_USE, list_backups, provenance_of, time_of
from handlers.backups.known_resource import KnownResource
from handlers.domain.models import VolumeBackup
from handlers.domain.provenance import provenance
from handlers.domain.trigger import Trigger
from handlers.oci.client import OciApi


def recent_backup_reason(trigger: Trigger, resource: KnownResource, minutes: int, api: OciApi) -> str | None:
    """Return why the resource is skipped, or None. Raises what `OciApi.send` raises."""
    newest = _newest_of_others(list_backups(resource, api), provenance(trigger))
    if newest is None or datetime.now(UTC) - newest >= timedelta(minutes=minutes):
        return None
    return f"the newest backup, of {newest:%Y-%m-%dT%H:%M:%SZ}, is younger than MIN_INTERVAL_MINUTES ({minutes})"


def _newest_of_others(backups: Iterable[VolumeBackup], own: str) -> datetime | None:
    """When the newest backup was asked for. None if one is this trigger's own: a redelivery must find it again."""
    existing = [backup for backup in backups if backup.lifecycle_state not in OF_NO_USE]
    if any(provenance_of(backup) == own for backup in existing):
        return None
    return max((moment for moment in map(time_of, existing) if moment is not None), default=None)
