"""An item of Connector Hub's Streaming source: any kind of trigger, or a batch, in base64.

https://docs.oracle.com/en-us/iaas/Content/connector-hub/overview.htm
"""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from handlers.triggers.context import Context
from handlers.triggers.json_text import decode
from handlers.triggers.refusals import UnknownKind


def unwrap(document: dict[str, Any], context: Context) -> tuple[object, Context]:
    """Return what `value` holds, identified by its place in the stream. Raises UnknownKind where it is no JSON."""
    try:
        inside = decode(b64decode(document["value"], validate=True))
    except (ValueError, TypeError) as error:
        raise UnknownKind("value: not JSON in base64") from error
    place = [document.get(key) for key in ("stream", "partition", "offset")]
    if None in place:
        return inside, context
    return inside, context._replace(fallback_id=":".join(map(str, place)))
