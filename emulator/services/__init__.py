"""The services of the local OCI, one package each, and the list of them.

A service is registered by its line in `SERVICES`; nothing else knows it by name. See `Service` and `Resources`.
"""

from __future__ import annotations

from emulator.core.service import Service
from emulator.services.block_volume.boot_volume_backups import BootVolumeBackups
from emulator.services.block_volume.boot_volumes import BootVolumes
from emulator.services.block_volume.volume_backups import VolumeBackups
from emulator.services.block_volume.volume_group_backups import VolumeGroupBackups
from emulator.services.block_volume.volume_groups import VolumeGroups
from emulator.services.block_volume.volumes import Volumes
from emulator.services.compute.boot_volume_attachments import BootVolumeAttachments
from emulator.services.compute.instances import Instances
from emulator.services.compute.volume_attachments import VolumeAttachments
from emulator.services.connector_hub.service_connectors import ServiceConnectors
from emulator.services.events.rules import Rules
from emulator.services.functions.applications import Applications
from emulator.services.functions.deliveries import Deliveries
from emulator.services.functions.fn_api import FnApi
from emulator.services.functions.functions import Functions
from emulator.services.functions.invocations import Invocations
from emulator.services.monitoring.alarms import Alarms
from emulator.services.monitoring.metrics import Metrics
from emulator.services.notifications.inbox import Inbox
from emulator.services.notifications.subscriptions import Subscriptions
from emulator.services.notifications.topics import Topics
from emulator.services.streaming.streams import Streams

SERVICES: tuple[type[Service], ...] = (
    Volumes,
    BootVolumes,
    VolumeGroups,
    VolumeBackups,
    BootVolumeBackups,
    VolumeGroupBackups,
    Instances,
    VolumeAttachments,
    BootVolumeAttachments,
    Topics,
    Subscriptions,
    Inbox,
    Streams,
    Rules,
    Alarms,
    Metrics,
    ServiceConnectors,
    Applications,
    Functions,
    Invocations,
    Deliveries,
    FnApi,
)
