"""A planned request is sent, and what the API answers becomes a result.

A refusal is not taken at its word. The first answer may have been lost, the tag or the configuration may have changed
between two deliveries, so before anything is called failed the resource's backups are looked at once: this trigger's
own carries its provenance.
"""

from __future__ import annotations

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
from handlers.backups.failures import name_with_ocid, out_of_time
from handlers.backups.known_resource import KnownResource
from handlers.domain.errors import ApiError, BackupMismatch, DeadlineReached, FunctionError
from handlers.domain.models import CreateBackupDetails, VolumeBackup
from handlers.domain.provenance import PROVENANCE_TAG
from handlers.domain.result import Outcome, Result
from handlers.domain.untrusted import one_line
from handlers.oci.client import OciApi
from handlers.oci.polling import poll


def create_backup(planned: Result, request: CreateBackupDetails, resource: KnownResource, api: OciApi) -> Result:
    """Send a planned request (CreateVolumeBackup and its kin), and return what became of it. Raises no FunctionError.

    Conflict has no one meaning: this trigger's own backup is being made (`accepted`), another one is (`skipped`), or
    the resource is being changed, which passes (tried again with the same token, while there is time).
    """
    creation = _Creation(planned, request, resource, api)
    try:
        return creation.send()
    except ApiError as refusal:
        if refusal.retryable:
            return creation.failed(refusal)
        return creation.settle(refusal)
    except DeadlineReached:
        return creation.failed(out_of_time(f"a backup of {name_with_ocid(resource.ocid, resource.name)} was answered"))
    except FunctionError as error:
        return creation.failed(error)


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


class _Creation(NamedTuple):
    """One request, and all that its answer is held against."""

    planned: Result
    request: CreateBackupDetails
    resource: KnownResource
    api: OciApi

    @property
    def provenance(self) -> str | None:
        """The provenance that the request carries; none where its own tags left no room for it."""
        return (self.request.freeform_tags or {}).get(PROVENANCE_TAG)

    def send(self) -> Result:
        """Raises what `OciApi.send` raises, and BackupMismatch."""
        sent = datetime.now(UTC)
        answer = self.api.send(
            self.resource.kind.create_backup,
            self.resource.ocid,
            body=self.request.body(),
            retry_token=self.planned.retry_token,
            compartment_id=self.resource.known_compartment_id,
        )
        backup = volume_backup(answer)
        self._check_answered(backup, sent)
        return self.planned._replace(
            outcome=Outcome.ACCEPTED, volume_backup=backup, opc_request_id=answer.opc_request_id
        )

    def _check_answered(self, backup: VolumeBackup, sent: datetime) -> None:
        """Raise BackupMismatch where a known token was answered with a backup that is not this trigger's.

        A redelivery's backup was asked for after the trigger happened, so only one that is older than the trigger, and
        than the request now sent, was asked for by somebody who knew the token ahead of it.
        """
        source = source_of(backup, self.resource)
        if source not in {None, self.resource.ocid.text}:
            raise _mismatch(backup, f"a backup of {one_line(str(source), 255)}")
        made_by = provenance_of(backup)
        if self.provenance is not None and made_by not in {None, self.provenance}:
            raise _mismatch(backup, f"made by '{one_line(made_by, 256)}'" if made_by else "made by no trigger")
        if is_older_than(backup, self.planned.trigger.time) and is_older_than(backup, sent):
            raise _mismatch(backup, f"asked for at {backup.time_request_received}, before this trigger happened")

    def settle(self, refusal: ApiError) -> Result:
        """Return what a refusal means, in the light of the backups that there are."""
        look = self._look_at_backups()
        if look.own is not None:
            stands = _is_conflict(refusal) and look.own.lifecycle_state not in DELETED
            return self._refused(refusal, Outcome.ACCEPTED if stands else Outcome.DUPLICATE, look.own)
        if _is_spent_token(refusal):
            return self._refused(refusal, Outcome.DUPLICATE)
        if look.error is not None:
            looked = f"(The backups of the resource could not be looked at: {look.error.message})"
            refusal = refusal.with_message(f"{refusal.message} {looked}", refusal.hint)
        if not _is_conflict(refusal):
            return self.failed(refusal)
        if look.running is not None:
            return self._in_progress(refusal, look.running)
        return self._send_while_in_conflict(refusal)

    def _look_at_backups(self) -> _Look:
        """Look for this trigger's own backup, by its provenance. Without that there is nothing to tell it by."""
        if self.provenance is None:
            return _Look()
        try:
            backups = list_backups(self.resource, self.api)
        except FunctionError as error:
            return _Look(error=error)
        own = [backup for backup in backups if self._is_own(backup)]
        running = [backup for backup in backups if backup.lifecycle_state in RUNNING]
        return _Look(next(iter(own), None), next(iter(running), None))

    def _is_own(self, backup: VolumeBackup) -> bool:
        return provenance_of(backup) == self.provenance and not is_older_than(backup, self.planned.trigger.time)

    def _in_progress(self, refusal: ApiError, running: VolumeBackup) -> Result:
        """A resource has one backup at a time, and this one is another's: whoever asked for one does not get it now."""
        reason = (
            f"backup already in progress: {one_line(running.id, 255)} is {one_line(running.lifecycle_state, 100)}; "
            f"the service says: {refusal.message}"
        )
        skip = self._refused(refusal, Outcome.SKIPPED)
        hint = "Wait until that backup has ended, and send this one again if it is still needed."
        return skip._replace(reason=reason, needs_person=True, hint=hint, is_only_for_now=True)

    def _send_while_in_conflict(self, refusal: ApiError) -> Result:
        """Send the request again, token and bytes unchanged, while it meets a Conflict that no backup explains."""
        refusal.retryable = True
        try:
            return poll(self.send, _is_conflict, self.api.deadline)
        except FunctionError as error:
            if _is_spent_token(error):
                return self._refused(error, Outcome.DUPLICATE)
            is_same = _is_conflict(error) or isinstance(error, DeadlineReached)
            return self.failed(refusal if is_same else error)

    def _refused(self, refusal: FunctionError, outcome: Outcome, backup: VolumeBackup | None = None) -> Result:
        return self.planned._replace(outcome=outcome, volume_backup=backup, opc_request_id=refusal.opc_request_id)

    def failed(self, error: FunctionError) -> Result:
        return self.planned._replace(outcome=Outcome.FAILED, error=error, opc_request_id=error.opc_request_id)


def _mismatch(backup: VolumeBackup, what_it_is: str) -> BackupMismatch:
    return BackupMismatch(
        f"The service answered with {one_line(backup.id, 255)}, {what_it_is}: the retry token had been used before.",
        hint="No backup was made for this trigger: send a request with the resource's OCID as volumeId to make one, "
        "and find out who used the token.",
    )


def _is_conflict(error: Exception) -> bool:
    return isinstance(error, ApiError) and (error.status, error.code) == (409, "Conflict")


def _is_spent_token(error: Exception) -> bool:
    """Whether the token's backup was made, and deleted since."""
    return isinstance(error, ApiError) and (error.status, error.code) == (409, "InvalidatedRetryToken")
