"""OCIDs, request ids and times as OCI writes them."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime

REALM = "oc1"
REGION, REGION_KEY = "us-ashburn-1", "iad"
AVAILABILITY_DOMAIN = "Iocq:US-ASHBURN-AD-1"
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def new_ocid(resource_type: str, *, regional: bool = True) -> str:
    """A fresh OCID; tenancies, compartments and users belong to no region."""
    unique = "a" + "".join(secrets.choice(_ALPHABET) for _ in range(59))
    return f"ocid1.{resource_type}.{REALM}.{REGION_KEY if regional else ''}.{unique}"


def resource_type(ocid: str) -> str:
    """The OCID's second part, or an empty text where it is no OCID."""
    parts = ocid.split(".")
    return parts[1] if len(parts) >= 5 and parts[0] == "ocid1" and parts[-1] else ""


def new_request_id() -> str:
    return secrets.token_hex(16).upper()


def timestamp(seconds: float) -> str:
    """A time in UTC with milliseconds: 2018-08-28T07:24:13.277Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    return timestamp(time.time())
