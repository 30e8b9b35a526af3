"""A local OCI as the tests use it: resources that are ready, payloads filled in, and what the function did."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emulator import Image, LocalOci, local_oci
from emulator.core.journal import Entry
from emulator.core.resources import Resources
from emulator.options import PROJECT
from emulator.services.block_volume.boot_volume_backups import BootVolumeBackups
from emulator.services.block_volume.boot_volumes import BootVolumes
from emulator.services.block_volume.volume_backups import VolumeBackups
from emulator.services.block_volume.volume_group_backups import VolumeGroupBackups
from emulator.services.block_volume.volume_groups import VolumeGroups
from emulator.services.block_volume.volumes import Volumes
from emulator.services.connector_hub.service_connectors import ServiceConnectors
from emulator.services.queue.queues import Queues
from tests.answers import deviations

EVENTS = Path(__file__).with_name("events")
FUNCTION_LOG = "log"
AWS_SECRET = "aws-secret-of-the-tests"


def payload_names() -> list[str]:
    return sorted(path.name for path in EVENTS.iterdir())


def payload(name: str, **names: str) -> str:
    """A payload of tests/events with `${name}` filled in; `${NAME}` is the value in upper case.

    A `$item` stands for an item of Connector Hub's Streaming source around what it holds.
    """
    text = (EVENTS / name).read_text()
    for key, value in names.items():
        text = text.replace(f"${{{key}}}", value).replace(f"${{{key.upper()}}}", value.upper())
    return json.dumps(json.loads(text, object_hook=_streaming_item)) if "$item" in text else text


def _streaming_item(document: dict[str, Any]) -> dict[str, Any]:
    if "$item" not in document:
        return document
    number = document.get("number", False)
    return {
        "streamPool": "ocid1.streampool.oc1.iad.aaaapool",
        "stream": "ocid1.stream.oc1.iad.aaaastream",
        "partition": 0 if number else "0",
        "key": None if number else "",
        "value": base64.b64encode(json.dumps(document["$item"]).encode()).decode(),
        "offset": document["offset"],
        "timestamp": 1772330584000 if number else "2026-03-01T02:03:04.000Z",
    }


class World:
    """A local OCI and the function in it; the events that its resources cause go nowhere unless it is wired."""

    def __init__(self, oci: LocalOci) -> None:
        self.oci = oci
        self._since = 0

    def forget(self) -> None:
        """Look only at what happens from now on."""
        self._since = len(self.oci.journal.all())

    def volume(self, **details: Any) -> str:
        return self._ready(self.oci.service(Volumes), {"displayName": "db-data-1", **details})

    def boot_volume(self, **details: Any) -> str:
        """A boot volume as one that comes with an instance: by a request it would be a copy of another."""
        return self._ready(self.oci.service(BootVolumes), {"displayName": "web-1 (Boot Volume)", **details})

    def volume_group(self, *volume_ids: str, **details: Any) -> str:
        source = {"type": "volumeIds", "volumeIds": list(volume_ids)}
        known = {"displayName": "db-group", "availabilityDomain": "AD-1", "sourceDetails": source}
        return self._ready(self.oci.service(VolumeGroups), {**known, **details})

    def backup(self, volume_id: str, **details: Any) -> str:
        return self._ready(
            self.oci.service(VolumeBackups), {"volumeId": volume_id, "displayName": "nightly", **details}
        )

    def boot_backup(self, volume_id: str) -> str:
        return self._ready(self.oci.service(BootVolumeBackups), {"bootVolumeId": volume_id, "displayName": "nightly"})

    def group_backup(self, group_id: str) -> str:
        return self._ready(self.oci.service(VolumeGroupBackups), {"volumeGroupId": group_id, "displayName": "nightly"})

    def _ready(self, resources: Resources, details: dict[str, Any]) -> str:
        located = (
            details if "backup" in resources.resource_type else {"compartmentId": self.oci.compartment_id, **details}
        )
        document = self.oci.run(lambda: resources.insert(located))
        event_type = f"com.oraclecloud.blockvolumes.create{resources.resource_type}.end"
        self.oci.journal.wait_for("event", type=event_type, resource=document["id"])
        return str(document["id"])

    def instance(self, disks: int = 0, name: str = "web-1") -> str:
        """A running instance with a boot volume and so many attached block volumes."""
        instance = self.oci.operator.call(
            "POST",
            "/20160918/instances",
            {
                "compartmentId": self.oci.compartment_id,
                "availabilityDomain": "AD-1",
                "shape": "VM.Standard.E4.Flex",
                "displayName": name,
            },
        )
        launched = "com.oraclecloud.computeapi.launchinstance.end"
        self.oci.journal.wait_for("event", type=launched, resource=instance["id"])
        for number in range(disks):
            self.attach(instance["id"], self.volume(displayName=f"{name}-disk-{number}"))
        return str(instance["id"])

    def attach(self, instance_id: str, volume_id: str) -> str:
        attachment = self.oci.operator.call(
            "POST", "/20160918/volumeAttachments", {"instanceId": instance_id, "volumeId": volume_id, "type": "iscsi"}
        )
        attached = "com.oraclecloud.computeapi.attachvolume.end"
        self.oci.journal.wait_for("event", type=attached, resource=attachment["id"])
        return str(attachment["id"])

    def detach(self, attachment_id: str) -> None:
        self.oci.operator.call("DELETE", f"/20160918/volumeAttachments/{attachment_id}")
        detached = "com.oraclecloud.computeapi.detachvolume.end"
        self.oci.journal.wait_for("event", type=detached, resource=attachment_id)

    def queue(self, **details: Any) -> str:
        """A queue that is active."""
        named = {"displayName": "work", "compartmentId": self.oci.compartment_id, **details}
        return self._active(self.oci.service(Queues), named)

    def connector(self, source: dict[str, Any], **target: Any) -> str:
        """A connector that is active, from a source to the function or to what `target` says."""
        to_function = {"kind": "functions", "functionId": self.oci.function["id"], **target}
        named = {"displayName": "to the function", "compartmentId": self.oci.compartment_id}
        return self._active(self.oci.service(ServiceConnectors), {**named, "source": source, "target": to_function})

    def _active(self, resources: Resources, details: dict[str, Any]) -> str:
        document = self.oci.run(lambda: resources.add(details))
        give_up = time.monotonic() + 20
        while document["lifecycleState"] != "ACTIVE":
            assert time.monotonic() < give_up, document
            time.sleep(0.002)
        return str(document["id"])

    def boot_volume_of(self, instance_id: str) -> str:
        query = {"compartmentId": self.oci.compartment_id, "availabilityDomain": "Iocq:US-ASHBURN-AD-1"}
        attachments = self.oci.operator.call("GET", "/20160918/bootVolumeAttachments", instanceId=instance_id, **query)
        return str(attachments[0]["bootVolumeId"])

    def payload(self, name: str) -> str:
        """A payload whose resources exist; the same placeholder always stands for the same one."""
        text = (EVENTS / name).read_text()
        makers: dict[str, Callable[[], str]] = {
            "volume": self.volume,
            "bootvolume": self.boot_volume,
            "volumegroup": lambda: self.volume_group(self.volume()),
            "instance": self.instance,
            "backup": lambda: "ocid1.volumebackup.oc1.iad.aaaabackup",
            "compartment": lambda: self.oci.compartment_id,
            "tenancy": lambda: self.oci.cloud.tenancy_id,
        }
        names = {key: make() for key, make in makers.items() if f"${{{key}}}" in text or f"${{{key.upper()}}}" in text}
        return payload(name, **names)

    def invoke(self, body: Any, **headers: str) -> tuple[int, Any]:
        return self.oci.invoke(body, **headers)

    def invoke_one(self, body: Any, **headers: str) -> dict[str, Any]:
        """The one result of an invocation that was answered 200."""
        status, answer = self.invoke(body, **headers)
        assert status == 200, answer
        assert len(answer["results"]) == 1, answer
        return dict(answer["results"][0])

    def _entries(self, kind: str, **details: Any) -> list[Entry]:
        entries = self.oci.journal.all()[self._since :]
        return [entry for entry in entries if entry.kind == kind and details.items() <= entry.details.items()]

    def requests(self, *operations: str) -> list[Entry]:
        """The requests that the function sent, all or of these operations."""
        entries = self._entries("request", principal="function")
        return [entry for entry in entries if not operations or entry.details["operation"] in operations]

    def operations(self) -> list[str]:
        return [entry.details["operation"] for entry in self.requests()]

    def messages(self) -> list[Any]:
        """The bodies published to the result topic, decoded."""
        return [json.loads(entry.details["body"]) for entry in self._entries("message", topic="backup-results")]

    def events(self) -> list[dict[str, Any]]:
        """The CloudEvents published to the result topic."""
        found: list[dict[str, Any]] = []
        for message in self.messages():
            found += message if isinstance(message, list) else [message]
        return found

    def titles(self) -> list[str]:
        return [entry.details["title"] for entry in self._entries("message", topic="backup-results")]

    def log(self, *, least: int = 0) -> list[str]:
        """The lines that the function wrote, once there are at least so many: they come through a pipe of their own."""

        def lines() -> list[str]:
            return [entry.line for entry in self._entries(FUNCTION_LOG)]

        assert self.oci.journal.wait_until(lambda _: len(lines()) >= least), lines()
        return lines()

    def wait_for_event_told_of(self, backup_type: str, volume_id: str) -> None:
        """Wait until the result topic has taken a CloudEvent of this type about a backup of the volume."""

        def is_told(_: list[Entry]) -> bool:
            return any(
                event["type"] == backup_type and event["data"].get("volumeId") == volume_id for event in self.events()
            )

        assert self.oci.journal.wait_until(is_told), self.events()

    def wait_for_backup_of(self, volume_id: str) -> None:
        """Wait until a backup of a volume, boot volume or volume group has ended."""
        kind = volume_id.split(".")[1]
        ended = f"com.oraclecloud.blockvolumes.create{kind}backup.end"
        self.oci.journal.wait_for("event", type=ended, source=volume_id)

    def backups_of(self, volume_id: str) -> list[dict[str, Any]]:
        """All backups of a volume, boot volume or volume group."""
        every = [self.oci.service(kind) for kind in (VolumeBackups, BootVolumeBackups, VolumeGroupBackups)]
        return self.oci.run(
            lambda: [
                dict(document)
                for backups in every
                for document in backups.collection.documents.values()
                if document[backups.source_field] == volume_id
            ]
        )


@contextmanager
def world(**options: Any) -> Iterator[World]:
    """A world of its own, for a test that needs other options than the shared one."""
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
    image = Image(PROJECT / "func.py", environment=measured)
    with local_oci(**{"wired": False, "lifecycle_seconds": 0.01, "image": image, **options}) as oci:
        cloud = World(oci)
        yield cloud
        assert_no_secrets(cloud)
        assert_answers_are_oracles(cloud)


def assert_no_secrets(cloud: World) -> None:
    """No key, token, signature or stack trace is in a log line, an answer or a message of the function."""
    told = [entry.line for entry in cloud._entries(FUNCTION_LOG)]
    told += [entry.details["body"].decode(errors="replace") for entry in cloud._entries("invocation")]
    told += [str(entry.details["body"]) for entry in cloud._entries("message")]
    everything = "\n".join(told)
    tokens = [token for token in (cloud.oci.state / "principals").glob("*/rpst") if token.exists()]
    secrets = [token.read_text() for token in tokens]
    for secret in ["PRIVATE KEY", "ST$", "Signature version", 'keyId="', "Traceback", 'File "', AWS_SECRET, *secrets]:
        assert secret not in everything, f"{secret!r} was told: {everything}"


def assert_answers_are_oracles(cloud: World) -> None:
    """Every answer since the world last forgot is what Oracle's SDK expects of its operation."""
    found = list(deviations(cloud.oci.journal.all()[cloud._since :]))
    assert found == [], "\n".join(found)
