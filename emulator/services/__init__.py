"""The services of the local OCI, one package each, and the list of them.

A service is registered by its line in `SERVICES`; nothing else knows it by name. See `Service` and `Resources`.
"""

from __future__ import annotations

from emulator.core.service import Service
from emulator.core.work_requests import WorkRequests
from emulator.services.block_volume.boot_volume_backups import BootVolumeBackups
from emulator.services.block_volume.boot_volumes import BootVolumes
from emulator.services.block_volume.volume_backups import VolumeBackups
from emulator.services.block_volume.volume_group_backups import VolumeGroupBackups
from emulator.services.block_volume.volume_groups import VolumeGroups
from emulator.services.block_volume.volumes import Volumes
from emulator.services.compute.boot_volume_attachments import BootVolumeAttachments
from emulator.services.compute.instances import Instances
from emulator.services.compute.volume_attachments import VolumeAttachments
from emulator.services.connector_hub.connector_plugins import ConnectorPlugins
from emulator.services.connector_hub.service_connectors import ServiceConnectors
from emulator.services.events.rules import Rules
from emulator.services.functions.applications import Applications
from emulator.services.functions.deliveries import Deliveries
from emulator.services.functions.fn_api import FnApi
from emulator.services.functions.functions import Functions
from emulator.services.functions.invocations import Invocations
from emulator.services.identity.authorization import Authorization
from emulator.services.identity.compartments import Compartments
from emulator.services.identity.dynamic_groups import DynamicGroups
from emulator.services.identity.policies import Policies
from emulator.services.identity.tenancies import Tenancies
from emulator.services.logging.log_groups import LogGroups
from emulator.services.logging.logs import Logs
from emulator.services.monitoring.alarms import Alarms
from emulator.services.monitoring.metrics import Metrics
from emulator.services.notifications.inbox import Inbox
from emulator.services.notifications.subscriptions import Subscriptions
from emulator.services.notifications.topics import Topics
from emulator.services.queue.messages import Messages
from emulator.services.queue.queues import Queues
from emulator.services.resource_scheduler.schedules import Schedules
from emulator.services.streaming.streams import Streams
from emulator.services.virtual_network.oracle_services import OracleServices
from emulator.services.virtual_network.route_tables import RouteTables
from emulator.services.virtual_network.security_lists import SecurityLists
from emulator.services.virtual_network.service_gateways import ServiceGateways
from emulator.services.virtual_network.subnets import Subnets
from emulator.services.virtual_network.vcns import Vcns

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
    Queues,
    Messages,
    ServiceConnectors,
    ConnectorPlugins,
    Applications,
    Functions,
    Invocations,
    Deliveries,
    FnApi,
    WorkRequests,
    OracleServices,
    Vcns,
    ServiceGateways,
    RouteTables,
    SecurityLists,
    Subnets,
    Tenancies,
    Compartments,
    DynamicGroups,
    Policies,
    Authorization,
    LogGroups,
    Logs,
    Schedules,
)
