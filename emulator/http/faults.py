"""Faults that a person or a test scripts: the next calls of an operation fail in a chosen way.

A fault is one JSON object:

* ``operation``: the API operation's name, e.g. ``CreateVolumeBackup``, or ``*``;
* ``times``: how many calls it hits (1), after letting ``after`` calls pass (0), and then each ``every``-th one (1);
* ``delaySeconds``: wait before anything else;
* ``status``, ``code``, ``message``, ``headers``: answer with this error instead of carrying the call out;
* ``body``: with ``status``, answer with this text instead of an error object;
* ``close``: ``before`` resets the connection without carrying the call out, ``after`` carries it out and then resets,
  ``within`` carries it out, sends half of the answer, and resets;
* ``kill``: end the function's processes with SIGKILL, ``before`` the call is carried out or ``after`` it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from emulator.core.errors import invalid


@dataclass(slots=True)
class Fault:
    """See this module's text; `times` counts down."""

    operation: str
    times: int = 1
    after: int = 0
    every: int = 1
    delay_seconds: float = 0.0
    status: int | None = None
    code: str = "InternalServerError"
    message: str = "An internal server error occurred."
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    close: str | None = None
    kill: str | None = None
    _calls: int = 0

    @classmethod
    def of(cls, document: dict[str, Any]) -> Fault:
        """Raises ServiceError 400 where a key is unknown."""
        renamed = {"delay_seconds" if key == "delaySeconds" else key: value for key, value in document.items()}
        known = {field.name for field in fields(cls) if not field.name.startswith("_")}
        if "operation" not in renamed or not renamed.keys() <= known:
            raise invalid(f"a fault has the keys {', '.join(sorted(known))}")
        if renamed.get("close") not in {None, "before", "after", "within"}:
            raise invalid("close is before, after or within")
        if renamed.get("kill") not in {None, "before", "after"}:
            raise invalid("kill is before or after")
        return cls(**renamed)

    def is_due(self) -> bool:
        """Count a call, and tell whether it is one that is hit."""
        self._calls += 1
        return self._calls > self.after and (self._calls - self.after) % self.every == 0


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        self._faults.clear()

    def next(self, operation: str) -> Fault | None:
        """The fault that hits this call of an operation, if any; it is counted."""
        for fault in self._faults:
            if fault.operation not in {operation, "*"} or fault.times <= 0:
                continue
            if fault.is_due():
                fault.times -= 1
                return fault
        return None
