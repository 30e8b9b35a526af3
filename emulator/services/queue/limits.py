"""The limits of queues and messages.

https://docs.oracle.com/en-us/iaas/Content/queue/overview.htm#limits
"""

from __future__ import annotations

from typing import Any

from ...core.errors import invalid, malformed
from ...core.operations import Call

MAX_MESSAGES = 20
MAX_MESSAGE_BYTES = 256 * 1024
MAX_PUT_BYTES = 512 * 1024
MAX_GET_BYTES = 2 * 1024 * 1024
MAX_VISIBILITY_SECONDS = 12 * 3600
MAX_POLL_SECONDS = 30

# The fields of Create- and UpdateQueueDetails that are numbers: the least, the greatest and the default.
QUEUE_NUMBERS = {
    "retentionInSeconds": (10, 7 * 24 * 3600, 24 * 3600),
    "visibilityInSeconds": (1, MAX_VISIBILITY_SECONDS, 30),
    "timeoutInSeconds": (0, MAX_POLL_SECONDS, 30),
    "deadLetterQueueDeliveryCount": (0, 20, 0),
    "channelConsumptionLimit": (1, 100, 100),
}


def check_number(name: str, value: Any, least: int, greatest: int) -> int:
    """Return a whole number of a body. Raises ServiceError 400 where it is none or out of bounds."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise malformed(name)
    if not least <= value <= greatest:
        raise invalid(f"{name} must be between {least} and {greatest}")
    return value


def query_number(call: Call, name: str, least: int, greatest: int, default: int) -> int:
    """Return a whole number of the query, or the default. Raises ServiceError 400 where it is none or out of bounds."""
    text = call.query.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise malformed(name)
    return check_number(name, int(text), least, greatest)
