"""What the backups of volumes, boot volumes and volume groups have in common."""

from __future__ import annotations

from typing import Any

from emulator.core.cloud import Cloud
from emulator.core.collection import display_name, tagged
from emulator.core.errors import conflict, invalid
from emulator.core.identifiers import now
from emulator.core.operations import Document
from emulator.core.resources import COMMON_FIELDS, Resources

RETENTION = ("retentionPeriod", "isPreventDeletionEnabled", "isRetentionLockEnabled", "isIndefiniteRetentionEnabled")
BACKUP_FIELDS = (*COMMON_FIELDS, "type", *RETENTION)
_RUNNING = frozenset({"REQUEST_RECEIVED", "CREATING"})


class Backups(Resources):
    """Backups go REQUEST_RECEIVED → CREATING → AVAILABLE, one of a source at a time; `source_field` names it."""

    source_field: str

    def __init__(self, cloud: Cloud, sources: Resources) -> None:
        super().__init__(cloud)
        self._sources = sources
        self.created_with = (self.source_field, *BACKUP_FIELDS)

    def source(self, details: Document) -> Document:
        """What is to be backed up. Raises ServiceError 400, 404 or 409."""
        source = self._sources.collection.existing(details.get(self.source_field), self.source_field)
        self._sources.check_available(source)
        for backup in self.collection.documents.values():
            if backup[self.source_field] == source["id"] and backup["lifecycleState"] in _RUNNING:
                raise conflict(f"A backup of {source['id']} is already in progress.")
        return source

    def common(self, details: Document, source: Document, first_state: str) -> Document:
        """The fields that all backups have, as they are before the backup has begun. Raises ServiceError 400."""
        if details.get("type", "INCREMENTAL") not in {"FULL", "INCREMENTAL"}:
            raise invalid("type must be one of FULL, INCREMENTAL")
        return {
            self.source_field: source["id"],
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
            **{name: details[name] for name in RETENTION if details.get(name) is not None},
        }

    def move_on(self, document: Document) -> None:
        self.later(document, 1, lambda: self._begin(document))
        self.later(document, 2, lambda: self.become_ready(document))

    def _begin(self, document: Document) -> None:
        document.update(lifecycleState="CREATING", timeCreated=now())
        self.collection.touch(document)

    def become_ready(self, document: Document) -> None:
        """The backup ends, well unless its source's free-form tag ``emulator-backup-ends`` says ``FAULTY``."""
        source = self._sources.collection.get(document[self.source_field])
        self.ready_state = source["freeformTags"].get("emulator-backup-ends", "AVAILABLE")
        document.update({name: 1 for name in document if name.startswith("uniqueSizeIn")})
        super().become_ready(document)

    def additional_details(self, document: Document) -> dict[str, Any]:
        """As recorded: `volumeId` also where the source is a boot volume; `.end` tells success and failure."""
        source = self._sources.collection.documents.get(document[self.source_field], {})
        state = document["lifecycleState"]
        return {
            "sourceType": document["sourceType"],
            "volumeName": source.get("displayName"),
            "volumeId": document[self.source_field],
            "backupState": state,
            "status": "operationFailed" if state == "FAULTY" else "operationSucceed",
        }
