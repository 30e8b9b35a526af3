"""What the backups of volumes, boot volumes and volume groups have in common."""

from __future__ import annotations

from typing import Any

from ...core.cloud import Cloud
from ...core.collection import display_name, tagged
from ...core.errors import conflict
from ...core.identifiers import now
from ...core.operations import Call, Document, Reply
from .block_resources import BlockResources
from .copies import Copyable
from .disks import check_key
from .retention import (
    check_deletable,
    check_lock,
    check_retention,
    expiry_of,
    retention_of,
)

_RUNNING = frozenset({"REQUEST_RECEIVED", "CREATING", "COMMITTED"})


class Backups(Copyable):
    """Backups go REQUEST_RECEIVED → CREATING → AVAILABLE, one of a source at a time.

    Attributes:
        source_kind: the class of what is backed up.
        begun_state: the state that a backup is in once it has a time of creation.
    """

    source_kind: type[BlockResources]
    begun_state = "CREATING"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        # By source: an estate has tens of thousands of backups, which are not looked through for each new one.
        self._newest: dict[str, Document] = {}

    @property
    def sources(self) -> BlockResources:
        return self.cloud.service(self.source_kind)

    def source(self, details: Document) -> Document:
        """Return what is to be backed up. Raises ServiceError 400, 404 or 409."""
        source = self.sources.collection.from_body(details, self.source_field)
        self.sources.check_available(source)
        newest = self._newest.get(source["id"])
        if newest and newest["lifecycleState"] in _RUNNING:
            raise conflict(f"A backup of {source['id']} is already in progress.")
        return source

    def common(self, details: Document, source: Document, first_state: str) -> Document:
        """Return the fields that all backups have, as they are before the backup has begun. Raises ServiceError 400."""
        if details.get("kmsKeyId") is not None:
            check_key(details)
        return {
            self.source_field: source["id"],
            self.copied_field: None,
            "compartmentId": source["compartmentId"],
            **tagged(details),
            "displayName": display_name(details, f"{self.resource_type}{now()}"),
            "expirationTime": None,
            "lifecycleState": first_state,
            "sizeInGBs": source["sizeInGBs"],
            "sourceType": "MANUAL",
            "timeCreated": None,
            "timeRequestReceived": now(),
            "type": details.get("type") or "INCREMENTAL",
            **retention_of(details),
        }

    def schedule_lifecycle(self, document: Document) -> None:
        self._newest[document[self.source_field]] = document
        self.later(document, 1, lambda: self._begin(document))
        self.later(document, 2, lambda: self.become_ready(document))

    def _begin(self, document: Document) -> None:
        document.update(lifecycleState=self.begun_state, timeCreated=now())
        document["timeRetentionExpiresAt"] = expiry_of(document)
        self.collection.touch(document)

    def become_ready(self, document: Document) -> None:
        document.update({name: 1 for name in document if name.startswith("uniqueSizeIn")})
        super().become_ready(document)

    def final_state(self, document: Document) -> str:
        """Return AVAILABLE, or the state that the source's free-form tag ``emulator-backup-ends`` names: ``FAULTY``."""
        source = self.sources.collection.get(document[self.source_field])
        return str(source["freeformTags"].get("emulator-backup-ends", self.ready_state))

    def check_update(self, document: Document, details: Document) -> None:
        if details.get("kmsKeyId") is not None:
            check_key(details)
        check_retention({**document, **details})
        check_lock(document, details)

    def change(self, document: Document, fields: Document) -> None:
        document["timeRetentionExpiresAt"] = expiry_of({**document, **fields})
        super().change(document, fields)

    def delete(self, call: Call) -> Reply:
        """Answer Delete…. Raises ServiceError 409 where the backup is retained."""
        check_deletable(self.collection.from_path(call, self.parameter))
        return super().delete(call)

    def additional_details(self, document: Document) -> dict[str, Any]:
        """Return what was recorded: `volumeId` for boot volumes, too, and an `.end` for success and failure."""
        # What a copy was made of is in another region.
        source = self.cloud.find_anywhere(document[self.source_field]) or {}
        state = document["lifecycleState"]
        return {
            "sourceType": document["sourceType"],
            "volumeName": source.get("displayName"),
            "volumeId": document[self.source_field],
            "backupState": state,
            "status": "operationFailed" if state == "FAULTY" else "operationSucceed",
        }
