"""What parsers raise where a document, or what it tells, leads to no backup."""

from __future__ import annotations

from handlers.domain.errors import InvalidRequest


class UnknownKind(InvalidRequest):
    """A document is no trigger of this function."""


class NotBackedUp(Exception):
    """A trigger asks for no backup of a resource, for a `reason` that a person can act on."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
