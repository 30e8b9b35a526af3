"""Topics and the messages published to them."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict, deque

from emulator.core.cloud import Cloud
from emulator.core.collection import Collection, tagged
from emulator.core.errors import invalid, missing, not_found, too_large, too_many_requests
from emulator.core.identifiers import now
from emulator.core.operations import Call, Document, Reply, operation
from emulator.services.notifications.subscriptions import Subscriptions

_PATH = "/20181201/topics"
_ONE = f"{_PATH}/{{topicId}}"
_LARGEST_PUBLISH = 64 * 1024
_MINUTE = 60.0


class Topics:
    """Topics are ACTIVE at once. A topic's OCID stands in `topicId`, as in the API."""

    def __init__(self, cloud: Cloud, subscriptions: Subscriptions, publishes_per_minute: int) -> None:
        self._cloud = cloud
        self._subscriptions = subscriptions
        self._publishes_per_minute = publishes_per_minute
        self._published: defaultdict[str, deque[float]] = defaultdict(deque)
        self.collection = Collection("onstopic", page_size=cloud.page_size)
        self.endpoint = ""

    @operation("POST", _PATH, permission="manage ons-topics")
    async def create_topic(self, call: Call) -> Reply:
        """CreateTopic."""
        return self.collection.create(call, self.add)

    def add(self, details: Document) -> Document:
        """A new topic from CreateTopicDetails. Raises ServiceError 400."""
        for name in ("name", "compartmentId"):
            if not details.get(name):
                raise missing(name)
        topic = self.collection.add(
            {
                **tagged(details),
                "apiEndpoint": self.endpoint,
                "compartmentId": details["compartmentId"],
                "description": details.get("description"),
                "lifecycleState": "ACTIVE",
                "name": details["name"],
                "shortTopicId": uuid.uuid4().hex[:8],
                "timeCreated": now(),
            }
        )
        topic["topicId"] = topic["id"]
        return topic

    @operation("GET", _ONE, permission="use ons-topics")
    async def get_topic(self, call: Call) -> Reply:
        """GetTopic."""
        return self.collection.reply(self._named(call))

    @operation("GET", _PATH, permission="use ons-topics")
    async def list_topics(self, call: Call) -> Reply:
        """ListTopics."""
        call.required("compartmentId")
        return self.collection.page(call, "compartmentId", "id", "name", "lifecycleState")

    @operation("DELETE", _ONE, permission="manage ons-topics")
    async def delete_topic(self, call: Call) -> Reply:
        """DeleteTopic. Its subscriptions end with it."""
        topic = self._named(call)
        self.collection.check_etag(call, topic)
        del self.collection.documents[topic["id"]]
        return Reply(status=204)

    @operation("POST", f"{_ONE}/messages", permission="use ons-topics")
    async def publish_message(self, call: Call) -> Reply:
        """PublishMessage. At most 64 KB a request and so many a minute; has no retry token."""
        topic, details = self._named(call), call.body
        if len(call.content) > _LARGEST_PUBLISH:
            raise too_large("The message is larger than 64 KB.")
        if not isinstance(details.get("body"), str) or not details["body"]:
            raise missing("body")
        if "messagetype" in call.headers and call.headers["messagetype"].upper() not in {"JSON", "RAW_TEXT"}:
            raise invalid("messageType must be one of JSON, RAW_TEXT")
        self._check_rate(topic["id"])
        return Reply(self.publish(topic, details.get("title") or "", details["body"]), status=202)

    def publish(self, topic: Document, title: str, body: str) -> Document:
        """Hand a message to the topic's subscriptions, and answer its PublishResult."""
        message = {"messageId": str(uuid.uuid4()), "timeStamp": now()}
        self._cloud.journal.add(
            "message",
            f"{topic['name']}: {title}",
            topic=topic["name"],
            title=title,
            body=body,
            messageId=message["messageId"],
        )
        self._subscriptions.deliver(topic, message["messageId"], title, body)
        return message

    def _named(self, call: Call) -> Document:
        ocid = call.ocid("topicId", "onstopic")
        if ocid not in self.collection.documents:
            raise not_found()
        return self.collection.documents[ocid]

    def _check_rate(self, topic_id: str) -> None:
        published, moment = self._published[topic_id], time.monotonic()
        while published and moment - published[0] > _MINUTE:
            published.popleft()
        if len(published) >= self._publishes_per_minute:
            raise too_many_requests()
        published.append(moment)
