"""A topic of OCI Notifications (PublishMessage).

https://docs.oracle.com/en-us/iaas/api/#/en/notification/20181201/NotificationTopic/PublishMessage
"""

from __future__ import annotations

import json

from handlers.domain.deadline import Deadline
from handlers.domain.errors import ApiError, PublishFailed
from handlers.domain.ocids import parse_ocid
from handlers.domain.operations import PUBLISH_MESSAGE
from handlers.oci.client import OciApi
from handlers.oci.connections import Connections
from handlers.output.messages import Message


class Topic:
    """At most 64 KB a publish, of the request as it is sent; no ``messageType`` header, which is deprecated."""

    max_bytes = 64 * 1024
    ends_in_time = True

    def __init__(self, topic_id: str, connections: Connections, deadline: Deadline) -> None:
        self._topic_id = topic_id
        self._api = OciApi(connections, deadline)

    def count_bytes(self, title: str, body: str) -> int:
        """Return the bytes that the service counts."""
        return len(_request(title, body))

    def publish(self, message: Message) -> None:
        """Publish a message. Raises FunctionError where the topic did not take it."""
        topic = parse_ocid(self._topic_id)
        assert topic is not None  # noqa: S101  (the settings have seen to it)
        try:
            self._api.send(PUBLISH_MESSAGE, topic, body=_request(message.title, message.body))
        except ApiError as error:
            refused = PublishFailed(
                f"Notifications refused the message: {error.code}: {error.message}", hint=error.hint
            )
            refused.status, refused.opc_request_id = error.status, error.opc_request_id
            raise refused from error


def _request(title: str, body: str) -> bytes:
    return json.dumps({"title": title, "body": body}, ensure_ascii=False).encode()
