"""Backups of block volumes."""

from __future__ import annotations

from ...core.operations import Call, Document, Reply, operation
from .backups import BACKUP_FIELDS, Backups
from .volumes import Volumes

_PATH = "/20160918/volumeBackups"
_ONE = f"{_PATH}/{{volumeBackupId}}"


class VolumeBackups(Backups):
    resource_type = "volumebackup"
    parameter = "volumeBackupId"
    source_kind = Volumes
    source_field = "volumeId"
    created_with = (source_field, *BACKUP_FIELDS, "kmsKeyId")
    filters = (*Backups.filters, source_field)

    def build(self, details: Document) -> Document:
        source = self.source(details)
        return {
            **self.common(details, source, "REQUEST_RECEIVED"),
            "kmsKeyId": details.get("kmsKeyId") or source["kmsKeyId"],
            "sizeInMBs": source["sizeInMBs"],
            "sourceVolumeBackupId": None,
            "uniqueSizeInGBs": 0,
            "uniqueSizeInMbs": 0,
        }

    @operation("POST", _PATH)
    async def create_volume_backup(self, call: Call) -> Reply:
        """CreateVolumeBackup. Remembers `opc-retry-token` for 24 hours; retention is kept but not enforced."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_volume_backup(self, call: Call) -> Reply:
        """GetVolumeBackup."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_volume_backups(self, call: Call) -> Reply:
        """ListVolumeBackups. Leaves out `sourceVolumeBackupId`."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_volume_backup(self, call: Call) -> Reply:
        """UpdateVolumeBackup. Takes name and tags."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_volume_backup(self, call: Call) -> Reply:
        """DeleteVolumeBackup. Invalidates the retry token that made the backup."""
        return self.delete(call)
