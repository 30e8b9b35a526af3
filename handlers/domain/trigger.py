"""What set the function off, and what it is to act on: past the parsers there are no dicts, only these."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handlers.domain.models import BackupRequest
    from handlers.domain.ocids import Ocid


@dataclass(frozen=True, slots=True)
class Tags:
    """A resource's tags as far as they are known: None where the source did not say, {} where there are none."""

    freeform: Mapping[str, Any] | None = None
    defined: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """One thing that happened. The same `id` means the same happening, however often it is delivered.

    `direct` is true where the caller itself waits for the answer and asked for one backup.
    """

    kind: str
    id: str
    type: str | None = None
    time: datetime | None = None
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """One resource that a trigger is about.

    `resource` is a volume, boot volume, volume group or instance, or the backup itself where the trigger says that a
    backup ended. `name`, `compartment_id` and `tags` are what the trigger says of it, None where it does not say.
    `request` holds what a direct request asked for, `tag_required` whether only a tagged resource is backed up.
    """

    trigger: Trigger
    resource: Ocid
    name: str | None = None
    compartment_id: str | None = None
    tags: Tags | None = None
    tag_required: bool = False
    request: BackupRequest | None = None

    @property
    def retry_token(self) -> str:
        """`opc-retry-token`, 64 characters at most: a pure function of the trigger's identity and the resource.

        A direct request's own `opcRetryToken` is used verbatim, but not for the volumes of an instance: one token
        stands for one backup.
        """
        if self.request is not None and self.request.opc_retry_token and self.request.resource == self.resource:
            return self.request.opc_retry_token
        return hashlib.sha256(f"{self.trigger.id}\n{self.resource.text}".encode()).hexdigest()
