"""Messages, as producers and consumers of a queue see them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ...core.collection import page_of, require
from ...core.errors import ServiceError, invalid, malformed, missing, not_implemented
from ...core.identifiers import timestamp
from ...core.operations import Call, Document, Reply, operation
from ...core.service import Service
from .backlog import Backlog
from .limits import (
    MAX_GET_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_MESSAGES,
    MAX_POLL_SECONDS,
    MAX_PUT_BYTES,
    MAX_VISIBILITY_SECONDS,
    check_number,
    query_number,
)
from .message import Message
from .queues import VERSION, Queues

_QUEUE = f"{VERSION}/queues/{{queueId}}"
_PATH = f"{_QUEUE}/messages"
_ONE = f"{_PATH}/{{messageReceipt}}"


class Messages(Service):
    """Messages are delivered at least once, the oldest of a channel first."""

    @operation("POST", _PATH)
    async def put_messages(self, call: Call) -> Reply:
        """PutMessages: at most 20, of 256 KB each and 512 KB in all.

        Has no retry token. What a queue holds and how fast it takes it is not limited.
        """
        backlog, entries = self._backlog(call), _entries(call.body, "messages")
        puts = [_read_entry(entry) for entry in entries]
        sizes = [len(content.encode()) for content, _, _ in puts]
        if max(sizes) > MAX_MESSAGE_BYTES:
            raise invalid(f"content size must not be greater than {MAX_MESSAGE_BYTES} bytes")
        if sum(sizes) > MAX_PUT_BYTES:
            raise invalid(f"The messages of a request must not be greater than {MAX_PUT_BYTES} bytes")
        messages = [backlog.put(*put) for put in puts]
        told = [{"id": message.number, "expireAfter": timestamp(message.expire_after)} for message in messages]
        return Reply({"messages": told})

    @operation("GET", _PATH)
    async def get_messages(self, call: Call) -> Reply:
        """GetMessages: at most 20 and 2 MB, of one channel; waits for the first as long as `timeoutInSeconds` says."""
        backlog, queue = self._backlog(call), self._queue(call)
        limit = query_number(call, "limit", 1, MAX_MESSAGES, MAX_MESSAGES)
        seconds = query_number(call, "timeoutInSeconds", 0, MAX_POLL_SECONDS, queue["timeoutInSeconds"])
        visibility = query_number(call, "visibilityInSeconds", 0, MAX_VISIBILITY_SECONDS, queue["visibilityInSeconds"])
        give_up = time.monotonic() + seconds * self.cloud.options.queue_second_seconds
        while not (found := _of_one_channel(backlog.visible(call.query.get("channelFilter")))):
            left = give_up - time.monotonic()
            if left <= 0:
                break
            await backlog.wait(left)
        deliveries = backlog.deliver("a consumer", _first(found, limit), visibility)
        return Reply({"messages": [delivery.message.as_delivered(delivery.receipt) for delivery in deliveries]})

    @operation("DELETE", _ONE)
    async def delete_message(self, call: Call) -> Reply:
        """DeleteMessage. A receipt is valid until its message is visible again."""
        self._backlog(call).delete(call.path["messageReceipt"])
        return Reply(status=204)

    @operation("POST", f"{_PATH}/actions/deleteMessages")
    async def delete_messages(self, call: Call) -> Reply:
        """DeleteMessages, at most 20. Answers 200 with what failed in it."""
        backlog = self._backlog(call)

        def delete(entry: Document) -> Document:
            backlog.delete(_receipt(entry))
            return {}

        return _each(_entries(call.body, "entries"), delete)

    @operation("PUT", _ONE)
    async def update_message(self, call: Call) -> Reply:
        """UpdateMessage: its visibility, counted from now."""
        return Reply(_hide(self._backlog(call), call.path["messageReceipt"], call.body))

    @operation("POST", f"{_PATH}/actions/updateMessages")
    async def update_messages(self, call: Call) -> Reply:
        """UpdateMessages, at most 20. Answers 200 with what failed in it."""
        backlog = self._backlog(call)
        return _each(_entries(call.body, "entries"), lambda entry: _hide(backlog, _receipt(entry), entry))

    @operation("GET", f"{_QUEUE}/stats")
    async def get_stats(self, call: Call) -> Reply:
        """GetStats, of the queue and its dead letters, or of a channel. Exact, where the service is a second late."""
        channel = call.query.get("channelId")
        stats = self._backlog(call).stats(channel)
        return Reply({**stats, "channelId": channel} if channel else stats)

    @operation("GET", f"{_QUEUE}/channels")
    async def list_channels(self, call: Call) -> Reply:
        """ListChannels: the names of those that are not empty. Exact, where the service is a second late."""
        wanted = call.query.get("channelFilter")
        channels = [channel for channel in self._backlog(call).channels() if wanted in {None, channel}]
        page = page_of(channels, call, self.cloud.options.page_size)
        return Reply({"items": page.document}, headers=page.headers)

    def _queue(self, call: Call) -> Document:
        return self.cloud.service(Queues).collection.from_path(call, "queueId")

    def _backlog(self, call: Call) -> Backlog:
        if call.query.get("consumerGroupId"):
            raise not_implemented("The local OCI's queues have no consumer groups.")
        return self.cloud.service(Queues).backlog(self._queue(call)["id"])


def _entries(body: Document, name: str) -> list[Any]:
    """Return the entries of a request. Raises ServiceError 400 where there are none or too many."""
    require(body, name)
    if not isinstance(body[name], list):
        raise malformed(name)
    if len(body[name]) > MAX_MESSAGES:
        raise invalid(f"{name} size must be between 1 and {MAX_MESSAGES}")
    return list(body[name])


def _read_entry(entry: Any) -> tuple[str, str, dict[str, str]]:
    """Return content, channel and custom properties of a message to put. Raises ServiceError 400."""
    if not isinstance(entry, dict):
        raise malformed("messages")
    require(entry, "content")
    if not isinstance(entry["content"], str):
        raise malformed("content")
    metadata = entry.get("metadata")
    if metadata is None:
        return entry["content"], "", {}
    if not isinstance(metadata, dict):
        raise malformed("metadata")
    require(metadata, "channelId")
    properties = metadata.get("customProperties") or {}
    if not isinstance(metadata["channelId"], str):
        raise malformed("channelId")
    if not isinstance(properties, dict) or not all(isinstance(value, str) for value in properties.values()):
        raise malformed("customProperties")
    return entry["content"], metadata["channelId"], properties


def _of_one_channel(messages: Sequence[Message]) -> list[Message]:
    """Return the messages of a random channel among them: a request reads one channel."""
    if not messages:
        return []
    channel = random.choice(messages).channel
    return [message for message in messages if message.channel == channel]


def _first(messages: Sequence[Message], limit: int) -> list[Message]:
    """Return the first messages, as many as fit into an answer, and at least one."""
    found: list[Message] = []
    size = 0
    for message in messages[:limit]:
        size += message.size
        if found and size > MAX_GET_BYTES:
            break
        found.append(message)
    return found


def _receipt(entry: Any) -> str:
    if not isinstance(entry, dict) or not isinstance(entry.get("receipt"), str):
        raise missing("receipt")
    return str(entry["receipt"])


def _hide(backlog: Backlog, receipt: str, details: Document) -> Document:
    require(details, "visibilityInSeconds")
    seconds = check_number("visibilityInSeconds", details["visibilityInSeconds"], 0, MAX_VISIBILITY_SECONDS)
    message = backlog.hide(receipt, seconds)
    return {"id": message.number, "visibleAfter": timestamp(message.visible_after)}


def _each(entries: Iterable[Any], act: Callable[[Any], Document]) -> Reply:
    """Answer a batch: what became of each entry, in their order, and how many failed."""
    results: list[Document] = []
    for entry in entries:
        try:
            results.append(act(entry))
        except ServiceError as error:
            results.append({"errorCode": error.status, "errorMessage": error.message})
    failed = sum("errorCode" in result for result in results)
    return Reply({"serverFailures": 0, "clientFailures": failed, "entries": results})
