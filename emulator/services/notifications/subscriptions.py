"""Subscriptions: who gets a topic's messages, and how often a delivery is tried."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiohttp

from emulator.core.collection import require, tagged
from emulator.core.errors import invalid
from emulator.core.identifiers import now
from emulator.core.operations import Call, Document, Reply, operation
from emulator.core.resources import Resources
from emulator.services.functions.deliveries import Deliveries

_PATH = "/20181201/subscriptions"
_ONE = f"{_PATH}/{{subscriptionId}}"
# At once, then after 1, 2, 4 … minutes, for two hours in all: the documented schedule.
_RETRY_MINUTES = (0, 1, 2, 4, 8, 16, 32, 57)
_PROTOCOLS = ("ORACLE_FUNCTIONS", "CUSTOM_HTTPS", "FILE")


class Subscriptions(Resources):
    """Subscriptions of functions, of HTTP endpoints, and (here alone) of files, one JSON line a message."""

    resource_type = "onssubscription"
    parameter = "subscriptionId"
    filters = ("compartmentId", "topicId")
    is_instant = True

    def remove_all_of(self, topic_id: str) -> None:
        """Delete the subscriptions of a topic that is gone."""
        for subscription in list(self.collection.documents.values()):
            if subscription["topicId"] == topic_id:
                self.remove(subscription)

    def deliver(self, topic: Document, message_id: str, title: str, body: str) -> None:
        """Start delivering a message to every subscription of a topic."""
        for subscription in list(self.collection.documents.values()):
            if subscription["topicId"] == topic["id"]:
                self.cloud.in_background(self._deliver(subscription, topic, message_id, title, body))

    async def _deliver(self, subscription: Document, topic: Document, message_id: str, title: str, body: str) -> None:
        headers = {
            "X-OCI-NS-MessageId": message_id,
            "X-OCI-NS-TopicOcid": topic["id"],
            "X-OCI-NS-TopicName": topic["name"],
            "X-OCI-NS-MessageType": "Notification",
            "X-OCI-NS-Timestamp": now(),
        }
        for minutes in _RETRY_MINUTES:
            await asyncio.sleep(minutes * self.cloud.options.retry_minute_seconds)
            if subscription["id"] not in self.collection.documents:
                return
            if await self._deliver_once(subscription, headers, title, body):
                return
        self.cloud.journal.add("discarded", f"message {message_id} to {subscription['endpoint']}")

    async def _deliver_once(self, subscription: Document, headers: dict[str, str], title: str, body: str) -> bool:
        endpoint = subscription["endpoint"]
        if subscription["protocol"] == "ORACLE_FUNCTIONS":
            return await self.cloud.service(Deliveries).deliver_message(endpoint, body.encode(), headers)
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
        return self.create(call)

    def build(self, details: Document) -> Document:
        require(details, "topicId", "compartmentId", "protocol", "endpoint")
        if details["protocol"] not in _PROTOCOLS:
            raise invalid(f"protocol must be one of {', '.join(_PROTOCOLS)}")
        return {
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

    @operation("GET", _ONE, permission="manage ons-subscriptions")
    async def get_subscription(self, call: Call) -> Reply:
        """GetSubscription."""
        return self.get(call)

    @operation("GET", _PATH, permission="manage ons-subscriptions")
    async def list_subscriptions(self, call: Call) -> Reply:
        """ListSubscriptions."""
        return self.page(call)

    @operation("DELETE", _ONE, permission="manage ons-subscriptions")
    async def delete_subscription(self, call: Call) -> Reply:
        """DeleteSubscription."""
        return self.delete(call)


def _append(path: Path, document: Document) -> None:
    with path.open("a") as file:
        file.write(json.dumps(document) + "\n")
