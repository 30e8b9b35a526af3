"""What came with an invocation, beside its body."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivery:
    """One call of the function.

    `message_id` is set where the body came through a Notifications topic (header ``X-OCI-NS-MessageId``).
    """

    body: bytes
    call_id: str
    function_id: str
    message_id: str | None = None
    fn_deadline: str | None = None
