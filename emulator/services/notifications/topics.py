"""Topics and the messages published to them."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace

from oci.ons import models

from ...core.cloud import Cloud
from ...core.collection import tagged
from ...core.errors import conflict, invalid, too_large, too_many_requests
from ...core.identifiers import now
from ...core.models import check_details
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import Resources
from .inbox import Inbox
from .rate_limit import RateLimit
from .subscriptions import Subscriptions

_PATH = "/20181201/topics"
_ONE = f"{_PATH}/{{topicId}}"
_LARGEST_PUBLISH = 64 * 1024
_NAME = re.compile(r"[\w-]{1,256}", re.ASCII)


class Topics(Resources):
    """Topics are ACTIVE at once. A topic's OCID stands in `topicId`, as in the API."""

    resource_type = "onstopic"
    parameter = "topicId"
    create_model = models.CreateTopicDetails
    update_model = models.TopicAttributesDetails
    model = models.NotificationTopic
    summary_model = models.NotificationTopicSummary
    filters = ("compartmentId", "id", "name", "lifecycleState")
    is_instant = True

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._rate = RateLimit(cloud.options.publishes_per_minute)

    @operation("POST", _PATH)
    async def create_topic(self, call: Call) -> Reply:
        """CreateTopic. Refused with 409 where the tenancy has one of the name."""
        return replace(self.create(call), status=201)

    def build(self, details: Document) -> Document:
        name = details["name"]
        if not _NAME.fullmatch(name):
            raise invalid("name must consist of up to 256 letters, digits, - and _")
        if self.collection.find(name=name):
            raise conflict(f"A topic with the name {name} already exists in the tenancy.")
        return {
            **tagged(details),
            "apiEndpoint": self.cloud.base_url,
            "compartmentId": details["compartmentId"],
            "description": details.get("description"),
            "lifecycleState": "ACTIVE",
            "name": name,
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

    @operation("GET", _ONE)
    async def get_topic(self, call: Call) -> Reply:
        """GetTopic."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_topics(self, call: Call) -> Reply:
        """ListTopics."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_topic(self, call: Call) -> Reply:
        """UpdateTopic: description and tags."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_topic(self, call: Call) -> Reply:
        """DeleteTopic. Its subscriptions end with it."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_topic_compartment(self, call: Call) -> Reply:
        """ChangeTopicCompartment. Its subscriptions stay where they are."""
        return replace(self.move(call), status=202)

    @operation("POST", f"{_ONE}/messages")
    async def publish_message(self, call: Call) -> Reply:
        """PublishMessage. At most 64 KB a request and so many a minute; has no retry token."""
        topic, details = self.collection.from_path(call, self.parameter), call.body
        if len(call.content) > _LARGEST_PUBLISH:
            raise too_large("The message is larger than 64 KB.")
        check_details(details, models.MessageDetails)
        if "messagetype" in call.headers and call.headers["messagetype"].upper() not in {"JSON", "RAW_TEXT"}:
            raise invalid("messageType must be one of JSON, RAW_TEXT")
        if not self._rate.takes(topic["id"]):
            raise too_many_requests()
        title = details.get("title") or ""
        return Reply(self.publish_text(topic["id"], title, details["body"], call.caller), status=202)

    def publish_text(self, topic_id: str, title: str, body: str, publisher: str) -> Document:
        """Hand a message to the topic's subscriptions and return its PublishResult. Raises ServiceError 404.

        `publisher` is the OCID of what it comes from: a function, an alarm, a rule, the operator.
        """
        topic = self.collection.get(topic_id)
        message = {"messageId": str(uuid.uuid4()), "timeStamp": now()}
        self.cloud.journal.add(
            "message",
            f"{topic['name']}: {title}",
            topic=topic["name"],
            title=title,
            body=body,
            messageId=message["messageId"],
            publisher=publisher,
        )
        self.cloud.service(Inbox).keep_message(topic["name"], title, body)
        self.cloud.service(Subscriptions).deliver(topic, message["messageId"], title, body)
        return message
