"""A topic of OCI Notifications (PublishMessage).

https://docs.oracle.com/en-us/iaas/api/#/en/notification/20181201/NotificationTopic/PublishMessage
"""

from __future__ import annotations

import json

from handlers.domain.deadline import Deadline
from handlers.domain.ocids import parse_ocid
from handlers.domain.operations import PUBLISH_MESSAGE
from handlers.oci.client import OciApi
from handlers.oci.connections import Connections
from handlers.output.messages import Message


class OnsTopic:
    """At most 64 KB a publish, of the request as it is sent; no ``messageType`` header, which is deprecated."""

    limit = 64 * 1024

    def __init__(self, topic_id: str, connections: Connections, deadline: Deadline) -> None:
        topic = parse_ocid(topic_id)
        assert topic is not None  # noqa: S101  (the settings have seen to it)
        self._topic = topic
        self._api = OciApi(connections, deadline)

    def size(self, title: str, body: str) -> int:
        return len(_request(title, body))

    def publish(self, message: Message) -> None:
        self._api.send(PUBLISH_MESSAGE, self._topic, body=_request(message.title, message.body))


def _request(title: str, body: str) -> bytes:
    return json.dumps({"title": title, "body": body}, ensure_ascii=False).encode()
