"""Attachments of boot volumes to instances."""

from __future__ import annotations

from ...core.collection import located
from ...core.identifiers import now
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import Resources

_PATH = "/20160918/bootVolumeAttachments"
_ONE = f"{_PATH}/{{bootVolumeAttachmentId}}"


class BootVolumeAttachments(Resources):
    """An attachment's id is that of its instance, as recorded."""

    resource_type = "instance"
    parameter = "bootVolumeAttachmentId"
    filters = ("availabilityDomain", "compartmentId", "instanceId", "bootVolumeId")

    def attach(self, instance: Document, boot_volume: Document) -> Document:
        """Attach a boot volume to an instance that is being launched."""
        return self.collection.add(
            {
                **located(self.cloud.region, instance["compartmentId"]),
                "bootVolumeId": boot_volume["id"],
                "displayName": "Remote boot attachment for instance",
                "instanceId": instance["id"],
                "isPvEncryptionInTransitEnabled": False,
                "lifecycleState": "ATTACHED",
                "timeCreated": now(),
            },
            ocid=instance["id"],
        )

    def detach(self, instance_id: str) -> str:
        """Detach the boot volume of an instance that is terminated, and return its OCID."""
        attachment = self.collection.get(instance_id)
        attachment["lifecycleState"] = "DETACHED"
        self.collection.touch(attachment)
        return str(attachment["bootVolumeId"])

    @operation("GET", _PATH)
    async def list_boot_volume_attachments(self, call: Call) -> Reply:
        """ListBootVolumeAttachments."""
        return self.page(call, "availabilityDomain", "compartmentId")

    @operation("GET", _ONE)
    async def get_boot_volume_attachment(self, call: Call) -> Reply:
        """GetBootVolumeAttachment."""
        return self.get(call)
