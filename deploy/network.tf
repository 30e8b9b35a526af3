# A minimal network, where none is given: a private subnet that reaches the Oracle services network and nothing else.

locals {
  make_network = var.subnet_ocid == ""
  subnet_id    = local.make_network ? oci_core_subnet.function[0].id : var.subnet_ocid
}

data "oci_core_services" "all" {
  count = local.make_network ? 1 : 0

  filter {
    name   = "name"
    values = ["All .* Services In Oracle Services Network"]
    regex  = true
  }
}

resource "oci_core_vcn" "function" {
  count          = local.make_network ? 1 : 0
  compartment_id = var.compartment_ocid
  display_name   = local.name
  cidr_blocks    = ["10.90.0.0/24"]
}

resource "oci_core_service_gateway" "function" {
  count          = local.make_network ? 1 : 0
  compartment_id = var.compartment_ocid
  display_name   = local.name
  vcn_id         = oci_core_vcn.function[0].id

  services {
    service_id = data.oci_core_services.all[0].services[0].id
  }
}

resource "oci_core_route_table" "function" {
  count          = local.make_network ? 1 : 0
  compartment_id = var.compartment_ocid
  display_name   = local.name
  vcn_id         = oci_core_vcn.function[0].id

  route_rules {
    destination       = data.oci_core_services.all[0].services[0].cidr_block
    destination_type  = "SERVICE_CIDR_BLOCK"
    network_entity_id = oci_core_service_gateway.function[0].id
  }
}

resource "oci_core_security_list" "function" {
  count          = local.make_network ? 1 : 0
  compartment_id = var.compartment_ocid
  display_name   = local.name
  vcn_id         = oci_core_vcn.function[0].id

  egress_security_rules {
    destination      = data.oci_core_services.all[0].services[0].cidr_block
    destination_type = "SERVICE_CIDR_BLOCK"
    protocol         = "6"

    tcp_options {
      min = 443
      max = 443
    }
  }
}

resource "oci_core_subnet" "function" {
  count                      = local.make_network ? 1 : 0
  compartment_id             = var.compartment_ocid
  display_name               = local.name
  vcn_id                     = oci_core_vcn.function[0].id
  cidr_block                 = "10.90.0.0/26"
  prohibit_public_ip_on_vnic = true
  route_table_id             = oci_core_route_table.function[0].id
  security_list_ids          = [oci_core_security_list.function[0].id]
}
