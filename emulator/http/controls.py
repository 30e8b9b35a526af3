"""What no cloud has: calls that script faults and rotate the function's principal. Unsigned, for a person with curl."""

from __future__ import annotations

from emulator.core.operations import Call, Reply, operation
from emulator.core.principals import ResourcePrincipal
from emulator.http.faults import Fault, Faults


class Controls:
    def __init__(self, faults: Faults, principal: ResourcePrincipal) -> None:
        self._faults = faults
        self._principal = principal

    @operation("POST", "/emulator/faults", signed=False)
    async def add_fault(self, call: Call) -> Reply:
        """The next calls of an operation fail as the body says; see emulator/http/faults.py for its keys."""
        self._faults.add(Fault.of(call.body))
        return Reply(status=204)

    @operation("DELETE", "/emulator/faults", signed=False)
    async def clear_faults(self, call: Call) -> Reply:
        """Forget the faults that are still to come."""
        self._faults.clear()
        return Reply(status=204)

    @operation("POST", "/emulator/principal/rotate", signed=False)
    async def rotate_principal(self, call: Call) -> Reply:
        """Replace the function's key and session token; the old token is refused from now on."""
        self._principal.rotate()
        return Reply(status=204)
