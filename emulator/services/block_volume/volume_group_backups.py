"""Backups of volume groups: one backup of each member, made together."""

from __future__ import annotations

from ...core.identifiers import resource_type
from ...core.operations import Call, Document, Reply, operation
from .backups import Backups
from .block_resources import MODELS
from .boot_volume_backups import BootVolumeBackups
from .copies import Copyable
from .volume_backups import VolumeBackups
from .volume_groups import VolumeGroups

_PATH = "/20160918/volumeGroupBackups"
_ONE = f"{_PATH}/{{volumeGroupBackupId}}"
_MEMBER_BACKUPS: dict[str, type[Backups]] = {"volume": VolumeBackups, "bootvolume": BootVolumeBackups}


class VolumeGroupBackups(Backups):
    """A group's backup goes CREATING → COMMITTED → AVAILABLE, and its size fields end in Gbs and Mbs, as recorded."""

    resource_type = "volumegroupbackup"
    parameter = "volumeGroupBackupId"
    source_kind = VolumeGroups
    source_field = "volumeGroupId"
    begun_state = "COMMITTED"
    copied_field = "sourceVolumeGroupBackupId"
    create_model = f"{MODELS}.CreateVolumeGroupBackupDetails"
    copy_model = f"{MODELS}.CopyVolumeGroupBackupDetails"
    update_model = f"{MODELS}.UpdateVolumeGroupBackupDetails"
    filters = (*Backups.filters, source_field)

    def build(self, details: Document) -> Document:
        source = self.source(details)
        common = self.common(details, source, "CREATING")
        members = [self._back_up(ocid, details) for ocid in source["volumeIds"]]
        document = {
            **common,
            "sizeInMBs": source["sizeInMBs"],
            "uniqueSizeInGbs": 0,
            "uniqueSizeInMbs": 0,
            "volumeBackupIds": [member["id"] for member in members],
        }
        document["compartmentId"] = details.get("compartmentId") or source["compartmentId"]
        return document

    def insert(self, details: Document) -> Document:
        """Add a group's backup, and let its members' backups know it. Raises ServiceError."""
        document = super().insert(details)
        self._tell_members(document)
        return document

    def build_copy(self, backup: Document, destination: Copyable, details: Document) -> Document:
        """Return the copy of a group's backup; the backups in it are copied for it. Raises ServiceError 404 or 409."""
        copy = super().build_copy(backup, destination, details)
        kept = [self._member_backup(ocid) for ocid in backup["volumeBackupIds"]]
        for service, member in kept:
            service.check_available(member)
        copied = {name: details[name] for name in ("kmsKeyId",) if details.get(name) is not None}
        members = [
            service.start_copy(member, destination.cloud.service(type(service)), copied) for service, member in kept
        ]
        return {**copy, "volumeBackupIds": [member["id"] for member in members]}

    def _member_backup(self, ocid: str) -> tuple[Backups, Document]:
        """Return a backup that is part of a group's, with the service that keeps it. Raises ServiceError 404."""
        service: Backups = self.cloud.service_of(resource_type(ocid))
        return service, service.collection.get(ocid)

    def add_copy(self, copy: Document) -> Document:
        """Add the copy of a group's backup, and let the copies in it know it."""
        added = super().add_copy(copy)
        self._tell_members(added)
        return added

    def _tell_members(self, document: Document) -> None:
        for ocid in document["volumeBackupIds"]:
            _, member = self._member_backup(ocid)
            member["volumeGroupBackupId"] = document["id"]

    def _back_up(self, ocid: str, details: Document) -> Document:
        backups = self.cloud.service(_MEMBER_BACKUPS[resource_type(ocid)])
        return backups.add({backups.source_field: ocid, "type": details.get("type") or "INCREMENTAL"})

    @operation("POST", _PATH)
    async def create_volume_group_backup(self, call: Call) -> Reply:
        """CreateVolumeGroupBackup. Remembers `opc-retry-token` for 24 hours."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_volume_group_backup(self, call: Call) -> Reply:
        """GetVolumeGroupBackup."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_volume_group_backups(self, call: Call) -> Reply:
        """ListVolumeGroupBackups."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_volume_group_backup(self, call: Call) -> Reply:
        """UpdateVolumeGroupBackup. Only what a retention lock lets through."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_volume_group_backup(self, call: Call) -> Reply:
        """DeleteVolumeGroupBackup. Leaves its members' backups. Answered 409 while it is retained."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/copy")
    async def copy_volume_group_backup(self, call: Call) -> Reply:
        """CopyVolumeGroupBackup. With copies of the backups in it. Names no work request."""
        return self.copy(call)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_volume_group_backup_compartment(self, call: Call) -> Reply:
        """ChangeVolumeGroupBackupCompartment."""
        return self.move(call)
