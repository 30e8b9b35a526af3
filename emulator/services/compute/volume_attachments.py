"""Attachments of block volumes to instances."""

from __future__ import annotations

from typing import Any, ClassVar

from ...core.collection import display_name, located
from ...core.identifiers import now
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import Resources
from ..block_volume.volumes import Volumes
from .instances import Instances

_PATH = "/20160918/volumeAttachments"
_ONE = f"{_PATH}/{{volumeAttachmentId}}"


class VolumeAttachments(Resources):
    """Attachments go ATTACHING → ATTACHED, and DETACHING → DETACHED."""

    resource_type = "volumeattachment"
    parameter = "volumeAttachmentId"
    filters = ("availabilityDomain", "compartmentId", "instanceId", "volumeId")
    ready_state = "ATTACHED"
    deleting_state = "DETACHING"
    deleted_state = "DETACHED"
    event_source = "ComputeApi"
    event_prefix = "computeapi"
    event_noun = "volume"
    event_verbs: ClassVar = {"create": "attach", "delete": "detach"}

    def build(self, details: Document) -> Document:
        instance = self.cloud.service(Instances).collection.from_body(details, "instanceId")
        volume = self.cloud.service(Volumes).collection.from_body(details, "volumeId")
        return {
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

    def additional_details(self, document: Document) -> dict[str, Any]:
        return {"instanceId": document["instanceId"], "volumeId": document["volumeId"]}

    @operation("POST", _PATH)
    async def attach_volume(self, call: Call) -> Reply:
        """AttachVolume. Leaves out iSCSI and device details."""
        return self.create(call)

    @operation("GET", _PATH)
    async def list_volume_attachments(self, call: Call) -> Reply:
        """ListVolumeAttachments."""
        return self.page(call)

    @operation("GET", _ONE)
    async def get_volume_attachment(self, call: Call) -> Reply:
        """GetVolumeAttachment."""
        return self.get(call)

    @operation("DELETE", _ONE)
    async def detach_volume(self, call: Call) -> Reply:
        """DetachVolume."""
        return self.delete(call)
