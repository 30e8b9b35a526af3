"""What became of one target."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from handlers.domain.json_values import rfc3339, without_none
from handlers.domain.ocids import MAX_OCID_LENGTH
from handlers.domain.untrusted import one_line

if TYPE_CHECKING:
    from handlers.domain.errors import FunctionError
    from handlers.domain.models import CopyBackupDetails, CreateBackupDetails, VolumeBackup
    from handlers.domain.search import Task
    from handlers.domain.selection import Selection
    from handlers.domain.trigger import Target, Trigger


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    COPYING = "copying"
    DUPLICATE = "duplicate"
    UNPROTECTED = "unprotected"
    SKIPPED = "skipped"
    PLANNED = "planned"
    COMPLETED = "completed"
    FAILED = "failed"


class Finding(NamedTuple):
    """What a report has found out about a resource.

    Attributes:
        selection: What the report looked at.
        max_age_hours: How old a newest backup may be.
        looked_at: How many resources the report looked at.
        newest_id: The OCID of the newest backup that is AVAILABLE, None where there is none.
        newest_time: When it was asked for.
        uncopied_to: The region in which it should have a copy, and has none.
    """

    selection: Selection
    max_age_hours: float
    looked_at: int
    newest_id: str | None = None
    newest_time: datetime | None = None
    uncopied_to: str | None = None

    def reason(self) -> str:
        """Return why the resource is not protected."""
        if self.newest_time is None:
            return "it has no backup that is AVAILABLE"
        newest = f"its newest backup that is AVAILABLE, of {rfc3339(self.newest_time)},"
        if self.uncopied_to:
            return f"{newest} has no copy in {self.uncopied_to}"
        return f"{newest} is older than {self.max_age_hours:g} hours"

    def document(self) -> dict[str, Any]:
        """Return it as it stands in the answer and in the message."""
        newest = {"id": self.newest_id, "time": rfc3339(self.newest_time)} if self.newest_time else "never"
        known = {"newestBackup": newest, "maxAgeHours": self.max_age_hours, "lookedAt": self.looked_at}
        return without_none({**known, "uncopiedTo": self.uncopied_to})


class Result(NamedTuple):
    """One outcome and all that is told about it.

    Attributes:
        trigger: What asked for it.
        outcome: What became of it.
        resource_id: The volume's OCID, or the backup's for a completion.
        resource_type: The kind of resource that this OCID names (``bootvolume``).
        resource_name: What the trigger or the API calls the resource, None where nobody has told its name.
        reason: Why it was skipped, in a sentence that a person can act on.
        hint: What a person should do about a skip, in a sentence; a failure's hint stands in its error.
        needs_person: Whether a skip leaves somebody without the backup that was asked for, so that it must be told.
        is_only_for_now: Whether a skip is only for now: another backup of the resource is being made.
        error: Why it failed.
        retry_token: The ``opc-retry-token`` of the request.
        request: What was sent, or would be in a dry run.
        volume_backup: The backup, as the API answered it.
        opc_request_id: The service's id of the request.
        milliseconds: How long the work on it took.
        stands_for: How many equal items of a batch this one result stands for.
        notified: Whether every topic has taken the message about it.
        is_copy: Whether it is about a copy in another region.
        follow_up: What is to be looked at until it has ended, where there is a queue.
        finding: What a report has found out about the resource.
        body: What sends it again, where it is about no resource.
        unfinished: What is still to be done, where a later try can do it.
        was_deferred: Whether it is about work that came from the queue.
        stays_in_queue: Whether the queue itself brings it again, so that nothing is told of it.
    """

    trigger: Trigger
    outcome: Outcome
    resource_id: str | None = None
    resource_type: str | None = None
    resource_name: str | None = None
    reason: str | None = None
    hint: str | None = None
    needs_person: bool = False
    is_only_for_now: bool = False
    error: FunctionError | None = None
    retry_token: str | None = None
    request: CreateBackupDetails | CopyBackupDetails | None = None
    volume_backup: VolumeBackup | None = None
    opc_request_id: str | None = None
    milliseconds: int = 0
    stands_for: int = 1
    notified: bool = False
    is_copy: bool = False
    follow_up: Target | None = None
    finding: Finding | None = None
    body: dict[str, Any] | None = None
    unfinished: Task | None = None
    was_deferred: bool = False
    stays_in_queue: bool = False

    @property
    def can_be_done_later(self) -> bool:
        """Whether a later try may end otherwise. A defect is told at once instead: it stays until somebody mends it."""
        if self.error is None:
            return self.is_only_for_now
        return self.error.retryable and self.error.code != "InternalError"

    @property
    def is_faulty(self) -> bool:
        """Whether it tells of a backup that ended, but cannot be restored from."""
        return self.volume_backup is not None and self.volume_backup.lifecycle_state == "FAULTY"

    @property
    def concerns_people(self) -> bool:
        """Whether somebody must do something about it, or at least know of it."""
        if self.stays_in_queue:
            return False
        return self.outcome is Outcome.FAILED or self.needs_person or self.is_faulty

    def document(self) -> dict[str, Any]:
        """The result as it stands in the answer."""
        trigger = {"kind": self.trigger.kind, "id": self.trigger.id, "type": self.trigger.type}
        known = {
            "trigger": without_none(trigger),
            "resourceId": self.resource_id,
            "resourceName": self.resource_name,
            "outcome": self.outcome,
            "reason": self.reason,
            **(self.finding.document() if self.finding else {}),
            "error": self.error.document() if self.error else None,
            "count": self.stands_for if self.stands_for > 1 else None,
            "retryToken": self.retry_token,
            "notified": self.notified,
            "request": self.request.document() if self.request else None,
            "volumeBackup": self.volume_backup.document() if self.volume_backup else None,
        }
        return without_none(known)


def skipped(
    trigger: Trigger,
    reason: str,
    resource_id: str | None = None,
    *,
    resource_name: str | None = None,
    needs_person: bool = False,
    hint: str | None = None,
) -> Result:
    """Return the result of doing nothing, with the reason. The resource's id is kept as it came, but fit for a line."""
    return Result(
        trigger,
        Outcome.SKIPPED,
        resource_id=one_line(resource_id, MAX_OCID_LENGTH) if resource_id else None,
        resource_name=resource_name,
        reason=reason,
        needs_person=needs_person,
        hint=hint,
    )
