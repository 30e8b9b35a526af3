"""A local OCI as a test uses it: resources that are ready, the function, and what it did."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Self

from .core.errors import ServiceError
from .core.journal import Entry
from .core.operations import Document
from .core.principals import FUNCTION
from .core.resources import Resources
from .local_oci import LocalOci
from .region import ServedRegion
from .services.block_volume.backups import Backups
from .services.block_volume.boot_volume_backups import BootVolumeBackups
from .services.block_volume.boot_volumes import BootVolumes
from .services.block_volume.volume_backups import VolumeBackups
from .services.block_volume.volume_group_backups import VolumeGroupBackups
from .services.block_volume.volume_groups import VolumeGroups
from .services.block_volume.volumes import Volumes
from .services.connector_hub.service_connectors import ServiceConnectors
from .services.monitoring.alarms import Alarms
from .services.queue.queues import Queues

_ACTIVE_SECONDS = 20.0
_LOG_SECONDS = 0.5


class Estate:
    """A local OCI with what makes it quick to test with.

    What makes a resource takes the fields of the API's request, has a name and a compartment where none is given, waits
    until the resource is ready, and returns its OCID. What tells of requests, messages and log lines looks at what
    happened since the last `forget`, in all regions.

    Attributes:
        oci: the local OCI itself.
        region: the region that resources are made in and looked for: the home region.
    """

    def __init__(self, oci: LocalOci, region: ServedRegion | None = None) -> None:
        self.oci = oci
        self.region = region or next(iter(oci.regions.values()))
        self._since = 0

    @property
    def second(self) -> Estate:
        """The same in the second region. Raises LookupError where the options leave that out."""
        estate = Estate(self.oci, self.oci.second)
        estate._since = self._since
        return estate

    def forget(self) -> None:
        """Look only at what happens from now on."""
        self._since = len(self.oci.journal.all())

    @contextmanager
    def borrowed(self) -> Iterator[Self]:
        """Look at what happens in the block alone, and put back what it has disturbed.

        These are faults, permissions, principals and the function's configuration; resources stay.
        """
        self.forget()
        before = self._own_config()
        try:
            yield self
        finally:
            self.oci.reset()
            after = self._own_config()
            if after != before:
                self.oci.configure(**{**dict.fromkeys(after), **before})

    def _own_config(self) -> dict[str, str]:
        return dict(self.oci.function["config"]) if self.oci.options.own_stack else {}

    def volume(self, **details: Any) -> str:
        """Make a block volume."""
        return self._ready(self.region.service(Volumes), {"displayName": "db-data-1", **details})

    def boot_volume(self, **details: Any) -> str:
        """Make a boot volume as one that comes with an instance: by a request it would be a copy of another."""
        return self._ready(self.region.service(BootVolumes), {"displayName": "web-1 (Boot Volume)", **details})

    def volume_group(self, *volume_ids: str, **details: Any) -> str:
        """Make a volume group of these volumes."""
        source = {"type": "volumeIds", "volumeIds": list(volume_ids)}
        known = {"displayName": "db-group", "availabilityDomain": "AD-1", "sourceDetails": source}
        return self._ready(self.region.service(VolumeGroups), {**known, **details})

    def backup(self, volume_id: str, **details: Any) -> str:
        """Make a backup of a volume."""
        known = {"volumeId": volume_id, "displayName": "nightly"}
        return self._ready(self.region.service(VolumeBackups), {**known, **details})

    def boot_backup(self, volume_id: str) -> str:
        """Make a backup of a boot volume."""
        return self._ready(
            self.region.service(BootVolumeBackups), {"bootVolumeId": volume_id, "displayName": "nightly"}
        )

    def group_backup(self, group_id: str) -> str:
        """Make a backup of a volume group."""
        return self._ready(
            self.region.service(VolumeGroupBackups), {"volumeGroupId": group_id, "displayName": "nightly"}
        )

    def instance(self, disks: int = 0, name: str = "web-1") -> str:
        """Launch an instance with a boot volume and so many attached block volumes."""
        details = {"availabilityDomain": "AD-1", "shape": "VM.Standard.E4.Flex", "displayName": name}
        instance = self.region.operator.call("POST", "/20160918/instances", self._located(details))
        self._wait_for_event("computeapi.launchinstance.end", resource=instance["id"])
        self._wait_for_event("blockvolumes.createbootvolume.end", resource=self.boot_volume_of(instance["id"]))
        for number in range(disks):
            self.attach(instance["id"], self.volume(displayName=f"{name}-disk-{number}"))
        return str(instance["id"])

    def attach(self, instance_id: str, volume_id: str) -> str:
        """Attach a volume to an instance, and return the attachment's OCID."""
        details = {"instanceId": instance_id, "volumeId": volume_id, "type": "iscsi"}
        attachment = self.region.operator.call("POST", "/20160918/volumeAttachments", details)
        self._wait_for_event("computeapi.attachvolume.end", resource=attachment["id"])
        return str(attachment["id"])

    def detach(self, attachment_id: str) -> None:
        """Detach a volume, and wait until it is detached."""
        self.region.operator.call("DELETE", f"/20160918/volumeAttachments/{attachment_id}")
        self._wait_for_event("computeapi.detachvolume.end", resource=attachment_id)

    def queue(self, **details: Any) -> str:
        """Make a queue."""
        return self._active(self.region.service(Queues), {"displayName": "work", **details})

    def alarm(self, **details: Any) -> str:
        """Make an alarm that tells the alarms' topic."""
        known = {
            "displayName": "the shop is slow",
            "metricCompartmentId": self.oci.compartment_id,
            "namespace": "oci_lbaas",
            "query": "HttpResponses5xx[1m].sum() > 10",
            "severity": "CRITICAL",
            "destinations": [self.oci.alarm_topic["topicId"]],
            "isEnabled": True,
        }
        return self._active(self.oci.service(Alarms), {**known, **details})

    def connector(self, source: dict[str, Any], **target: Any) -> str:
        """Make a connector from a source to the function, or to what `target` says."""
        to_function = {"kind": "functions", "functionId": self.oci.function["id"], **target}
        details = {"displayName": "to the function", "source": source, "target": to_function}
        return self._active(self.region.service(ServiceConnectors), details)

    def boot_volume_of(self, instance_id: str) -> str:
        """Return the OCID of an instance's boot volume."""
        query = self._located(
            {"availabilityDomain": self.region.cloud.region.availability_domain, "instanceId": instance_id}
        )
        attachments = self.region.operator.call("GET", "/20160918/bootVolumeAttachments", **query)
        return str(attachments[0]["bootVolumeId"])

    def backups_of(self, volume_id: str) -> list[dict[str, Any]]:
        """Return all backups of a volume, boot volume or volume group."""
        return self._backups(lambda backups, document: document[backups.source_field] == volume_id)

    def copies_of(self, backup_id: str) -> list[dict[str, Any]]:
        """Return the copies of a backup in this region: `estate.second.copies_of(…)` are those in the other."""
        return self._backups(lambda backups, document: document[backups.copied_field] == backup_id)

    def _backups(self, is_meant: Callable[[Backups, Document], bool]) -> list[dict[str, Any]]:
        every = [self.region.service(kind) for kind in (VolumeBackups, BootVolumeBackups, VolumeGroupBackups)]
        return self.oci.run(
            lambda: [
                dict(document)
                for backups in every
                for document in backups.collection.documents.values()
                if is_meant(backups, document)
            ]
        )

    def wait_for_copy_of(self, backup_id: str) -> dict[str, Any]:
        """Wait until a copy of a backup in this region has ended, and return it as it is then."""
        give_up = time.monotonic() + _ACTIVE_SECONDS
        while True:
            ended = [copy for copy in self.copies_of(backup_id) if copy["lifecycleState"] != "CREATING"]
            if ended:
                return ended[0]
            if time.monotonic() > give_up:
                raise TimeoutError(f"no copy of {backup_id} ended in {_ACTIVE_SECONDS} s")
            time.sleep(0.002)

    def wait_for_backup_of(self, volume_id: str) -> None:
        """Wait until a backup of a volume, boot volume or volume group has ended."""
        kind = volume_id.split(".")[1]
        self._wait_for_event(f"blockvolumes.create{kind}backup.end", source=volume_id)

    def invoke(self, body: Any, **headers: str) -> tuple[int, Any]:
        """Invoke the function, and return its status and its answer: a JSON value, or text. Raises ServiceError."""
        return self.oci.invoke(body, **headers)

    def answer(self, body: Any, **headers: str) -> Any:
        """Invoke the function, and return its answer. Raises AssertionError, with its log, where it is not a 200."""
        before = len(self.oci.journal.all())
        try:
            status, answer = self.invoke(body, **headers)
        except ServiceError as error:
            raise AssertionError(self._failure(error.status, f"{error.code}: {error.message}", before)) from error
        if status != HTTPStatus.OK:
            raise AssertionError(self._failure(status, answer, before))
        return answer

    def _failure(self, status: int, answer: Any, before: int) -> str:
        def is_logged(entries: list[Entry]) -> bool:
            return any(entry.kind == "log" for entry in entries[before:])

        # What was logged comes through a pipe of its own, and there may be nothing.
        self.oci.journal.wait_until(is_logged, seconds=_LOG_SECONDS)
        text = answer if isinstance(answer, str) else json.dumps(answer, indent=2)
        return f"the function answered {status}:\n{text}\n{self.oci.tell_log(since=before)}"

    def requests(self, *operations: str) -> list[Entry]:
        """Return the requests that functions sent, all or those of these operations."""
        entries = self.entries("request", principal=FUNCTION)
        return [entry for entry in entries if not operations or entry.details["operation"] in operations]

    def operations(self) -> list[str]:
        """Return the names of the operations that functions called, in order."""
        return [entry.details["operation"] for entry in self.requests()]

    def published(self, topic: str) -> list[Entry]:
        """Return what was published to the topic of this name: `title` and `body` are among each one's details."""
        return self.entries("message", topic=topic)

    def log(self, *, least: int = 0) -> list[str]:
        """Return the lines that functions wrote, once there are `least`: they come through a pipe of their own."""

        def lines() -> list[str]:
            return [entry.line for entry in self.entries("log")]

        if not self.oci.journal.wait_until(lambda _: len(lines()) >= least):
            raise AssertionError(f"there are no {least} lines in the log: {lines()}")
        return lines()

    def entries(self, kind: str, **details: Any) -> list[Entry]:
        """Return the journal's entries of a kind whose details hold these values."""
        entries = self.oci.journal.all()[self._since :]
        return [entry for entry in entries if entry.kind == kind and details.items() <= entry.details.items()]

    def _located(self, details: Mapping[str, Any]) -> dict[str, Any]:
        return {"compartmentId": self.oci.compartment_id, **details}

    def _ready(self, resources: Resources, details: dict[str, Any]) -> str:
        # A backup lies in its source's compartment.
        located = details if "backup" in resources.resource_type else self._located(details)
        document = self.oci.run(lambda: resources.insert(located))
        self._wait_for_event(f"blockvolumes.create{resources.resource_type}.end", resource=document["id"])
        return str(document["id"])

    def _active(self, resources: Resources, details: dict[str, Any]) -> str:
        document = self.oci.run(lambda: resources.add(self._located(details)))
        give_up = time.monotonic() + _ACTIVE_SECONDS
        while document["lifecycleState"] != "ACTIVE":
            if time.monotonic() > give_up:
                raise TimeoutError(f"{document} did not become ACTIVE in {_ACTIVE_SECONDS} s")
            time.sleep(0.002)
        return str(document["id"])

    def _wait_for_event(self, name: str, **details: Any) -> None:
        self.oci.journal.wait_for("event", type=f"com.oraclecloud.{name}", **details)
