"""Subscriptions: who gets a topic's messages, and how often a delivery is tried."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiohttp

from emulator.core.cloud import Cloud
from emulator.core.collection import Collection, tagged
from emulator.core.errors import invalid, missing
from emulator.core.identifiers import now
from emulator.core.operations import Call, Document, Reply, operation

_PATH = "/20181201/subscriptions"
_ONE = f"{_PATH}/{{subscriptionId}}"
_MINUTE = 60.0
# At once, then after 1, 2, 4 … minutes, for two hours in all: the documented schedule.
_RETRY_MINUTES = (0, 1, 2, 4, 8, 16, 32, 57)
_PROTOCOLS = ("ORACLE_FUNCTIONS", "CUSTOM_HTTPS", "FILE")
Invoke = Callable[[str, bytes, dict[str, str]], Awaitable[bool]]


class Subscriptions:
    """Subscriptions of functions, of HTTP endpoints, and (here alone) of files, one JSON line a message.

    `invoke` hands a message to a function and tells whether it was taken; what became of it inside, the service does
    not know. `minute` is how long a minute of the retry schedule lasts, in seconds.
    """

    def __init__(self, cloud: Cloud, invoke: Invoke, minute: float = _MINUTE) -> None:
        self._cloud = cloud
        self._invoke = invoke
        self._minute = minute
        self.collection = Collection("onssubscription", page_size=cloud.page_size)

    def deliver(self, topic: Document, message_id: str, title: str, body: str) -> None:
        """Start delivering a message to every subscription of a topic."""
        for subscription in list(self.collection.documents.values()):
            if subscription["topicId"] == topic["id"]:
                self._cloud.in_background(self._deliver(subscription, topic, message_id, title, body))

    async def _deliver(self, subscription: Document, topic: Document, message_id: str, title: str, body: str) -> None:
        headers = {
            "X-OCI-NS-MessageId": message_id,
            "X-OCI-NS-TopicOcid": topic["id"],
            "X-OCI-NS-TopicName": topic["name"],
            "X-OCI-NS-MessageType": "Notification",
            "X-OCI-NS-Timestamp": now(),
        }
        for minutes in _RETRY_MINUTES:
            await asyncio.sleep(minutes * self._minute)
            if subscription["id"] not in self.collection.documents:
                return
            if await self._deliver_once(subscription, headers, title, body):
                return
        self._cloud.journal.add("discarded", f"message {message_id} to {subscription['endpoint']}")

    async def _deliver_once(self, subscription: Document, headers: dict[str, str], title: str, body: str) -> bool:
        endpoint = subscription["endpoint"]
        if subscription["protocol"] == "ORACLE_FUNCTIONS":
            return await self._invoke(endpoint, body.encode(), headers)
        if subscription["protocol"] == "FILE":
            _append(Path(unquote(urlsplit(endpoint).path)), {"title": title, "body": body})
            return True
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.post(endpoint, data=body.encode(), headers=headers) as response,
            ):
                return response.status < 300
        except aiohttp.ClientError:
            return False

    @operation("POST", _PATH, permission="manage ons-subscriptions")
    async def create_subscription(self, call: Call) -> Reply:
        """CreateSubscription. Needs no confirmation, whatever the protocol; CUSTOM_HTTPS takes http, too."""
        return self.collection.create(call, self.add)

    def add(self, details: Document) -> Document:
        """A new subscription from CreateSubscriptionDetails. Raises ServiceError 400."""
        for name in ("topicId", "compartmentId", "protocol", "endpoint"):
            if not details.get(name):
                raise missing(name)
        if details["protocol"] not in _PROTOCOLS:
            raise invalid(f"protocol must be one of {', '.join(_PROTOCOLS)}")
        return self.collection.add(
            {
                **tagged(details),
                "compartmentId": details["compartmentId"],
                "createdTime": 0,
                "deliverPolicy": json.dumps({"backoffRetryPolicy": {"maxRetryDuration": 7_200_000}}),
                "endpoint": details["endpoint"],
                "lifecycleState": "ACTIVE",
                "metadata": details.get("metadata"),
                "protocol": details["protocol"],
                "topicId": details["topicId"],
            }
        )

    @operation("GET", _ONE, permission="manage ons-subscriptions")
    async def get_subscription(self, call: Call) -> Reply:
        """GetSubscription."""
        return self.collection.reply(self.collection.named(call, "subscriptionId"))

    @operation("GET", _PATH, permission="manage ons-subscriptions")
    async def list_subscriptions(self, call: Call) -> Reply:
        """ListSubscriptions."""
        call.required("compartmentId")
        return self.collection.page(call, "compartmentId", "topicId")

    @operation("DELETE", _ONE, permission="manage ons-subscriptions")
    async def delete_subscription(self, call: Call) -> Reply:
        """DeleteSubscription."""
        subscription = self.collection.named(call, "subscriptionId")
        del self.collection.documents[subscription["id"]]
        return Reply(status=204)


def _append(path: Path, document: Document) -> None:
    with path.open("a") as file:
        file.write(json.dumps(document) + "\n")
