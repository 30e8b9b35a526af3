"""Dynamic groups: resources that act, chosen by a rule."""

from __future__ import annotations

from emulator.core.collection import require
from emulator.core.errors import invalid
from emulator.core.operations import Call, Document, Reply, operation
from emulator.services.identity.named_resources import TAGS, NamedResources

_PATH = "/20160918/dynamicGroups"
_ONE = f"{_PATH}/{{dynamicGroupId}}"


class DynamicGroups(NamedResources):
    """Dynamic groups are made in the tenancy alone, and have names of their own in it."""

    resource_type = "dynamicgroup"
    parameter = "dynamicGroupId"
    noun = "DynamicGroup"
    created_with = ("compartmentId", "name", "description", "matchingRule", *TAGS)
    updated_with = ("description", "matchingRule", *TAGS)

    def build(self, details: Document) -> Document:
        require(details, "matchingRule")
        fields = self.named_fields(details)
        if details["compartmentId"] != self.cloud.tenancy_id:
            raise invalid("Dynamic group can only be created in the tenancy compartment")
        return {**fields, "matchingRule": details["matchingRule"]}

    def check_update(self, document: Document, details: Document) -> None:
        require({**document, **details}, "description", "matchingRule")

    @operation("POST", _PATH, permission="manage dynamic-groups")
    async def create_dynamic_group(self, call: Call) -> Reply:
        """CreateDynamicGroup. Keeps the matching rule as text."""
        return self.create(call)

    @operation("GET", _ONE, permission="inspect dynamic-groups")
    async def get_dynamic_group(self, call: Call) -> Reply:
        """GetDynamicGroup."""
        return self.get(call)

    @operation("GET", _PATH, permission="inspect dynamic-groups")
    async def list_dynamic_groups(self, call: Call) -> Reply:
        """ListDynamicGroups."""
        return self.page(call)

    @operation("PUT", _ONE, permission="manage dynamic-groups")
    async def update_dynamic_group(self, call: Call) -> Reply:
        """UpdateDynamicGroup. Takes description, rule and tags; a name is for good."""
        return self.update(call)

    @operation("DELETE", _ONE, permission="manage dynamic-groups")
    async def delete_dynamic_group(self, call: Call) -> Reply:
        """DeleteDynamicGroup. Does not look at the policies that name it."""
        return self.delete(call)
