"""What became of one target."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from handlers.domain.ocids import MAX_OCID_LENGTH
from handlers.domain.untrusted import one_line

if TYPE_CHECKING:
    from handlers.domain.errors import FunctionError
    from handlers.domain.models import CreateBackupDetails, VolumeBackup
    from handlers.domain.trigger import Trigger


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    SKIPPED = "skipped"
    PLANNED = "planned"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """One outcome and all that is told about it; `resource_id` is the volume's OCID, or the backup's for a completion.

    `resource_type` names the OCID's kind and `milliseconds` how long the work on it took.
    """

    trigger: Trigger
    outcome: Outcome
    resource_id: str | None = None
    resource_type: str | None = None
    reason: str | None = None
    error: FunctionError | None = None
    retry_token: str | None = None
    request: CreateBackupDetails | None = None
    volume_backup: VolumeBackup | None = None
    opc_request_id: str | None = None
    milliseconds: int = 0
    notified: bool = False

    def document(self) -> dict[str, Any]:
        """The result as it stands in the answer."""
        trigger = {"kind": self.trigger.kind, "id": self.trigger.id, "type": self.trigger.type}
        known = {
            "trigger": {key: value for key, value in trigger.items() if value is not None},
            "resourceId": self.resource_id,
            "outcome": self.outcome,
            "reason": self.reason,
            "error": self.error.document() if self.error else None,
            "retryToken": self.retry_token,
            "notified": self.notified,
            "request": self.request.document() if self.request else None,
            "volumeBackup": self.volume_backup.document() if self.volume_backup else None,
        }
        return {key: value for key, value in known.items() if value is not None}


def skipped(trigger: Trigger, reason: str, resource_id: str | None = None) -> Result:
    """Nothing is done, for a reason a person can act on. The resource is told as it came, but fit for a log line."""
    told = one_line(resource_id, MAX_OCID_LENGTH) if resource_id else None
    return Result(trigger, Outcome.SKIPPED, resource_id=told, reason=reason)
