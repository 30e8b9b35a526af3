"""Oracle's tables of permissions: what each verb gives on each resource type, and what the families hold.

https://docs.oracle.com/en-us/iaas/Content/Identity/Reference/policyreference.htm and the pages of the services that it
names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

VERBS = ("inspect", "read", "use", "manage")


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A resource type as policies name it.

    Attributes:
        added: the permissions that each verb adds to those of the verbs before it, in the order of `VERBS`.
        ocid_types: the second parts of the OCIDs of its resources.
        has_tags: whether policies can name the tags of its resources: `target.resource.tag.…`.
    """

    added: tuple[frozenset[str], ...]
    ocid_types: tuple[str, ...]
    has_tags: bool


def _type(*added: str, of: str = "", has_tags: bool = False) -> ResourceType:
    return ResourceType(tuple(frozenset(names.split()) for names in added), tuple(of.split()), has_tags)


def _tagged(*added: str, of: str = "") -> ResourceType:
    return _type(*added, of=of, has_tags=True)


RESOURCE_TYPES: Mapping[str, ResourceType] = {
    # Block Volume
    "volumes": _tagged(
        "VOLUME_INSPECT",
        "",
        "VOLUME_UPDATE VOLUME_WRITE",
        "VOLUME_CREATE VOLUME_DELETE VOLUME_MOVE BOOT_VOLUME_MOVE",
        of="volume bootvolume",
    ),
    "volume-attachments": _tagged(
        "VOLUME_ATTACHMENT_INSPECT",
        "VOLUME_ATTACHMENT_READ",
        "VOLUME_ATTACHMENT_UPDATE",
        "VOLUME_ATTACHMENT_CREATE VOLUME_ATTACHMENT_DELETE",
        of="volumeattachment",
    ),
    "volume-backups": _tagged(
        "VOLUME_BACKUP_INSPECT",
        "VOLUME_BACKUP_READ",
        "VOLUME_BACKUP_COPY VOLUME_BACKUP_UPDATE",
        "VOLUME_BACKUP_CREATE VOLUME_BACKUP_DELETE VOLUME_BACKUP_MOVE",
        of="volumebackup",
    ),
    "boot-volume-backups": _tagged(
        "BOOT_VOLUME_BACKUP_INSPECT",
        "BOOT_VOLUME_BACKUP_READ",
        "BOOT_VOLUME_BACKUP_COPY BOOT_VOLUME_BACKUP_UPDATE",
        "BOOT_VOLUME_BACKUP_CREATE BOOT_VOLUME_BACKUP_DELETE BOOT_VOLUME_BACKUP_MOVE",
        of="bootvolumebackup",
    ),
    "backup-policies": _tagged(
        "BACKUP_POLICIES_INSPECT",
        "",
        "BACKUP_POLICIES_UPDATE",
        "BACKUP_POLICIES_CREATE BACKUP_POLICIES_DELETE",
        of="volumebackuppolicy",
    ),
    "backup-policy-assignments": _tagged(
        "BACKUP_POLICY_ASSIGNMENT_INSPECT",
        "",
        "",
        "BACKUP_POLICY_ASSIGNMENT_CREATE BACKUP_POLICY_ASSIGNMENT_DELETE",
        of="volumebackuppolicyassignment volumebackuppolicyassign",
    ),
    "volume-groups": _tagged(
        "VOLUME_GROUP_INSPECT",
        "",
        "",
        "VOLUME_GROUP_UPDATE VOLUME_GROUP_CREATE VOLUME_GROUP_DELETE VOLUME_GROUP_MOVE",
        of="volumegroup",
    ),
    "volume-group-backups": _tagged(
        "VOLUME_GROUP_BACKUP_INSPECT",
        "",
        "",
        "VOLUME_GROUP_BACKUP_UPDATE VOLUME_GROUP_BACKUP_CREATE VOLUME_GROUP_BACKUP_DELETE VOLUME_GROUP_BACKUP_MOVE",
        of="volumegroupbackup",
    ),
    # Compute
    "instances": _tagged(
        "INSTANCE_INSPECT",
        "INSTANCE_READ",
        "INSTANCE_UPDATE INSTANCE_CREATE_IMAGE INSTANCE_POWER_ACTIONS INSTANCE_ATTACH_VOLUME INSTANCE_DETACH_VOLUME",
        "INSTANCE_CREATE INSTANCE_DELETE INSTANCE_ATTACH_SECONDARY_VNIC INSTANCE_DETACH_SECONDARY_VNIC INSTANCE_MOVE",
        of="instance",
    ),
    "instance-images": _tagged(
        "INSTANCE_IMAGE_INSPECT",
        "INSTANCE_IMAGE_READ",
        "INSTANCE_IMAGE_UPDATE",
        "INSTANCE_IMAGE_CREATE INSTANCE_IMAGE_DELETE INSTANCE_IMAGE_MOVE",
        of="image",
    ),
    "app-catalog-listing": _tagged(
        "APP_CATALOG_LISTING_INSPECT", "APP_CATALOG_LISTING_READ", "", "APP_CATALOG_LISTING_SUBSCRIBE"
    ),
    "console-histories": _tagged(
        "CONSOLE_HISTORY_INSPECT", "CONSOLE_HISTORY_READ", "", "CONSOLE_HISTORY_CREATE CONSOLE_HISTORY_DELETE"
    ),
    "work-requests": _type("WORKREQUEST_INSPECT", "", "", ""),
    # Networking
    "vcns": _tagged("VCN_READ", "", "", "VCN_ATTACH VCN_DETACH VCN_UPDATE VCN_CREATE VCN_DELETE VCN_MOVE", of="vcn"),
    "subnets": _tagged(
        "SUBNET_READ",
        "",
        "SUBNET_ATTACH SUBNET_DETACH",
        "SUBNET_CREATE SUBNET_UPDATE SUBNET_DELETE SUBNET_MOVE",
        of="subnet",
    ),
    "route-tables": _tagged(
        "ROUTE_TABLE_READ",
        "",
        "",
        "ROUTE_TABLE_ATTACH ROUTE_TABLE_DETACH ROUTE_TABLE_UPDATE ROUTE_TABLE_CREATE ROUTE_TABLE_DELETE "
        "ROUTE_TABLE_MOVE",
        of="routetable",
    ),
    "security-lists": _tagged(
        "SECURITY_LIST_READ",
        "",
        "",
        "SECURITY_LIST_ATTACH SECURITY_LIST_DETACH SECURITY_LIST_UPDATE SECURITY_LIST_CREATE SECURITY_LIST_DELETE "
        "SECURITY_LIST_MOVE",
        of="securitylist",
    ),
    "dhcp-options": _tagged(
        "DHCP_READ", "", "", "DHCP_ATTACH DHCP_DETACH DHCP_UPDATE DHCP_CREATE DHCP_DELETE DHCP_MOVE", of="dhcpoptions"
    ),
    "service-gateways": _tagged(
        "SERVICE_GATEWAY_READ",
        "",
        "SERVICE_GATEWAY_ATTACH SERVICE_GATEWAY_DETACH",
        "SERVICE_GATEWAY_UPDATE SERVICE_GATEWAY_CREATE SERVICE_GATEWAY_DELETE SERVICE_GATEWAY_ADD_SERVICE "
        "SERVICE_GATEWAY_DELETE_SERVICE SERVICE_GATEWAY_MOVE",
        of="servicegateway",
    ),
    "vnics": _tagged(
        "VNIC_READ",
        "",
        "VNIC_ATTACH VNIC_DETACH VNIC_CREATE VNIC_DELETE VNIC_UPDATE VNIC_ASSOCIATE_NETWORK_SECURITY_GROUP "
        "VNIC_DISASSOCIATE_NETWORK_SECURITY_GROUP",
        "",
        of="vnic",
    ),
    "vnic-attachments": _tagged("VNIC_ATTACHMENT_READ", "", "", "", of="vnicattachment"),
    # Notifications
    "ons-topics": _tagged(
        "ONS_TOPIC_INSPECT",
        "ONS_TOPIC_READ",
        "ONS_TOPIC_PUBLISH ONS_TOPIC_SUBSCRIBE",
        "ONS_TOPIC_CREATE ONS_TOPIC_MOVE ONS_TOPIC_UPDATE ONS_TOPIC_DELETE",
        of="onstopic",
    ),
    "ons-subscriptions": _tagged(
        "ONS_SUBSCRIPTION_INSPECT", "", "", "ONS_SUBSCRIPTION_MOVE ONS_TOPIC_SUBSCRIBE", of="onssubscription"
    ),
    # Events
    "cloudevents-rules": _type(
        "EVENTRULE_LIST", "EVENTRULE_READ", "", "EVENTRULE_CREATE EVENTRULE_DELETE EVENTRULE_MODIFY", of="eventrule"
    ),
    # Monitoring
    "alarms": _type("ALARM_INSPECT", "ALARM_READ", "", "ALARM_CREATE ALARM_UPDATE ALARM_DELETE ALARM_MOVE", of="alarm"),
    "metrics": _type("METRIC_INSPECT", "METRIC_READ", "METRIC_WRITE", ""),
    # Functions
    "fn-app": _tagged("FN_APP_LIST", "FN_APP_READ", "", "FN_APP_CREATE FN_APP_DELETE FN_APP_UPDATE", of="fnapp"),
    "fn-function": _tagged(
        "FN_FUNCTION_LIST",
        "FN_FUNCTION_READ",
        "",
        "FN_FUNCTION_CREATE FN_FUNCTION_DELETE FN_FUNCTION_UPDATE",
        of="fnfunc",
    ),
    "fn-invocation": _tagged("", "", "FN_INVOCATION", "", of="fnfunc"),
    # Connector Hub
    "serviceconnectors": _type(
        "SERVICE_CONNECTOR_INSPECT",
        "SERVICE_CONNECTOR_READ",
        "SERVICE_CONNECTOR_UPDATE",
        "SERVICE_CONNECTOR_CREATE SERVICE_CONNECTOR_DELETE SERVICE_CONNECTOR_MOVE",
        of="serviceconnector",
    ),
    # Queue: the resource types are Oracle's, the names of the permissions are not.
    "queues": _type(
        "QUEUE_INSPECT",
        "QUEUE_READ",
        "QUEUE_PUT",
        "QUEUE_GET QUEUE_UPDATE QUEUE_CREATE QUEUE_DELETE QUEUE_MOVE QUEUE_PURGE",
        of="queue",
    ),
    "queue-push": _type("", "", "QUEUE_PUT", "", of="queue"),
    "queue-pull": _type("", "", "QUEUE_GET", "", of="queue"),
    "queue-consumer-group": _type(
        "QUEUE_CONSUMER_GROUP_INSPECT",
        "QUEUE_CONSUMER_GROUP_READ",
        "QUEUE_CONSUMER_GROUP_UPDATE",
        "QUEUE_CONSUMER_GROUP_CREATE QUEUE_CONSUMER_GROUP_DELETE",
        of="consumergroup",
    ),
    # Resource Scheduler
    "resource-schedule": _type(
        "RESOURCE_SCHEDULE_INSPECT",
        "RESOURCE_SCHEDULE_READ",
        "",
        "RESOURCE_SCHEDULE_CREATE RESOURCE_SCHEDULE_UPDATE RESOURCE_SCHEDULE_MOVE RESOURCE_SCHEDULE_DELETE",
        of="resourceschedule",
    ),
    "resource-schedule-workrequest": _type(
        "RESOURCE_SCHEDULE_WORKREQUEST_INSPECT",
        "RESOURCE_SCHEDULE_WORKREQUEST_READ",
        "",
        "",
        of="resourcescheduleworkrequest",
    ),
    # Logging
    "log-groups": _type(
        "LOG_GROUP_INSPECT",
        "LOG_GROUP_READ",
        "LOG_GROUP_UPDATE",
        "LOG_GROUP_CREATE LOG_GROUP_DELETE",
        of="loggroup log",
    ),
    "log-content": _type("", "LOG_CONTENT_READ", "LOG_CONTENT_PUSH UNIFIED_AGENT_CONFIG_GENERATE", "", of="log"),
    "unified-configuration": _type(
        "UNIFIED_AGENT_CONFIG_INSPECT",
        "UNIFIED_AGENT_CONFIG_READ",
        "UNIFIED_AGENT_CONFIG_UPDATE",
        "UNIFIED_AGENT_CONFIG_CREATE UNIFIED_AGENT_CONFIG_DELETE",
    ),
    # Identity
    "dynamic-groups": _tagged(
        "DYNAMIC_GROUP_INSPECT",
        "",
        "DYNAMIC_GROUP_UPDATE",
        "DYNAMIC_GROUP_CREATE DYNAMIC_GROUP_DELETE",
        of="dynamicgroup",
    ),
    "policies": _tagged("POLICY_READ", "", "", "POLICY_UPDATE POLICY_CREATE POLICY_DELETE", of="policy"),
    "compartments": _type(
        "COMPARTMENT_INSPECT",
        "",
        "COMPARTMENT_UPDATE",
        "COMPARTMENT_CREATE COMPARTMENT_DELETE COMPARTMENT_RECOVER",
        of="compartment tenancy",
    ),
    "groups": _tagged("GROUP_INSPECT", "", "GROUP_UPDATE", "GROUP_CREATE GROUP_DELETE", of="group"),
    "tag-namespaces": _type(
        "TAG_NAMESPACE_INSPECT",
        "",
        "TAG_NAMESPACE_USE",
        "TAG_NAMESPACE_UPDATE TAG_NAMESPACE_CREATE TAG_NAMESPACE_MOVE TAG_NAMESPACE_DELETE",
        of="tagnamespace",
    ),
    "tenancies": _type("TENANCY_INSPECT", "", "TENANCY_UPDATE", "", of="tenancy"),
    # Vault
    "keys": _type(
        "KEY_INSPECT",
        "KEY_READ",
        "KEY_ENCRYPT KEY_DECRYPT KEY_EXPORT KEY_SIGN KEY_VERIFY",
        "KEY_CREATE KEY_UPDATE KEY_ROTATE KEY_DELETE KEY_MOVE KEY_IMPORT KEY_BACKUP KEY_RESTORE",
        of="key",
    ),
    "key-delegate": _type("", "", "KEY_ASSOCIATE KEY_DISASSOCIATE", "", of="key"),
}

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "volume-family": (
        "volumes",
        "volume-attachments",
        "volume-backups",
        "boot-volume-backups",
        "backup-policies",
        "backup-policy-assignments",
        "volume-groups",
        "volume-group-backups",
    ),
    "instance-family": ("app-catalog-listing", "console-histories", "instances", "instance-images"),
    "virtual-network-family": (
        "vcns",
        "subnets",
        "route-tables",
        "security-lists",
        "dhcp-options",
        "service-gateways",
        "vnics",
        "vnic-attachments",
    ),
    "ons-family": ("ons-topics", "ons-subscriptions"),
    "functions-family": ("fn-app", "fn-function", "fn-invocation"),
    "logging-family": ("log-groups", "log-content", "unified-configuration"),
    "resource-schedule-family": ("resource-schedule", "resource-schedule-workrequest"),
    "all-resources": tuple(RESOURCE_TYPES),
}
# What families do not give of their members: copies need a statement of their own.
# https://docs.oracle.com/en-us/iaas/Content/Identity/Concepts/commonpolicies.htm
_NOT_IN_FAMILY = {"volume-family": frozenset({"VOLUME_BACKUP_COPY", "BOOT_VOLUME_BACKUP_COPY"})}
# What instance-family gives of its members' neighbours, by verb.
_INSTANCE_FAMILY_EXTRAS = _type(
    "VNIC_READ VNIC_ATTACHMENT_READ VOLUME_ATTACHMENT_INSPECT",
    "VOLUME_ATTACHMENT_READ",
    "VNIC_ATTACH VNIC_DETACH VOLUME_ATTACHMENT_UPDATE",
    "VOLUME_ATTACHMENT_CREATE VOLUME_ATTACHMENT_DELETE",
)

