"""The permissions that functions lack."""

from __future__ import annotations

from collections.abc import Iterable

from emulator.core.errors import not_found
from emulator.core.operations import Operation
from emulator.core.principals import FUNCTION, Principal


class Permissions:
    """A function may do everything but what is denied; the operator may do everything."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._known = {operation.permission for operation in operations if operation.permission}
        self._denied: set[str] = set()

    def deny(self, *permissions: str) -> None:
        """Take permissions from all functions. Raises ValueError for one that no operation needs."""
        for permission in permissions:
            if permission not in self._known:
                known = ", ".join(sorted(self._known))
                raise ValueError(f"there is no permission {permission!r} that could be denied; there are: {known}")
        self._denied.update(permissions)

    def clear(self) -> None:
        """Give back what was denied."""
        self._denied.clear()

    def check(self, operation: Operation, principal: Principal | None) -> None:
        """Raise ServiceError 404 where a function lacks the permission that an operation needs."""
        if principal and principal.kind == FUNCTION and operation.permission in self._denied:
            raise not_found()
