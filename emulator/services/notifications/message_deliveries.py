"""Deliveries of a topic's messages: to whom, in which form, and how often each is tried."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import aiohttp

from ...core.cloud import Cloud
from ...core.identifiers import now
from ...core.operations import Document
from ..functions.deliveries import Deliveries
from .inbox import Inbox
from .rate_limit import RateLimit

# At once, then after 1, 2, 4 … minutes, for two hours in all: the documented schedule.
_RETRY_MINUTES = (0, 1, 2, 4, 8, 16, 32, 57)
_FOOTER = """

--
You are receiving notifications as a subscriber to the topic: {name} (Topic OCID: {id}).
To stop receiving notifications from this topic, unsubscribe: {url}"""


class Message(NamedTuple):
    """A message on its way to one subscription; `unsubscribe_url` ends that."""

    topic: Document
    message_id: str
    title: str
    body: str
    unsubscribe_url: str

    def headers(self) -> dict[str, str]:
        """Return the headers that functions and HTTP endpoints get with it."""
        return {
            **_topic_headers(self.topic, "Notification"),
            "X-OCI-NS-MessageId": self.message_id,
            "X-OCI-NS-UnsubscribeURL": self.unsubscribe_url,
        }


class Confirmation(NamedTuple):
    """What asks a receiver whether they want a topic's messages; `url` says yes."""

    topic: Document
    url: str


class MessageDeliveries:
    """Delivers to the `subscriptions` that there are: one that is deleted in the meantime gets nothing more."""

    def __init__(self, cloud: Cloud, subscriptions: Mapping[str, Document]) -> None:
        self._cloud = cloud
        self._subscriptions = subscriptions
        self._mails = RateLimit(cloud.options.mails_per_minute)

    async def ask(self, subscription: Document, confirmation: Confirmation) -> None:
        """Ask the receiver of a subscription to confirm it, once."""
        topic, endpoint = confirmation.topic, subscription["endpoint"]
        text = f"Confirm that {endpoint} is to get the messages of the topic {topic['name']}:\n\n{confirmation.url}"
        if subscription["protocol"] != "CUSTOM_HTTPS":
            self._cloud.service(Inbox).keep_mail(endpoint, "Subscription confirmation", text)
            return
        asked = {**_topic_headers(topic, "SubscriptionConfirmation"), "X-OCI-NS-ConfirmationURL": confirmation.url}
        await _post(endpoint, text, asked)

    async def deliver(self, subscription: Document, message: Message) -> None:
        """Deliver a message, again and again on the schedule, for as long as the subscription's policy says."""
        longest = subscription["deliveryPolicy"].get("backoffRetryPolicy", {}).get("maxRetryDuration", 7_200_000)
        passed = 0
        for minutes in _RETRY_MINUTES:
            passed += minutes
            if passed * 60_000 > longest:
                break
            await asyncio.sleep(minutes * self._cloud.options.retry_minute_seconds)
            if subscription["id"] not in self._subscriptions or await self._deliver_once(subscription, message):
                return
        self._cloud.journal.add("discarded", f"message {message.message_id} to {subscription['endpoint']}")

    async def _deliver_once(self, subscription: Document, message: Message) -> bool:
        endpoint = subscription["endpoint"]
        match subscription["protocol"]:
            case "ORACLE_FUNCTIONS":
                deliveries = self._cloud.service(Deliveries)
                return await deliveries.deliver_message(endpoint, message.body.encode(), message.headers())
            case "CUSTOM_HTTPS":
                return await _post(endpoint, message.body, message.headers())
            case "FILE":
                return _append(Path(unquote(urlsplit(endpoint).path)), {"title": message.title, "body": message.body})
            case _:
                self._mail(endpoint, message)
                return True

    def _mail(self, address: str, message: Message) -> None:
        """Write to an address, unless it has had its mails of this minute: the service drops what is beyond them."""
        if not self._mails.takes(address):
            words = "more than a minute's mails"
            self._cloud.journal.add("discarded", f"message {message.message_id} to {address}: {words}")
            return
        footer = _FOOTER.format(name=message.topic["name"], id=message.topic["id"], url=message.unsubscribe_url)
        self._cloud.service(Inbox).keep_mail(address, message.title, message.body + footer)


def _topic_headers(topic: Document, message_type: str) -> dict[str, str]:
    return {
        "X-OCI-NS-TopicOcid": topic["id"],
        "X-OCI-NS-TopicName": topic["name"],
        "X-OCI-NS-MessageType": message_type,
        "X-OCI-NS-Timestamp": now(),
    }


async def _post(url: str, text: str, headers: dict[str, str]) -> bool:
    """Return whether an HTTP endpoint has taken a text."""
    try:
        async with aiohttp.ClientSession() as session, session.post(url, data=text.encode(), headers=headers) as answer:
            return answer.status < 300
    except aiohttp.ClientError:
        return False


def _append(path: Path, document: Document) -> bool:
    """Return whether a file has taken one more line of JSON."""
    try:
        with path.open("a") as file:
            file.write(json.dumps(document) + "\n")
    except OSError:
        return False
    return True
