"""What the Block Volume API is sent and what it answers, in Oracle's own spelling.

What others write is checked before it gets here, by ``handlers.domain.requests``.

Source: CreateVolumeBackup, CreateBootVolumeBackup and CreateVolumeGroupBackup of the Core Services API, version
20160918, and the limits of tags.
https://docs.oracle.com/en-us/iaas/api/#/en/iaas/20160918/VolumeBackup/CreateVolumeBackup
https://docs.oracle.com/en-us/iaas/Content/Tagging/Concepts/taggingoverview.htm
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

from handlers.domain.json_values import without_none
from handlers.domain.untrusted import text

MAX_FREEFORM_TAGS = 10
MAX_DEFINED_TAGS = 64
MAX_TAG_BYTES = 5 * 1024
MAX_DISPLAY_NAME_LENGTH = 255
MAX_TAG_VALUE_LENGTH = 256


def tags_fit(freeform: Mapping[str, str] | None, defined: Mapping[str, Any] | None) -> bool:
    """Return whether all tags together stay within the service's limit in bytes."""
    return len(json.dumps([freeform or {}, defined or {}], ensure_ascii=False).encode()) <= MAX_TAG_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateBackupDetails:
    """The request for a backup, as the three Create…Backup operations share it.

    `retention_period` is in Oracle's spelling, too: `retentionTimeUnit` and `retentionTimeAmount`.
    """

    id_field: ClassVar[str]
    takes_key: ClassVar[bool] = True

    resource_id: str
    kms_key_id: str | None = None
    defined_tags: Mapping[str, Any] | None = None
    display_name: str | None = None
    freeform_tags: Mapping[str, str] | None = None
    type: str | None = None
    retention_period: Mapping[str, Any] | None = None
    is_prevent_deletion_enabled: bool | None = None
    is_retention_lock_enabled: bool | None = None
    is_indefinite_retention_enabled: bool | None = None

    def document(self) -> dict[str, Any]:
        """Return it as JSON, without what was not given. The order is the SDK's, so the bytes are, too."""
        document = {
            "kmsKeyId": self.kms_key_id,
            "definedTags": self.defined_tags,
            "displayName": self.display_name,
            "freeformTags": self.freeform_tags,
            "type": self.type,
            self.id_field: self.resource_id,
            "retentionPeriod": self.retention_period,
            "isPreventDeletionEnabled": self.is_prevent_deletion_enabled,
            "isRetentionLockEnabled": self.is_retention_lock_enabled,
            "isIndefiniteRetentionEnabled": self.is_indefinite_retention_enabled,
        }
        return without_none(document)

    def body(self) -> bytes:
        """Return the request's bytes: the same fields always give the same bytes."""
        return json.dumps(self.document()).encode()


class CreateVolumeBackupDetails(CreateBackupDetails):
    __slots__ = ()
    id_field = "volumeId"


class CreateBootVolumeBackupDetails(CreateBackupDetails):
    __slots__ = ()
    id_field = "bootVolumeId"


class CreateVolumeGroupBackupDetails(CreateBackupDetails):
    """A group's backup takes the keys of its volumes, so the API has no `kmsKeyId` here."""

    __slots__ = ()
    id_field = "volumeGroupId"
    takes_key = False


DETAILS: dict[str, type[CreateBackupDetails]] = {
    "volume": CreateVolumeBackupDetails,
    "bootvolume": CreateBootVolumeBackupDetails,
    "volumegroup": CreateVolumeGroupBackupDetails,
}


class CopyBackupDetails(NamedTuple):
    """CopyVolumeBackup's fields, and those of its two kin. Neither tags nor retention are among them."""

    destination_region: str
    display_name: str | None = None
    kms_key_id: str | None = None

    def document(self) -> dict[str, Any]:
        """Return it as JSON, without what was not given."""
        document = {
            "destinationRegion": self.destination_region,
            "displayName": self.display_name,
            "kmsKeyId": self.kms_key_id,
        }
        return without_none(document)

    def body(self) -> bytes:
        """Return the request's bytes: the same fields always give the same bytes."""
        return json.dumps(self.document()).encode()


class VolumeBackup(NamedTuple):
    """A VolumeBackup, BootVolumeBackup or VolumeGroupBackup, as far as this function looks at it.

    `time_created` is not here: it is null until the backup has left REQUEST_RECEIVED, whatever the SDK says.
    """

    id: str
    lifecycle_state: str
    display_name: str | None
    time_request_received: str | None
    answered: dict[str, Any]

    @classmethod
    def of(cls, answered: dict[str, Any]) -> Self:
        """Return the backup. Raises ValueError where the answer is none."""
        backup_id, state = text(answered.get("id")), text(answered.get("lifecycleState"))
        if backup_id is None or state is None:
            raise ValueError("not a backup: it has no id or no lifecycleState")
        name, requested = text(answered.get("displayName")), text(answered.get("timeRequestReceived"))
        return cls(backup_id, state, name, requested, answered)

    def document(self) -> dict[str, Any]:
        """Return exactly what the API answered, fields of later versions included."""
        return self.answered
