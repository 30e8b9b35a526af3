"""Attachments of block volumes to instances."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from ...core.cloud import Cloud
from ...core.collection import display_name, located
from ...core.identifiers import now
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import Resources
from ..block_volume.block_resources import MODELS
from ..block_volume.volumes import Volumes
from .instances import Instances

_PATH = "/20160918/volumeAttachments"
_ONE = f"{_PATH}/{{volumeAttachmentId}}"
_PORT, _NAME = 3260, "iqn.2015-12.com.oracleiaas"


class VolumeAttachments(Resources):
    """Attachments go ATTACHING → ATTACHED, and DETACHING → DETACHED."""

    resource_type = "volumeattachment"
    parameter = "volumeAttachmentId"
    create_model = f"{MODELS}.AttachVolumeDetails"
    filters = ("availabilityDomain", "compartmentId", "instanceId", "volumeId")
    ready_state = "ATTACHED"
    deleting_state = "DETACHING"
    deleted_state = "DETACHED"
    event_source = "ComputeApi"
    event_prefix = "computeapi"
    event_noun = "volume"
    event_verbs: ClassVar = {"create": "attach", "delete": "detach"}

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        cloud.events.subscribe(self._follow)

    def _follow(self, event: Document) -> None:
        """Detach the volumes of an instance that is terminated."""
        if event["eventType"] == "com.oraclecloud.computeapi.terminateinstance.begin":
            for attachment in self.collection.documents.values():
                is_its_own = attachment["instanceId"] == event["data"]["resourceId"]
                if is_its_own and attachment["lifecycleState"] in {"ATTACHING", "ATTACHED"}:
                    self.remove(attachment)

    def build(self, details: Document) -> Document:
        instance = self.cloud.service(Instances).collection.from_body(details, "instanceId")
        volume = self.cloud.service(Volumes).collection.from_body(details, "volumeId")
        # Oracle decides for paravirtualized where it is left to decide.
        kind = "paravirtualized" if details["type"] == "service_determined" else details["type"]
        return {
            **located(self.cloud.region, instance["compartmentId"]),
            **(_iscsi_fields(details) if kind == "iscsi" else {}),
            "attachmentType": kind,
            "device": details.get("device"),
            "displayName": display_name(details, f"volumeattachment{now()}"),
            "instanceId": instance["id"],
            "isMultipath": False,
            "isPvEncryptionInTransitEnabled": bool(details.get("isPvEncryptionInTransitEnabled")),
            "isReadOnly": bool(details.get("isReadOnly")),
            "isShareable": bool(details.get("isShareable")),
            "isVolumeCreatedDuringLaunch": False,
            "iscsiLoginState": None,
            "lifecycleState": "ATTACHING",
            "timeCreated": now(),
            "volumeId": volume["id"],
        }

    def additional_details(self, document: Document) -> dict[str, Any]:
        return {"instanceId": document["instanceId"], "volumeId": document["volumeId"]}

    @operation("POST", _PATH)
    async def attach_volume(self, call: Call) -> Reply:
        """AttachVolume. Of type `iscsi` with target and, if asked for, CHAP secret; nothing listens there."""
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


def _iscsi_fields(details: Document) -> Document:
    """Return where an instance would find its volume by iSCSI."""
    has_chap = bool(details.get("useChap"))
    return {
        "chapSecret": secrets.token_hex(8) if has_chap else None,
        "chapUsername": f"{_NAME}:{secrets.token_hex(4)}" if has_chap else None,
        "encryptionInTransitType": details.get("encryptionInTransitType") or "NONE",
        "ipv4": f"169.254.2.{2 + secrets.randbelow(250)}",
        "iqn": f"{_NAME}:{secrets.token_hex(16)}",
        "isAgentAutoIscsiLoginEnabled": bool(details.get("isAgentAutoIscsiLoginEnabled")),
        "multipathDevices": None,
        "port": _PORT,
    }
