"""Backups of boot volumes."""

from __future__ import annotations

from emulator.core.cloud import Cloud
from emulator.core.operations import Call, Document, Reply, operation
from emulator.services.block_volume.backups import Backups
from emulator.services.block_volume.boot_volumes import BootVolumes

_PATH = "/20160918/bootVolumeBackups"
_ONE = f"{_PATH}/{{bootVolumeBackupId}}"


class BootVolumeBackups(Backups):
    resource_type = "bootvolumebackup"
    parameter = "bootVolumeBackupId"
    source_field = "bootVolumeId"

    def __init__(self, cloud: Cloud, boot_volumes: BootVolumes) -> None:
        super().__init__(cloud, boot_volumes)
        self.created_with = (*self.created_with, "kmsKeyId")

    def new(self, details: Document) -> Document:
        source = self.source(details)
        return {
            **self.common(details, source, "REQUEST_RECEIVED"),
            "imageId": source["imageId"],
            "kmsKeyId": details.get("kmsKeyId") or source["kmsKeyId"],
            "sourceBootVolumeBackupId": None,
            "uniqueSizeInGBs": 0,
        }

    @operation("POST", _PATH, permission="manage boot-volume-backups")
    async def create_boot_volume_backup(self, call: Call) -> Reply:
        """CreateBootVolumeBackup. Remembers `opc-retry-token` for 24 hours; retention is kept but not enforced."""
        return self.create(call)

    @operation("GET", _ONE, permission="manage boot-volume-backups")
    async def get_boot_volume_backup(self, call: Call) -> Reply:
        """GetBootVolumeBackup."""
        return self.one(call)

    @operation("GET", _PATH, permission="manage boot-volume-backups")
    async def list_boot_volume_backups(self, call: Call) -> Reply:
        """ListBootVolumeBackups. Leaves out `sourceBootVolumeBackupId`."""
        call.required("compartmentId")
        return self.collection.page(call, "compartmentId", "bootVolumeId", "displayName", "lifecycleState")

    @operation("PUT", _ONE, permission="manage boot-volume-backups")
    async def update_boot_volume_backup(self, call: Call) -> Reply:
        """UpdateBootVolumeBackup. Takes name and tags."""
        return self.update(call)

    @operation("DELETE", _ONE, permission="manage boot-volume-backups")
    async def delete_boot_volume_backup(self, call: Call) -> Reply:
        """DeleteBootVolumeBackup. Invalidates the retry token that made the backup."""
        return self.delete(call)
