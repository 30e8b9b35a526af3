"""Values that came from outside: read, cut and cleaned. A value of another type counts as one that is not there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_MAX_ID_LENGTH = 200
_MAX_MESSAGE_LENGTH = 1000


def one_line(text: str, longest: int = _MAX_MESSAGE_LENGTH) -> str:
    """`text` without control characters and at most `longest` characters: fit for a title, a name or a message."""
    if len(text) <= longest and text.isprintable():
        return text
    clean = "".join(character if character.isprintable() else " " for character in text[: longest + 1])
    return clean if len(text) <= longest else clean[: longest - 1] + "…"


def text(value: object) -> str | None:
    """`value` where it is a text that says something, else None."""
    return value if isinstance(value, str) and value else None


def mapping(value: object) -> Mapping[str, Any]:
    """`value` where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def identity(text: str) -> str:
    """`text` as an identity that fits a tag, a log line and a message: longer or unprintable text is hashed."""
    if len(text) <= _MAX_ID_LENGTH and text.isprintable():
        return text
    return "sha256-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def timestamp(text: object) -> datetime | None:
    """An RFC 3339 time, with or without fractions of a second, or None where `text` is not one."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
