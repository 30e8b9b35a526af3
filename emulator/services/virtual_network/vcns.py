"""Virtual cloud networks."""

from __future__ import annotations

from ...core.collection import display_name, require, tagged
from ...core.identifiers import now
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import COMMON_FIELDS
from .address_blocks import parse_block
from .network_resources import NetworkResources
from .route_tables import RouteTables
from .security_lists import SecurityLists

_PATH = "/20160918/vcns"
_ONE = f"{_PATH}/{{vcnId}}"


class Vcns(NetworkResources):
    """A VCN comes with a route table and a security list of its own, which go when it goes."""

    resource_type = "vcn"
    parameter = "vcnId"
    created_with = ("compartmentId", "cidrBlock", "cidrBlocks", "dnsLabel", *COMMON_FIELDS)

    def build(self, details: Document) -> Document:
        require(details, "compartmentId")
        blocks = details.get("cidrBlocks") or [details.get("cidrBlock")]
        require({"cidrBlocks": [block for block in blocks if block]}, "cidrBlocks")
        label = details.get("dnsLabel")
        return {
            **tagged(details),
            "cidrBlock": str(parse_block(blocks[0], "cidrBlocks")),
            "cidrBlocks": [str(parse_block(block, "cidrBlocks")) for block in blocks],
            "compartmentId": details["compartmentId"],
            "displayName": display_name(details, f"vcn{now()}"),
            "dnsLabel": label,
            "lifecycleState": "PROVISIONING",
            "timeCreated": now(),
            "vcnDomainName": f"{label}.oraclevcn.com" if label else None,
        }

    def add(self, details: Document) -> Document:
        """Add a VCN with its default route table and security list."""
        vcn = super().add(details)
        inside = {"compartmentId": vcn["compartmentId"], "vcnId": vcn["id"]}
        named = {**inside, "displayName": f"Default Route Table for {vcn['displayName']}", "routeRules": []}
        vcn["defaultRouteTableId"] = self.cloud.service(RouteTables).add(named)["id"]
        everywhere = {"destination": "0.0.0.0/0", "destinationType": "CIDR_BLOCK", "protocol": "all"}
        named = {
            **inside,
            "displayName": f"Default Security List for {vcn['displayName']}",
            "egressSecurityRules": [everywhere],
            "ingressSecurityRules": [],
        }
        vcn["defaultSecurityListId"] = self.cloud.service(SecurityLists).add(named)["id"]
        return vcn

    def references(self, document: Document) -> set[str]:
        return set()

    def users_of(self, ocid: str) -> list[Document]:
        vcn = self.collection.get(ocid)
        own = {vcn["defaultRouteTableId"], vcn["defaultSecurityListId"]}
        return [user for user in super().users_of(ocid) if user["id"] not in own]

    def remove(self, document: Document) -> None:
        super().remove(document)
        for service, field in ((RouteTables, "defaultRouteTableId"), (SecurityLists, "defaultSecurityListId")):
            resources = self.cloud.service(service)
            resources.remove(resources.collection.get(document[field]))

    @operation("POST", _PATH)
    async def create_vcn(self, call: Call) -> Reply:
        """CreateVcn. Leaves out IPv6 and DHCP options."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_vcn(self, call: Call) -> Reply:
        """GetVcn."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_vcns(self, call: Call) -> Reply:
        """ListVcns."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_vcn(self, call: Call) -> Reply:
        """UpdateVcn. Takes name and tags."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_vcn(self, call: Call) -> Reply:
        """DeleteVcn. Refused while anything but its default route table and security list is in it."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_vcn_compartment(self, call: Call) -> Reply:
        """ChangeVcnCompartment. At once, without a work request."""
        return self.move(call)
