"""Route tables."""

from __future__ import annotations

from ...core.collection import require
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import COMMON_FIELDS
from .vcn_parts import VcnParts

_PATH = "/20160918/routeTables"
_ONE = f"{_PATH}/{{rtId}}"


class RouteTables(VcnParts):
    """Route tables keep their rules in the order that they are given in."""

    resource_type = "routetable"
    parameter = "rtId"
    created_with = ("compartmentId", "vcnId", "routeRules", *COMMON_FIELDS)
    updated_with = ("routeRules", *COMMON_FIELDS)

    def build(self, details: Document) -> Document:
        fields = self.part_fields(details)
        self.check_update(fields, details)
        return {**fields, "routeRules": details.get("routeRules") or []}

    def check_update(self, document: Document, details: Document) -> None:
        for rule in details.get("routeRules") or []:
            require(rule, "networkEntityId")

    def references(self, document: Document) -> set[str]:
        return {document["vcnId"], *(rule["networkEntityId"] for rule in document["routeRules"])}

    @operation("POST", _PATH)
    async def create_route_table(self, call: Call) -> Reply:
        """CreateRouteTable."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_route_table(self, call: Call) -> Reply:
        """GetRouteTable."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_route_tables(self, call: Call) -> Reply:
        """ListRouteTables."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_route_table(self, call: Call) -> Reply:
        """UpdateRouteTable. Takes the rules as a whole, name and tags."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_route_table(self, call: Call) -> Reply:
        """DeleteRouteTable. Refused while a subnet uses it."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_route_table_compartment(self, call: Call) -> Reply:
        """ChangeRouteTableCompartment."""
        return self.move(call)
