"""A planned request is sent, and what the API answers becomes a result.

A refusal is not taken at its word. The first answer may have been lost, the tag or the configuration may have changed
between two deliveries, so before anything is called failed the resource's backups are looked at once: this trigger's
own carries its provenance.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from handlers.backups.existing_backups import (
    DELETED,
    RUNNING,
    is_older_than,
    list_backups,
    provenance_of,
    source_of,
    volume_backup,
)
from handlers.backups.failures import out_of_time
from handlers.backups.known_resource import KnownResource
from handlers.backups.plan import PROVENANCE_TAG
from handlers.domain.errors import ApiError, BackupMismatch, DeadlineReached, FunctionError
from handlers.domain.models import CreateBackupDetails, VolumeBackup
from handlers.domain.result import Outcome, Result
from handlers.domain.untrusted import one_line
from handlers.oci.client import OciApi
from handlers.oci.polling import poll


class _Look(NamedTuple):
    """What one look at a resource's backups has shown.

    Attributes:
        own: The backup of this trigger.
        running: Another backup that is being made.
        error: Why the backups could not be looked at.
    """

    own: VolumeBackup | None = None
    running: VolumeBackup | None = None
    error: FunctionError | None = None


def create_backup(planned: Result, request: CreateBackupDetails, resource: KnownResource, api: OciApi) -> Result:
    """Send a planned request (CreateVolumeBackup and its kin), and return what became of it. Raises no FunctionError.

    Conflict has no one meaning: this trigger's own backup is being made (`accepted`), another one is (`skipped`), or
    the resource is being changed, which passes (tried again with the same token, while there is time).
    """
    try:
        return _create(planned, request, resource, api)
    except ApiError as refusal:
        if refusal.retryable or refusal.status is None or refusal.status >= 500:
            return _failed(planned, refusal)
        return _settle(refusal, planned, request, resource, api)
    except DeadlineReached:
        return _failed(planned, out_of_time(resource.ocid, resource.name, begun=True))
    except FunctionError as error:
        return _failed(planned, error)


def _create(planned: Result, request: CreateBackupDetails, resource: KnownResource, api: OciApi) -> Result:
    sent = datetime.now(UTC)
    answer = api.send(resource.kind.create_backup, resource.ocid, body=request.body(), retry_token=planned.retry_token)
    backup = volume_backup(answer)
    _check_answered(backup, planned, request, resource, sent)
    return replace(planned, outcome=Outcome.ACCEPTED, volume_backup=backup, opc_request_id=answer.opc_request_id)


def _check_answered(
    backup: VolumeBackup, planned: Result, request: CreateBackupDetails, resource: KnownResource, sent: datetime
) -> None:
    """Raise BackupMismatch where a known token was answered with a backup that is not this trigger's.

    A redelivery's backup was asked for after the trigger happened, so only one that is older than the trigger, and
    than the request now sent, was asked for by somebody who knew the token ahead of it.
    """
    source = source_of(backup, resource)
    if source not in {None, resource.ocid.text}:
        raise _mismatch(backup, f"a backup of {one_line(str(source), 255)}")
    asked = _provenance_in(request)
    made_by = provenance_of(backup)
    if asked is not None and made_by not in {None, asked}:
        raise _mismatch(backup, f"made by '{one_line(made_by, 256)}'" if made_by else "made by no trigger")
    if is_older_than(backup, planned.trigger.time) and is_older_than(backup, sent):
        raise _mismatch(backup, f"asked for at {backup.time_request_received}, before this trigger happened")


def _mismatch(backup: VolumeBackup, what_it_is: str) -> BackupMismatch:
    return BackupMismatch(
        f"The service answered with {one_line(backup.id, 255)}, {what_it_is}: the retry token had been used before.",
        hint="No backup was made for this trigger: send a request with the resource's OCID as volumeId to make one, "
        "and find out who used the token.",
    )


def _settle(
    refusal: ApiError, planned: Result, request: CreateBackupDetails, resource: KnownResource, api: OciApi
) -> Result:
    refused = replace(planned, opc_request_id=refusal.opc_request_id)
    look = _look_at_backups(planned, request, resource, api)
    if look.own is not None:
        stands = _is_conflict(refusal) and look.own.lifecycle_state not in DELETED
        outcome = Outcome.ACCEPTED if stands else Outcome.DUPLICATE
        return replace(refused, outcome=outcome, volume_backup=look.own)
    if _is_spent_token(refusal):
        return replace(refused, outcome=Outcome.DUPLICATE)
    if look.error is not None:
        refusal.message = one_line(
            f"{refusal.message} (The backups of the resource could not be looked at: {look.error.message})"
        )
    if not _is_conflict(refusal):
        return _failed(refused, refusal)
    if look.running is not None:
        return _in_progress(refused, refusal, look.running)
    return _create_when_possible(refusal, refused, request, resource, api)


def _look_at_backups(planned: Result, request: CreateBackupDetails, resource: KnownResource, api: OciApi) -> _Look:
    """Look for this trigger's own backup, by its provenance. Without provenance there is nothing to tell it by."""
    own = _provenance_in(request)
    if own is None:
        return _Look()
    try:
        backups = list_backups(resource, api)
    except FunctionError as error:
        return _Look(error=error)
    found = None
    running = None
    for backup in backups:
        if provenance_of(backup) == own and not is_older_than(backup, planned.trigger.time):
            found = found or backup
        elif backup.lifecycle_state in RUNNING:
            running = running or backup
    return _Look(found, running)


def _provenance_in(request: CreateBackupDetails) -> str | None:
    """The provenance that a request carries; none where its own tags left no room for it."""
    return (request.freeform_tags or {}).get(PROVENANCE_TAG)


def _in_progress(refused: Result, refusal: ApiError, running: VolumeBackup) -> Result:
    """A resource has one backup at a time, and this one is another's: whoever asked for it does not get it now."""
    reason = (
        f"backup already in progress: {one_line(running.id, 255)} is {one_line(running.lifecycle_state, 100)}; "
        f"the service says: {refusal.message}"
    )
    return replace(refused, outcome=Outcome.SKIPPED, reason=reason, needs_person=True)


def _create_when_possible(
    refusal: ApiError, refused: Result, request: CreateBackupDetails, resource: KnownResource, api: OciApi
) -> Result:
    """Send the request again, token and bytes unchanged, while it meets a Conflict that no backup explains."""
    refusal.retryable = True
    try:
        return poll(lambda: _create(refused, request, resource, api), _is_conflict, api.deadline)
    except FunctionError as error:
        if _is_spent_token(error):
            return replace(refused, outcome=Outcome.DUPLICATE, opc_request_id=error.opc_request_id)
        return _failed(refused, refusal if _is_conflict(error) or isinstance(error, DeadlineReached) else error)


def _is_conflict(error: Exception) -> bool:
    return isinstance(error, ApiError) and (error.status, error.code) == (409, "Conflict")


def _is_spent_token(error: Exception) -> bool:
    """Whether the token's backup was made, and deleted since."""
    return isinstance(error, ApiError) and (error.status, error.code) == (409, "InvalidatedRetryToken")


def _failed(planned: Result, error: FunctionError) -> Result:
    return replace(planned, outcome=Outcome.FAILED, error=error, opc_request_id=error.opc_request_id)
