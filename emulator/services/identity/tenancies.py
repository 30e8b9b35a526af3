"""The tenancy, and the regions that it is in."""

from __future__ import annotations

from ...core.errors import not_found
from ...core.operations import Call, Document, Reply, operation
from ...core.service import Service
from .compartments import Compartments

_ONE = "/20160918/tenancies/{tenancyId}"


class Tenancies(Service):
    """There is one tenancy, subscribed to every region that there is, the first of them its home."""

    is_regional = False

    def _find(self, call: Call) -> Document:
        """Return the root compartment of the tenancy that a path names. Raises ServiceError 400 or 404."""
        if call.ocid("tenancyId", "tenancy") != self.cloud.tenancy_id:
            raise not_found()
        return self.cloud.service(Compartments).root

    @operation("GET", _ONE)
    async def get_tenancy(self, call: Call) -> Reply:
        """GetTenancy."""
        root = self._find(call)
        fields = {name: root[name] for name in ("id", "name", "description", "definedTags", "freeformTags")}
        return Reply({**fields, "homeRegionKey": self.cloud.region.key.upper()})

    @operation("GET", f"{_ONE}/regionSubscriptions")
    async def list_region_subscriptions(self, call: Call) -> Reply:
        """ListRegionSubscriptions."""
        self._find(call)
        subscriptions = [
            {
                "regionKey": cloud.region.key.upper(),
                "regionName": cloud.region.name,
                "status": "READY",
                "isHomeRegion": cloud is self.cloud,
            }
            for cloud in self.cloud.regions.values()
        ]
        return Reply(subscriptions)

    @operation("GET", "/20160918/regions")
    async def list_regions(self, call: Call) -> Reply:
        """ListRegions."""
        regions = [cloud.region for cloud in self.cloud.regions.values()]
        return Reply([{"key": region.key.upper(), "name": region.name} for region in regions])
