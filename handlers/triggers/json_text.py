"""Bytes become JSON."""

from __future__ import annotations

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def decode(text: bytes) -> object:
    """Return the JSON value in UTF-8 `text`. Raises ValueError, also for nesting beyond the parser's limit."""
    from pydantic_core import from_json

    return from_json(text.removeprefix(_BYTE_ORDER_MARK), allow_inf_nan=False)
