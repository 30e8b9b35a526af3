"""One message of a queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...core.identifiers import timestamp
from ...core.operations import Document
from ...core.ways import Ways, current_ways


@dataclass(slots=True)
class Message:
    """A message and where it stands; times are those of the clock.

    Attributes:
        number: its `id`, unique in its queue.
        content: what was put.
        channel: the channel that it was put into, empty for none.
        properties: its custom properties.
        created_at: when it was put.
        visible_after: when it is delivered again at the earliest.
        expire_after: when it is discarded, whether it was consumed or not.
        deliveries: how often it was delivered.
        receipt: what its last delivery can be deleted or updated with while it is in flight; empty otherwise.
        ways: what it was put in the course of.
    """

    number: int
    content: str
    channel: str
    properties: Mapping[str, str]
    created_at: float
    visible_after: float
    expire_after: float
    deliveries: int = 0
    receipt: str = ""
    ways: Ways = field(default_factory=current_ways)

    @property
    def size(self) -> int:
        """How many bytes its content has."""
        return len(self.content.encode())

    def as_delivered(self, receipt: str) -> Document:
        """Return it as GetMessages shows it to whom `receipt` was given."""
        document: Document = {
            "id": self.number,
            "content": self.content,
            "receipt": receipt,
            "deliveryCount": self.deliveries,
            "visibleAfter": timestamp(self.visible_after),
            "expireAfter": timestamp(self.expire_after),
            "createdAt": timestamp(self.created_at),
        }
        if self.channel:
            document["metadata"] = {"channelId": self.channel, "customProperties": dict(self.properties)}
        return document
