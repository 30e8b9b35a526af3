"""A backup ended: it is read, and its final state is what is told."""

from __future__ import annotations

from http import HTTPStatus

from handlers.backups.existing_backups import DELETED, volume_backup
from handlers.domain.errors import ApiError, BackupFaulty, BackupStateUnknown, BackupUnfinished, FunctionError
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

    Raises BackupUnfinished where the deadline comes first, and BackupStateUnknown where it cannot be read: neither
    says anything about the backup itself. Raises BackupFaulty where it is a copy that is of no use.
    """
    try:
        answer, backup = poll(
            lambda: _read(target, api, "the event says that the backup ended"), _is_unfinished, api.deadline
        )
    except BackupUnfinished:
        raise
    except FunctionError as error:
        raise BackupStateUnknown.of(error) from error
    return _told(target, answer, backup)


def follow(target: Target, api: OciApi) -> Result:
    """Look once at a copy, which takes its time, and return how it has ended.

    Raises BackupUnfinished where it has not, and where its region does not know it yet; BackupFaulty where it is of no
    use, and otherwise what `OciApi.send` raises.
    """
    try:
        answer, backup = _read(target, api, "the copy was asked for")
    except ApiError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        raise BackupUnfinished(f"the copy was asked for, and its region does not know it: {error.message}") from error
    return _told(target, answer, backup)


def _read(target: Target, api: OciApi, said: str) -> tuple[ApiResponse, VolumeBackup]:
    """Return the answer, and the backup in a final state that it holds.

    Raises BackupUnfinished, and what `OciApi.send` raises.
    """
    answer = api.send(BACKUP_KINDS[target.resource.resource_type].get_backup, target.resource)
    backup = volume_backup(answer)
    # A group's backup passes COMMITTED, too: like REQUEST_RECEIVED and CREATING that is not yet an end.
    if backup.lifecycle_state not in _FINAL | DELETED:
        raise BackupUnfinished(f"{said}, and the API says that it is {backup.lifecycle_state}")
    return answer, backup


def _told(target: Target, answer: ApiResponse, backup: VolumeBackup) -> Result:
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


def _is_unfinished(error: Exception) -> bool:
    return isinstance(error, BackupUnfinished)
