"""Backups of block volumes."""

from __future__ import annotations

from ...core.operations import Call, Document, Reply, operation
from .backups import Backups
from .block_resources import MODELS
from .volumes import Volumes

_PATH = "/20160918/volumeBackups"
_ONE = f"{_PATH}/{{volumeBackupId}}"


class VolumeBackups(Backups):
    resource_type = "volumebackup"
    parameter = "volumeBackupId"
    source_kind = Volumes
    source_field = "volumeId"
    copied_field = "sourceVolumeBackupId"
    create_model = f"{MODELS}.CreateVolumeBackupDetails"
    copy_model = f"{MODELS}.CopyVolumeBackupDetails"
    copy_operation = "COPY_VOLUME_BACKUP"
    update_model = f"{MODELS}.UpdateVolumeBackupDetails"
    filters = (*Backups.filters, source_field, copied_field)

    def build(self, details: Document) -> Document:
        source = self.source(details)
        return {
            **self.common(details, source, "REQUEST_RECEIVED"),
            "kmsKeyId": details.get("kmsKeyId") or source["kmsKeyId"],
            "sizeInMBs": source["sizeInMBs"],
            "systemTags": {},
            "uniqueSizeInGBs": 0,
            "uniqueSizeInMbs": 0,
            "volumeGroupBackupId": None,
        }

    @operation("POST", _PATH)
    async def create_volume_backup(self, call: Call) -> Reply:
        """CreateVolumeBackup. Remembers `opc-retry-token` for 24 hours."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_volume_backup(self, call: Call) -> Reply:
        """GetVolumeBackup."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_volume_backups(self, call: Call) -> Reply:
        """ListVolumeBackups."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_volume_backup(self, call: Call) -> Reply:
        """UpdateVolumeBackup. Only what a retention lock lets through."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_volume_backup(self, call: Call) -> Reply:
        """DeleteVolumeBackup. Answered 409 while the backup is retained."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/copy")
    async def copy_volume_backup(self, call: Call) -> Reply:
        """CopyVolumeBackup. Into another region. Remembers `opc-retry-token` for 24 hours."""
        return self.copy(call)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_volume_backup_compartment(self, call: Call) -> Reply:
        """ChangeVolumeBackupCompartment."""
        return self.move(call)
