"""A queue drained into a function: one batch and one invocation at a time, and nothing deleted before it is answered.

https://docs.oracle.com/en-us/iaas/Content/connector-hub/queue-to-function.htm
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from http import HTTPStatus

from ...core.cloud import Cloud
from ...core.errors import ServiceError
from ...core.operations import Document
from ...core.ways import following, join_ways
from ..functions.deliveries import Deliveries
from ..queue.backlog import Backlog, Delivery
from ..queue.message import Message
from ..queue.queues import Queues
from .access import Access
from .batches import queue

_DEFAULT_BATCH_SECONDS = 60
# Where the connector sets no size; under the 6 MB that an invocation takes.
_DEFAULT_BATCH_KBS = 5000


class QueueFeed:
    """Reads a connector's queue while it runs.

    A batch is delivered to the function, once and synchronously. Answered 200, its messages are deleted; after an error
    all of them are visible again when the queue's visibility timeout has passed, and the next batch is read meanwhile.
    Where no policy lets the connector read, the messages wait.
    """

    def __init__(self, cloud: Cloud, connector: Document) -> None:
        self._cloud = cloud
        self._connector = connector
        self._access = Access(cloud, connector)
        self._queue_id = connector["source"]["configMap"]["queueId"]
        self._target = connector["target"]
        self._second = cloud.options.queue_second_seconds
        self._reading = cloud.in_background(self._read())

    def stop(self) -> None:
        """Read nothing more; an invocation that runs comes to its end."""
        self._reading.cancel()

    async def _read(self) -> None:
        backlog = self._cloud.service(Queues).find_backlog(self._queue_id)
        # Of a queue that is gone nobody is told: the connector is idle.
        while backlog is not None:
            batch = await self._next_batch(backlog)
            with following(join_ways(delivery.message.ways for delivery in batch)):
                handing_over = self._cloud.in_background(self._hand_over(backlog, batch))
            # An invocation that was begun is not broken off when the connector stops.
            await asyncio.shield(handing_over)

    async def _next_batch(self, backlog: Backlog) -> list[Delivery]:
        """Deliver and return the next batch, once it is full or its first message has waited long enough."""
        flush_at: float | None = None
        while True:
            if not self._access.may_read(self._queue_id):
                flush_at = None
                await asyncio.sleep(self._second)
                continue
            batch, is_full = self._fill(backlog.visible())
            now = time.monotonic()
            if is_full or (batch and flush_at is not None and flush_at <= now):
                return backlog.deliver(f"connector {self._connector['displayName']}", batch)
            if not batch:
                flush_at = None
            elif flush_at is None:
                flush_at = now + self._target.get("batchTimeInSec", _DEFAULT_BATCH_SECONDS) * self._second
            await backlog.wait(None if flush_at is None else flush_at - now)

    def _fill(self, visible: Sequence[Message]) -> tuple[list[Message], bool]:
        """Return what fits into a batch, and whether no more does."""
        most = self._target.get("batchSizeInNum", len(visible) + 1)
        most_bytes = self._target.get("batchSizeInKbs", _DEFAULT_BATCH_KBS) * 1024
        batch: list[Message] = []
        size = 0
        for message in visible[:most]:
            if batch and size + message.size > most_bytes:
                return batch, True
            batch.append(message)
            size += message.size
        return batch, len(batch) == most or size >= most_bytes

    async def _hand_over(self, backlog: Backlog, batch: Sequence[Delivery]) -> None:
        items = queue([delivery.message.content for delivery in batch], self._cloud.options.queue_element_shape)
        name = self._connector["displayName"]
        self._cloud.journal.add("batch", f"{len(items)} items from {name}", items=items, connector=name)
        function_id = self._target["functionId"]
        if not self._access.may_invoke(function_id):
            return
        status = await self._cloud.service(Deliveries).deliver_once(function_id, items)
        if status == HTTPStatus.OK:
            for delivery in batch:
                # Slower than the visibility timeout: the message is visible again, and is delivered again.
                with contextlib.suppress(ServiceError):
                    backlog.delete(delivery.receipt)
