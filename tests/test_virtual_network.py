"""Networking, through the SDK's own client: a private subnet that reaches Oracle's services, made and taken down."""

from __future__ import annotations

from typing import Any

import oci
import pytest
from oci.core import models

from tests.sdk_clients import client_of, refusal, wait_for
from tests.world import World


class Network:
    """A client, and the resources that it has made, ready."""

    def __init__(self, cloud: World) -> None:
        self.client = client_of(oci.core.VirtualNetworkClient, cloud)
        self.compartment_id = cloud.oci.compartment_id
        self.tenancy_id = cloud.oci.cloud.tenancy_id

    def make(self, kind: str, **details: Any) -> Any:
        title = "".join(word.capitalize() for word in kind.split("_"))
        described = getattr(models, f"Create{title}Details")(compartment_id=self.compartment_id, **details)
        made = getattr(self.client, f"create_{kind}")(described).data
        assert made.lifecycle_state == "PROVISIONING"
        return wait_for(getattr(self.client, f"get_{kind}"), made.id, "AVAILABLE")

    def vcn(self) -> Any:
        return self.make("vcn", cidr_blocks=["10.90.0.0/24"], display_name="backups")

    def delete(self, kind: str, ocid: str) -> None:
        getattr(self.client, f"delete_{kind}")(ocid)
        wait_for(getattr(self.client, f"get_{kind}"), ocid, "TERMINATED")
        assert refusal(getattr(self.client, f"delete_{kind}"), ocid)[:2] == (404, "NotAuthorizedOrNotFound")


@pytest.fixture
def network(cloud: World) -> Network:
    return Network(cloud)


def test_a_private_subnet_that_reaches_oracles_services_is_made_and_taken_down(network: Network) -> None:
    client, vcn = network.client, network.vcn()
    everything = next(service for service in client.list_services().data if service.name.startswith("All"))
    assert client.get_service(everything.id).data == everything
    gateway = network.make(
        "service_gateway",
        vcn_id=vcn.id,
        services=[models.ServiceIdRequestDetails(service_id=everything.id)],
    )
    assert [service.service_name for service in gateway.services] == [everything.name]
    rule = models.RouteRule(
        destination=everything.cidr_block, destination_type="SERVICE_CIDR_BLOCK", network_entity_id=gateway.id
    )
    table = network.make("route_table", vcn_id=vcn.id, route_rules=[rule])
    https = models.TcpOptions(destination_port_range=models.PortRange(min=443, max=443))
    egress = models.EgressSecurityRule(
        destination=everything.cidr_block, destination_type="SERVICE_CIDR_BLOCK", protocol="6", tcp_options=https
    )
    security = network.make("security_list", vcn_id=vcn.id, egress_security_rules=[egress], ingress_security_rules=[])
    assert security.egress_security_rules == [egress]
    subnet = network.make(
        "subnet",
        vcn_id=vcn.id,
        cidr_block="10.90.0.0/26",
        prohibit_public_ip_on_vnic=True,
        route_table_id=table.id,
        security_list_ids=[security.id],
    )
    assert (subnet.virtual_router_ip, subnet.prohibit_internet_ingress) == ("10.90.0.1", True)
    order = [
        ("subnet", subnet),
        ("security_list", security),
        ("route_table", table),
        ("service_gateway", gateway),
        ("vcn", vcn),
    ]
    for kind, resource in order[1:]:
        status, code, message = refusal(getattr(client, f"delete_{kind}"), resource.id)
        assert (status, code) == (409, "Conflict")
        assert resource.id in message
    for kind, resource in order:
        network.delete(kind, resource.id)


def test_a_vcn_brings_the_route_table_and_the_security_list_that_its_subnets_have_by_default(network: Network) -> None:
    vcn = network.vcn()
    subnet = network.make("subnet", vcn_id=vcn.id, cidr_block="10.90.0.128/25")
    assert (subnet.route_table_id, subnet.security_list_ids) == (
        vcn.default_route_table_id,
        [vcn.default_security_list_id],
    )
    tables = network.client.list_route_tables(network.compartment_id, vcn_id=vcn.id).data
    assert [table.display_name for table in tables] == ["Default Route Table for backups"]
    network.delete("subnet", subnet.id)
    network.delete("vcn", vcn.id)
    wait_for(network.client.get_security_list, vcn.default_security_list_id, "TERMINATED")


