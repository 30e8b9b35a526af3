"""What no cloud has: calls that script faults, rotate principals and deny permissions. Unsigned, for curl."""

from __future__ import annotations

from collections.abc import Callable

from ..core.collection import require
from ..core.errors import invalid
from ..core.operations import Call, Reply, operation
from .faults import Faults


class Controls:
    """The calls under /emulator that steer the local OCI itself; those that steer a service are the service's."""

    def __init__(
        self,
        faults: Faults,
        rotate_principals: Callable[[], None],
        deny: Callable[[str], None],
        allow_again: Callable[[], None],
    ) -> None:
        self._faults = faults
        self._rotate_principals = rotate_principals
        self._deny = deny
        self._allow_again = allow_again

    @operation("POST", "/emulator/faults", signed=False)
    async def add_fault(self, call: Call) -> Reply:
        """The next calls of an operation fail as the body says; see emulator/http/faults.py for its keys."""
        try:
            self._faults.add(call.body)
        except ValueError as error:
            raise invalid(str(error)) from error
        return Reply(status=204)

    @operation("DELETE", "/emulator/faults", signed=False)
    async def clear_faults(self, call: Call) -> Reply:
        """Forget the faults that are still to come."""
        self._faults.clear()
        return Reply(status=204)

    @operation("POST", "/emulator/denials", signed=False)
    async def add_denial(self, call: Call) -> Reply:
        """Take what `grant`, e.g. `manage volume-backups`, gives from all functions, whatever the policies say."""
        require(call.body, "grant")
        try:
            self._deny(str(call.body["grant"]))
        except ValueError as error:
            raise invalid(str(error)) from error
        return Reply(status=204)

    @operation("DELETE", "/emulator/denials", signed=False)
    async def clear_denials(self, call: Call) -> Reply:
        """Give back what was denied, but for what the options deny."""
        self._allow_again()
        return Reply(status=204)

    @operation("POST", "/emulator/principal/rotate", signed=False)
    async def rotate_principal(self, call: Call) -> Reply:
        """Replace the functions' keys and session tokens; the old tokens are refused from now on."""
        self._rotate_principals()
        return Reply(status=204)
