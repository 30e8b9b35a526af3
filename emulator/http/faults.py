"""Faults that a person or a test scripts: the next calls of an operation fail in a chosen way.

A fault is one JSON object:

* ``operation``: the API operation's name, e.g. ``CreateVolumeBackup``, or ``*`` for all but the calls under /emulator,
  which steer the local OCI, and take back what was scripted;
* ``region``: the region whose calls it hits (all);
* ``times``: how many calls it hits (1), after letting ``after`` calls pass (0), and then each ``every``-th one (1);
* ``delaySeconds``: wait before anything else;
* ``status``, ``code``, ``message``, ``headers``: answer with this error instead of carrying the call out;
* ``body``: with ``status``, answer with this text instead of an error object;
* ``close``: ``before`` resets the connection without carrying the call out, ``after`` carries it out and then resets,
  ``within`` carries it out, sends half of the answer, and resets;
* ``kill``: end the processes of all functions with SIGKILL, ``before`` the call is carried out or ``after`` it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypedDict

_TYPES: dict[str, tuple[type, ...]] = {
    "region": (str,),
    "times": (int,),
    "after": (int,),
    "every": (int,),
    "delaySeconds": (int, float),
    "status": (int,),
    "code": (str,),
    "message": (str,),
    "headers": (dict,),
    "body": (str,),
}
_NAMES = {int: "a whole number", float: "a number", str: "a text", dict: "an object"}
_CHOICES = {"close": ("before", "after", "within"), "kill": ("before", "after")}


@dataclass(slots=True)
class Fault:
    """See this module's text; `times` counts down."""

    operation: str
    region: str = ""
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

    @property
    def words(self) -> str:
        """What it does, for a person: `answers 503 ServiceUnavailable`."""
        answer = f"answers {self.status} {self.code}" if self.status else ""
        close = f"breaks the connection {self.close} the call" if self.close else ""
        kill = f"kills the containers {self.kill} the call" if self.kill else ""
        wait = f"waits {self.delay_seconds:g} s" if self.delay_seconds else ""
        return ", ".join(filter(None, (wait, answer, close, kill)))

    def is_due(self) -> bool:
        """Count a call, and return whether it is one that is hit."""
        self._calls += 1
        return self._calls > self.after and (self._calls - self.after) % self.every == 0


class FaultKeys(TypedDict, total=False):
    """The keys of a fault beside `operation` and the delay, for a type checker; see this module's text."""

    region: str
    times: int
    after: int
    every: int
    status: int
    code: str
    message: str
    headers: dict[str, str]
    body: str
    close: Literal["before", "after", "within"]
    kill: Literal["before", "after"]


_KEYS = [
    "delaySeconds" if entry.name == "delay_seconds" else entry.name
    for entry in fields(Fault)
    if not entry.name.startswith("_")
]


class Faults:
    """The faults that are still to come, of operations and regions whose names are known."""

    def __init__(self, operations: Iterable[str], regions: Iterable[str]) -> None:
        self._operations = {*operations}
        self._regions = {*regions}
        self._faults: list[Fault] = []

    def add(self, document: dict[str, Any]) -> None:
        """Add a fault from its JSON object. Raises ValueError where it is not one."""
        for key, value in document.items():
            _check(key, value)
        operation = document.get("operation")
        if operation not in self._operations | {"*"}:
            raise ValueError(f"a fault names an operation of the local OCI, or *, and not {operation!r}")
        if "region" in document and document["region"] not in self._regions:
            raise ValueError(f"a fault names one of {', '.join(sorted(self._regions))}, and not {document['region']!r}")
        self._faults.append(
            Fault(**{"delay_seconds" if key == "delaySeconds" else key: value for key, value in document.items()})
        )

    def clear(self) -> None:
        """Forget all of them."""
        self._faults.clear()

    def waiting(self) -> list[Fault]:
        """Return those that still have calls to hit."""
        return [fault for fault in self._faults if fault.times > 0]

    def next(self, operation: str, region: str) -> Fault | None:
        """Return the fault that hits this call of an operation in a region, if any; the call is counted."""
        if operation not in self._operations:
            return None
        for fault in self._faults:
            if fault.operation not in {operation, "*"} or fault.region not in {region, ""} or fault.times <= 0:
                continue
            if fault.is_due():
                fault.times -= 1
                return fault
        return None


def _check(key: str, value: Any) -> None:
    if key not in _KEYS:
        raise ValueError(f"a fault has no key {key!r}; it has {', '.join(_KEYS)}")
    if key in _CHOICES and value not in _CHOICES[key]:
        raise ValueError(f"{key} is one of {', '.join(_CHOICES[key])}, and not {value!r}")
    if key in _TYPES and (not isinstance(value, _TYPES[key]) or isinstance(value, bool)):
        raise ValueError(f"{key} is {_NAMES[_TYPES[key][-1]]}, and not {value!r}")
    if key in {"every", "times"} and value < 1:
        raise ValueError(f"{key} is 1 or more, and not {value!r}")
