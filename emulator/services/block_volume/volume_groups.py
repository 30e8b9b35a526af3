"""Volume groups."""

from __future__ import annotations

from ...core.collection import display_name, located, require, tagged
from ...core.errors import related_not_found
from ...core.identifiers import now
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import COMMON_FIELDS
from .block_resources import BlockResources
from .boot_volumes import BootVolumes
from .volumes import Volumes

_PATH = "/20160918/volumeGroups"
_ONE = f"{_PATH}/{{volumeGroupId}}"


class VolumeGroups(BlockResources):
    """Groups go PROVISIONING → AVAILABLE. Their members know them by `volumeGroupId`."""

    resource_type = "volumegroup"
    parameter = "volumeGroupId"
    created_with = ("compartmentId", "availabilityDomain", "sourceDetails", *COMMON_FIELDS)
    updated_with = (*COMMON_FIELDS, "volumeIds")
    filters = (*BlockResources.filters, "availabilityDomain")

    def member(self, ocid: str) -> Document:
        """Return a volume or boot volume. Raises ServiceError 400 where there is none."""
        for kind in (Volumes, BootVolumes):
            documents = self.cloud.service(kind).collection.documents
            if ocid in documents:
                return documents[ocid]
        raise related_not_found(f"volume {ocid} not found")

    def build(self, details: Document) -> Document:
        require(details, "compartmentId", "availabilityDomain", "sourceDetails")
        members = [self.member(ocid) for ocid in details["sourceDetails"].get("volumeIds") or []]
        size = sum(member["sizeInGBs"] for member in members)
        return {
            **located(details["compartmentId"]),
            **tagged(details),
            "displayName": display_name(details, f"volumegroup{now()}"),
            "isHydrated": True,
            "lifecycleState": "PROVISIONING",
            "sizeInGBs": size,
            "sizeInMBs": size * 1024,
            "sourceDetails": details["sourceDetails"],
            "timeCreated": now(),
            "volumeIds": [member["id"] for member in members],
        }

    def become_ready(self, document: Document) -> None:
        for ocid in document["volumeIds"]:
            self.member(ocid)["volumeGroupId"] = document["id"]
        super().become_ready(document)

    @operation("POST", _PATH)
    async def create_volume_group(self, call: Call) -> Reply:
        """CreateVolumeGroup, of type `volumeIds`. Leaves out clones, restores, replicas and backup policies."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_volume_group(self, call: Call) -> Reply:
        """GetVolumeGroup."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_volume_groups(self, call: Call) -> Reply:
        """ListVolumeGroups."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_volume_group(self, call: Call) -> Reply:
        """UpdateVolumeGroup. Published as updatevolumegroup."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_volume_group(self, call: Call) -> Reply:
        """DeleteVolumeGroup. Its volumes stay."""
        return self.delete(call)
