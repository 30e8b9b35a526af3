"""Which resource has changed: whatever changes a resource tells it here, with an event or without one."""

from __future__ import annotations

from collections.abc import Callable

from .operations import Document

ChangeListener = Callable[[str, Document | None], None]


class Changes:
    """Hands every change to those who listen: the resource's OCID, and the resource, or None where it is gone."""

    def __init__(self) -> None:
        self._listeners: list[ChangeListener] = []

    def listen(self, listener: ChangeListener) -> None:
        """Call `listener` with every change from now on."""
        self._listeners.append(listener)

    def tell(self, ocid: str, document: Document | None) -> None:
        """Tell all who listen that a resource has changed, or is gone."""
        for listener in self._listeners:
            listener(ocid, document)
