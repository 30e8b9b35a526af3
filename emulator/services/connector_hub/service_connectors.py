"""Service connectors: what happens in the tenancy, handed to a function in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from emulator.core.cloud import Cloud
from emulator.core.collection import Collection, display_name, tagged
from emulator.core.errors import invalid, missing
from emulator.core.identifiers import now
from emulator.core.operations import Call, Document, Reply, operation
from emulator.services.connector_hub.batches import audit_log, streaming

_PATH = "/20200909/serviceConnectors"
_ONE = f"{_PATH}/{{serviceConnectorId}}"
_SOURCES = ("streaming", "logging")
Deliver = Callable[[str, list[Document]], Coroutine[Any, Any, None]]


class ServiceConnectors:
    """Connectors whose target is a function. Each gets every event of the tenancy, in the form of its source."""

    def __init__(self, cloud: Cloud, deliver: Deliver) -> None:
        self._cloud = cloud
        self._deliver = deliver
        self._waiting: dict[str, list[Document]] = {}
        self.collection = Collection("serviceconnector", page_size=cloud.page_size)
        cloud.listeners.append(self.receive)

    def receive(self, event: Document) -> None:
        """Keep an event for the next batch of each connector, and hand the batch over once it is full."""
        for connector in self.collection.documents.values():
            waiting = self._waiting.setdefault(connector["id"], [])
            waiting.append(event)
            if len(waiting) >= connector["target"].get("batchSizeInNum", 100):
                self._hand_over(connector)
            elif len(waiting) == 1:
                self._cloud.in_background(self._hand_over_later(connector))

    async def _hand_over_later(self, connector: Document) -> None:
        await asyncio.sleep(connector["target"].get("batchTimeInSec", 60))
        self._hand_over(connector)

    def _hand_over(self, connector: Document) -> None:
        events, self._waiting[connector["id"]] = self._waiting.get(connector["id"], []), []
        if not events:
            return
        as_stream = connector["source"]["kind"] == "streaming"
        items = streaming(events) if as_stream else audit_log(events, self._cloud.tenancy_id)
        self._cloud.journal.add("batch", f"{len(items)} items from {connector['displayName']}", items=items)
        self._cloud.in_background(self._deliver(connector["target"]["functionId"], items))

    @operation("POST", _PATH, permission="manage serviceconnectors")
    async def create_service_connector(self, call: Call) -> Reply:
        """CreateServiceConnector: from a streaming or logging source to a function, without tasks. Ready at once."""
        return self.collection.create(call, self._add)

    def _add(self, details: Document) -> Document:
        for name in ("displayName", "compartmentId", "source", "target"):
            if not details.get(name):
                raise missing(name)
        if details["source"].get("kind") not in _SOURCES:
            raise invalid(f"source.kind must be one of {', '.join(_SOURCES)}")
        if details["target"].get("kind") != "functions":
            raise invalid("target.kind must be functions")
        known: dict[str, Any] = {name: details[name] for name in ("compartmentId", "source", "target")}
        return self.collection.add(
            {
                **known,
                **tagged(details),
                "displayName": display_name(details, ""),
                "lifecycleState": "ACTIVE",
                "timeCreated": now(),
            }
        )

    @operation("GET", _PATH, permission="read serviceconnectors")
    async def list_service_connectors(self, call: Call) -> Reply:
        """ListServiceConnectors, with their sources and targets and not wrapped in a collection."""
        call.required("compartmentId")
        return self.collection.page(call, "compartmentId", "displayName", "lifecycleState")

    @operation("DELETE", _ONE, permission="manage serviceconnectors")
    async def delete_service_connector(self, call: Call) -> Reply:
        """DeleteServiceConnector. What it has not handed over yet is lost."""
        connector = self.collection.named(call, "serviceConnectorId")
        del self.collection.documents[connector["id"]]
        self._waiting.pop(connector["id"], None)
        return Reply(status=204)
