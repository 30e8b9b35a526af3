"""What happened, in order: for a person to read and for a test to wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .ways import Ways, current_ways

Listener = Callable[["Entry"], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened.

    Attributes:
        kind: request, event, call, log, invocation, message, queue and others.
        line: what happened, for a person.
        details: what happened, for a program; each kind has its own.
        time: when, in seconds since 1970.
        number: how many entries there were before it.
        ways: the triggers that it follows from.
    """

    kind: str
    line: str
    details: dict[str, Any]
    time: float
    number: int
    ways: Ways


class Journal:
    """Entries are added by the local OCI's thread and read by any other."""

    def __init__(self, listener: Listener | None = None) -> None:
        self._entries: list[Entry] = []
        self._changed = threading.Condition()
        self._listeners: list[Listener] = [listener] if listener else []

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every entry from now on, on the local OCI's thread."""
        self._listeners.append(listener)

    def unsubscribe(self, listener: Listener) -> None:
        """Call `listener` no more."""
        self._listeners.remove(listener)

    def add(self, kind: str, line: str, **details: Any) -> None:
        moment = time.time()
        with self._changed:
            entry = Entry(kind, line, details, moment, len(self._entries), current_ways())
            self._entries.append(entry)
            self._changed.notify_all()
        for listener in tuple(self._listeners):
            listener(entry)

    def __len__(self) -> int:
        with self._changed:
            return len(self._entries)

    def since(self, number: int, most: int | None = None) -> list[Entry]:
        """Return the entries from this number on, at most so many."""
        with self._changed:
            return self._entries[number : None if most is None else number + most]

    def all(self) -> list[Entry]:
        """Everything so far."""
        with self._changed:
            return list(self._entries)

    def entries(self, kind: str, **details: Any) -> list[Entry]:
        """All entries of a kind whose details hold these values."""
        with self._changed:
            return list(_matching(self._entries, kind, details))

    def wait_for(self, kind: str, *, count: int = 1, seconds: float = 60.0, **details: Any) -> list[Entry]:
        """The matching entries, once there are `count`. Raises TimeoutError."""
        found: list[Entry] = []
        looked_at = 0

        def are_enough(entries: list[Entry]) -> bool:
            nonlocal looked_at
            found.extend(_matching(entries[looked_at:], kind, details))
            looked_at = len(entries)
            return len(found) >= count

        if not self.wait_until(are_enough, seconds=seconds):
            seen = [f"{entry.kind}: {entry.line}" for entry in self.all()[-20:]]
            raise TimeoutError(f"no {count} x {kind} {details} in {seconds} s; last seen:\n" + "\n".join(seen))
        return found

    def wait_until(self, true: Callable[[list[Entry]], bool], *, seconds: float = 60.0) -> bool:
        """Whether something comes true of all entries within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: true(self._entries), seconds)


def _matching(entries: list[Entry], kind: str, details: dict[str, Any]) -> Iterator[Entry]:
    for entry in entries:
        if entry.kind == kind and details.items() <= entry.details.items():
            yield entry