PERMISSIONS = frozenset(name for kind in RESOURCE_TYPES.values() for names in kind.added for name in names)


def permissions_of(verb: str, resource_type: str) -> frozenset[str]:
    """Return the permissions that a verb gives on a resource type or a family. Raises KeyError where there is none."""
    kinds = [RESOURCE_TYPES[name] for name in FAMILIES.get(resource_type, (resource_type,))]
    if resource_type == "instance-family":
        kinds.append(_INSTANCE_FAMILY_EXTRAS)
    upto = VERBS.index(verb) + 1
    given = frozenset(name for kind in kinds for names in kind.added[:upto] for name in names)
    return given - _NOT_IN_FAMILY.get(resource_type, frozenset())


def types_with(permission: str) -> list[ResourceType]:
    """Return the resource types that have a permission."""
    return _TYPES_WITH[permission]


def weakest_grant(permission: str) -> str:
    """Return the verb and the resource type that give a permission with the least beside it: `use volumes`."""
    for verb in VERBS:
        for name in RESOURCE_TYPES:
            if permission in permissions_of(verb, name):
                return f"{verb} {name}"
    raise KeyError(permission)


_TYPES_WITH = {
    permission: [kind for kind in RESOURCE_TYPES.values() if any(permission in names for names in kind.added)]
    for permission in PERMISSIONS
}
