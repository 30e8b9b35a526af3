"""Copies of backups in another region.

https://docs.oracle.com/en-us/iaas/Content/Block/Tasks/copy-bv-backup.htm
"""

from __future__ import annotations

from dataclasses import replace

from ...core.cloud import Cloud
from ...core.collection import display_name, tagged
from ...core.errors import internal_error, invalid
from ...core.identifiers import now
from ...core.models import Model, check_details
from ...core.operations import Call, Document, Reply
from ...core.work_requests import CORE, WorkRequests
from .block_resources import BlockResources
from .disks import check_key
from .retention import RETENTION, retention_of


class Copyable(BlockResources):
    """What can be copied: asked for where it is, and kept by the service of the other region. CREATING → AVAILABLE.

    Attributes:
        source_field: the field that names what is backed up.
        copied_field: the field that names the backup that another is a copy of.
        copy_model: the SDK's model of Copy…Details.
        copy_operation: what a copy is called in work requests; empty where it has none and publishes no events.
    """

    source_field: str
    copied_field: str
    copy_model: Model
    copy_operation = ""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._work_requests: dict[str, str] = {}

    def copy(self, call: Call) -> Reply:
        """Answer Copy…: the copy, which is in the other region. Raises ServiceError 400, 404 or 409."""
        backup, details = self.collection.from_path(call, self.parameter), call.body
        check_details(details, self.copy_model)
        destination = self._destination(details["destinationRegion"])
        created = destination.collection.create(call, lambda _: self.start_copy(backup, destination, details))
        reply = destination.reply(call, created.document)
        work_request_id = self._work_requests.get(created.document["id"])
        headers = {"opc-work-request-id": work_request_id} if work_request_id else {}
        return replace(reply, headers={**reply.headers, **headers})

    def _destination(self, region: str) -> Copyable:
        """Return the service that keeps copies in the region of this name. Raises ServiceError 400."""
        cloud = self.cloud.regions.get(region)
        if cloud is None or cloud is self.cloud:
            raise invalid(f"destinationRegion {region} is not another region that the tenancy is subscribed to")
        return cloud.service(type(self))

    def start_copy(self, backup: Document, destination: Copyable, details: Document) -> Document:
        """Return a new copy of a backup. Raises ServiceError 400 or 409."""
        self.check_available(backup)
        copy = destination.add_copy(self.build_copy(backup, destination, details))
        if not self.copy_operation:
            self.cloud.later(2, lambda: self._end_copy(copy, destination))
            return copy
        # In which region these events are told is not documented: here it is where the copy begins, and where it ends.
        self.publish_event("copy", copy, ".begin")
        work_request = self.cloud.service(WorkRequests).start(
            CORE,
            self.copy_operation,
            copy,
            entity_type=self.resource_type,
            action_type="CREATED",
            finish=lambda: self._check_copied(copy, destination),
        )
        self._work_requests[copy["id"]] = work_request["id"]
        return copy

    def build_copy(self, backup: Document, destination: Copyable, details: Document) -> Document:
        """Return the copy of a backup in its first state: without its tags, its retention, its key and its group.

        None of these can be asked for but the key, and nothing is documented to come along. Raises ServiceError.
        """
        if details.get("kmsKeyId") is not None:
            check_key(details)
        fresh = {
            **dict.fromkeys((name for name in backup if name.startswith("uniqueSizeIn")), 0),
            "kmsKeyId": details.get("kmsKeyId"),
            "volumeGroupBackupId": None,
        }
        return {
            **{name: value for name, value in backup.items() if name not in RETENTION},
            **{name: value for name, value in fresh.items() if name in backup},
            **tagged({}),
            **retention_of({}),
            self.copied_field: backup["id"],
            "displayName": display_name(details, backup["displayName"]),
            "lifecycleState": "CREATING",
            "sourceType": "MANUAL",
            "timeCreated": now(),
            "timeRequestReceived": now(),
        }

    def add_copy(self, copy: Document) -> Document:
        """Add the copy of another region's backup."""
        return self.collection.add(copy)

    def _check_copied(self, copy: Document, destination: Copyable) -> None:
        """End the creation of a copy. Raises ServiceError where it is FAULTY."""
        self._end_copy(copy, destination)
        if copy["lifecycleState"] == "FAULTY":
            raise internal_error()

    def _end_copy(self, copy: Document, destination: Copyable) -> None:
        """Let a copy become AVAILABLE, or what the free-form tag ``emulator-copy-ends`` of its volume says: FAULTY."""
        source = self.cloud.find(copy[self.source_field]) or {"freeformTags": {}}
        state = source["freeformTags"].get("emulator-copy-ends", self.ready_state)
        destination.unless_deleted(copy, lambda: destination.become_copied(copy, state))

    def become_copied(self, copy: Document, state: str) -> None:
        """End the creation of a copy in its own region."""
        copy.update({name: 1 for name in copy if name.startswith("uniqueSizeIn")}, lifecycleState=state)
        self.collection.touch(copy)
        if self.copy_operation:
            self.publish_event("copy", copy, ".end")
