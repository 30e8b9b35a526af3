"""MIN_INTERVAL_MINUTES: is a volume's newest backup younger than that?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from handlers.backups.plan import PROVENANCE_TAG, provenance
from handlers.domain.resource_kinds import RESOURCE_KINDS
from handlers.domain.tags import tags_of
from handlers.domain.trigger import Target
from handlers.domain.untrusted import mapping, text, timestamp
from handlers.oci.client import OciApi

_BACKUPS_TO_COMPARE = 20
_NO_BACKUP = frozenset({"FAULTY", "TERMINATING", "TERMINATED"})


def recent_backup_reason(target: Target, compartment_id: str, minutes: int, api: OciApi) -> str | None:
    """Why the target is skipped, or None. Raises what `OciApi.send` raises."""
    kind = RESOURCE_KINDS[target.resource.resource_type]
    query = {
        "compartmentId": compartment_id,
        kind.id_field: target.resource.text,
        "sortBy": "TIMECREATED",
        "sortOrder": "DESC",
        "limit": _BACKUPS_TO_COMPARE,
    }
    backups = api.send(kind.list_backups, target.resource, query=query).document
    newest = _newest_of_others(backups if isinstance(backups, list) else [], provenance(target.trigger))
    if newest is None or datetime.now(UTC) - newest >= timedelta(minutes=minutes):
        return None
    return f"the newest backup, of {newest:%Y-%m-%dT%H:%M:%SZ}, is younger than MIN_INTERVAL_MINUTES ({minutes})"


def _newest_of_others(backups: Iterable[object], own: str) -> datetime | None:
    """When the newest backup was asked for. None if it is this trigger's own: a redelivery must find it again."""
    moments = []
    for backup in map(mapping, backups):
        if backup.get("lifecycleState") in _NO_BACKUP:
            continue
        if (tags_of(backup).freeform or {}).get(PROVENANCE_TAG) == own:
            return None
        moment = timestamp(text(backup.get("timeRequestReceived")) or text(backup.get("timeCreated")))
        if moment is not None:
            moments.append(moment)
    return max(moments, default=None)
