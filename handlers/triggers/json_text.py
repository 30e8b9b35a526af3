"""Bytes become JSON."""

from __future__ import annotations

import json

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def decode(text: bytes) -> object:
    """Return the JSON value in UTF-8 `text`. Raises ValueError, also for what could not be written as JSON again.

    The standard library reads some values that it does not write, or that are no JSON at all: `NaN`, numbers beyond a
    float, half a surrogate pair. What is nested beyond the interpreter's limit is refused, too.
    """
    try:
        value = json.loads(text.removeprefix(_BYTE_ORDER_MARK).decode())
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return value
