"""What happened, in order: for a person to read and for a test to wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: its `kind` (request, event, invocation, message, queue, log), a line and details."""

    kind: str
    line: str
    details: dict[str, Any] = field(default_factory=dict)
    time: float = field(default_factory=time.time)


class Journal:
    """Entries are added by the local OCI's thread and read by any other."""

    def __init__(self, listener: Callable[[Entry], None] | None = None) -> None:
        self._entries: list[Entry] = []
        self._changed = threading.Condition()
        self._listener = listener

    def add(self, kind: str, line: str, **details: Any) -> None:
        entry = Entry(kind, line, details)
        with self._changed:
            self._entries.append(entry)
            self._changed.notify_all()
        if self._listener:
            self._listener(entry)

    def all(self) -> list[Entry]:
        """Everything so far."""
        with self._changed:
            return list(self._entries)

    def entries(self, kind: str, **details: Any) -> list[Entry]:
        """All entries of a kind whose details hold these values."""
        with self._changed:
            return list(self._matching(kind, details))

    def wait_for(self, kind: str, *, count: int = 1, seconds: float = 60.0, **details: Any) -> list[Entry]:
        """The matching entries, once there are `count`. Raises TimeoutError."""
        if not self.wait_until(lambda _: len(list(self._matching(kind, details))) >= count, seconds=seconds):
            seen = [f"{entry.kind}: {entry.line}" for entry in self.all()[-20:]]
            raise TimeoutError(f"no {count} x {kind} {details} in {seconds} s; last seen:\n" + "\n".join(seen))
        return self.entries(kind, **details)

    def wait_until(self, true: Callable[[list[Entry]], bool], *, seconds: float = 60.0) -> bool:
        """Whether something comes true of all entries within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: true(self._entries), seconds)

    def _matching(self, kind: str, details: dict[str, Any]) -> Iterator[Entry]:
        for entry in self._entries:
            if entry.kind == kind and details.items() <= entry.details.items():
                yield entry
