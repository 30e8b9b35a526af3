"""Oracle's tables of operations: the permissions that each needs, all of them.

https://docs.oracle.com/en-us/iaas/Content/Identity/Reference/policyreference.htm and the pages of the services that it
names.
"""

from __future__ import annotations

from collections.abc import Mapping

_DOCUMENTED = """
GetVolume ListVolumes GetBootVolume ListBootVolumes: VOLUME_INSPECT
CreateVolume: VOLUME_CREATE
UpdateVolume UpdateBootVolume: VOLUME_UPDATE
DeleteVolume DeleteBootVolume: VOLUME_DELETE
ChangeVolumeCompartment: VOLUME_MOVE
ChangeBootVolumeCompartment: BOOT_VOLUME_MOVE
ListVolumeAttachments: VOLUME_ATTACHMENT_INSPECT VOLUME_INSPECT INSTANCE_INSPECT
GetVolumeAttachment: VOLUME_ATTACHMENT_INSPECT INSTANCE_INSPECT
AttachVolume: VOLUME_ATTACHMENT_CREATE VOLUME_WRITE INSTANCE_ATTACH_VOLUME
DetachVolume: VOLUME_ATTACHMENT_DELETE VOLUME_WRITE INSTANCE_DETACH_VOLUME
CreateVolumeBackup: VOLUME_BACKUP_CREATE VOLUME_WRITE
GetVolumeBackup ListVolumeBackups: VOLUME_BACKUP_INSPECT VOLUME_INSPECT
UpdateVolumeBackup: VOLUME_BACKUP_UPDATE VOLUME_INSPECT
DeleteVolumeBackup: VOLUME_BACKUP_DELETE VOLUME_INSPECT
CopyVolumeBackup: VOLUME_BACKUP_READ VOLUME_BACKUP_COPY VOLUME_BACKUP_CREATE
ChangeVolumeBackupCompartment: VOLUME_BACKUP_MOVE
CreateBootVolumeBackup: BOOT_VOLUME_BACKUP_CREATE VOLUME_WRITE
GetBootVolumeBackup ListBootVolumeBackups: BOOT_VOLUME_BACKUP_INSPECT VOLUME_INSPECT
UpdateBootVolumeBackup: BOOT_VOLUME_BACKUP_UPDATE VOLUME_INSPECT
DeleteBootVolumeBackup: BOOT_VOLUME_BACKUP_DELETE VOLUME_INSPECT
CopyBootVolumeBackup: BOOT_VOLUME_BACKUP_READ BOOT_VOLUME_BACKUP_COPY BOOT_VOLUME_BACKUP_CREATE
ChangeBootVolumeBackupCompartment: BOOT_VOLUME_BACKUP_MOVE
CreateVolumeGroup: VOLUME_GROUP_CREATE
GetVolumeGroup ListVolumeGroups: VOLUME_GROUP_INSPECT
UpdateVolumeGroup: VOLUME_GROUP_UPDATE VOLUME_INSPECT
DeleteVolumeGroup: VOLUME_GROUP_DELETE
ChangeVolumeGroupCompartment: VOLUME_GROUP_MOVE
CreateVolumeGroupBackup: VOLUME_GROUP_BACKUP_CREATE VOLUME_GROUP_INSPECT VOLUME_WRITE
GetVolumeGroupBackup ListVolumeGroupBackups: VOLUME_GROUP_BACKUP_INSPECT
UpdateVolumeGroupBackup: VOLUME_GROUP_BACKUP_UPDATE
DeleteVolumeGroupBackup: VOLUME_GROUP_BACKUP_DELETE
ChangeVolumeGroupBackupCompartment: VOLUME_GROUP_BACKUP_MOVE
GetVolumeBackupPolicy ListVolumeBackupPolicies: BACKUP_POLICIES_INSPECT
CreateVolumeBackupPolicy: BACKUP_POLICIES_CREATE
UpdateVolumeBackupPolicy: BACKUP_POLICIES_UPDATE
DeleteVolumeBackupPolicy: BACKUP_POLICIES_DELETE
GetVolumeBackupPolicyAssignment: BACKUP_POLICY_ASSIGNMENT_INSPECT
GetVolumeBackupPolicyAssetAssignment: BACKUP_POLICY_ASSIGNMENT_INSPECT VOLUME_INSPECT
CreateVolumeBackupPolicyAssignment: BACKUP_POLICY_ASSIGNMENT_CREATE
DeleteVolumeBackupPolicyAssignment: BACKUP_POLICY_ASSIGNMENT_DELETE

GetInstance ListInstances: INSTANCE_READ
LaunchInstance: INSTANCE_CREATE INSTANCE_IMAGE_READ VNIC_CREATE VNIC_ATTACH SUBNET_ATTACH
UpdateInstance: INSTANCE_UPDATE
InstanceAction: INSTANCE_POWER_ACTIONS
ChangeInstanceCompartment: INSTANCE_MOVE
TerminateInstance: INSTANCE_DELETE VNIC_DELETE SUBNET_DETACH
ListImages GetImage: INSTANCE_IMAGE_INSPECT
ListShapes: INSTANCE_INSPECT

GetVcn ListVcns: VCN_READ
CreateVcn: VCN_CREATE
UpdateVcn: VCN_UPDATE
DeleteVcn: VCN_DELETE
ChangeVcnCompartment: VCN_MOVE
GetSubnet ListSubnets: SUBNET_READ
CreateSubnet: SUBNET_CREATE VCN_ATTACH ROUTE_TABLE_ATTACH SECURITY_LIST_ATTACH DHCP_ATTACH
UpdateSubnet: SUBNET_UPDATE
DeleteSubnet: SUBNET_DELETE VCN_DETACH ROUTE_TABLE_DETACH SECURITY_LIST_DETACH DHCP_DETACH
GetRouteTable ListRouteTables: ROUTE_TABLE_READ
CreateRouteTable: ROUTE_TABLE_CREATE VCN_ATTACH
UpdateRouteTable: ROUTE_TABLE_UPDATE
DeleteRouteTable: ROUTE_TABLE_DELETE VCN_DETACH
GetSecurityList ListSecurityLists: SECURITY_LIST_READ
CreateSecurityList: SECURITY_LIST_CREATE VCN_ATTACH
UpdateSecurityList: SECURITY_LIST_UPDATE
DeleteSecurityList: SECURITY_LIST_DELETE VCN_DETACH
GetServiceGateway ListServiceGateways: SERVICE_GATEWAY_READ
CreateServiceGateway: SERVICE_GATEWAY_CREATE VCN_READ VCN_ATTACH
UpdateServiceGateway: SERVICE_GATEWAY_UPDATE
DeleteServiceGateway: SERVICE_GATEWAY_DELETE VCN_READ VCN_DETACH

ListTopics: ONS_TOPIC_INSPECT
GetTopic: ONS_TOPIC_READ
CreateTopic: ONS_TOPIC_CREATE
UpdateTopic: ONS_TOPIC_UPDATE
DeleteTopic: ONS_TOPIC_DELETE
ChangeTopicCompartment: ONS_TOPIC_MOVE
PublishMessage: ONS_TOPIC_PUBLISH
ListSubscriptions: ONS_SUBSCRIPTION_INSPECT
GetSubscription CreateSubscription UpdateSubscription DeleteSubscription: ONS_TOPIC_SUBSCRIBE
ResendSubscriptionConfirmation: ONS_TOPIC_SUBSCRIBE
ChangeSubscriptionCompartment: ONS_SUBSCRIPTION_MOVE

ListRules: EVENTRULE_LIST
GetRule: EVENTRULE_READ
CreateRule: EVENTRULE_CREATE
UpdateRule ChangeRuleCompartment: EVENTRULE_MODIFY
DeleteRule: EVENTRULE_DELETE

ListMetrics: METRIC_INSPECT
SummarizeMetricsData: METRIC_INSPECT METRIC_READ
PostMetricData: METRIC_WRITE
ListAlarms ListAlarmsStatus: ALARM_INSPECT
GetAlarm: ALARM_READ METRIC_READ
GetAlarmHistory: ALARM_READ
CreateAlarm: ALARM_CREATE METRIC_READ
UpdateAlarm: ALARM_UPDATE METRIC_READ
RemoveAlarmSuppression: ALARM_UPDATE
DeleteAlarm: ALARM_DELETE
ChangeAlarmCompartment: ALARM_MOVE

ListApplications: FN_APP_LIST
GetApplication: FN_APP_READ
CreateApplication: FN_APP_CREATE
UpdateApplication: FN_APP_UPDATE
DeleteApplication: FN_APP_DELETE
ListFunctions: FN_FUNCTION_LIST
GetFunction: FN_FUNCTION_READ
CreateFunction: FN_FUNCTION_CREATE
UpdateFunction: FN_FUNCTION_UPDATE
DeleteFunction: FN_FUNCTION_DELETE
InvokeFunction: FN_INVOCATION

SearchResources ListResourceTypes GetResourceType:

ListConnectorPlugins GetConnectorPlugin:
ListServiceConnectors: SERVICE_CONNECTOR_INSPECT
GetServiceConnector: SERVICE_CONNECTOR_READ
UpdateServiceConnector ActivateServiceConnector DeactivateServiceConnector: SERVICE_CONNECTOR_UPDATE
CreateServiceConnector: SERVICE_CONNECTOR_CREATE
DeleteServiceConnector: SERVICE_CONNECTOR_DELETE
ChangeServiceConnectorCompartment: SERVICE_CONNECTOR_MOVE

ListSchedules: RESOURCE_SCHEDULE_INSPECT
GetSchedule: RESOURCE_SCHEDULE_READ
CreateSchedule: RESOURCE_SCHEDULE_CREATE
UpdateSchedule: RESOURCE_SCHEDULE_UPDATE
DeleteSchedule: RESOURCE_SCHEDULE_DELETE
ChangeScheduleCompartment: RESOURCE_SCHEDULE_MOVE

ListLogGroups ListLogs: LOG_GROUP_INSPECT
GetLogGroup GetLog: LOG_GROUP_READ
UpdateLogGroup UpdateLog ChangeLogGroupCompartment: LOG_GROUP_UPDATE
CreateLogGroup CreateLog: LOG_GROUP_CREATE
DeleteLogGroup DeleteLog: LOG_GROUP_DELETE

ListDynamicGroups GetDynamicGroup: DYNAMIC_GROUP_INSPECT
CreateDynamicGroup: DYNAMIC_GROUP_CREATE
UpdateDynamicGroup: DYNAMIC_GROUP_UPDATE
DeleteDynamicGroup: DYNAMIC_GROUP_DELETE
ListPolicies GetPolicy: POLICY_READ
CreatePolicy: POLICY_CREATE
UpdatePolicy: POLICY_UPDATE
DeletePolicy: POLICY_DELETE
ListCompartments GetCompartment ListAvailabilityDomains ListFaultDomains: COMPARTMENT_INSPECT
CreateCompartment: COMPARTMENT_CREATE
UpdateCompartment: COMPARTMENT_UPDATE
DeleteCompartment: COMPARTMENT_DELETE
ListRegions ListRegionSubscriptions GetTenancy: TENANCY_INSPECT
"""
# Those tables have no row for these; the permissions are the ones that similar operations need.
_INFERRED = """
GetVolumeKmsKey GetBootVolumeKmsKey: VOLUME_INSPECT
UpdateVolumeKmsKey DeleteVolumeKmsKey UpdateBootVolumeKmsKey DeleteBootVolumeKmsKey: VOLUME_UPDATE
CreateBootVolume: VOLUME_CREATE
ListBootVolumeAttachments: VOLUME_ATTACHMENT_INSPECT VOLUME_INSPECT INSTANCE_INSPECT
GetBootVolumeAttachment: VOLUME_ATTACHMENT_INSPECT INSTANCE_INSPECT
AttachBootVolume: VOLUME_ATTACHMENT_CREATE VOLUME_WRITE INSTANCE_ATTACH_VOLUME
DetachBootVolume: VOLUME_ATTACHMENT_DELETE VOLUME_WRITE INSTANCE_DETACH_VOLUME
CopyVolumeGroupBackup: VOLUME_GROUP_BACKUP_CREATE VOLUME_GROUP_BACKUP_INSPECT
ChangeSubnetCompartment: SUBNET_MOVE
ChangeRouteTableCompartment: ROUTE_TABLE_MOVE
ChangeSecurityListCompartment: SECURITY_LIST_MOVE
ChangeServiceGatewayCompartment: SERVICE_GATEWAY_MOVE
ListServices GetService:
ChangeApplicationCompartment: FN_APP_UPDATE
ActivateSchedule DeactivateSchedule: RESOURCE_SCHEDULE_UPDATE

ListQueues: QUEUE_INSPECT
GetQueue GetStats ListChannels: QUEUE_READ
CreateQueue: QUEUE_CREATE
UpdateQueue: QUEUE_UPDATE
DeleteQueue: QUEUE_DELETE
ChangeQueueCompartment: QUEUE_MOVE
PurgeQueue: QUEUE_PURGE
PutMessages: QUEUE_PUT
GetMessages UpdateMessage UpdateMessages DeleteMessage DeleteMessages: QUEUE_GET

ListWorkRequests GetWorkRequest ListWorkRequestErrors ListWorkRequestLogs: WORKREQUEST_INSPECT
"""
# Work requests that are read in the API of Connector Hub and in that of Resource Scheduler.
_OF_CONNECTOR_HUB = """
ListWorkRequests GetWorkRequest ListWorkRequestErrors ListWorkRequestLogs: SERVICE_CONNECTOR_INSPECT
"""
_OF_RESOURCE_SCHEDULER = """
ListWorkRequests: RESOURCE_SCHEDULE_WORKREQUEST_INSPECT
GetWorkRequest ListWorkRequestErrors ListWorkRequestLogs: RESOURCE_SCHEDULE_WORKREQUEST_READ
"""


