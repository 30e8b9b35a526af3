"""How long a backup is kept: until when, and who is kept from deleting or changing it.

https://docs.oracle.com/en-us/iaas/Content/Block/Tasks/create-bv-backup.htm
"""

from __future__ import annotations

from datetime import UTC, datetime

from dateutil.relativedelta import relativedelta

from ...core.errors import conflict, invalid
from ...core.identifiers import now
from ...core.operations import Document

RETENTION = ("retentionPeriod", "isPreventDeletionEnabled", "isRetentionLockEnabled", "isIndefiniteRetentionEnabled")
_HOLD = "isIndefiniteRetentionEnabled"


def retention_of(details: Document) -> Document:
    """Return the fields of a backup that say how it is kept. Raises ServiceError 400."""
    retention = {name: details[name] for name in RETENTION if details.get(name) is not None}
    check_retention(retention)
    return {**retention, "timeRetentionExpiresAt": None}


def check_retention(retention: Document) -> None:
    """Raise ServiceError 400 for a period of nothing. A lock without a period is not documented, and lasts here."""
    period = retention.get("retentionPeriod")
    if period and period["retentionTimeAmount"] < 1:
        raise invalid("retentionPeriod.retentionTimeAmount must be at least 1")


def expiry_of(backup: Document) -> str | None:
    """Return when the retention period of a backup ends, or None where it has none or is not created yet."""
    period, created = backup.get("retentionPeriod"), backup["timeCreated"]
    if not period or not created:
        return None
    unit, amount = period["retentionTimeUnit"], period["retentionTimeAmount"]
    ends: datetime = datetime.fromisoformat(created) + relativedelta(**{unit.lower(): amount})
    return ends.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def check_deletable(backup: Document) -> None:
    """Raise ServiceError 409 where a backup is held, locked, or prevented from deletion."""
    is_over = backup["timeRetentionExpiresAt"] is not None and backup["timeRetentionExpiresAt"] <= now()
    if backup.get(_HOLD):
        raise conflict(f"The backup {backup['id']} is retained indefinitely.")
    if backup.get("isRetentionLockEnabled") and not is_over:
        raise conflict(f"The backup {backup['id']} has a retention lock.")
    if backup.get("isPreventDeletionEnabled") and not is_over:
        raise conflict(f"The deletion of the backup {backup['id']} is prevented.")


def check_lock(backup: Document, details: Document) -> None:
    """Raise ServiceError 409 where a locked backup would change in more than a longer period, or a hold."""
    if not backup.get("isRetentionLockEnabled"):
        return
    changed = {name for name, value in details.items() if backup.get(name) != value} - {_HOLD}
    longer = expiry_of({**backup, **details}) or ""
    if changed - {"retentionPeriod"} or longer < (backup["timeRetentionExpiresAt"] or ""):
        raise conflict(f"The backup {backup['id']} has a retention lock.")
