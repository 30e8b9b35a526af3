"""Volume groups."""

from __future__ import annotations

from dataclasses import replace

from ...core.cloud import Cloud
from ...core.collection import display_name, located, tagged
from ...core.errors import invalid, not_found, not_implemented, related_not_found
from ...core.identifiers import now, resource_type
from ...core.operations import Call, Document, Reply, operation
from .assets import Assets
from .block_resources import MODELS
from .boot_volumes import BootVolumes
from .disks import Disks
from .volumes import Volumes

_PATH = "/20160918/volumeGroups"
_ONE = f"{_PATH}/{{volumeGroupId}}"
_LARGEST = 32
# What a new member is made of: the class of the member, and the type of its source details.
_COPIES: dict[str, tuple[type[Disks], str]] = {
    "volume": (Volumes, "volume"),
    "bootvolume": (BootVolumes, "bootVolume"),
    "volumebackup": (Volumes, "volumeBackup"),
    "bootvolumebackup": (BootVolumes, "bootVolumeBackup"),
}


class VolumeGroups(Assets):
    """A group of volumes that exist is AVAILABLE at once; clones and restored ones go through PROVISIONING.

    The members know their group by `volumeGroupId`, and it follows their size.
    """

    resource_type = "volumegroup"
    parameter = "volumeGroupId"
    create_model = f"{MODELS}.CreateVolumeGroupDetails"
    update_model = f"{MODELS}.UpdateVolumeGroupDetails"
    filters = (*Assets.filters, "availabilityDomain")

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        cloud.events.subscribe(self._follow)

    def _follow(self, event: Document) -> None:
        """Give the groups of a volume that has changed their new size."""
        for group in self.collection.documents.values():
            if event["data"]["resourceId"] in group["volumeIds"]:
                group.update(self._sizes(group["volumeIds"]))

    def member(self, ocid: str) -> Document:
        """Return a volume or boot volume. Raises ServiceError 400 where there is none."""
        for kind in (Volumes, BootVolumes):
            documents = self.cloud.service(kind).collection.documents
            if ocid in documents:
                return documents[ocid]
        raise related_not_found(f"volume {ocid} not found")

    def build(self, details: Document) -> Document:
        if details.get("volumeGroupReplicas"):
            raise not_implemented("volumeGroupReplicas are not served by the local OCI.")
        volume_ids = self._members(details)
        is_ready = details["sourceDetails"]["type"] == "volumeIds"
        return {
            **located(self.cloud.region, details["compartmentId"]),
            **tagged(details),
            **self._sizes(volume_ids),
            "displayName": display_name(details, f"volumegroup{now()}"),
            "isHydrated": True if is_ready else None,
            "lifecycleState": "AVAILABLE" if is_ready else "PROVISIONING",
            "sourceDetails": details["sourceDetails"],
            "timeCreated": now(),
            "volumeGroupReplicas": None,
            "volumeIds": volume_ids,
        }

    def _members(self, details: Document) -> list[str]:
        """Return the volumes that a new group consists of; clones and restored ones are made for it."""
        source = details["sourceDetails"]
        if source["type"] == "volumeIds":
            return self._checked_members(source["volumeIds"])
        if source["type"] == "volumeGroupId":
            return self._copies(self.find_ready("volumegroup", source, "volumeGroupId")["volumeIds"], details)
        if source["type"] == "volumeGroupBackupId":
            backup = self.find_ready("volumegroupbackup", source, "volumeGroupBackupId")
            return self._copies(backup["volumeBackupIds"], details)
        raise not_found()

    def _checked_members(self, volume_ids: list[str]) -> list[str]:
        if len(volume_ids) > _LARGEST:
            raise invalid(f"volumeIds size must be between 1 and {_LARGEST}")
        return [self.member(ocid)["id"] for ocid in volume_ids]

    def _copies(self, ocids: list[str], details: Document) -> list[str]:
        """Return new volumes, each made of a volume or of a backup."""
        copies = []
        for ocid in ocids:
            kind, source_type = _COPIES[resource_type(ocid)]
            copy = {
                "compartmentId": details["compartmentId"],
                "displayName": self.cloud.service_of(resource_type(ocid)).collection.get(ocid)["displayName"],
                "sourceDetails": {"type": source_type, "id": ocid},
            }
            copies.append(self.cloud.service(kind).add(copy)["id"])
        return copies

    def _sizes(self, volume_ids: list[str]) -> Document:
        size = sum(self.member(ocid)["sizeInGBs"] for ocid in volume_ids)
        return {"sizeInGBs": size, "sizeInMBs": size * 1024}

    def schedule_lifecycle(self, document: Document) -> None:
        if document["lifecycleState"] == self.ready_state:
            self.become_ready(document)
        else:
            # Its members are there after two steps, if they are restored.
            self.later(document, 3, lambda: self.become_ready(document))

    def become_ready(self, document: Document) -> None:
        self._join(document)
        document["isHydrated"] = True
        super().become_ready(document)

    def _join(self, document: Document) -> None:
        for ocid in document["volumeIds"]:
            self.member(ocid)["volumeGroupId"] = document["id"]

    def _leave(self, document: Document) -> None:
        for ocid in document["volumeIds"]:
            self.member(ocid)["volumeGroupId"] = None

    def check_update(self, document: Document, details: Document) -> None:
        if details.get("volumeGroupReplicas"):
            raise not_implemented("volumeGroupReplicas are not served by the local OCI.")
        self._checked_members(details.get("volumeIds", []))

    def change(self, document: Document, fields: Document) -> None:
        if "volumeIds" in fields:
            self._leave(document)
            document.update(volumeIds=fields["volumeIds"], **self._sizes(fields["volumeIds"]))
            self._join(document)
        super().change(document, fields)

    def end_deletion(self, document: Document) -> None:
        self._leave(document)
        super().end_deletion(document)

    @operation("POST", _PATH)
    async def create_volume_group(self, call: Call) -> Reply:
        """CreateVolumeGroup. Of volumes AVAILABLE at once; clones and restores make new volumes. Answered 202."""
        return replace(self.create(call), status=202)

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
        """UpdateVolumeGroup. Published as updatevolumegroup; `volumeIds` are all its members from then on."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_volume_group(self, call: Call) -> Reply:
        """DeleteVolumeGroup. Its volumes stay."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_volume_group_compartment(self, call: Call) -> Reply:
        """ChangeVolumeGroupCompartment. Its volumes stay where they are."""
        return self.move(call)
