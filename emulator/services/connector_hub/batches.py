"""Batches: what Connector Hub hands to a function that is its target, an array whatever the source."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any

from ...core.identifiers import new_ocid, now
from ...core.operations import Document


def streaming(values: Iterable[Any], stream_id: str | None = None) -> list[Document]:
    """Items of a Streaming source: each value as JSON in base64, in the order of the stream."""
    stream, pool = stream_id or new_ocid("stream"), new_ocid("streampool")
    return [
        {
            "streamPool": pool,
            "stream": stream,
            "partition": "0",
            "key": "",
            "value": base64.b64encode(json.dumps(value).encode()).decode(),
            "offset": str(offset),
            "timestamp": now(),
        }
        for offset, value in enumerate(values)
    ]


def queue(contents: Iterable[str], shape: str) -> list[Any]:
    """Items of a Queue source, in one of the shapes of `Options.queue_element_shape`."""
    return [_SHAPES[shape](content) for content in contents]


def check_shape(shape: str) -> None:
    """Raise ValueError where there is no such shape."""
    if shape not in _SHAPES:
        raise ValueError(f"queue_element_shape is one of {', '.join(_SHAPES)}, and not {shape!r}")


def _decode(content: str) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content


_SHAPES: dict[str, Callable[[str], Any]] = {
    "content": lambda content: {"content": content},
    "text": lambda content: content,
    "object": _decode,
}


def audit_log(events: Iterable[Document], tenancy_id: str, status: str = "200") -> list[Document]:
    """Items of a Logging source on the audit log: events as the calls that they tell of, with their HTTP status."""
    return [
        {
            "data": {
                **event["data"],
                "eventName": event["eventType"].rpartition(".")[2],
                "request": {"action": "PUT", "path": "/20160918"},
                "response": {"status": status, "responseTime": event["eventTime"]},
            },
            "dataschema": "2.0",
            "id": event["eventID"],
            "oracle": {
                "compartmentid": event["data"]["compartmentId"],
                "ingestedtime": now(),
                "loggroupid": "_Audit",
                "tenantid": tenancy_id,
            },
            "source": event["source"],
            "specversion": "1.0",
            "time": event["eventTime"],
            "type": event["eventType"],
        }
        for event in events
    ]
