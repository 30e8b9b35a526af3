"""Blocks of IPv4 addresses in CIDR notation."""

from __future__ import annotations

import ipaddress
from typing import Any

from ...core.errors import malformed


def parse_block(text: Any, field: str) -> ipaddress.IPv4Network:
    """Return a block of /16 to /30, the sizes that there are. Raises ServiceError 400 where the field holds none."""
    try:
        block = ipaddress.IPv4Network(text)
    except ValueError:
        raise malformed(field) from None
    if not 16 <= block.prefixlen <= 30:
        raise malformed(field)
    return block
