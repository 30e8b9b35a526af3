"""Instances, each with its boot volume."""

from __future__ import annotations

from typing import Any, ClassVar

from ...core.collection import display_name, located, require, tagged
from ...core.identifiers import REGION_KEY, new_ocid, now
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import Resources
from ..block_volume.boot_volumes import BootVolumes
from .boot_volume_attachments import BootVolumeAttachments

_PATH = "/20160918/instances"
_ONE = f"{_PATH}/{{instanceId}}"


class Instances(Resources):
    """Instances go PROVISIONING → RUNNING, and TERMINATING → TERMINATED."""

    resource_type = "instance"
    parameter = "instanceId"
    filters = (*Resources.filters, "availabilityDomain")
    ready_state = "RUNNING"
    event_source = "ComputeApi"
    event_prefix = "computeapi"
    event_verbs: ClassVar = {"create": "launch", "delete": "terminate"}

    def build(self, details: Document) -> Document:
        require(details, "compartmentId", "shape")
        return {
            **located(details["compartmentId"]),
            **tagged(details),
            "displayName": display_name(details, f"instance{now()}"),
            "faultDomain": "FAULT-DOMAIN-1",
            "imageId": new_ocid("image"),
            "launchMode": "NATIVE",
            "lifecycleState": "PROVISIONING",
            "metadata": details.get("metadata") or {},
            "region": REGION_KEY,
            "shape": details["shape"],
            "timeCreated": now(),
        }

    def add(self, details: Document) -> Document:
        """Add an instance, and its boot volume with it."""
        instance = super().add(details)
        boot = {"compartmentId": instance["compartmentId"], "displayName": f"{instance['displayName']} (Boot Volume)"}
        boot_volume = self.cloud.service(BootVolumes).add(boot)
        self.cloud.service(BootVolumeAttachments).attach(instance, boot_volume)
        return instance

    def additional_details(self, document: Document) -> dict[str, Any]:
        return {"imageId": document["imageId"], "shape": document["shape"], "type": "CustomerVmi"}

    @operation("POST", _PATH)
    async def launch_instance(self, call: Call) -> Reply:
        """LaunchInstance. Makes a boot volume; leaves out network, image and placement."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_instance(self, call: Call) -> Reply:
        """GetInstance."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_instances(self, call: Call) -> Reply:
        """ListInstances."""
        return self.page(call)

    @operation("DELETE", _ONE)
    async def terminate_instance(self, call: Call) -> Reply:
        """TerminateInstance. Keeps the boot volume, whatever `preserveBootVolume` says."""
        return self.delete(call)
