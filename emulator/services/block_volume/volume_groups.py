"""Volume groups."""

from __future__ import annotations

from emulator.core.cloud import Cloud
from emulator.core.collection import display_name, located, tagged
from emulator.core.errors import missing, related_not_found
from emulator.core.identifiers import now
from emulator.core.operations import Call, Document, Reply, operation
from emulator.core.resources import COMMON_FIELDS, Resources
from emulator.services.block_volume.boot_volumes import BootVolumes
from emulator.services.block_volume.volumes import Volumes

_PATH = "/20160918/volumeGroups"
_ONE = f"{_PATH}/{{volumeGroupId}}"


class VolumeGroups(Resources):
    """Groups go PROVISIONING → AVAILABLE. Their members know them by `volumeGroupId`."""

    resource_type = "volumegroup"
    parameter = "volumeGroupId"
    created_with = ("compartmentId", "availabilityDomain", "sourceDetails", *COMMON_FIELDS)
    updated_with = (*COMMON_FIELDS, "volumeIds")

    def __init__(self, cloud: Cloud, volumes: Volumes, boot_volumes: BootVolumes) -> None:
        super().__init__(cloud)
        self._members = {volumes.resource_type: volumes, boot_volumes.resource_type: boot_volumes}

    def member(self, ocid: str) -> Document:
        """A volume or boot volume. Raises ServiceError 400 where there is none."""
        for resources in self._members.values():
            if ocid in resources.collection.documents:
                return resources.collection.documents[ocid]
        raise related_not_found(f"volume {ocid} not found")

    def new(self, details: Document) -> Document:
        for name in ("compartmentId", "availabilityDomain", "sourceDetails"):
            if not details.get(name):
                raise missing(name)
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

    @operation("POST", _PATH, permission="manage volume-groups")
    async def create_volume_group(self, call: Call) -> Reply:
        """CreateVolumeGroup, of type `volumeIds`. Leaves out clones, restores, replicas and backup policies."""
        return self.create(call)

    @operation("GET", _ONE, permission="inspect volume-groups")
    async def get_volume_group(self, call: Call) -> Reply:
        """GetVolumeGroup."""
        return self.one(call)

    @operation("GET", _PATH, permission="inspect volume-groups")
    async def list_volume_groups(self, call: Call) -> Reply:
        """ListVolumeGroups."""
        call.required("compartmentId")
        return self.collection.page(call, "compartmentId", "availabilityDomain", "displayName", "lifecycleState")

    @operation("PUT", _ONE, permission="manage volume-groups")
    async def update_volume_group(self, call: Call) -> Reply:
        """UpdateVolumeGroup. Told as updatevolumegroup."""
        return self.update(call)

    @operation("DELETE", _ONE, permission="manage volume-groups")
    async def delete_volume_group(self, call: Call) -> Reply:
        """DeleteVolumeGroup. Its volumes stay."""
        return self.delete(call)
