"""Values that came from outside: read, cut and cleaned. A value of another type counts as one that is not there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_MAX_ID_LENGTH = 200
_MAX_SHORT_LENGTH = 255
_MAX_MESSAGE_LENGTH = 1000


def one_line(text: str, longest: int = _MAX_MESSAGE_LENGTH) -> str:
    """Return `text` without control characters and at most `longest` characters: fit for a title or a message."""
    if len(text) <= longest and text.isprintable():
        return text
    clean = "".join(character if character.isprintable() else " " for character in text[: longest + 1])
    return clean if len(text) <= longest else clean[: longest - 1] + "…"


def text(value: object) -> str | None:
    """Return `value` where it is a text that says something, else None."""
    return value if isinstance(value, str) and value else None


def short_text(value: object) -> str | None:
    """Return `value` as one line fit for a name or an OCID, None where it is not a text that says something."""
    return one_line(value, _MAX_SHORT_LENGTH).strip() or None if isinstance(value, str) else None


def mapping(value: object) -> Mapping[str, Any]:
    """Return `value` where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def identity(text: str) -> str:
    """Return `text` as an identity that fits a tag, a log line and a message: longer or unprintable text is hashed."""
    if len(text) <= _MAX_ID_LENGTH and text.isprintable():
        return text
    return "sha256-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def timestamp(text: object) -> datetime | None:
    """Return an RFC 3339 time in UTC, which a time without an offset is taken for; None where `text` is not one."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        if moment is None or moment.tzinfo is None:
            return moment and moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # an offset can carry a time out of the years 1 to 9999
        return None
