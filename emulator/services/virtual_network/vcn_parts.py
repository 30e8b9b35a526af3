"""What the resources within a VCN have in common."""

from __future__ import annotations

from ...core.collection import display_name, require, tagged
from ...core.errors import not_found
from ...core.identifiers import now, resource_type
from ...core.operations import Document
from .network_resources import NetworkResources


class VcnParts(NetworkResources):
    """Each belongs to one VCN, for good."""

    def part_fields(self, details: Document) -> Document:
        """Return the fields that all of them have. Raises ServiceError 400, and 404 where there is no such VCN."""
        require(details, "compartmentId", "vcnId")
        self.find_part(details["vcnId"], "vcn")
        return {
            **tagged(details),
            "compartmentId": details["compartmentId"],
            "displayName": display_name(details, f"{self.resource_type}{now()}"),
            "lifecycleState": "PROVISIONING",
            "timeCreated": now(),
            "vcnId": details["vcnId"],
        }

    def find_part(self, ocid: str, kind: str) -> Document:
        """Return a resource of the network. Raises ServiceError 404 where there is none of this type and OCID."""
        for service in self.cloud.services:
            if isinstance(service, NetworkResources) and service.resource_type == kind == resource_type(str(ocid)):
                found = service.collection.get(ocid)
                if found["lifecycleState"] not in {self.deleting_state, self.deleted_state}:
                    return found
        raise not_found()
