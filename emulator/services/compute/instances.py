"""Instances, each with its boot volume."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

from ...core.collection import display_name, located, require, tagged
from ...core.errors import incorrect_state, invalid
from ...core.identifiers import new_ocid, now
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import Resources
from ...core.work_requests import CORE, WorkRequests
from ..block_volume.block_resources import MODELS
from ..block_volume.boot_volumes import BootVolumes
from .boot_volume_attachments import BootVolumeAttachments
from .launch import launch_fields, updated_fields

_PATH = "/20160918/instances"
_ONE = f"{_PATH}/{{instanceId}}"


class Action(NamedTuple):
    """What an action does to an instance: the state that it needs, and those that it goes through."""

    needed: str
    passed: str
    final: str


_STOP, _START = Action("RUNNING", "STOPPING", "STOPPED"), Action("STOPPED", "STARTING", "RUNNING")
_RESET, _SIGNAL = Action("RUNNING", "STARTING", "RUNNING"), Action("RUNNING", "RUNNING", "RUNNING")
_ACTIONS = {
    "STOP": _STOP,
    "SOFTSTOP": _STOP,
    "START": _START,
    "RESET": _RESET,
    "SOFTRESET": _RESET,
    "REBOOTMIGRATE": _RESET,
    "DIAGNOSTICREBOOT": _RESET,
    "SENDDIAGNOSTICINTERRUPT": _SIGNAL,
}


class Instances(Resources):
    """Instances go PROVISIONING → RUNNING, by actions to STOPPED and back, and TERMINATING → TERMINATED."""

    resource_type = "instance"
    parameter = "instanceId"
    create_model = f"{MODELS}.LaunchInstanceDetails"
    update_model = f"{MODELS}.UpdateInstanceDetails"
    filters = (*Resources.filters, "availabilityDomain", "capacityReservationId")
    ready_state = "RUNNING"
    event_source = "ComputeApi"
    event_prefix = "computeapi"
    event_verbs: ClassVar = {"create": "launch", "delete": "terminate"}

    def build(self, details: Document) -> Document:
        require(details, "shape")
        source = self._source(details)
        return {
            **located(self.cloud.region, details["compartmentId"]),
            **tagged(details),
            **launch_fields(details),
            "displayName": display_name(details, f"instance{now()}"),
            "faultDomain": details.get("faultDomain") or "FAULT-DOMAIN-1",
            "imageId": source.get("imageId"),
            "launchMode": "PARAVIRTUALIZED",
            "lifecycleState": "PROVISIONING",
            "region": self.cloud.region.key,
            "shape": details["shape"],
            "sourceDetails": source,
            "systemTags": {},
            "timeCreated": now(),
            "timeMaintenanceRebootDue": None,
        }

    def _source(self, details: Document) -> Document:
        """Return what an instance boots from: an image of any OCID, or a boot volume. Raises ServiceError."""
        source: Document = details.get("sourceDetails") or {
            "sourceType": "image",
            "imageId": details.get("imageId") or new_ocid("image"),
        }
        if source["sourceType"] == "bootVolume":
            boot_volumes = self.cloud.service(BootVolumes)
            boot_volumes.check_available(boot_volumes.collection.from_body(source, "bootVolumeId"))
        return source

    def insert(self, details: Document) -> Document:
        """Add an instance, and the boot volume that an image is copied to. Raises ServiceError."""
        instance = super().insert(details)
        boot_volumes, source = self.cloud.service(BootVolumes), instance["sourceDetails"]
        if source["sourceType"] == "bootVolume":
            boot_volume = boot_volumes.collection.get(source["bootVolumeId"])
            instance["imageId"] = boot_volume["imageId"]
        else:
            boot_volume = boot_volumes.insert(
                {
                    "compartmentId": instance["compartmentId"],
                    "displayName": f"{instance['displayName']} (Boot Volume)",
                    "imageId": source.get("imageId"),
                    "kmsKeyId": source.get("kmsKeyId"),
                    "sizeInGBs": source.get("bootVolumeSizeInGBs"),
                    "vpusPerGB": source.get("bootVolumeVpusPerGB"),
                }
            )
        self.cloud.service(BootVolumeAttachments).attach(instance, boot_volume)
        return instance

    def check_available(self, document: Document) -> None:
        """Raise ServiceError 409 IncorrectState where an instance is neither running nor stopped."""
        if document["lifecycleState"] != "STOPPED":
            super().check_available(document)

    def change(self, document: Document, fields: Document) -> None:
        super().change(document, updated_fields(document, fields))

    def additional_details(self, document: Document) -> dict[str, Any]:
        return {"imageId": document["imageId"], "shape": document["shape"], "type": "CustomerVmi"}

    def _act(self, document: Document, name: str) -> None:
        """Begin an action on an instance. Raises ServiceError 400 or 409."""
        action = _ACTIONS.get(name.upper())
        if action is None:
            raise invalid(f"action must be one of {', '.join(sorted(_ACTIONS))}")
        if document["lifecycleState"] != action.needed:
            state = document["lifecycleState"]
            raise incorrect_state(f"The instance {document['id']} is in state {state}, not {action.needed}.")
        self._enter(document, action.passed, name, ".begin")
        self.later(document, 1, lambda: self._enter(document, action.final, name, ".end"))

    def _enter(self, document: Document, state: str, action: str, suffix: str) -> None:
        document["lifecycleState"] = state
        self.collection.touch(document)
        told = {**self.additional_details(document), "instanceActionType": action.lower()}
        self.publish_event("", document, f"action{suffix}", told)

    def _tracked(self, reply: Reply, name: str, document: Document, action_type: str) -> Reply:
        """Return an answer with the work request that follows what it has begun."""
        request = self.cloud.service(WorkRequests).start(
            CORE, name, document, entity_type=self.resource_type, action_type=action_type
        )
        return replace(reply, headers={**reply.headers, "opc-work-request-id": request["id"]})

    @operation("POST", _PATH)
    async def launch_instance(self, call: Call) -> Reply:
        """LaunchInstance. With its boot volume, from any image or a boot volume; leaves out network and placement."""
        reply = self.create(call)
        return self._tracked(reply, "LaunchInstance", reply.document, "CREATED")

    @operation("GET", _ONE)
    async def get_instance(self, call: Call) -> Reply:
        """GetInstance."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_instances(self, call: Call) -> Reply:
        """ListInstances."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_instance(self, call: Call) -> Reply:
        """UpdateInstance. Takes effect at once, also what would need a reboot."""
        reply = self.update(call)
        return self._tracked(reply, "UpdateInstance", reply.document, "UPDATED")

    @operation("POST", _ONE)
    async def instance_action(self, call: Call) -> Reply:
        """InstanceAction. Of STOP, START, RESET and their kind, each through its states with instanceaction events."""
        document = self.collection.from_path(call, self.parameter)
        self.collection.check_etag(call, document)
        self._act(document, call.required("action"))
        return self._tracked(self.reply(call, document), "InstanceAction", document, "UPDATED")

    @operation("DELETE", _ONE)
    async def terminate_instance(self, call: Call) -> Reply:
        """TerminateInstance. Deletes the boot volume, unless `preserveBootVolume` is true; detaches all others."""
        reply, ocid = self.delete(call), call.path[self.parameter]
        boot_volume_id = self.cloud.service(BootVolumeAttachments).detach(ocid)
        if call.query.get("preserveBootVolume", "false").lower() != "true":
            boot_volumes = self.cloud.service(BootVolumes)
            boot_volumes.remove(boot_volumes.collection.get(boot_volume_id))
        return self._tracked(reply, "TerminateInstance", self.collection.get(ocid), "DELETED")
