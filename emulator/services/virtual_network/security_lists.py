"""Security lists."""

from __future__ import annotations

from ...core.collection import require
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import COMMON_FIELDS
from .vcn_parts import VcnParts

_PATH = "/20160918/securityLists"
_ONE = f"{_PATH}/{{securityListId}}"
_RULES = {"egressSecurityRules": ("destination", "protocol"), "ingressSecurityRules": ("source", "protocol")}


class SecurityLists(VcnParts):
    """Security lists keep their rules in the order that they are given in, and stop no packet."""

    resource_type = "securitylist"
    parameter = "securityListId"
    created_with = ("compartmentId", "vcnId", *_RULES, *COMMON_FIELDS)
    updated_with = (*_RULES, *COMMON_FIELDS)

    def build(self, details: Document) -> Document:
        fields = self.part_fields(details)
        self.check_update(fields, details)
        return {**fields, **{name: details.get(name) or [] for name in _RULES}}

    def check_update(self, document: Document, details: Document) -> None:
        for name, required in _RULES.items():
            for rule in details.get(name) or []:
                require(rule, *required)

    @operation("POST", _PATH)
    async def create_security_list(self, call: Call) -> Reply:
        """CreateSecurityList."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_security_list(self, call: Call) -> Reply:
        """GetSecurityList."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_security_lists(self, call: Call) -> Reply:
        """ListSecurityLists."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_security_list(self, call: Call) -> Reply:
        """UpdateSecurityList. Takes both lists of rules as a whole, name and tags."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_security_list(self, call: Call) -> Reply:
        """DeleteSecurityList. Refused while a subnet uses it."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_security_list_compartment(self, call: Call) -> Reply:
        """ChangeSecurityListCompartment."""
        return self.move(call)
