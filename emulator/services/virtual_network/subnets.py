"""Subnets."""

from __future__ import annotations

import secrets

from ...core.collection import require
from ...core.errors import invalid
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import COMMON_FIELDS
from .address_blocks import parse_block
from .vcn_parts import VcnParts

_PATH = "/20160918/subnets"
_ONE = f"{_PATH}/{{subnetId}}"
_CHANGEABLE = ("routeTableId", "securityListIds", "dhcpOptionsId", "cidrBlock", *COMMON_FIELDS)
_CREATED_WITH = ("availabilityDomain", "prohibitPublicIpOnVnic", "prohibitInternetIngress", "dnsLabel")


class Subnets(VcnParts):
    """Subnets lie within a block of their VCN, and beside each other."""

    resource_type = "subnet"
    parameter = "subnetId"
    created_with = ("compartmentId", "vcnId", *_CREATED_WITH, *_CHANGEABLE)
    updated_with = _CHANGEABLE

    def build(self, details: Document) -> Document:
        fields = self.part_fields(details)
        require(details, "cidrBlock")
        vcn = self.find_part(details["vcnId"], "vcn")
        self.check_update(fields, details)
        is_private = bool(details.get("prohibitPublicIpOnVnic") or details.get("prohibitInternetIngress"))
        block = parse_block(details["cidrBlock"], "cidrBlock")
        return {
            **fields,
            "availabilityDomain": details.get("availabilityDomain"),
            "cidrBlock": str(block),
            "dhcpOptionsId": details.get("dhcpOptionsId"),
            "dnsLabel": details.get("dnsLabel"),
            "prohibitInternetIngress": is_private,
            "prohibitPublicIpOnVnic": is_private,
            "routeTableId": details.get("routeTableId") or vcn["defaultRouteTableId"],
            "securityListIds": details.get("securityListIds") or [vcn["defaultSecurityListId"]],
            "virtualRouterIp": str(block[1]),
            "virtualRouterMac": ":".join(("00:00:17", *(f"{byte:02X}" for byte in secrets.token_bytes(3)))),
        }

    def check_update(self, document: Document, details: Document) -> None:
        if details.get("routeTableId"):
            self.find_part(details["routeTableId"], "routetable")
        for security_list_id in details.get("securityListIds") or []:
            self.find_part(security_list_id, "securitylist")
        if details.get("cidrBlock"):
            self._check_block(document, details["cidrBlock"])

    def _check_block(self, document: Document, text: str) -> None:
        block, vcn = parse_block(text, "cidrBlock"), self.find_part(document["vcnId"], "vcn")
        if not any(block.subnet_of(parse_block(outer, "cidrBlocks")) for outer in vcn["cidrBlocks"]):
            raise invalid(f"The subnet CIDR block {block} is not within the VCN's {', '.join(vcn['cidrBlocks'])}.")
        for other in self.collection.documents.values():
            is_beside = other["vcnId"] == vcn["id"] and other is not document
            is_there = other["lifecycleState"] not in {self.deleting_state, self.deleted_state}
            if is_beside and is_there and block.overlaps(parse_block(other["cidrBlock"], "cidrBlock")):
                raise invalid(f"The requested CIDR {block} is invalid: subnet {other['id']} overlaps with this CIDR.")

    def references(self, document: Document) -> set[str]:
        return {document["vcnId"], document["routeTableId"], *document["securityListIds"]}

    @operation("POST", _PATH)
    async def create_subnet(self, call: Call) -> Reply:
        """CreateSubnet. Leaves out IPv6 and DHCP options."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_subnet(self, call: Call) -> Reply:
        """GetSubnet."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_subnets(self, call: Call) -> Reply:
        """ListSubnets."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_subnet(self, call: Call) -> Reply:
        """UpdateSubnet."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_subnet(self, call: Call) -> Reply:
        """DeleteSubnet. Does not look at the applications that use it."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_subnet_compartment(self, call: Call) -> Reply:
        """ChangeSubnetCompartment. At once, without a work request."""
        return self.move(call)
