"""What a VCN and the resources in it have in common."""

from __future__ import annotations

from ...core.errors import conflict, not_found
from ...core.operations import Call, Document, Reply
from ...core.resources import Resources


class NetworkResources(Resources):
    """They go PROVISIONING → AVAILABLE, and TERMINATING → TERMINATED, which they do not while another needs them."""

    filters = ("compartmentId", "displayName", "lifecycleState", "vcnId")

    def references(self, document: Document) -> set[str]:
        """Return the OCIDs of the network's resources that this one needs."""
        return {document["vcnId"]}

    def delete(self, call: Call) -> Reply:
        """Answer Delete…. Raises ServiceError 409 where another resource refers to this one."""
        document = self.collection.from_path(call, self.parameter)
        if document["lifecycleState"] == self.deleted_state:
            raise not_found()
        self.collection.check_etag(call, document)
        self.check_available(document)
        self.check_unused(document)
        self.remove(document)
        return Reply(status=204)

    def check_unused(self, document: Document) -> None:
        """Raise ServiceError 409 Conflict where another resource refers to this one."""
        for user in self.users_of(document["id"]):
            kind, ocid = self.resource_type, document["id"]
            raise conflict(f"The {kind} {ocid} references or is referenced by {user['id']}, which has to go first.")

    def users_of(self, ocid: str) -> list[Document]:
        """Return the resources that need the one of this OCID."""
        return [
            document
            for service in self.cloud.services
            if isinstance(service, NetworkResources)
            for document in service.collection.documents.values()
            if document["lifecycleState"] != self.deleted_state and ocid in service.references(document)
        ]
