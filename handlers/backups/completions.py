"""A backup ended: it is read, and its final state is what is told."""

from __future__ import annotations

from handlers.backups.existing_backups import DELETED, volume_backup
from handlers.domain.errors import BackupFaulty, BackupStateUnknown, BackupUnfinished, FunctionError
from handlers.domain.models import VolumeBackup
from handlers.domain.resource_kinds import BACKUP_KINDS
from handlers.domain.result import Outcome, Result, skipped
from handlers.domain.trigger import Target
from handlers.domain.untrusted import text
from handlers.oci.client import ApiResponse, OciApi
from handlers.oci.polling import poll

_FINAL = frozenset({"AVAILABLE", "FAULTY"})


def is_completion(target: Target) -> bool:
    return target.resource.resource_type in BACKUP_KINDS


def complete(target: Target, api: OciApi) -> Result:
    """Read the backup (GetVolumeBackup and its kin) until its state is final: an event can outrun the API.

    A copy, which takes its time, is looked at once. Raises BackupUnfinished where the deadline comes first, and
    BackupStateUnknown where it cannot be read: neither says anything about the backup itself. Of a copy, which has not
    said that it has ended, it raises what `OciApi.send` raises, and BackupFaulty where it is of no use.
    """
    try:
        answer, backup = (
            _read(target, api) if target.is_copy else poll(lambda: _read(target, api), _is_unfinished, api.deadline)
        )
    except BackupUnfinished:
        raise
    except FunctionError as error:
        if target.is_copy:
            raise
        raise BackupStateUnknown.of(error) from error
    name = target.name or backup.display_name
    if backup.lifecycle_state in DELETED:
        return skipped(target.trigger, "the backup has been deleted since", target.resource.text, resource_name=name)
    is_copy = text(backup.document().get(BACKUP_KINDS[target.resource.resource_type].source_backup_field)) is not None
    if is_copy and backup.lifecycle_state == "FAULTY":
        raise BackupFaulty.of_copy()
    return Result(
        target.trigger,
        Outcome.COMPLETED,
        resource_id=target.resource.text,
        resource_type=target.resource.resource_type,
        resource_name=name,
        volume_backup=backup,
        opc_request_id=answer.opc_request_id,
        is_copy=is_copy,
    )


def _read(target: Target, api: OciApi) -> tuple[ApiResponse, VolumeBackup]:
    answer = api.send(BACKUP_KINDS[target.resource.resource_type].get_backup, target.resource)
    backup = volume_backup(answer)
    # A group's backup passes COMMITTED, too: like REQUEST_RECEIVED and CREATING that is not yet an end.
    if backup.lifecycle_state not in _FINAL | DELETED:
        said = "the copy was asked for" if target.is_copy else "the event says that the backup ended"
        raise BackupUnfinished(f"{said}, and the API says that it is {backup.lifecycle_state}")
    return answer, backup


def _is_unfinished(error: Exception) -> bool:
    return isinstance(error, BackupUnfinished)