def _read(table: str) -> dict[str, tuple[str, ...]]:
    """Return the rows of a table, each of which names operations, and after a colon what they need."""
    rows = [line.partition(":") for line in table.splitlines() if line]
    return {name: tuple(permissions.split()) for names, _, permissions in rows for name in names.split()}


OPERATIONS: Mapping[str, tuple[str, ...]] = _read(_DOCUMENTED + _INFERRED)
# The operations that need something else in the API of a version of its own.
OPERATIONS_OF_VERSIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "20200909": _read(_OF_CONNECTOR_HUB),
    "20240430": _read(_OF_RESOURCE_SCHEDULER),
}
# What an operation needs beside that, where what it is about is, or holds, a resource with such an OCID.
WHERE_NAMED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "CreateVolume": {"volumebackup": ("VOLUME_BACKUP_READ",)},
    "CreateBootVolume": {"bootvolumebackup": ("BOOT_VOLUME_BACKUP_READ",)},
    "CreateVolumeGroup": {
        "volume": ("VOLUME_INSPECT",),
        "bootvolume": ("VOLUME_INSPECT",),
        "volumegroup": ("VOLUME_GROUP_INSPECT", "VOLUME_CREATE", "VOLUME_WRITE"),
        "volumegroupbackup": ("VOLUME_GROUP_BACKUP_INSPECT", "VOLUME_CREATE", "VOLUME_WRITE"),
        "volumebackup": ("VOLUME_BACKUP_READ",),
        "bootvolumebackup": ("BOOT_VOLUME_BACKUP_READ",),
    },
    "CreateVolumeGroupBackup": {
        "volume": ("VOLUME_BACKUP_CREATE",),
        "bootvolume": ("BOOT_VOLUME_BACKUP_CREATE",),
    },
    "DeleteVolumeGroupBackup": {
        "volumebackup": ("VOLUME_BACKUP_DELETE",),
        "bootvolumebackup": ("BOOT_VOLUME_BACKUP_DELETE",),
    },
    "CopyVolumeGroupBackup": {
        "volumebackup": ("VOLUME_BACKUP_READ", "VOLUME_BACKUP_COPY", "VOLUME_BACKUP_CREATE"),
        "bootvolumebackup": ("BOOT_VOLUME_BACKUP_READ", "BOOT_VOLUME_BACKUP_COPY", "BOOT_VOLUME_BACKUP_CREATE"),
    },
    "ChangeVolumeGroupCompartment": {"volume": ("VOLUME_MOVE",), "bootvolume": ("BOOT_VOLUME_MOVE",)},
    "ChangeVolumeGroupBackupCompartment": {
        "volumebackup": ("VOLUME_BACKUP_MOVE",),
        "bootvolumebackup": ("BOOT_VOLUME_BACKUP_MOVE",),
    },
    # Who lets a topic invoke a function has to be allowed to invoke it.
    "CreateSubscription": {"fnfunc": ("FN_INVOCATION",)},
}
