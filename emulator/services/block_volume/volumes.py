"""Block volumes."""

from __future__ import annotations

from typing import ClassVar

from ...core.operations import Call, Document, Reply, operation
from .block_resources import MODELS
from .disks import Disks

_PATH = "/20160918/volumes"
_ONE = f"{_PATH}/{{volumeId}}"


class Volumes(Disks):
    """Volumes are blank, clones, or restored from a backup; their content is not kept."""

    resource_type = "volume"
    parameter = "volumeId"
    create_model = f"{MODELS}.CreateVolumeDetails"
    update_model = f"{MODELS}.UpdateVolumeDetails"
    least_size = 50
    default_size = 1024
    sources: ClassVar = {"volume": "volume", "volumeBackup": "volumebackup", "volumeBackupDelta": "volumebackup"}
    replicas = "blockVolumeReplicas"

    def build(self, details: Document) -> Document:
        return {
            **super().build(details),
            self.replicas: None,
            "isReservationsEnabled": bool(details.get("isReservationsEnabled")),
        }

    @operation("POST", _PATH)
    async def create_volume(self, call: Call) -> Reply:
        """CreateVolume. Of 1024 GB where nothing else is said; from a backup by way of RESTORING. No replicas."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_volume(self, call: Call) -> Reply:
        """GetVolume."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_volumes(self, call: Call) -> Reply:
        """ListVolumes."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_volume(self, call: Call) -> Reply:
        """UpdateVolume. A resize goes through PROVISIONING, with updatevolume.begin and .end."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_volume(self, call: Call) -> Reply:
        """DeleteVolume. Does not look at attachments."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_volume_compartment(self, call: Call) -> Reply:
        """ChangeVolumeCompartment. Takes effect at once."""
        return self.move(call)

    @operation("GET", f"{_ONE}/kmsKey")
    async def get_volume_kms_key(self, call: Call) -> Reply:
        """GetVolumeKmsKey."""
        return self.get_key(call)

    @operation("PUT", f"{_ONE}/kmsKey")
    async def update_volume_kms_key(self, call: Call) -> Reply:
        """UpdateVolumeKmsKey. Takes any OCID of a key."""
        return self.update_key(call)

    @operation("DELETE", f"{_ONE}/kmsKey")
    async def delete_volume_kms_key(self, call: Call) -> Reply:
        """DeleteVolumeKmsKey. The volume has Oracle's own key from then on."""
        return self.delete_key(call)
