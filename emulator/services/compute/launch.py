"""What an instance is launched with where its request does not say it, as the platform's own images have it."""

from __future__ import annotations

from ...core.operations import Document

_LAUNCH_OPTIONS = {
    "bootVolumeType": "PARAVIRTUALIZED",
    "firmware": "UEFI_64",
    "networkType": "PARAVIRTUALIZED",
    "remoteDataVolumeType": "PARAVIRTUALIZED",
    "isPvEncryptionInTransitEnabled": False,
    "isConsistentVolumeNamingEnabled": True,
}
_AGENT_CONFIG = {
    "isMonitoringDisabled": False,
    "isManagementDisabled": False,
    "areAllPluginsDisabled": False,
    "pluginsConfig": None,
}
_AVAILABILITY_CONFIG = {"isLiveMigrationPreferred": None, "recoveryAction": "RESTORE_INSTANCE"}
_INSTANCE_OPTIONS = {"areLegacyImdsEndpointsDisabled": False}
_SHAPE_CONFIG = {"ocpus": 1.0, "memoryInGBs": 16.0}
# Fields of the request that the instance shows as they came.
_AS_GIVEN = (
    "capacityReservationId",
    "clusterPlacementGroupId",
    "dedicatedVmHostId",
    "instanceConfigurationId",
    "ipxeScript",
    "platformConfig",
    "preemptibleInstanceConfig",
)
_CONFIGS: dict[str, Document] = {
    "agentConfig": _AGENT_CONFIG,
    "availabilityConfig": _AVAILABILITY_CONFIG,
    "instanceOptions": _INSTANCE_OPTIONS,
    "launchOptions": _LAUNCH_OPTIONS,
    "shapeConfig": _SHAPE_CONFIG,
}
# What only a request has: a shape is asked for by its number of virtual CPUs, too, or with disks.
_OF_SHAPE = ("ocpus", "memoryInGBs", "baselineOcpuUtilization", "vcpus", "resourceManagement")


def launch_fields(details: Document) -> Document:
    """Return the fields of a new instance that its request may set."""
    return {
        **{name: details.get(name) for name in _AS_GIVEN},
        **{name: merged_config(name, details.get(name) or {}, default) for name, default in _CONFIGS.items()},
        "extendedMetadata": details.get("extendedMetadata") or {},
        "metadata": details.get("metadata") or {},
        "securityAttributes": details.get("securityAttributes") or {},
    }


def merged_config(name: str, given: Document, known: Document) -> Document:
    """Return a configuration of an instance with what a request sets of it."""
    if name == "shapeConfig":
        given = {key: value for key, value in given.items() if key in _OF_SHAPE}
    return {**known, **{key: value for key, value in given.items() if value is not None}}


def updated_fields(instance: Document, details: Document) -> Document:
    """Return the fields of an instance that UpdateInstance sets."""
    return {
        name: merged_config(name, value, instance[name]) if name in _CONFIGS else value
        for name, value in details.items()
        if name in instance
    }
