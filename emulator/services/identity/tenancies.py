"""The tenancy, and the one region that it is in."""

from __future__ import annotations

from ...core.errors import not_found
from ...core.identifiers import REGION, REGION_KEY
from ...core.operations import Call, Document, Reply, operation
from ...core.service import Service
from .compartments import Compartments

_ONE = "/20160918/tenancies/{tenancyId}"
_KEY = REGION_KEY.upper()


class Tenancies(Service):
    """There is one tenancy, subscribed to one region, its home."""

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
        return Reply({**fields, "homeRegionKey": _KEY})

    @operation("GET", f"{_ONE}/regionSubscriptions")
    async def list_region_subscriptions(self, call: Call) -> Reply:
        """ListRegionSubscriptions."""
        self._find(call)
        return Reply([{"regionKey": _KEY, "regionName": REGION, "status": "READY", "isHomeRegion": True}])

    @operation("GET", "/20160918/regions")
    async def list_regions(self, call: Call) -> Reply:
        """ListRegions."""
        return Reply([{"key": _KEY, "name": REGION}])
