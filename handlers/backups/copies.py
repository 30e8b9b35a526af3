"""A backup that this function made is copied to a second region once it is AVAILABLE, and followed until it is there.

CopyVolumeBackup, CopyBootVolumeBackup and CopyVolumeGroupBackup are sent to the backup's own region. The copy lives in
the other one, and its OCID says so.
https://docs.oracle.com/en-us/iaas/Content/Block/Tasks/copyingvolumebackupcrossregion.htm
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from handlers.backups.completions import complete
from handlers.backups.existing_backups import OF_NO_USE, parse_backup, provenance_of, volume_backup
from handlers.backups.failures import failed
from handlers.domain.errors import ApiError, BackupFaulty, BackupMismatch, FunctionError
from handlers.domain.models import CopyBackupDetails, VolumeBackup
from handlers.domain.ocids import Ocid, parse_ocid
from handlers.domain.resource_kinds import BACKUP_KINDS
from handlers.domain.result import Outcome, Result, skipped
from handlers.domain.trigger import Target
from handlers.domain.untrusted import one_line, text
from handlers.oci.client import OciApi
from handlers.oci.copy_region import CopyRegion

_PAGE = 1000  # the most that the service takes


def wanted_copies(target: Target, completed: Result) -> Iterator[Target]:
    """Yield the copy that a completed backup is to have: this function has made it, and it is AVAILABLE.

    A copy is not copied again, and the backups that a group's backup is made of are copied with it.
    """
    backup = completed.volume_backup
    if backup is None or backup.lifecycle_state != "AVAILABLE" or not provenance_of(backup):
        return
    document = backup.document()
    if not completed.is_copy and not document.get("volumeGroupBackupId"):
        yield target._replace(
            name=completed.resource_name,
            compartment_id=text(document.get("compartmentId")),
            is_to_copy=True,
            deferral=None,
        )


def copy_backup(target: Target, api: OciApi, region: CopyRegion | None, *, dry_run: bool) -> Result:
    """Ask for the copy of a backup, unless there is one already, and return what became of that.

    What comes from the queue is looked at again first: anybody may have put it there. Raises FunctionError where that
    look fails; an error of the copy itself is a result.
    """
    if region is None:
        return skipped(target.trigger, "COPY_TO_REGION is no longer set", target.resource.text)
    if target.deferral is not None:
        wanted = next(wanted_copies(target, complete(target, api)), None)
        if wanted is None:
            return skipped(target.trigger, "the backup is none that is copied", target.resource.text)
        target = wanted._replace(deferral=target.deferral)
    request = CopyBackupDetails(destination_region=region.name, kms_key_id=region.kms_key_id)
    planned = Result(
        target.trigger,
        Outcome.PLANNED,
        resource_id=target.resource.text,
        resource_type=target.resource.resource_type,
        resource_name=target.name,
        retry_token=_token(target, region),
        request=request,
        is_copy=True,
    )
    if dry_run:
        return planned
    try:
        return _copy(target, planned, request, api, region)
    except FunctionError as error:
        return failed(target, _explain(error))._replace(retry_token=planned.retry_token, request=request)


def _token(target: Target, region: CopyRegion) -> str:
    """A pure function of backup and region, whatever trigger tells that the backup has ended."""
    return hashlib.sha256(f"copy\n{region.name}\n{target.resource.text}".encode()).hexdigest()


def _copy(target: Target, planned: Result, request: CopyBackupDetails, api: OciApi, region: CopyRegion) -> Result:
    """The token lives for 24 hours only: so the other region is looked at first."""
    existing = _find_copy(target, api, region)
    if existing is not None:
        return _told(planned, existing, target)
    kind = BACKUP_KINDS[target.resource.resource_type]
    answer = api.send(
        kind.copy_backup,
        target.resource,
        body=request.body(),
        retry_token=planned.retry_token,
        compartment_id=target.compartment_id,
    )
    copy = volume_backup(answer)
    source = text(copy.document().get(kind.source_backup_field))
    if source is not None and source.lower() != target.resource.text:
        raise BackupMismatch(
            f"The service answered with {one_line(copy.id, 255)}, a copy of {one_line(source, 255)}: the retry token "
            "had been used before.",
            hint="This backup was not copied: copy it by hand, and find out who used the token.",
        )
    return _told(planned, copy, target)._replace(opc_request_id=answer.opc_request_id)


def _explain(error: FunctionError) -> FunctionError:
    """Return what is told of a refusal: a conflict passes, as one of a backup does."""
    if isinstance(error, ApiError) and error.status == HTTPStatus.CONFLICT:
        error.retryable = error.retryable or error.code == "Conflict"
    return error


def _find_copy(target: Target, api: OciApi, region: CopyRegion) -> VolumeBackup | None:
    """Return the copy that there is in the other region, None where there is none that is of use."""
    kind = BACKUP_KINDS[target.resource.resource_type]
    query: dict[str, Any] = {"compartmentId": target.compartment_id, "limit": _PAGE}
    if kind.lists_by_source:
        query[kind.source_backup_field] = target.resource.text
    for page in api.list_pages(kind.list_backups, target.resource, query, region=region.name):
        for document in page:
            if str(document.get(kind.source_backup_field)).lower() == target.resource.text:
                copy = parse_backup(document)
                if copy is not None and copy.lifecycle_state not in OF_NO_USE:
                    return copy
    return None


def find_copied(backups: Iterable[Mapping[str, Any]], api: OciApi, region: CopyRegion) -> set[str]:
    """Return the OCIDs of those of `backups` that have a copy in the other region, there or being made.

    Copies are listed by compartment, newest first, until all have one or there are no more. Raises what
    `OciApi.list_pages` raises.
    """
    groups: dict[tuple[str, str], list[Ocid]] = {}
    for backup in backups:
        ocid = parse_ocid(backup.get("id"))
        if ocid is not None:
            groups.setdefault((ocid.resource_type, str(backup.get("compartmentId"))), []).append(ocid)
    copied: set[str] = set()
    for (backup_type, compartment_id), ocids in groups.items():
        kind, waiting = BACKUP_KINDS[backup_type], {ocid.text for ocid in ocids}
        query = {"compartmentId": compartment_id, "sortBy": "TIMECREATED", "sortOrder": "DESC", "limit": _PAGE}
        for page in api.list_pages(kind.list_backups, ocids[0], query, region=region.name):
            for copy in page:
                if copy.get("lifecycleState") not in OF_NO_USE:
                    copied.add(str(copy.get(kind.source_backup_field)).lower())
            if waiting <= copied:
                break
    return copied


def _told(planned: Result, copy: VolumeBackup, target: Target) -> Result:
    """Return what is told of a copy: as long as it is made it is followed, where there is a queue."""
    if copy.lifecycle_state == "FAULTY":
        raise BackupFaulty.of_copy()
    ocid = parse_ocid(copy.id)
    if copy.lifecycle_state == "AVAILABLE":
        return planned._replace(outcome=Outcome.COMPLETED, volume_backup=copy)
    follow_up = ocid and Target(target.trigger, ocid, target.name, target.compartment_id, is_copy=True)
    return planned._replace(outcome=Outcome.COPYING, volume_backup=copy, follow_up=follow_up)
