"""What a backup policy can be assigned to: volumes, boot volumes and volume groups."""

from __future__ import annotations

from ...core.operations import Document
from .backup_policy_assignments import BackupPolicyAssignments
from .block_resources import BlockResources


class Assets(BlockResources):
    """Their Create…Details may name a backup policy."""

    def insert(self, details: Document) -> Document:
        """Add an asset, and the assignment of its backup policy. Raises ServiceError."""
        policy_id = details.get("backupPolicyId")
        if policy_id:
            self.cloud.service_of("volumebackuppolicy").collection.from_body(details, "backupPolicyId")
        asset = super().insert(details)
        if policy_id:
            assignment = {"assetId": asset["id"], "policyId": policy_id, "xrcKmsKeyId": details.get("xrcKmsKeyId")}
            self.cloud.service(BackupPolicyAssignments).add(assignment)
        return asset
