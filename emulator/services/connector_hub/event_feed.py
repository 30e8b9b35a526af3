"""What happens in the tenancy, handed to a function in batches, as from a stream or from the audit log."""

from __future__ import annotations

import asyncio
import json

from ...core.cloud import Cloud
from ...core.operations import Document
from ...core.ways import Ways, current_ways, following, join_ways
from ..functions.deliveries import Deliveries
from .access import Access
from .batches import audit_log, streaming


class EventFeed:
    """Hands every event of the tenancy to a connector's function, in the form of its source.

    Where no policy lets the connector invoke the function, they are lost.
    """

    def __init__(self, cloud: Cloud, connector: Document) -> None:
        self._cloud = cloud
        self._connector = connector
        self._access = Access(cloud, connector)
        self._waiting: list[tuple[Document, Ways]] = []
        cloud.events.offer(self._receive)

    def stop(self) -> None:
        """Hand over nothing more; what waits is lost."""
        self._cloud.events.withhold(self._receive)
        self._waiting.clear()

    def _receive(self, event: Document) -> bool:
        """Keep an event for the next batch, and hand the batch over once it is full."""
        self._waiting.append((event, current_ways()))
        if self._is_full():
            self._hand_over()
        elif len(self._waiting) == 1:
            self._cloud.in_background(self._hand_over_in_time())
        return True

    def _is_full(self) -> bool:
        target = self._connector["target"]
        if "batchSizeInKbs" in target:
            return sum(len(json.dumps(event)) for event, _ in self._waiting) >= int(target["batchSizeInKbs"]) * 1024
        return len(self._waiting) >= int(target.get("batchSizeInNum", 100))

    async def _hand_over_in_time(self) -> None:
        seconds = self._connector["target"].get("batchTimeInSec", 60)
        await asyncio.sleep(seconds * self._cloud.options.queue_second_seconds)
        self._hand_over()

    def _hand_over(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        events = [event for event, _ in waiting]
        as_stream = self._connector["source"]["kind"] == "streaming"
        items = streaming(events) if as_stream else audit_log(events, self._cloud.tenancy_id)
        name, function_id = self._connector["displayName"], self._connector["target"]["functionId"]
        with following(join_ways(ways for _, ways in waiting)):
            self._cloud.journal.add("batch", f"{len(items)} items from {name}", items=items, connector=name)
            if self._access.may_invoke(function_id):
                self._cloud.in_background(self._cloud.service(Deliveries).deliver_event(function_id, items))
