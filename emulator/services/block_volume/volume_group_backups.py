"""Backups of volume groups: one backup of each member, made together."""

from __future__ import annotations

from ...core.identifiers import resource_type
from ...core.operations import Call, Document, Reply, operation
from .backups import Backups
from .block_resources import MODELS
from .boot_volume_backups import BootVolumeBackups
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
    create_model = f"{MODELS}.CreateVolumeGroupBackupDetails"
    update_model = f"{MODELS}.UpdateVolumeGroupBackupDetails"
    filters = (*Backups.filters, source_field)

    def build(self, details: Document) -> Document:
        source = self.source(details)
        common = self.common(details, source, "CREATING")
        members = [self._back_up(ocid, details) for ocid in source["volumeIds"]]
        document = {
            **common,
            "sizeInMBs": source["sizeInMBs"],
            "sourceVolumeGroupBackupId": None,
            "uniqueSizeInGbs": 0,
            "uniqueSizeInMbs": 0,
            "volumeBackupIds": [member["id"] for member in members],
        }
        document["compartmentId"] = details.get("compartmentId") or source["compartmentId"]
        return document

    def insert(self, details: Document) -> Document:
        """Add a group's backup, and let its members' backups know it. Raises ServiceError."""
        document = super().insert(details)
        for ocid in document["volumeBackupIds"]:
            self.cloud.service_of(resource_type(ocid)).collection.get(ocid)["volumeGroupBackupId"] = document["id"]
        return document

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

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_volume_group_backup_compartment(self, call: Call) -> Reply:
        """ChangeVolumeGroupBackupCompartment."""
        return self.move(call)
