"""Boot volumes."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from ...core.identifiers import new_ocid
from ...core.operations import Call, Document, Reply, operation
from .block_resources import MODELS
from .disks import Disks

_PATH = "/20160918/bootVolumes"
_ONE = f"{_PATH}/{{bootVolumeId}}"


class BootVolumes(Disks):
    """Boot volumes come with instances, as clones, or restored from a backup."""

    resource_type = "bootvolume"
    parameter = "bootVolumeId"
    create_model = f"{MODELS}.CreateBootVolumeDetails"
    update_model = f"{MODELS}.UpdateBootVolumeDetails"
    least_size = 47
    default_size = 47
    sources: ClassVar = {
        "bootVolume": "bootvolume",
        "bootVolumeBackup": "bootvolumebackup",
        "bootVolumeBackupDelta": "bootvolumebackup",
    }
    replicas = "bootVolumeReplicas"

    def build(self, details: Document) -> Document:
        return {
            **super().build(details),
            self.replicas: None,
            "imageId": details.get("imageId") or new_ocid("image"),
        }

    @operation("POST", _PATH)
    async def create_boot_volume(self, call: Call) -> Reply:
        """CreateBootVolume. A clone, or restored from a backup by way of RESTORING. No replicas."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_boot_volume(self, call: Call) -> Reply:
        """GetBootVolume."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_boot_volumes(self, call: Call) -> Reply:
        """ListBootVolumes."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_boot_volume(self, call: Call) -> Reply:
        """UpdateBootVolume. Published as updatebootvolume; a resize as for volumes."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_boot_volume(self, call: Call) -> Reply:
        """DeleteBootVolume. Answered 202. Does not look at attachments."""
        return replace(self.delete(call), status=202)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_boot_volume_compartment(self, call: Call) -> Reply:
        """ChangeBootVolumeCompartment. Takes effect at once."""
        return self.move(call)

    @operation("GET", f"{_ONE}/kmsKey")
    async def get_boot_volume_kms_key(self, call: Call) -> Reply:
        """GetBootVolumeKmsKey."""
        return self.get_key(call)

    @operation("PUT", f"{_ONE}/kmsKey")
    async def update_boot_volume_kms_key(self, call: Call) -> Reply:
        """UpdateBootVolumeKmsKey. Takes any OCID of a key."""
        return self.update_key(call)

    @operation("DELETE", f"{_ONE}/kmsKey")
    async def delete_boot_volume_kms_key(self, call: Call) -> Reply:
        """DeleteBootVolumeKmsKey. The boot volume has Oracle's own key from then on."""
        return self.delete_key(call)
