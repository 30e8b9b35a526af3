"""Destinations: who is told what became of a detached invocation.

https://docs.oracle.com/en-us/iaas/Content/Functions/Tasks/functionsinvokingfunctions.htm
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from ...core.cloud import Cloud
from ...core.errors import ServiceError
from ...core.operations import Document
from ..streaming.streams import Streams


def deliver_record(cloud: Cloud, destination: Document, title: str, record: Document) -> None:
    """Deliver an invocation record to a destination; what cannot be delivered is discarded, and the journal says so."""
    kind = destination["kind"]
    if kind not in _DELIVERIES:
        return
    parameter, deliver = _DELIVERIES[kind]
    try:
        deliver(cloud, destination, title, record)
    except ServiceError:
        cloud.journal.add("discarded", f"a result to {destination[parameter]}, which is gone")
    except LookupError:
        cloud.journal.add("discarded", f"a result to {destination[parameter]}, whose service is not served")


def _publish(cloud: Cloud, destination: Document, title: str, record: Document) -> None:
    cloud.service_of("onstopic").publish_text(destination["topicId"], title, json.dumps(record), record["functionId"])


def _put(cloud: Cloud, destination: Document, _: str, record: Document) -> None:
    backlog = cloud.service_of("queue").backlog(destination["queueId"])
    backlog.put(json.dumps(record), destination.get("channelId") or "", {})


def _stream(cloud: Cloud, destination: Document, _: str, record: Document) -> None:
    cloud.service(Streams).put(destination["streamId"], json.dumps(record))


# By kind: the field that names the destination, and how a record is delivered there. The kind NONE is told nothing.
_DELIVERIES: Mapping[str, tuple[str, Callable[[Cloud, Document, str, Document], None]]] = {
    "NOTIFICATION": ("topicId", _publish),
    "QUEUE": ("queueId", _put),
    "STREAM": ("streamId", _stream),
}
