"""Values become JSON: a time as Oracle writes it, and a document without what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def rfc3339(moment: datetime) -> str:
    """Return a time in UTC as text that ends in Z."""
    return moment.isoformat().replace("+00:00", "Z")


def without_none(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document without the keys that have no value."""
    return {key: value for key, value in document.items() if value is not None}
