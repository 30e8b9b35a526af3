"""What came with an invocation, beside its body."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple


class Carrier(Enum):
    """Who brought a body, which decides whether it is brought again when it could not be carried out."""

    TOPIC = auto()
    CONNECTOR_HUB = auto()
    CALLER = auto()


class Delivery(NamedTuple):
    """One call of the function.

    `message_id` is set where the body came through a Notifications topic (header ``X-OCI-NS-MessageId``).
    """

    body: bytes
    call_id: str
    function_id: str
    message_id: str | None = None
    fn_deadline: str | None = None

    @property
    def carrier(self) -> Carrier:
        """A topic, by its header; Connector Hub, by the array that it alone sends; or a caller, Events among them."""
        if self.message_id is not None:
            return Carrier.TOPIC
        return Carrier.CONNECTOR_HUB if self.body.lstrip()[:1] == b"[" else Carrier.CALLER
