"""Every API operation this function can send, and the IAM statements that allow it.

The one table that the client, the hints of errors and the documentation draw on. Permissions per operation:
https://docs.oracle.com/en-us/iaas/Content/Identity/Reference/corepolicyreference.htm
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Service(Enum):
    """An OCI service: its name, its endpoint in a region, and the version in its paths."""

    CORE = ("core", "https://iaas.{region}.{secondLevelDomain}", "/20160918")
    MONITORING = ("telemetry", "https://telemetry.{region}.{secondLevelDomain}", "/20180401")
    QUEUE = ("queue", "https://messaging.{region}.oci.{secondLevelDomain}", "/20210201")
    NOTIFICATIONS = ("ons", "https://notification.{region}.{secondLevelDomain}", "/20181201")
    SEARCH = ("resourcesearch", "https://query.{region}.oci.{secondLevelDomain}", "/20180409")

    def __init__(self, label: str, endpoint_template: str, base_path: str) -> None:
        self.label = label
        self.endpoint_template = endpoint_template
        self.base_path = base_path


class Operation(NamedTuple):
    """One operation of a service.

    Attributes:
        name: What Oracle calls it (``CreateVolumeBackup``).
        service: Whose operation it is.
        method: The HTTP method.
        path: The path below the service's version; ``{id}`` is the OCID that the request is about.
        grants: The verbs and resource types that a policy must allow the function's dynamic group.
        fields: The texts without which an answer is of no use, so that the request is sent again.
        is_list: Whether it answers a list, each item an object, instead of one object.
        items: The field of the object that holds such a list, where it is not the whole answer.
    """

    name: str
    service: Service
    method: str
    path: str
    grants: tuple[str, ...]
    fields: tuple[str, ...] = ()
    is_list: bool = False
    items: str | None = None

    def statements(self, compartment: str = "compartment <C>") -> str:
        """Return the IAM statements to check, as they would be written in a policy."""
        return "; ".join(f"Allow dynamic-group <the function's> to {grant} in {compartment}" for grant in self.grants)


def _core(name: str, method: str, path: str, *grants: str, fields: tuple[str, ...] = ("id",)) -> Operation:
    return Operation(name, Service.CORE, method, path, grants, fields)


def _core_list(name: str, path: str, *grants: str) -> Operation:
    return Operation(name, Service.CORE, "GET", path, grants, is_list=True)


def _core_backup(name: str, method: str, path: str, *grants: str) -> Operation:
    return _core(name, method, path, *grants, fields=("id", "lifecycleState"))


CREATE_VOLUME_BACKUP = _core_backup(
    "CreateVolumeBackup", "POST", "/volumeBackups", "manage volume-backups", "use volumes"
)
CREATE_BOOT_VOLUME_BACKUP = _core_backup(
    "CreateBootVolumeBackup", "POST", "/bootVolumeBackups", "manage boot-volume-backups", "use volumes"
)
CREATE_VOLUME_GROUP_BACKUP = _core_backup(
    "CreateVolumeGroupBackup",
    "POST",
    "/volumeGroupBackups",
    "manage volume-group-backups",
    "inspect volume-groups",
    "manage volume-backups",
    "manage boot-volume-backups",
    "use volumes",
)
COPY_VOLUME_BACKUP = _core_backup(
    "CopyVolumeBackup", "POST", "/volumeBackups/{id}/actions/copy", "manage volume-backups"
)
COPY_BOOT_VOLUME_BACKUP = _core_backup(
    "CopyBootVolumeBackup", "POST", "/bootVolumeBackups/{id}/actions/copy", "manage boot-volume-backups"
)
COPY_VOLUME_GROUP_BACKUP = _core_backup(
    "CopyVolumeGroupBackup",
    "POST",
    "/volumeGroupBackups/{id}/actions/copy",
    "manage volume-group-backups",
    "manage volume-backups",
    "manage boot-volume-backups",
)
GET_VOLUME = _core("GetVolume", "GET", "/volumes/{id}", "use volumes")
GET_BOOT_VOLUME = _core("GetBootVolume", "GET", "/bootVolumes/{id}", "use volumes")
GET_VOLUME_GROUP = _core("GetVolumeGroup", "GET", "/volumeGroups/{id}", "inspect volume-groups")
GET_VOLUME_BACKUP = _core_backup(
    "GetVolumeBackup", "GET", "/volumeBackups/{id}", "manage volume-backups", "use volumes"
)
GET_BOOT_VOLUME_BACKUP = _core_backup(
    "GetBootVolumeBackup", "GET", "/bootVolumeBackups/{id}", "manage boot-volume-backups", "use volumes"
)
GET_VOLUME_GROUP_BACKUP = _core_backup(
    "GetVolumeGroupBackup", "GET", "/volumeGroupBackups/{id}", "manage volume-group-backups"
)
LIST_VOLUME_BACKUPS = _core_list("ListVolumeBackups", "/volumeBackups", "manage volume-backups", "use volumes")
LIST_BOOT_VOLUME_BACKUPS = _core_list(
    "ListBootVolumeBackups", "/bootVolumeBackups", "manage boot-volume-backups", "use volumes"
)
LIST_VOLUME_GROUP_BACKUPS = _core_list("ListVolumeGroupBackups", "/volumeGroupBackups", "manage volume-group-backups")
GET_INSTANCE = _core(
    "GetInstance",
    "GET",
    "/instances/{id}",
    "read instances",
    fields=("id", "compartmentId", "availabilityDomain"),
)
LIST_VOLUME_ATTACHMENTS = _core_list(
    "ListVolumeAttachments",
    "/volumeAttachments",
    "inspect volume-attachments",
    "use volumes",
    "read instances",
)
LIST_BOOT_VOLUME_ATTACHMENTS = _core_list(
    "ListBootVolumeAttachments",
    "/bootVolumeAttachments",
    "inspect volume-attachments",
    "use volumes",
    "read instances",
)
PUBLISH_MESSAGE = Operation(
    "PublishMessage", Service.NOTIFICATIONS, "POST", "/topics/{id}/messages", ("use ons-topics",)
)
GET_QUEUE = Operation(
    "GetQueue", Service.QUEUE, "GET", "/queues/{id}", ("read queues",), fields=("id", "messagesEndpoint")
)
PUT_MESSAGES = Operation("PutMessages", Service.QUEUE, "POST", "/queues/{id}/messages", ("use queue-push",))
GET_ALARM = Operation(
    "GetAlarm", Service.MONITORING, "GET", "/alarms/{id}", ("read alarms", "read metrics"), fields=("id",)
)
# It finds what the caller may inspect, and is not refused for the rest. Volumes and groups are read by other operations
# that need more than that; compartments are only looked for.
SEARCH_RESOURCES = Operation(
    "SearchResources", Service.SEARCH, "POST", "/resources", ("inspect compartments",), is_list=True, items="items"
)
