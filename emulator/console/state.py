"""What there is: volumes with tags and backups, queues with what waits, copies, and what the page's buttons act on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..core.cloud import Cloud
from ..core.identifiers import timestamp
from ..core.operations import Document
from ..http.faults import Faults
from ..services.block_volume.boot_volume_backups import BootVolumeBackups
from ..services.block_volume.boot_volumes import BootVolumes
from ..services.block_volume.volume_backups import VolumeBackups
from ..services.block_volume.volume_group_backups import VolumeGroupBackups
from ..services.block_volume.volume_groups import VolumeGroups
from ..services.block_volume.volumes import Volumes
from ..services.compute.boot_volume_attachments import BootVolumeAttachments
from ..services.compute.instances import Instances
from ..services.compute.volume_attachments import VolumeAttachments
from ..services.connector_hub.service_connectors import ServiceConnectors
from ..services.functions.functions import Functions
from ..services.identity.authorization import Authorization
from ..services.monitoring.alarms import Alarms
from ..services.queue.message import Message
from ..services.queue.queues import Queues
from ..services.resource_scheduler.schedules import Schedules

# By kind of source: its service, that of its backups, and the fields in which a backup names its source and, where it
# is a copy, the backup that it is a copy of.
_BACKED_UP: tuple[tuple[str, type[Any], type[Any], str, str], ...] = (
    ("volume", Volumes, VolumeBackups, "volumeId", "sourceVolumeBackupId"),
    ("boot volume", BootVolumes, BootVolumeBackups, "bootVolumeId", "sourceBootVolumeBackupId"),
    ("volume group", VolumeGroups, VolumeGroupBackups, "volumeGroupId", "sourceVolumeGroupBackupId"),
)
_ATTACHMENTS: tuple[tuple[type[Any], str], ...] = (
    (VolumeAttachments, "volumeId"),
    (BootVolumeAttachments, "bootVolumeId"),
)
_GONE = frozenset({"TERMINATED", "DELETED", "DETACHED"})
# What is listed of each; the page says how many there are.
_MOST = 100
_MOST_BACKUPS = 5


def read_state(clouds: Mapping[str, Cloud], faults: Faults) -> Document:
    """Return the state of the first cloud, and the copies in all of them by their regions' names."""
    cloud = next(iter(clouds.values()))
    volumes = [found for kind in _BACKED_UP for found in _list_sources(cloud, *kind)]
    volumes.sort(key=lambda volume: volume["changed"], reverse=True)
    return {
        "volumes": {"count": len(volumes), "items": volumes[:_MOST]},
        "queues": [_show_queue(cloud, queue) for queue in _present(cloud, Queues)],
        "copies": _list_copies(clouds),
        "instances": _named(cloud, Instances),
        "alarms": _named(cloud, Alarms),
        "schedules": _named(cloud, Schedules),
        "connectors": _named(cloud, ServiceConnectors),
        "functions": _named(cloud, Functions),
        "faults": [f"{fault.operation} {fault.words}, {fault.times} to come" for fault in faults.waiting()],
        "denied": list(cloud.service(Authorization).denied_grants),
    }


def _present(cloud: Cloud, kind: type[Any]) -> list[Document]:
    documents: Iterable[Document] = cloud.service(kind).collection.documents.values()
    return [document for document in documents if document["lifecycleState"] not in _GONE]


def _named(cloud: Cloud, kind: type[Any]) -> list[Document]:
    """Return what a person chooses from, the newest first."""
    shown = [
        {"id": found["id"], "name": found["displayName"], "state": found["lifecycleState"]}
        for found in _present(cloud, kind)
    ]
    return shown[: -_MOST - 1 : -1]


def _list_sources(
    cloud: Cloud, kind: str, sources: type[Any], backups: type[Any], field: str, copy_field: str
) -> list[Document]:
    of_source: dict[str, list[Document]] = {}
    for backup in _present(cloud, backups):
        if not backup.get(copy_field):
            of_source.setdefault(backup[field], []).append(backup)
    attached = _instances_by_volume(cloud)
    return [
        _show_source(kind, source, of_source.get(source["id"], []), attached.get(source["id"], []))
        for source in _present(cloud, sources)
    ]


def _instances_by_volume(cloud: Cloud) -> dict[str, list[str]]:
    instances = cloud.service(Instances).collection.documents
    found: dict[str, list[str]] = {}
    for kind, field in _ATTACHMENTS:
        for attachment in _present(cloud, kind):
            instance = instances.get(attachment["instanceId"])
            found.setdefault(attachment[field], []).append(instance["displayName"] if instance else "?")
    return found


def _show_source(kind: str, source: Document, backups: list[Document], attached: list[str]) -> Document:
    return {
        "id": source["id"],
        "kind": kind,
        "name": source["displayName"],
        "state": source["lifecycleState"],
        "sizeInGBs": source.get("sizeInGBs"),
        "tags": source["freeformTags"],
        "attachedTo": attached,
        "changed": max([source["timeCreated"] or "", *(backup["timeRequestReceived"] or "" for backup in backups)]),
        "backupCount": len(backups),
        "backups": [_show_backup(backup) for backup in backups[: -_MOST_BACKUPS - 1 : -1]],
    }


def _show_backup(backup: Document) -> Document:
    return {
        "id": backup["id"],
        "name": backup["displayName"],
        "state": backup["lifecycleState"],
        "type": backup["type"],
        "received": backup["timeRequestReceived"],
    }


def _list_copies(clouds: Mapping[str, Cloud]) -> list[Document]:
    found = [
        {**_show_backup(backup), "region": region, "of": backup[copy_field]}
        for region, cloud in clouds.items()
        for _, _, backups, _, copy_field in _BACKED_UP
        for backup in _present(cloud, backups)
        if backup.get(copy_field)
    ]
    return found[: -_MOST - 1 : -1]


def _show_queue(cloud: Cloud, queue: Document) -> Document:
    backlog = cloud.service(Queues).find_backlog(queue["id"])
    messages = backlog.waiting() if backlog else ()
    return {
        "id": queue["id"],
        "name": queue["displayName"],
        "state": queue["lifecycleState"],
        "count": len(messages),
        "dead": backlog.stats(None)["dlq"]["visibleMessages"] if backlog else 0,
        "messages": [_show_message(message) for message in messages[:_MOST]],
    }


def _show_message(message: Message) -> Document:
    return {
        "number": message.number,
        "content": message.content[:200],
        "deliveries": message.deliveries,
        "visibleAfter": timestamp(message.visible_after) if message.receipt else None,
    }
