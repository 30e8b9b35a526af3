"""OCIDs, regions, request ids and times as OCI writes them."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import NamedTuple

import oci

REALM = "oc1"
# The first two regions are named by their keys in OCIDs, and older names in availability domains.
_OLD_NAMES = {"iad": "US-ASHBURN", "phx": "PHX"}
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


class Region(NamedTuple):
    """A region by its `name`, us-ashburn-1, and its `key`, iad."""

    name: str
    key: str

    @property
    def in_ocids(self) -> str:
        """How OCIDs name it."""
        return self.key if self.key in _OLD_NAMES else self.name

    @property
    def availability_domain(self) -> str:
        """The one availability domain that is used of it."""
        return f"Iocq:{_OLD_NAMES.get(self.key, self.name.upper())}-AD-1"


HOME = Region("us-ashburn-1", "iad")


def find_region(name: str) -> Region:
    """The region of this name in the realm. Raises ValueError where the SDK does not know it."""
    if oci.regions.REGION_REALMS.get(name) != REALM:
        raise ValueError(f"there is no region {name!r} in the realm {REALM}")
    keys = {name: key for key, name in oci.regions.REGIONS_SHORT_NAMES.items()}
    return Region(name, keys[name])


def new_ocid(resource_type: str, region: Region | None = HOME) -> str:
    """A fresh OCID; tenancies, compartments and users belong to no region."""
    unique = "a" + "".join(secrets.choice(_ALPHABET) for _ in range(59))
    return f"ocid1.{resource_type}.{REALM}.{region.in_ocids if region else ''}.{unique}"


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
