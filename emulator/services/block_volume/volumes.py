"""Block volumes."""

from __future__ import annotations

from ...core.collection import display_name, located, require, tagged
from ...core.identifiers import now
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import COMMON_FIELDS
from .block_resources import BlockResources

_PATH = "/20160918/volumes"
_ONE = f"{_PATH}/{{volumeId}}"
CHANGEABLE = (*COMMON_FIELDS, "sizeInGBs", "vpusPerGB", "isAutoTuneEnabled")


def volume_fields(details: Document, *, default_size: int) -> Document:
    """Return what volumes and boot volumes have in common. Raises ServiceError 400."""
    require(details, "compartmentId")
    size = int(details.get("sizeInGBs") or default_size)
    return {
        **located(details["compartmentId"]),
        **tagged(details),
        "displayName": display_name(details, f"volume{now()}"),
        "isAutoTuneEnabled": bool(details.get("isAutoTuneEnabled")),
        "isHydrated": True,
        "kmsKeyId": details.get("kmsKeyId"),
        "lifecycleState": "PROVISIONING",
        "sizeInGBs": size,
        "sizeInMBs": size * 1024,
        "sourceDetails": details.get("sourceDetails"),
        "timeCreated": now(),
        "volumeGroupId": None,
        "vpusPerGB": details.get("vpusPerGB", 10),
    }


class Volumes(BlockResources):
    """Volumes go PROVISIONING → AVAILABLE, and TERMINATING → TERMINATED."""

    resource_type = "volume"
    parameter = "volumeId"
    created_with = ("compartmentId", "availabilityDomain", "kmsKeyId", "sourceDetails", *CHANGEABLE)
    updated_with = CHANGEABLE
    filters = (*BlockResources.filters, "availabilityDomain", "volumeGroupId")

    def build(self, details: Document) -> Document:
        return volume_fields(details, default_size=1024)

    @operation("POST", _PATH)
    async def create_volume(self, call: Call) -> Reply:
        """CreateVolume. Leaves out replicas and autotune policies; copies nothing from `sourceDetails`."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_volume(self, call: Call) -> Reply:
        """GetVolume."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_volumes(self, call: Call) -> Reply:
        """ListVolumes. Leaves out `clusterPlacementGroupId`."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_volume(self, call: Call) -> Reply:
        """UpdateVolume. A resize takes effect at once, without updatevolume.begin and .end."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_volume(self, call: Call) -> Reply:
        """DeleteVolume. Does not look at attachments."""
        return self.delete(call)
