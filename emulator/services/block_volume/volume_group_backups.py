"""Backups of volume groups: one backup of each member, made together."""

from __future__ import annotations

from ...core.identifiers import resource_type
from ...core.operations import Call, Document, Reply, operation
from .backups import BACKUP_FIELDS, Backups
from .boot_volume_backups import BootVolumeBackups
from .volume_backups import VolumeBackups
from .volume_groups import VolumeGroups

_PATH = "/20160918/volumeGroupBackups"
_ONE = f"{_PATH}/{{volumeGroupBackupId}}"
_MEMBER_BACKUPS: dict[str, type[Backups]] = {"volume": VolumeBackups, "bootvolume": BootVolumeBackups}


class VolumeGroupBackups(Backups):
    """A group's backup starts in CREATING, and its size fields end in Gbs and Mbs, as recorded."""

    resource_type = "volumegroupbackup"
    parameter = "volumeGroupBackupId"
    source_kind = VolumeGroups
    source_field = "volumeGroupId"
    created_with = (source_field, *BACKUP_FIELDS, "compartmentId")
    filters = (*Backups.filters, source_field)

    def build(self, details: Document) -> Document:
        source = self.source(details)
        members = [self._back_up(ocid, details) for ocid in source["volumeIds"]]
        document = {
            **self.common(details, source, "CREATING"),
            "sizeInMBs": source["sizeInMBs"],
            "sourceVolumeGroupBackupId": None,
            "uniqueSizeInGbs": 0,
            "uniqueSizeInMbs": 0,
            "volumeBackupIds": [member["id"] for member in members],
        }
        document["compartmentId"] = details.get("compartmentId") or source["compartmentId"]
        return document

    def _back_up(self, ocid: str, details: Document) -> Document:
        backups = self.cloud.service(_MEMBER_BACKUPS[resource_type(ocid)])
        return backups.add({backups.source_field: ocid, "type": details.get("type") or "INCREMENTAL"})

    @operation("POST", _PATH)
    async def create_volume_group_backup(self, call: Call) -> Reply:
        """CreateVolumeGroupBackup. Remembers `opc-retry-token` for 24 hours; retention is kept but not enforced."""
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
        """UpdateVolumeGroupBackup. Takes name and tags."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_volume_group_backup(self, call: Call) -> Reply:
        """DeleteVolumeGroupBackup. Leaves its members' backups."""
        return self.delete(call)
