"""What is backed up: volumes, boot volumes and volume groups, and for each the operations that concern it.

The one table of them; a fourth kind would be a fourth row, its operations and its model of a request.
"""

from __future__ import annotations

from typing import NamedTuple

from handlers.domain import operations
from handlers.domain.operations import Operation


class ResourceKind(NamedTuple):
    """One kind of resource that has backups.

    Attributes:
        name: The resource type in its OCIDs (``bootvolume``).
        id_field: The field that names it in requests, backups and filters of lists (``bootVolumeId``).
        get: Reads the resource, with its tags.
        create_backup: Makes a backup of it.
        get_backup: Reads one backup.
        list_backups: Lists the backups of one resource, or of a compartment.
        copy_backup: Copies a backup to another region.
        lists_by_source: Whether `list_backups` can be asked for the copies of one backup.
    """

    name: str
    id_field: str
    get: Operation
    create_backup: Operation
    get_backup: Operation
    list_backups: Operation
    copy_backup: Operation
    lists_by_source: bool = True

    @property
    def backup_name(self) -> str:
        """The resource type in the OCIDs of its backups, which is also what their CloudEvents' types begin with."""
        return f"{self.name}backup"

    @property
    def source_backup_field(self) -> str:
        """The field of a copy that names the backup in the other region (``sourceBootVolumeBackupId``)."""
        return f"source{self.id_field[0].upper()}{self.id_field[1:-2]}BackupId"


_ROWS = (
    ResourceKind(
        name="volume",
        id_field="volumeId",
        get=operations.GET_VOLUME,
        create_backup=operations.CREATE_VOLUME_BACKUP,
        get_backup=operations.GET_VOLUME_BACKUP,
        list_backups=operations.LIST_VOLUME_BACKUPS,
        copy_backup=operations.COPY_VOLUME_BACKUP,
    ),
    ResourceKind(
        name="bootvolume",
        id_field="bootVolumeId",
        get=operations.GET_BOOT_VOLUME,
        create_backup=operations.CREATE_BOOT_VOLUME_BACKUP,
        get_backup=operations.GET_BOOT_VOLUME_BACKUP,
        list_backups=operations.LIST_BOOT_VOLUME_BACKUPS,
        copy_backup=operations.COPY_BOOT_VOLUME_BACKUP,
    ),
    ResourceKind(
        name="volumegroup",
        id_field="volumeGroupId",
        get=operations.GET_VOLUME_GROUP,
        create_backup=operations.CREATE_VOLUME_GROUP_BACKUP,
        get_backup=operations.GET_VOLUME_GROUP_BACKUP,
        list_backups=operations.LIST_VOLUME_GROUP_BACKUPS,
        copy_backup=operations.COPY_VOLUME_GROUP_BACKUP,
        lists_by_source=False,
    ),
)
RESOURCE_KINDS = {kind.name: kind for kind in _ROWS}
BACKUP_KINDS = {kind.backup_name: kind for kind in _ROWS}
# What a trigger may name: an instance stands for its volumes.
SOURCES = (*RESOURCE_KINDS, "instance")
