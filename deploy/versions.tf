terraform {
  required_version = ">= 1.5"

  required_providers {
    oci = {
      source  = "oracle/oci"
      version = ">= 7.21, < 9.0" # failure_destination came with 7.21
    }
  }
}

provider "oci" {
  tenancy_ocid = var.tenancy_ocid
  region       = var.region
}

# Dynamic groups and policies are written in the tenancy's home region only.
provider "oci" {
  alias        = "home"
  tenancy_ocid = var.tenancy_ocid
  region       = local.home_region
}

data "oci_identity_region_subscriptions" "all" {
  tenancy_id = var.tenancy_ocid
}

locals {
  home_region = one([for region in data.oci_identity_region_subscriptions.all.region_subscriptions : region.region_name if region.is_home_region])
  name        = var.name_prefix
}
