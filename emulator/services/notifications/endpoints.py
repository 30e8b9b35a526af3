"""Endpoints: what each protocol delivers to, and whether its receiver has to confirm first.

https://docs.oracle.com/en-us/iaas/Content/Notification/Tasks/create-subscription.htm
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ...core.errors import invalid
from ...core.operations import Document

_URL = re.compile(r"https?://\S+")
_FUNCTION = re.compile(r"ocid1\.fnfunc\.\S+")
_LONGEST = 512


class Protocol(NamedTuple):
    """A protocol of subscriptions.

    Attributes:
        endpoint: what its endpoints look like.
        is_confirmed: whether a subscription is PENDING until its receiver has confirmed it.
    """

    endpoint: re.Pattern[str]
    is_confirmed: bool


# FILE is the local OCI's own: one JSON line a message.
PROTOCOLS = {
    "CUSTOM_HTTPS": Protocol(_URL, is_confirmed=True),
    "EMAIL": Protocol(re.compile(r"[^@\s]+@[^@\s]+"), is_confirmed=True),
    "FILE": Protocol(re.compile(r"file://\S+"), is_confirmed=False),
    "HTTPS": Protocol(_URL, is_confirmed=True),
    "ORACLE_FUNCTIONS": Protocol(_FUNCTION, is_confirmed=False),
    "PAGERDUTY": Protocol(_URL, is_confirmed=True),
    "SLACK": Protocol(_URL, is_confirmed=True),
    "SMS": Protocol(re.compile(r"\+?[\d ()-]{5,}"), is_confirmed=True),
}


def check_endpoint(details: Document) -> Protocol:
    """Return the protocol of a new subscription. Raises ServiceError 400 where it is none, or not its endpoint."""
    protocol = PROTOCOLS.get(details["protocol"])
    if protocol is None:
        raise invalid(f"protocol must be one of {', '.join(PROTOCOLS)}")
    if len(details["endpoint"]) > _LONGEST or not protocol.endpoint.fullmatch(details["endpoint"]):
        raise invalid(f"endpoint is not one of the protocol {details['protocol']}")
    return protocol
