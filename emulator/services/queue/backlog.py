"""The messages of one queue: put, delivered, hidden, visible again, deleted, dead, expired.

https://docs.oracle.com/en-us/iaas/Content/queue/messages.htm
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...core.errors import not_found
from ...core.journal import Journal
from ...core.operations import Document
from ...core.ways import following
from .message import Message


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as it was handed out, with the receipt that this delivery is deleted with."""

    message: Message
    receipt: str


class Backlog:
    """A queue's messages, oldest first, and its dead letters; belongs to the event loop.

    `second` is how long a second of the queue lasts.
    """

    def __init__(self, queue: Document, journal: Journal, second: float) -> None:
        self._queue = queue
        self._journal = journal
        self._second = second
        self._numbers = itertools.count(1)
        self._messages: dict[int, Message] = {}
        self._dead: dict[int, Message] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._changed = asyncio.Event()

    def put(self, content: str, channel: str, properties: Mapping[str, str]) -> Message:
        """Add a message, visible at once."""
        now = time.time()
        expire_after = now + self._queue["retentionInSeconds"] * self._second
        message = Message(next(self._numbers), content, channel, properties, now, now, expire_after)
        self._messages[message.number] = message
        self._tell("put", message, f"took message {message.number}, {message.size} bytes")
        self._settle()
        self._wake()
        return message

    def visible(self, channel: str | None = None) -> Sequence[Message]:
        """Return what could be delivered now, of a channel or of all."""
        self._settle()
        return [
            message for message in self._messages.values() if not message.receipt and channel in {None, message.channel}
        ]

    def deliver(self, to: str, messages: Iterable[Message], visibility_in_seconds: int | None = None) -> list[Delivery]:
        """Hand out visible messages and hide them for so many seconds, by default the queue's own."""
        visibility = self._queue["visibilityInSeconds"] if visibility_in_seconds is None else visibility_in_seconds
        deliveries = [self._deliver(to, message, visibility) for message in messages]
        self._settle()
        return deliveries

    def _deliver(self, to: str, message: Message, visibility: int) -> Delivery:
        message.deliveries += 1
        message.visible_after = time.time() + visibility * self._second
        message.receipt = secrets.token_urlsafe(24)
        words = f"delivered message {message.number} to {to}, delivery {message.deliveries}"
        self._tell("delivered", message, words, to=to)
        return Delivery(message, message.receipt)

    def delete(self, receipt: str) -> Message:
        """Remove the message of a delivery. Raises ServiceError 404 where its receipt is no longer valid."""
        message = self._of(receipt)
        del self._messages[message.number]
        self._tell("deleted", message, f"deleted message {message.number}")
        return message

    def hide(self, receipt: str, visibility_in_seconds: int) -> Message:
        """Make the message of a delivery visible so many seconds from now. Raises ServiceError 404 as `delete` does."""
        message = self._of(receipt)
        message.visible_after = time.time() + visibility_in_seconds * self._second
        self._tell("updated", message, f"hides message {message.number} for {visibility_in_seconds} s")
        self._settle()
        return message

    def _of(self, receipt: str) -> Message:
        self._settle()
        for message in self._in_flight():
            if message.receipt == receipt:
                return message
        raise not_found()

    def purge(self, kinds: str, channels: Sequence[str]) -> None:
        """Remove messages (NORMAL), dead letters (DLQ) or BOTH, of these channels or all."""
        for messages, kind in ((self._messages, "NORMAL"), (self._dead, "DLQ")):
            if kinds in {kind, "BOTH"}:
                for message in list(messages.values()):
                    if not channels or message.channel in channels:
                        del messages[message.number]

    def waiting(self) -> Sequence[Message]:
        """Return all messages that are neither deleted nor dead, in flight or not."""
        self._settle()
        return tuple(self._messages.values())

    def channels(self) -> list[str]:
        """Return the names of the channels that are not empty."""
        return sorted({message.channel for message in self._messages.values() if message.channel})

    def stats(self, channel: str | None) -> Document:
        """Return what GetStats tells, of a channel or of the whole queue."""
        self._settle()
        return {"queue": _stats(self._messages, channel), "dlq": _stats(self._dead, channel)}

    async def wait(self, seconds: float | None) -> None:
        """Wait until a message is put or visible again, or so many seconds of the clock have passed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)

    def close(self) -> None:
        """Forget everything."""
        self._messages.clear()
        self._dead.clear()
        self._settle()

    def _settle(self) -> None:
        """Carry out what time has brought, and come back when the next thing is due."""
        now = time.time()
        for messages in (self._messages, self._dead):
            for message in [message for message in messages.values() if message.expire_after <= now]:
                del messages[message.number]
                self._tell("expired", message, f"discards message {message.number}: its retention is over")
        for message in [message for message in self._in_flight() if message.visible_after <= now]:
            self._return(message)
        if self._timer:
            self._timer.cancel()
        due = [message.expire_after for message in (*self._messages.values(), *self._dead.values())]
        due += [message.visible_after for message in self._in_flight()]
        self._timer = asyncio.get_running_loop().call_later(min(due) - now, self._settle) if due else None

    def _in_flight(self) -> list[Message]:
        return [message for message in self._messages.values() if message.receipt]

    def _return(self, message: Message) -> None:
        message.receipt = ""
        most = self._queue["deadLetterQueueDeliveryCount"]
        if most and message.deliveries >= most:
            self._dead[message.number] = self._messages.pop(message.number)
            self._tell("dead", message, f"message {message.number} is a dead letter after {most} deliveries")
        else:
            self._tell("returned", message, f"message {message.number} is visible again")
            self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _tell(self, what: str, message: Message, words: str, **details: str) -> None:
        with following(message.ways):
            self._journal.add(
                "queue",
                f"{self._queue['displayName']} {words}",
                what=what,
                queue=self._queue["id"],
                message=message.number,
                content=message.content,
                deliveries=message.deliveries,
                **details,
            )


def _stats(messages: Mapping[int, Message], channel: str | None) -> Document:
    counted = [message for message in messages.values() if channel in {None, message.channel}]
    in_flight = sum(bool(message.receipt) for message in counted)
    return {
        "visibleMessages": len(counted) - in_flight,
        "inFlightMessages": in_flight,
        "sizeInBytes": sum(message.size for message in counted),
    }
