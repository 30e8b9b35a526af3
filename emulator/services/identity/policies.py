"""Policies: statements that allow."""

from __future__ import annotations

from emulator.core.collection import require
from emulator.core.operations import Call, Document, Reply, operation
from emulator.services.identity.compartments import Compartments
from emulator.services.identity.named_resources import TAGS, NamedResources
from emulator.services.identity.statements import check_statements

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
        self.cloud.service(Compartments).find(details["compartmentId"])
        statements = check_statements(details["statements"])
        return {**fields, "statements": statements, "versionDate": details.get("versionDate")}

    def check_update(self, document: Document, details: Document) -> None:
        require({**document, **details}, "description")
        if "statements" in details:
            check_statements(details["statements"])

    @operation("POST", _PATH, permission="manage policies")
    async def create_policy(self, call: Call) -> Reply:
        """CreatePolicy. Keeps the statements as text."""
        return self.create(call)

    @operation("GET", _ONE, permission="inspect policies")
    async def get_policy(self, call: Call) -> Reply:
        """GetPolicy."""
        return self.get(call)

    @operation("GET", _PATH, permission="inspect policies")
    async def list_policies(self, call: Call) -> Reply:
        """ListPolicies: those attached to one compartment."""
        return self.page(call)

    @operation("PUT", _ONE, permission="manage policies")
    async def update_policy(self, call: Call) -> Reply:
        """UpdatePolicy. Takes description, statements and tags; a name is for good."""
        return self.update(call)

    @operation("DELETE", _ONE, permission="manage policies")
    async def delete_policy(self, call: Call) -> Reply:
        """DeletePolicy."""
        return self.delete(call)
