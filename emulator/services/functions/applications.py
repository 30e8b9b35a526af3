"""Applications, which functions belong to."""

from __future__ import annotations

from emulator.core.collection import display_name, require, tagged
from emulator.core.identifiers import now
from emulator.core.operations import Call, Document, Reply, operation
from emulator.core.resources import Resources

# The SDK and the CLI moved to the second version in 2026; clients of either are served alike.
VERSION = "/{version:20181201|20260325}"
_PATH = f"{VERSION}/applications"


class Applications(Resources):
    """Applications are ACTIVE at once; their configuration is that of all their functions."""

    resource_type = "fnapp"
    parameter = "applicationId"
    filters = ("compartmentId", "displayName", "lifecycleState", "id")
    is_instant = True

    def build(self, details: Document) -> Document:
        require(details, "compartmentId", "displayName")
        return {
            **tagged(details),
            "compartmentId": details["compartmentId"],
            "config": dict(details.get("config") or {}),
            "displayName": display_name(details, ""),
            "lifecycleState": "ACTIVE",
            "subnetIds": details.get("subnetIds") or [],
            "timeCreated": now(),
            "timeUpdated": now(),
        }

    @operation("GET", _PATH, permission="use fn-app")
    async def list_applications(self, call: Call) -> Reply:
        """ListApplications."""
        return self.page(call)

    @operation("GET", f"{_PATH}/{{applicationId}}", permission="use fn-app")
    async def get_application(self, call: Call) -> Reply:
        """GetApplication."""
        return self.get(call)
