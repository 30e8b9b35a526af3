"""Topics and the messages published to them."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict, deque

from emulator.core.cloud import Cloud
from emulator.core.collection import require, tagged
from emulator.core.errors import invalid, missing, too_large, too_many_requests
from emulator.core.identifiers import now
from emulator.core.operations import Call, Document, Reply, operation
from emulator.core.resources import Resources
from emulator.services.notifications.subscriptions import Subscriptions

_PATH = "/20181201/topics"
_ONE = f"{_PATH}/{{topicId}}"
_LARGEST_PUBLISH = 64 * 1024
_MINUTE = 60.0


class Topics(Resources):
    """Topics are ACTIVE at once. A topic's OCID stands in `topicId`, as in the API."""

    resource_type = "onstopic"
    parameter = "topicId"
    filters = ("compartmentId", "id", "name", "lifecycleState")
    is_instant = True

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._published: defaultdict[str, deque[float]] = defaultdict(deque)

    @operation("POST", _PATH, permission="manage ons-topics")
    async def create_topic(self, call: Call) -> Reply:
        """CreateTopic."""
        return self.create(call)

    def build(self, details: Document) -> Document:
        require(details, "name", "compartmentId")
        return {
            **tagged(details),
            "apiEndpoint": self.cloud.base_url,
            "compartmentId": details["compartmentId"],
            "description": details.get("description"),
            "lifecycleState": "ACTIVE",
            "name": details["name"],
            "shortTopicId": uuid.uuid4().hex[:8],
            "timeCreated": now(),
        }

    def add(self, details: Document) -> Document:
        topic = super().add(details)
        topic["topicId"] = topic["id"]
        return topic

    def remove(self, document: Document) -> None:
        """Delete a topic and its subscriptions."""
        super().remove(document)
        self.cloud.service(Subscriptions).remove_all_of(document["id"])

    @operation("GET", _ONE, permission="use ons-topics")
    async def get_topic(self, call: Call) -> Reply:
        """GetTopic."""
        return self.get(call)

    @operation("GET", _PATH, permission="use ons-topics")
    async def list_topics(self, call: Call) -> Reply:
        """ListTopics."""
        return self.page(call)

    @operation("DELETE", _ONE, permission="manage ons-topics")
    async def delete_topic(self, call: Call) -> Reply:
        """DeleteTopic. Its subscriptions end with it."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/messages", permission="use ons-topics")
    async def publish_message(self, call: Call) -> Reply:
        """PublishMessage. At most 64 KB a request and so many a minute; has no retry token."""
        topic, details = self.collection.from_path(call, self.parameter), call.body
        if len(call.content) > _LARGEST_PUBLISH:
            raise too_large("The message is larger than 64 KB.")
        if not isinstance(details.get("body"), str) or not details["body"]:
            raise missing("body")
        if "messagetype" in call.headers and call.headers["messagetype"].upper() not in {"JSON", "RAW_TEXT"}:
            raise invalid("messageType must be one of JSON, RAW_TEXT")
        self._check_rate(topic["id"])
        return Reply(self.publish_text(topic["id"], details.get("title") or "", details["body"]), status=202)

    def publish_text(self, topic_id: str, title: str, body: str) -> Document:
        """Hand a message to the topic's subscriptions and return its PublishResult. Raises ServiceError 404."""
        topic = self.collection.get(topic_id)
        message = {"messageId": str(uuid.uuid4()), "timeStamp": now()}
        self.cloud.journal.add(
            "message",
            f"{topic['name']}: {title}",
            topic=topic["name"],
            title=title,
            body=body,
            messageId=message["messageId"],
        )
        self.cloud.service(Subscriptions).deliver(topic, message["messageId"], title, body)
        return message

    def _check_rate(self, topic_id: str) -> None:
        published, moment = self._published[topic_id], time.monotonic()
        while published and moment - published[0] > _MINUTE:
            published.popleft()
        if len(published) >= self.cloud.options.publishes_per_minute:
            raise too_many_requests()
        published.append(moment)
