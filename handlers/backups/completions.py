"""A backup ended: it is read, and its final state is what is told."""

from __future__ import annotations

from handlers.backups.back_up import volume_backup
from handlers.domain.errors import BackupUnfinished
from handlers.domain.resource_kinds import BACKUP_KINDS
from handlers.domain.result import Outcome, Result, skipped
from handlers.domain.trigger import Target
from handlers.oci.client import OciApi

_FINAL = frozenset({"AVAILABLE", "FAULTY"})


def is_completion(target: Target) -> bool:
    return target.resource.resource_type in BACKUP_KINDS


def complete(target: Target, api: OciApi) -> Result:
    """Read the backup (GetVolumeBackup and its kin). Raises what `OciApi.send` raises, and BackupUnfinished."""
    answer = api.send(BACKUP_KINDS[target.resource.resource_type].get_backup, target.resource)
    backup = volume_backup(answer)
    if backup.lifecycle_state in {"TERMINATING", "TERMINATED"}:
        return skipped(target.trigger, "the backup has been deleted since", target.resource.text)
    if backup.lifecycle_state not in _FINAL:
        raise BackupUnfinished(f"the event says that the backup ended, the API that it is {backup.lifecycle_state}")
    return Result(
        target.trigger,
        Outcome.COMPLETED,
        resource_id=target.resource.text,
        resource_type=target.resource.resource_type,
        volume_backup=backup,
        opc_request_id=answer.opc_request_id,
    )
