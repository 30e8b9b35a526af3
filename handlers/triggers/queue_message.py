"""A message of a queue: Connector Hub hands its content over as a JSON text, alone or in an object.

Oracle does not say which, so that both are taken.
https://docs.oracle.com/en-us/iaas/Content/connector-hub/queue-to-function.htm
"""

from __future__ import annotations

from typing import Any

from handlers.domain.errors import InvalidRequest
from handlers.triggers.context import Context
from handlers.triggers.json_text import decode


def unwrap(document: str | dict[str, Any], context: Context) -> tuple[object, Context]:
    """Return what the message holds. Raises InvalidRequest where that is not JSON."""
    content = document if isinstance(document, str) else document["content"]
    try:
        return decode(content.encode()), context
    except ValueError as error:
        raise InvalidRequest("content: not JSON") from error
