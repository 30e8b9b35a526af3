"""An item of Connector Hub's Streaming source: any of the other kinds, in base64.

https://docs.oracle.com/en-us/iaas/Content/connector-hub/overview.htm
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from handlers.domain.errors import InvalidRequest
from handlers.domain.result import Result
from handlers.domain.trigger import Target
from handlers.triggers import recognise
from handlers.triggers.context import Context


def parse(document: dict[str, Any], context: Context) -> Iterator[Target | Result]:
    """Raises InvalidRequest where `value` is not base64 of a JSON object of a known kind."""
    place = [str(document.get(key)) for key in ("stream", "partition", "offset")]
    try:
        inside = recognise.decode(b64decode(document["value"], validate=True))
    except (ValueError, TypeError):
        raise InvalidRequest("value: not JSON in base64") from None
    if isinstance(inside, dict) and "stream" in inside and "value" in inside:
        raise InvalidRequest("value: a streaming item inside a streaming item")
    known = None not in map(document.get, ("partition", "offset"))
    item = replace(context, fallback_id=":".join(place) if known else context.fallback_id, direct=False)
    yield from recognise.parse_document(inside, item)
