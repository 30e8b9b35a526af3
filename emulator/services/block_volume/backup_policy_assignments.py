"""Which backup policy a volume, boot volume or volume group has."""

from __future__ import annotations

from ...core.cloud import Cloud
from ...core.errors import malformed, not_found
from ...core.identifiers import now, resource_type
from ...core.operations import Call, Document, Reply, operation
from .backup_policies import BackupPolicies
from .block_resources import MODELS, BlockResources

_PATH = "/20160918/volumeBackupPolicyAssignments"
_ONE = f"{_PATH}/{{policyAssignmentId}}"
_ASSETS = ("volume", "bootvolume", "volumegroup")
_DELETIONS = frozenset(
    f"com.oraclecloud.blockvolumes.delete{name}"
    for name in ("volumebackuppolicy", *(f"{asset}.begin" for asset in _ASSETS))
)


class BackupPolicyAssignments(BlockResources):
    """An asset has one policy at most: another assignment takes the place of the one before."""

    resource_type = "volumebackuppolicyassignment"
    parameter = "policyAssignmentId"
    create_model = f"{MODELS}.CreateVolumeBackupPolicyAssignmentDetails"
    model = f"{MODELS}.VolumeBackupPolicyAssignment"
    filters = ("assetId",)
    is_instant = True

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        cloud.events.subscribe(self._follow)

    def _follow(self, event: Document) -> None:
        """End the assignments of a policy or an asset that is deleted."""
        if event["eventType"] in _DELETIONS:
            gone = event["data"]["resourceId"]
            for assignment in list(self.collection.documents.values()):
                if gone in {assignment["assetId"], assignment["policyId"]}:
                    self.remove(assignment)

    def build(self, details: Document) -> Document:
        kind = resource_type(details["assetId"])
        if kind not in _ASSETS:
            raise malformed("assetId")
        asset = self.cloud.service_of(kind).collection.from_body(details, "assetId")
        policy = self.cloud.service(BackupPolicies).collection.from_body(details, "policyId")
        before = self.collection.find(assetId=asset["id"])
        if before:
            self.remove(before)
        return {
            "assetId": asset["id"],
            # The model has no compartment; events have.
            "compartmentId": asset["compartmentId"],
            "policyId": policy["id"],
            "timeCreated": now(),
            "xrcKmsKeyId": details.get("xrcKmsKeyId"),
        }

    @operation("POST", _PATH)
    async def create_volume_backup_policy_assignment(self, call: Call) -> Reply:
        """CreateVolumeBackupPolicyAssignment. Takes the place of the asset's earlier one."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_volume_backup_policy_assignment(self, call: Call) -> Reply:
        """GetVolumeBackupPolicyAssignment."""
        return self.get(call)

    @operation("GET", _PATH)
    async def get_volume_backup_policy_asset_assignment(self, call: Call) -> Reply:
        """GetVolumeBackupPolicyAssetAssignment. A list of one or none, and 404 where there is no such asset."""
        asset_id = call.required("assetId")
        kind = resource_type(asset_id)
        if kind not in _ASSETS:
            raise malformed("assetId")
        if asset_id not in self.cloud.service_of(kind).collection.documents:
            raise not_found()
        return self.page(call, "assetId")

    @operation("DELETE", _ONE)
    async def delete_volume_backup_policy_assignment(self, call: Call) -> Reply:
        """DeleteVolumeBackupPolicyAssignment."""
        return self.delete(call)
