"""Backups of volume groups: one backup of each member, made together."""

from __future__ import annotations

from typing import Any

from emulator.core.cloud import Cloud
from emulator.core.identifiers import resource_type
from emulator.core.operations import Call, Document, Reply, operation
from emulator.services.block_volume.backups import Backups
from emulator.services.block_volume.boot_volume_backups import BootVolumeBackups
from emulator.services.block_volume.volume_backups import VolumeBackups
from emulator.services.block_volume.volume_groups import VolumeGroups

_PATH = "/20160918/volumeGroupBackups"
_ONE = f"{_PATH}/{{volumeGroupBackupId}}"


class VolumeGroupBackups(Backups):
    """A group's backup starts in CREATING, and its size fields end in Gbs and Mbs, as recorded."""

    resource_type = "volumegroupbackup"
    parameter = "volumeGroupBackupId"
    source_field = "volumeGroupId"

    def __init__(
        self, cloud: Cloud, groups: VolumeGroups, backups: VolumeBackups, boot_backups: BootVolumeBackups
    ) -> None:
        super().__init__(cloud, groups)
        self.created_with = (*self.created_with, "compartmentId")
        self._member_backups: dict[str, Backups] = {"volume": backups, "bootvolume": boot_backups}

    def new(self, details: Document) -> Document:
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
        backups = self._member_backups[resource_type(ocid)]
        wanted: dict[str, Any] = {backups.source_field: ocid, "type": details.get("type") or "INCREMENTAL"}
        return backups.add(wanted)

    @operation("POST", _PATH, permission="manage volume-group-backups")
    async def create_volume_group_backup(self, call: Call) -> Reply:
        """CreateVolumeGroupBackup. Remembers `opc-retry-token` for 24 hours; retention is kept but not enforced."""
        return self.create(call)

    @operation("GET", _ONE, permission="manage volume-group-backups")
    async def get_volume_group_backup(self, call: Call) -> Reply:
        """GetVolumeGroupBackup."""
        return self.one(call)

    @operation("GET", _PATH, permission="manage volume-group-backups")
    async def list_volume_group_backups(self, call: Call) -> Reply:
        """ListVolumeGroupBackups."""
        call.required("compartmentId")
        return self.collection.page(call, "compartmentId", "volumeGroupId", "displayName", "lifecycleState")

    @operation("PUT", _ONE, permission="manage volume-group-backups")
    async def update_volume_group_backup(self, call: Call) -> Reply:
        """UpdateVolumeGroupBackup. Takes name and tags."""
        return self.update(call)

    @operation("DELETE", _ONE, permission="manage volume-group-backups")
    async def delete_volume_group_backup(self, call: Call) -> Reply:
        """DeleteVolumeGroupBackup. Leaves its members' backups."""
        return self.delete(call)
