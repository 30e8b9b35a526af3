"""Dynamic groups: resources that act, chosen by a rule."""

from __future__ import annotations

from typing import Any

from ...core.collection import require
from ...core.errors import invalid, malformed
from ...core.operations import Call, Document, Reply, operation
from .named_resources import TAGS, NamedResources
from .policy_language import parse_rule

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
        return {**fields, "matchingRule": check_rule(details["matchingRule"])}

    def check_update(self, document: Document, details: Document) -> None:
        require({**document, **details}, "description", "matchingRule")
        check_rule({**document, **details}["matchingRule"])

    @operation("POST", _PATH)
    async def create_dynamic_group(self, call: Call) -> Reply:
        """CreateDynamicGroup. Refuses a matching rule that it does not understand."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_dynamic_group(self, call: Call) -> Reply:
        """GetDynamicGroup."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_dynamic_groups(self, call: Call) -> Reply:
        """ListDynamicGroups."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_dynamic_group(self, call: Call) -> Reply:
        """UpdateDynamicGroup. Takes description, rule and tags; a name is for good."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_dynamic_group(self, call: Call) -> Reply:
        """DeleteDynamicGroup. Does not look at the policies that name it."""
        return self.delete(call)


def check_rule(rule: Any) -> str:
    """Return a matching rule. Raises ServiceError 400 where it is not understood."""
    if not isinstance(rule, str):
        raise malformed("matchingRule")
    try:
        parse_rule(rule)
    except ValueError as error:
        raise invalid(f"matchingRule is not understood: {error}") from error
    return rule
