"""Backups of boot volumes."""

from __future__ import annotations

from ...core.operations import Call, Document, Reply, operation
from .backups import BACKUP_FIELDS, Backups
from .boot_volumes import BootVolumes

_PATH = "/20160918/bootVolumeBackups"
_ONE = f"{_PATH}/{{bootVolumeBackupId}}"


class BootVolumeBackups(Backups):
    resource_type = "bootvolumebackup"
    parameter = "bootVolumeBackupId"
    source_kind = BootVolumes
    source_field = "bootVolumeId"
    created_with = (source_field, *BACKUP_FIELDS, "kmsKeyId")
    filters = (*Backups.filters, source_field)

    def build(self, details: Document) -> Document:
        source = self.source(details)
        return {
            **self.common(details, source, "REQUEST_RECEIVED"),
            "imageId": source["imageId"],
            "kmsKeyId": details.get("kmsKeyId") or source["kmsKeyId"],
            "sourceBootVolumeBackupId": None,
            "uniqueSizeInGBs": 0,
        }

    @operation("POST", _PATH)
    async def create_boot_volume_backup(self, call: Call) -> Reply:
        """CreateBootVolumeBackup. Remembers `opc-retry-token` for 24 hours; retention is kept but not enforced."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_boot_volume_backup(self, call: Call) -> Reply:
        """GetBootVolumeBackup."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_boot_volume_backups(self, call: Call) -> Reply:
        """ListBootVolumeBackups. Leaves out `sourceBootVolumeBackupId`."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_boot_volume_backup(self, call: Call) -> Reply:
        """UpdateBootVolumeBackup. Takes name and tags."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_boot_volume_backup(self, call: Call) -> Reply:
        """DeleteBootVolumeBackup. Invalidates the retry token that made the backup."""
        return self.delete(call)
