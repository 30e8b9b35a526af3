"""Deliveries: how the platform's other services hand events and messages over, and how often they try."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping
from http import HTTPStatus

from ...core.errors import ServiceError
from ...core.operations import Document
from ...core.service import Service
from .invocations import Invocations

_MAX_TRIES = 5
_HEADERS = {"Content-Type": "application/json", "Fn-Intent": "cloudevent"}
# What a topic takes for a delivery that has failed: there is no such function, or none of it is free.
_NOT_TAKEN = frozenset({404, 429, 503})


class Deliveries(Service):
    """Events are delivered at least once, in copies and late if the options say so; messages at most once."""

    async def deliver_event(self, function_id: str, body: Document | list[Document]) -> None:
        """Deliver an event, or a batch, as often as the options say; each copy again while the function fails."""
        copies = range(self.cloud.options.event_copies)
        await asyncio.gather(*(self._deliver_with_retries(function_id, body) for _ in copies))

    async def _deliver_with_retries(self, function_id: str, body: Document | list[Document]) -> None:
        options = self.cloud.options
        await asyncio.sleep(random.uniform(0, options.event_shuffle_seconds))
        for attempt in range(_MAX_TRIES):
            await asyncio.sleep(options.event_retry_seconds * attempt)
            if await self.deliver_once(function_id, body) == HTTPStatus.OK:
                return
        self.cloud.journal.add("discarded", f"an event to {function_id}, after {_MAX_TRIES} tries")

    async def deliver_once(self, function_id: str, body: object) -> int:
        """Hand a JSON value to a function, and return the status: the function's own, or the platform's for it."""
        content = json.dumps(body).encode()
        try:
            return (await self.cloud.service(Invocations).invoke(function_id, content, _HEADERS)).status
        except ServiceError as error:
            return error.status

    async def deliver_message(self, function_id: str, body: bytes, headers: Mapping[str, str]) -> bool:
        """Deliver a topic's message, and return whether it was taken; what becomes of it inside, no topic knows."""
        status = await self.cloud.service(Invocations).invoke_detached(function_id, body, {**_HEADERS, **headers})
        return status not in _NOT_TAKEN
