"""What set the function off, and what it is to act on: past the parsers there are no dicts, only these."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from handlers.domain.models import CreateBackupDetails
    from handlers.domain.ocids import Ocid
    from handlers.domain.requests import BackupRequest, SelectionRequest
    from handlers.domain.selection import TagCondition
    from handlers.domain.tags import Tags


class Trigger(NamedTuple):
    """One thing that happened. The same `id` means the same happening, however often it is delivered.

    Attributes:
        kind: The kind of trigger (``event``, ``alarm``, …), as CONTRIBUTING.md and the messages name it.
        id: The identity that the retry token is made of.
        type: The event's type, or the alarm's transition.
        time: When it happened, as the trigger itself says.
        title: What a person calls it: the title of an alarm, a selection in words.
        source: The OCID of what raised it: that of an alarm.
        direct: Whether the caller itself waits for the answer and asked for one backup.
    """

    kind: str
    id: str
    type: str | None = None
    time: datetime | None = None
    title: str | None = None
    source: str | None = None
    direct: bool = False

    @property
    def is_token(self) -> bool:
        """Whether its identity can be sent as `opcRetryToken`, so that a later request is the same happening."""
        return self.id.isascii() and self.id.isprintable() and 0 < len(self.id) <= 64

    def token_for(self, resource_id: str) -> str:
        """Return what identifies a resource of this trigger: a pure function of both, in 64 characters."""
        return hashlib.sha256(f"{self.id}\n{resource_id}".encode()).hexdigest()


class Deferral(NamedTuple):
    """What work from the queue brings along from its first try.

    Attributes:
        first_tried: When the first try was.
        reason: What the first try ended with, in words.
        is_alone: Whether its message holds nothing else, so that the queue itself can bring it again.
    """

    first_tried: datetime
    reason: str
    is_alone: bool


class Target(NamedTuple):
    """One resource that a trigger is about.

    Attributes:
        trigger: What asks for the backup.
        resource: A volume, boot volume, volume group or instance; the backup itself where a backup ended; or an alarm
            that may name a selection.
        name: What the trigger calls the resource, None where it does not say.
        compartment_id: Where the trigger says that it lives, None where it does not say.
        tags: What the trigger says of its tags, None where it does not say.
        tag_required: Whether it is only backed up if its tag asks for it.
        condition: The tag by which it was found, which it must still carry; None where the trigger names it.
        request: What the backup is to be like, where a request asked for it.
        planned: The request of the first try, which every later one repeats byte for byte; None before it was built.
        deferral: What it brings along from its first try; None where this is the first.
        is_to_copy: Whether the backup that ended is to be copied to another region.
        is_copy: Whether the backup is such a copy, which is looked at until it has ended.
    """

    trigger: Trigger
    resource: Ocid
    name: str | None = None
    compartment_id: str | None = None
    tags: Tags | None = None
    tag_required: bool = False
    condition: TagCondition | None = None
    request: BackupRequest | SelectionRequest | None = None
    planned: CreateBackupDetails | None = None
    deferral: Deferral | None = None
    is_to_copy: bool = False
    is_copy: bool = False

    @property
    def key(self) -> str:
        """What tells it from others of the same trigger: a backup that ended is told, and may be copied."""
        return f"copy of {self.resource.text}" if self.is_to_copy else self.resource.text

    @property
    def resource_id(self) -> str:
        """The resource's OCID."""
        return self.resource.text

    @property
    def is_requested_by_itself(self) -> bool:
        """Whether a direct request names this resource, and not what it was found by."""
        return self.request is not None and self.request.names(self.resource)

    @property
    def retry_token(self) -> str:
        """`opc-retry-token`, 64 characters at most: a pure function of the trigger's identity and the resource.

        A direct request's own `opcRetryToken` is used verbatim, but not for the volumes of an instance or a selection:
        one token stands for one backup.
        """
        if self.request is not None and self.request.opc_retry_token and self.is_requested_by_itself:
            return self.request.opc_retry_token
        return self.trigger.token_for(self.resource.text)
