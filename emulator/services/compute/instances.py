"""Instances, each with its boot volume."""

from __future__ import annotations

from emulator.core.cloud import Cloud
from emulator.core.collection import Collection, check_tags, display_name, located, tagged
from emulator.core.errors import missing
from emulator.core.events import event
from emulator.core.identifiers import REGION_KEY, new_ocid, now
from emulator.core.operations import Call, Document, Reply, operation
from emulator.services.block_volume.boot_volumes import BootVolumes
from emulator.services.compute.boot_volume_attachments import BootVolumeAttachments

_PATH = "/20160918/instances"
_ONE = f"{_PATH}/{{instanceId}}"


class Instances:
    """Instances go PROVISIONING → RUNNING, and TERMINATING → TERMINATED."""

    def __init__(self, cloud: Cloud, boot_volumes: BootVolumes, boot_attachments: BootVolumeAttachments) -> None:
        self._cloud = cloud
        self._boot_volumes = boot_volumes
        self._boot_attachments = boot_attachments
        self.collection = Collection("instance", page_size=cloud.page_size)

    @operation("POST", _PATH, permission="manage instances")
    async def launch_instance(self, call: Call) -> Reply:
        """LaunchInstance. Makes a boot volume; leaves out network, image and placement."""
        return self.collection.create(call, self._add)

    def _add(self, details: Document) -> Document:
        for name in ("compartmentId", "shape"):
            if not details.get(name):
                raise missing(name)
        check_tags(details)
        name = display_name(details, f"instance{now()}")
        instance = self.collection.add(
            {
                **located(details["compartmentId"]),
                **tagged(details),
                "displayName": name,
                "faultDomain": "FAULT-DOMAIN-1",
                "imageId": new_ocid("image"),
                "launchMode": "NATIVE",
                "lifecycleState": "PROVISIONING",
                "metadata": details.get("metadata") or {},
                "region": REGION_KEY,
                "shape": details["shape"],
                "timeCreated": now(),
            }
        )
        boot = {"compartmentId": details["compartmentId"], "displayName": f"{name} (Boot Volume)"}
        boot_volume = self._boot_volumes.add(boot)
        self._boot_attachments.attach(instance, boot_volume)
        self._tell("launchinstance.begin", instance)
        self._cloud.later(1, lambda: self._move(instance, "RUNNING", "launchinstance.end"))
        return instance

    @operation("GET", _ONE, permission="read instances")
    async def get_instance(self, call: Call) -> Reply:
        """GetInstance."""
        return self.collection.reply(self.collection.named(call, "instanceId"))

    @operation("GET", _PATH, permission="read instances")
    async def list_instances(self, call: Call) -> Reply:
        """ListInstances."""
        call.required("compartmentId")
        return self.collection.page(call, "compartmentId", "availabilityDomain", "displayName", "lifecycleState")

    @operation("DELETE", _ONE, permission="manage instances")
    async def terminate_instance(self, call: Call) -> Reply:
        """TerminateInstance. Keeps the boot volume, whatever `preserveBootVolume` says."""
        instance = self.collection.named(call, "instanceId")
        self.collection.check_etag(call, instance)
        self._move(instance, "TERMINATING", "terminateinstance.begin")
        self._cloud.later(1, lambda: self._move(instance, "TERMINATED", "terminateinstance.end"))
        return Reply(status=204)

    def _move(self, instance: Document, state: str, event_type: str) -> None:
        instance["lifecycleState"] = state
        self.collection.touch(instance)
        self._tell(event_type, instance)

    def _tell(self, event_type: str, instance: Document) -> None:
        details = {"imageId": instance["imageId"], "shape": instance["shape"], "type": "CustomerVmi"}
        self._cloud.tell(event("ComputeApi", f"computeapi.{event_type}", instance, details))
