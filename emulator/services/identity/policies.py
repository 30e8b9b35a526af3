"""Policies: statements that allow."""

from __future__ import annotations

from ...core.collection import require
from ...core.operations import Call, Document, Reply, operation
from .compartments import Compartments
from .named_resources import TAGS, NamedResources
from .statements import check_statements

_PATH = "/20160918/policies"
_ONE = f"{_PATH}/{{policyId}}"


class Policies(NamedResources):
    """Policies are attached to a compartment, and have names of their own in the whole tenancy."""

    resource_type = "policy"
    parameter = "policyId"
    noun = "Policy"
    created_with = ("compartmentId", "name", "description", "statements", "versionDate", *TAGS)
    updated_with = ("description", "statements", "versionDate", *TAGS)

    def build(self, details: Document) -> Document:
        require(details, "statements")
        fields = self.named_fields(details)
        compartments = self.cloud.service(Compartments)
        compartments.find(details["compartmentId"])
        statements = check_statements(details["statements"], details["compartmentId"], compartments)
        return {**fields, "statements": statements, "versionDate": details.get("versionDate")}

    def check_update(self, document: Document, details: Document) -> None:
        require({**document, **details}, "description")
        if "statements" in details:
            compartments = self.cloud.service(Compartments)
            check_statements(details["statements"], document["compartmentId"], compartments)

    @operation("POST", _PATH)
    async def create_policy(self, call: Call) -> Reply:
        """CreatePolicy. Refuses what it does not understand; OCI knows more resource types and variables."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_policy(self, call: Call) -> Reply:
        """GetPolicy."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_policies(self, call: Call) -> Reply:
        """ListPolicies: those attached to one compartment."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_policy(self, call: Call) -> Reply:
        """UpdatePolicy. Takes description, statements and tags; a name is for good."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_policy(self, call: Call) -> Reply:
        """DeletePolicy."""
        return self.delete(call)