UPDATES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "vcn": ({"cidr_blocks": ["10.0.0.0/16"]}, {"display_name": "renamed", "freeform_tags": {"a": "b"}}),
    "route_table": ({"route_rules": []}, {"display_name": "renamed"}),
    "security_list": (
        {"egress_security_rules": [], "ingress_security_rules": []},
        {"ingress_security_rules": [models.IngressSecurityRule(source="10.0.0.0/8", protocol="1")]},
    ),
    "service_gateway": ({"services": []}, {"block_traffic": True, "services": []}),
    "subnet": ({"cidr_block": "10.90.0.0/28"}, {"display_name": "renamed", "security_list_ids": []}),
}


@pytest.mark.parametrize("kind", UPDATES)
def test_each_resource_is_changed_listed_page_by_page_and_moved(network: Network, kind: str) -> None:
    created_with, change = UPDATES[kind]
    inside = {} if kind == "vcn" else {"vcn_id": network.vcn().id}
    made = network.make(kind, **inside, **created_with)
    title = "".join(word.capitalize() for word in kind.split("_"))
    details = getattr(models, f"Update{title}Details")(**change)
    changed = getattr(network.client, f"update_{kind}")(made.id, details).data
    assert {name: getattr(changed, name) for name in change} == change
    listing = getattr(network.client, f"list_{kind}s")
    listed = oci.pagination.list_call_get_all_results(listing, network.compartment_id, **inside).data
    assert changed in listed
    destination = getattr(models, f"Change{title}CompartmentDetails")(compartment_id=network.tenancy_id)
    getattr(network.client, f"change_{kind}_compartment")(made.id, destination)
    assert getattr(network.client, f"get_{kind}")(made.id).data.compartment_id == network.tenancy_id


SUBNETS = {
    "outside of its VCN": ("10.91.0.0/26", "The subnet CIDR block 10.91.0.0/26 is not within the VCN's 10.90.0.0/24."),
    "over another": ("10.90.0.0/25", "overlaps with this CIDR"),
    "too small": ("10.90.0.128/31", "cidrBlock is invalid"),
    "that is none": ("a.b.c.d", "cidrBlock is invalid"),
}


@pytest.mark.parametrize("case", SUBNETS)
def test_a_subnet_is_refused(network: Network, case: str) -> None:
    block, words = SUBNETS[case]
    vcn = network.vcn()
    network.make("subnet", vcn_id=vcn.id, cidr_block="10.90.0.0/26")
    details = models.CreateSubnetDetails(compartment_id=network.compartment_id, vcn_id=vcn.id, cidr_block=block)
    status, code, message = refusal(network.client.create_subnet, details)
    assert (status, code) == (400, "InvalidParameter")
    assert words in message


def test_a_part_of_a_network_that_is_not_there_is_not_found(network: Network) -> None:
    vcn = network.vcn()
    details = models.CreateSubnetDetails(
        compartment_id=network.compartment_id,
        vcn_id=vcn.id,
        cidr_block="10.90.0.0/26",
        route_table_id=vcn.default_security_list_id,
    )
    assert refusal(network.client.create_subnet, details)[0] == 404
    details.vcn_id, details.route_table_id = vcn.id[:-1], None
    assert refusal(network.client.create_subnet, details)[0] == 404


def test_the_services_of_oracle_come_page_by_page_and_stay_the_same(network: Network) -> None:
    first = network.client.list_services(limit=1)
    [rest] = network.client.list_services(limit=1, page=first.headers["opc-next-page"]).data
    assert {first.data[0].cidr_block, rest.cidr_block} == {
        "oci-iad-objectstorage",
        "all-iad-services-in-oracle-services-network",
    }
