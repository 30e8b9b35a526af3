"""Backups of boot volumes."""

from __future__ import annotations

from ...core.operations import Call, Document, Reply, operation
from .backups import Backups
from .block_resources import MODELS
from .boot_volumes import BootVolumes

_PATH = "/20160918/bootVolumeBackups"
_ONE = f"{_PATH}/{{bootVolumeBackupId}}"


class BootVolumeBackups(Backups):
    resource_type = "bootvolumebackup"
    parameter = "bootVolumeBackupId"
    source_kind = BootVolumes
    source_field = "bootVolumeId"
    copied_field = "sourceBootVolumeBackupId"
    create_model = f"{MODELS}.CreateBootVolumeBackupDetails"
    copy_model = f"{MODELS}.CopyBootVolumeBackupDetails"
    copy_operation = "COPY_BOOT_VOLUME_BACKUP"
    update_model = f"{MODELS}.UpdateBootVolumeBackupDetails"
    filters = (*Backups.filters, source_field, copied_field)

    def build(self, details: Document) -> Document:
        source = self.source(details)
        return {
            **self.common(details, source, "REQUEST_RECEIVED"),
            "imageId": source["imageId"],
            "kmsKeyId": details.get("kmsKeyId") or source["kmsKeyId"],
            "systemTags": {},
            "uniqueSizeInGBs": 0,
            "volumeGroupBackupId": None,
        }

    @operation("POST", _PATH)
    async def create_boot_volume_backup(self, call: Call) -> Reply:
        """CreateBootVolumeBackup. Remembers `opc-retry-token` for 24 hours."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_boot_volume_backup(self, call: Call) -> Reply:
        """GetBootVolumeBackup."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_boot_volume_backups(self, call: Call) -> Reply:
        """ListBootVolumeBackups."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_boot_volume_backup(self, call: Call) -> Reply:
        """UpdateBootVolumeBackup. Only what a retention lock lets through."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_boot_volume_backup(self, call: Call) -> Reply:
        """DeleteBootVolumeBackup. Answered 409 while the backup is retained."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/copy")
    async def copy_boot_volume_backup(self, call: Call) -> Reply:
        """CopyBootVolumeBackup. Into another region. Remembers `opc-retry-token` for 24 hours."""
        return self.copy(call)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_boot_volume_backup_compartment(self, call: Call) -> Reply:
        """ChangeBootVolumeBackupCompartment."""
        return self.move(call)
