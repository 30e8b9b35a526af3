"""Oracle Cloud Identifiers: ``ocid1.<resource type>.<realm>.[region][.future use].<unique id>``.

https://docs.oracle.com/en-us/iaas/Content/General/Concepts/identifiers.htm
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Alarm dimensions spell OCIDs in upper case, so they are compared and sent in lower case.
_OCID = re.compile(r"ocid1\.([a-z0-9]+)\.([a-z0-9-]+)\.([a-z0-9-]*)(?:\.[a-z0-9-]+)?\.([a-z0-9_-]+)")
MAX_OCID_LENGTH = 255


class Ocid(NamedTuple):
    """A well-formed OCID in lower case; `region` is a key (``iad``), a name (``eu-frankfurt-1``) or empty."""

    text: str
    resource_type: str
    realm: str
    region: str
    unique_id: str


def parse_ocid(text: object) -> Ocid | None:
    """`text` as an OCID, or None where it is anything else (a path, an empty string, no string at all)."""
    if not isinstance(text, str) or len(text) > MAX_OCID_LENGTH:
        return None
    match = _OCID.fullmatch(text.strip().lower())
    return Ocid(match.group(), *match.groups()) if match else None
