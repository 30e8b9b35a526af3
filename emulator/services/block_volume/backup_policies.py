"""Backup policies: Oracle's own, and those that users define. No policy makes backups here."""

from __future__ import annotations

from ...core.cloud import Cloud
from ...core.collection import display_name, page_of, tagged
from ...core.errors import not_found
from ...core.identifiers import now
from ...core.operations import Call, Document, Reply, operation
from .block_resources import MODELS, BlockResources

_PATH = "/20160918/volumeBackupPolicies"
_ONE = f"{_PATH}/{{policyId}}"
_DAY = 24 * 3600
_SCHEDULES = {
    "ONE_DAY": ("INCREMENTAL", 7 * _DAY),
    "ONE_WEEK": ("INCREMENTAL", 28 * _DAY),
    "ONE_MONTH": ("INCREMENTAL", 365 * _DAY),
    "ONE_YEAR": ("FULL", 5 * 365 * _DAY),
}
# https://docs.oracle.com/en-us/iaas/Content/Block/Tasks/schedulingvolumebackups.htm
_ORACLE_DEFINED = {
    "gold": ("ONE_DAY", "ONE_WEEK", "ONE_MONTH", "ONE_YEAR"),
    "silver": ("ONE_WEEK", "ONE_MONTH", "ONE_YEAR"),
    "bronze": ("ONE_MONTH", "ONE_YEAR"),
}


class BackupPolicies(BlockResources):
    """Policies are there at once. Those that Oracle defines belong to no compartment, and nobody changes them."""

    resource_type = "volumebackuppolicy"
    parameter = "policyId"
    create_model = f"{MODELS}.CreateVolumeBackupPolicyDetails"
    update_model = f"{MODELS}.UpdateVolumeBackupPolicyDetails"
    is_instant = True

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        for name, periods in _ORACLE_DEFINED.items():
            schedules = [_schedule(period) for period in periods]
            self.collection.add(self.build({"compartmentId": None, "displayName": name, "schedules": schedules}))

    def build(self, details: Document) -> Document:
        return {
            **tagged(details),
            "compartmentId": details["compartmentId"],
            "destinationRegion": details.get("destinationRegion"),
            "displayName": display_name(details, f"policy{now()}"),
            "schedules": details.get("schedules") or [],
            "timeCreated": now(),
        }

    def _user_defined(self, call: Call) -> Document:
        policy = self.collection.from_path(call, self.parameter)
        if policy["compartmentId"] is None:
            raise not_found()
        return policy

    @operation("POST", _PATH)
    async def create_volume_backup_policy(self, call: Call) -> Reply:
        """CreateVolumeBackupPolicy. Its schedules are kept, and make no backups."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_volume_backup_policy(self, call: Call) -> Reply:
        """GetVolumeBackupPolicy."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_volume_backup_policies(self, call: Call) -> Reply:
        """ListVolumeBackupPolicies. Without a compartment those that Oracle defines: gold, silver and bronze."""
        compartment_id = call.query.get("compartmentId") or None
        found = [policy for policy in self.collection.select(call) if policy["compartmentId"] == compartment_id]
        return page_of(found, call, self.cloud.options.page_size)

    @operation("PUT", _ONE)
    async def update_volume_backup_policy(self, call: Call) -> Reply:
        """UpdateVolumeBackupPolicy. Answers 404 for Oracle's own."""
        self._user_defined(call)
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_volume_backup_policy(self, call: Call) -> Reply:
        """DeleteVolumeBackupPolicy. Answers 404 for Oracle's own; its assignments end with it."""
        self._user_defined(call)
        return self.delete(call)


def _schedule(period: str) -> Document:
    backup_type, retention = _SCHEDULES[period]
    return {
        "backupType": backup_type,
        "offsetSeconds": 0,
        "offsetType": "NUMERIC_SECONDS",
        "period": period,
        "retentionSeconds": retention,
        "timeZone": "UTC",
    }
