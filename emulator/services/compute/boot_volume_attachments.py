"""Attachments of boot volumes to instances."""

from __future__ import annotations

from emulator.core.cloud import Cloud
from emulator.core.collection import Collection, located
from emulator.core.identifiers import now
from emulator.core.operations import Call, Document, Reply, operation


class BootVolumeAttachments:
    """An attachment's id is that of its instance, as recorded."""

    def __init__(self, cloud: Cloud) -> None:
        self.collection = Collection("instance", page_size=cloud.page_size)

    def attach(self, instance: Document, boot_volume: Document) -> Document:
        return self.collection.add(
            {
                **located(instance["compartmentId"]),
                "bootVolumeId": boot_volume["id"],
                "displayName": "Remote boot attachment for instance",
                "instanceId": instance["id"],
                "isPvEncryptionInTransitEnabled": False,
                "lifecycleState": "ATTACHED",
                "timeCreated": now(),
            },
            ocid=instance["id"],
        )

    @operation("GET", "/20160918/bootVolumeAttachments", permission="inspect volume-attachments")
    async def list_boot_volume_attachments(self, call: Call) -> Reply:
        """ListBootVolumeAttachments."""
        call.required("availabilityDomain")
        call.required("compartmentId")
        return self.collection.page(call, "availabilityDomain", "compartmentId", "instanceId", "bootVolumeId")
