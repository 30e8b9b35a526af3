"""Oracle's services that a service gateway reaches: they belong to the region, and never change."""

from __future__ import annotations

from ...core.cloud import Cloud
from ...core.collection import Collection, page_of
from ...core.identifiers import REGION_KEY
from ...core.operations import Call, Reply, operation
from ...core.service import Service

_PATH = "/20160918/services"
_KEY = REGION_KEY.upper()
_LABELS = {
    f"{REGION_KEY}aaaaobjectstorage": (f"OCI {_KEY} Object Storage", f"oci-{REGION_KEY}-objectstorage"),
    f"{REGION_KEY}aaaaallservices": (
        f"All {_KEY} Services In Oracle Services Network",
        f"all-{REGION_KEY}-services-in-oracle-services-network",
    ),
}


class OracleServices(Service):
    """Each is a CIDR label that route and security rules name."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.collection = Collection("service")
        for unique, (name, label) in _LABELS.items():
            document = {"name": name, "cidrBlock": label, "description": name}
            self.collection.add(document, ocid=f"ocid1.service.oc1.{REGION_KEY}.{unique}")

    @operation("GET", _PATH)
    async def list_services(self, call: Call) -> Reply:
        """ListServices: Object Storage, and all services of the Oracle services network."""
        return page_of(self.collection.documents.values(), call, self.cloud.options.page_size)

    @operation("GET", f"{_PATH}/{{serviceId}}")
    async def get_service(self, call: Call) -> Reply:
        """GetService."""
        return self.collection.reply(self.collection.from_path(call, "serviceId"))
