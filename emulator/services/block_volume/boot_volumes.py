"""Boot volumes."""

from __future__ import annotations

from ...core.identifiers import new_ocid
from ...core.operations import Call, Document, Reply, operation
from .block_resources import BlockResources
from .volumes import CHANGEABLE, volume_fields

_PATH = "/20160918/bootVolumes"
_ONE = f"{_PATH}/{{bootVolumeId}}"


class BootVolumes(BlockResources):
    """Boot volumes go PROVISIONING → AVAILABLE, and TERMINATING → TERMINATED."""

    resource_type = "bootvolume"
    parameter = "bootVolumeId"
    created_with = ("compartmentId", "availabilityDomain", "kmsKeyId", "sourceDetails", *CHANGEABLE)
    updated_with = CHANGEABLE
    filters = (*BlockResources.filters, "availabilityDomain", "volumeGroupId")

    def build(self, details: Document) -> Document:
        return {**volume_fields(details, default_size=47), "imageId": new_ocid("image")}

    @operation("POST", _PATH)
    async def create_boot_volume(self, call: Call) -> Reply:
        """CreateBootVolume. Takes any `sourceDetails`, and copies nothing from them."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_boot_volume(self, call: Call) -> Reply:
        """GetBootVolume."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_boot_volumes(self, call: Call) -> Reply:
        """ListBootVolumes. Leaves out `clusterPlacementGroupId`."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_boot_volume(self, call: Call) -> Reply:
        """UpdateBootVolume. Published as updatebootvolume."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_boot_volume(self, call: Call) -> Reply:
        """DeleteBootVolume. Does not look at attachments."""
        return self.delete(call)
