"""Oracle's services that a service gateway reaches: they belong to the region, and never change."""

from __future__ import annotations

from ...core.cloud import Cloud
from ...core.collection import Collection, page_of
from ...core.operations import Call, Reply, operation
from ...core.service import Service

_PATH = "/20160918/services"
# By the end of the OCID.
_NAMES_AND_LABELS = {
    "aaaaobjectstorage": ("OCI {KEY} Object Storage", "oci-{key}-objectstorage"),
    "aaaaallservices": (
        "All {KEY} Services In Oracle Services Network",
        "all-{key}-services-in-oracle-services-network",
    ),
}


class OracleServices(Service):
    """Each is a CIDR label that route and security rules name."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.collection = Collection("service")
        key = cloud.region.key
        for unique, names in _NAMES_AND_LABELS.items():
            name, label = (text.format(key=key, KEY=key.upper()) for text in names)
            document = {"name": name, "cidrBlock": label, "description": name}
            self.collection.add(document, ocid=f"ocid1.service.oc1.{cloud.region.in_ocids}.{key}{unique}")

    @operation("GET", _PATH)
    async def list_services(self, call: Call) -> Reply:
        """ListServices: Object Storage, and all services of the Oracle services network."""
        return page_of(self.collection.documents.values(), call, self.cloud.options.page_size)

    @operation("GET", f"{_PATH}/{{serviceId}}")
    async def get_service(self, call: Call) -> Reply:
        """GetService."""
        return self.collection.reply(self.collection.from_path(call, "serviceId"))
