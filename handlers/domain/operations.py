"""Every API operation this function can send, and the IAM statements that allow it.

The one table that the client, the hints of errors and the documentation draw on. Permissions per operation:
https://docs.oracle.com/en-us/iaas/Content/Identity/Reference/corepolicyreference.htm
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Service(Enum):
    """An OCI service: its name, its endpoint in a region, and the version in its paths."""

    CORE = ("core", "https://iaas.{region}.{secondLevelDomain}", "/20160918")
    NOTIFICATIONS = ("ons", "https://notification.{region}.{secondLevelDomain}", "/20181201")

    def __init__(self, label: str, endpoint_template: str, base_path: str) -> None:
        self.label = label
        self.endpoint_template = endpoint_template
        self.base_path = base_path


@dataclass(frozen=True, slots=True)
class Operation:
    """`grants` are the verbs and resource types that a policy must allow the function's dynamic group."""

    name: str
    service: Service
    method: str
    path: str
    grants: tuple[str, ...]

    @property
    def statements(self) -> str:
        """The IAM statements to check, as they would be written in a policy."""
        return "; ".join(f"Allow dynamic-group <the function's> to {grant} in compartment <C>" for grant in self.grants)


def _core(name: str, method: str, path: str, *grants: str) -> Operation:
    return Operation(name, Service.CORE, method, path, grants)


CREATE_VOLUME_BACKUP = _core("CreateVolumeBackup", "POST", "/volumeBackups", "manage volume-backups", "use volumes")
CREATE_BOOT_VOLUME_BACKUP = _core(
    "CreateBootVolumeBackup", "POST", "/bootVolumeBackups", "manage boot-volume-backups", "use volumes"
)
CREATE_VOLUME_GROUP_BACKUP = _core(
    "CreateVolumeGroupBackup",
    "POST",
    "/volumeGroupBackups",
    "manage volume-group-backups",
    "inspect volume-groups",
    "manage volume-backups",
    "manage boot-volume-backups",
    "use volumes",
)
GET_VOLUME = _core("GetVolume", "GET", "/volumes/{id}", "use volumes")
GET_BOOT_VOLUME = _core("GetBootVolume", "GET", "/bootVolumes/{id}", "use volumes")
GET_VOLUME_GROUP = _core("GetVolumeGroup", "GET", "/volumeGroups/{id}", "inspect volume-groups")
GET_VOLUME_BACKUP = _core("GetVolumeBackup", "GET", "/volumeBackups/{id}", "manage volume-backups", "use volumes")
GET_BOOT_VOLUME_BACKUP = _core(
    "GetBootVolumeBackup", "GET", "/bootVolumeBackups/{id}", "manage boot-volume-backups", "use volumes"
)
GET_VOLUME_GROUP_BACKUP = _core(
    "GetVolumeGroupBackup", "GET", "/volumeGroupBackups/{id}", "manage volume-group-backups", "inspect volume-groups"
)
LIST_VOLUME_BACKUPS = _core("ListVolumeBackups", "GET", "/volumeBackups", "manage volume-backups", "use volumes")
LIST_BOOT_VOLUME_BACKUPS = _core(
    "ListBootVolumeBackups", "GET", "/bootVolumeBackups", "manage boot-volume-backups", "use volumes"
)
LIST_VOLUME_GROUP_BACKUPS = _core(
    "ListVolumeGroupBackups", "GET", "/volumeGroupBackups", "manage volume-group-backups", "inspect volume-groups"
)
GET_INSTANCE = _core("GetInstance", "GET", "/instances/{id}", "read instances")
LIST_VOLUME_ATTACHMENTS = _core(
    "ListVolumeAttachments",
    "GET",
    "/volumeAttachments",
    "inspect volume-attachments",
    "use volumes",
    "read instances",
)
LIST_BOOT_VOLUME_ATTACHMENTS = _core(
    "ListBootVolumeAttachments",
    "GET",
    "/bootVolumeAttachments",
    "inspect volume-attachments",
    "use volumes",
    "read instances",
)
PUBLISH_MESSAGE = Operation(
    "PublishMessage", Service.NOTIFICATIONS, "POST", "/topics/{id}/messages", ("use ons-topics",)
)
