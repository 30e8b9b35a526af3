"""Attachments of block volumes to instances."""

from __future__ import annotations

from emulator.core.cloud import Cloud
from emulator.core.collection import Collection, display_name, located
from emulator.core.events import event
from emulator.core.identifiers import now
from emulator.core.operations import Call, Document, Reply, operation
from emulator.services.block_volume.volumes import Volumes
from emulator.services.compute.instances import Instances

_PATH = "/20160918/volumeAttachments"
_ONE = f"{_PATH}/{{volumeAttachmentId}}"


class VolumeAttachments:
    """Attachments go ATTACHING → ATTACHED, and DETACHING → DETACHED."""

    def __init__(self, cloud: Cloud, instances: Instances, volumes: Volumes) -> None:
        self._cloud = cloud
        self._instances = instances
        self._volumes = volumes
        self.collection = Collection("volumeattachment", page_size=cloud.page_size)

    @operation("POST", _PATH, permission="manage volume-attachments")
    async def attach_volume(self, call: Call) -> Reply:
        """AttachVolume. Leaves out iSCSI and device details."""
        return self.collection.create(call, self.add)

    def add(self, details: Document) -> Document:
        """A new attachment from AttachVolumeDetails. Raises ServiceError."""
        instance = self._instances.collection.existing(details.get("instanceId"), "instanceId")
        volume = self._volumes.collection.existing(details.get("volumeId"), "volumeId")
        attachment = self.collection.add(
            {
                **located(instance["compartmentId"]),
                "attachmentType": details.get("type") or "paravirtualized",
                "device": details.get("device"),
                "displayName": display_name(details, f"volumeattachment{now()}"),
                "instanceId": instance["id"],
                "isReadOnly": bool(details.get("isReadOnly")),
                "isShareable": bool(details.get("isShareable")),
                "lifecycleState": "ATTACHING",
                "timeCreated": now(),
                "volumeId": volume["id"],
            }
        )
        self._tell("attachvolume.begin", attachment)
        self._cloud.later(1, lambda: self._move(attachment, "ATTACHED", "attachvolume.end"))
        return attachment

    @operation("GET", _PATH, permission="inspect volume-attachments")
    async def list_volume_attachments(self, call: Call) -> Reply:
        """ListVolumeAttachments."""
        call.required("compartmentId")
        return self.collection.page(call, "availabilityDomain", "compartmentId", "instanceId", "volumeId")

    @operation("GET", _ONE, permission="inspect volume-attachments")
    async def get_volume_attachment(self, call: Call) -> Reply:
        """GetVolumeAttachment."""
        return self.collection.reply(self.collection.named(call, "volumeAttachmentId"))

    @operation("DELETE", _ONE, permission="manage volume-attachments")
    async def detach_volume(self, call: Call) -> Reply:
        """DetachVolume."""
        attachment = self.collection.named(call, "volumeAttachmentId")
        self.collection.check_etag(call, attachment)
        self._move(attachment, "DETACHING", "detachvolume.begin")
        self._cloud.later(1, lambda: self._move(attachment, "DETACHED", "detachvolume.end"))
        return Reply(status=204)

    def _move(self, attachment: Document, state: str, event_type: str) -> None:
        attachment["lifecycleState"] = state
        self.collection.touch(attachment)
        self._tell(event_type, attachment)

    def _tell(self, event_type: str, attachment: Document) -> None:
        details = {"instanceId": attachment["instanceId"], "volumeId": attachment["volumeId"]}
        self._cloud.tell(event("ComputeApi", f"computeapi.{event_type}", attachment, details))
