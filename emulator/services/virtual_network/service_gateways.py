"""Service gateways, by which a VCN reaches Oracle's services."""

from __future__ import annotations

from typing import Any

from ...core.collection import require
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import COMMON_FIELDS
from .oracle_services import OracleServices
from .vcn_parts import VcnParts

_PATH = "/20160918/serviceGateways"
_ONE = f"{_PATH}/{{serviceGatewayId}}"


class ServiceGateways(VcnParts):
    """Service gateways name the services that they reach."""

    resource_type = "servicegateway"
    parameter = "serviceGatewayId"
    created_with = ("compartmentId", "vcnId", "services", "routeTableId", *COMMON_FIELDS)
    updated_with = ("services", "routeTableId", "blockTraffic", *COMMON_FIELDS)

    def build(self, details: Document) -> Document:
        fields = self.part_fields(details)
        if "services" not in details:
            require(details, "services")
        self.check_update(fields, details)
        return {
            **fields,
            "blockTraffic": False,
            "routeTableId": details.get("routeTableId"),
            "services": self._named(details["services"]),
        }

    def check_update(self, document: Document, details: Document) -> None:
        self._named(details.get("services") or [])
        if details.get("routeTableId"):
            self.find_part(details["routeTableId"], "routetable")

    def change(self, document: Document, fields: Document) -> None:
        named = {"services": self._named(fields["services"])} if "services" in fields else {}
        super().change(document, {**fields, **named})

    def _named(self, services: list[Document]) -> list[dict[str, Any]]:
        """Return the services that a request names, each with its name. Raises ServiceError 404."""
        known = self.cloud.service(OracleServices).collection
        found = [known.from_body(service, "serviceId") for service in services]
        return [{"serviceId": service["id"], "serviceName": service["name"]} for service in found]

    def references(self, document: Document) -> set[str]:
        return {document["vcnId"], document["routeTableId"]}

    @operation("POST", _PATH)
    async def create_service_gateway(self, call: Call) -> Reply:
        """CreateServiceGateway."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_service_gateway(self, call: Call) -> Reply:
        """GetServiceGateway."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_service_gateways(self, call: Call) -> Reply:
        """ListServiceGateways."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_service_gateway(self, call: Call) -> Reply:
        """UpdateServiceGateway. `blockTraffic` is kept, and blocks nothing."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_service_gateway(self, call: Call) -> Reply:
        """DeleteServiceGateway. Refused while a route rule leads to it."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_service_gateway_compartment(self, call: Call) -> Reply:
        """ChangeServiceGatewayCompartment."""
        return self.move(call)
