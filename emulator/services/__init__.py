"""The services of the local OCI, one package each, and the list of them.

A service is registered by its line in `SERVICES`; nothing else knows it by name. See `Service` and `Resources`.
"""

from __future__ import annotations

from ..core.service import Service
from ..core.work_requests import WorkRequests
from .block_volume.backup_policies import BackupPolicies
from .block_volume.backup_policy_assignments import BackupPolicyAssignments
from .block_volume.boot_volume_backups import BootVolumeBackups
from .block_volume.boot_volumes import BootVolumes
from .block_volume.volume_backups import VolumeBackups
from .block_volume.volume_group_backups import VolumeGroupBackups
from .block_volume.volume_groups import VolumeGroups
from .block_volume.volumes import Volumes
from .compute.boot_volume_attachments import BootVolumeAttachments
from .compute.instances import Instances
from .compute.volume_attachments import VolumeAttachments
from .connector_hub.connector_plugins import ConnectorPlugins
from .connector_hub.service_connectors import ServiceConnectors
from .events.rules import Rules
from .functions.applications import Applications
from .functions.deliveries import Deliveries
from .functions.fn_api import FnApi
from .functions.functions import Functions
from .functions.invocations import Invocations
from .identity.authorization import Authorization
from .identity.compartments import Compartments
from .identity.dynamic_groups import DynamicGroups
from .identity.policies import Policies
from .identity.tenancies import Tenancies
from .logging.log_groups import LogGroups
from .logging.logs import Logs
from .monitoring.alarms import Alarms
from .monitoring.metrics import Metrics
from .notifications.inbox import Inbox
from .notifications.subscriptions import Subscriptions
from .notifications.topics import Topics
from .queue.messages import Messages
from .queue.queues import Queues
from .resource_scheduler.schedules import Schedules
from .resource_search.search import ResourceSearch
from .streaming.streams import Streams
from .virtual_network.oracle_services import OracleServices
from .virtual_network.route_tables import RouteTables
from .virtual_network.security_lists import SecurityLists
from .virtual_network.service_gateways import ServiceGateways
from .virtual_network.subnets import Subnets
from .virtual_network.vcns import Vcns

SERVICES: tuple[type[Service], ...] = (
    Volumes,
    BootVolumes,
    VolumeGroups,
    VolumeBackups,
    BootVolumeBackups,
    VolumeGroupBackups,
    BackupPolicies,
    BackupPolicyAssignments,
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
    ResourceSearch,
)
