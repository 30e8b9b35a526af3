"""Service connectors: what happens in the tenancy, handed to a function in batches."""

from __future__ import annotations

import asyncio

from emulator.core.cloud import Cloud
from emulator.core.collection import display_name, require, tagged
from emulator.core.errors import invalid
from emulator.core.identifiers import now
from emulator.core.operations import Call, Document, Reply, operation
from emulator.core.resources import Resources
from emulator.services.connector_hub.batches import audit_log, streaming
from emulator.services.functions.deliveries import Deliveries

_PATH = "/20200909/serviceConnectors"
_ONE = f"{_PATH}/{{serviceConnectorId}}"
_SOURCES = ("streaming", "logging")


class ServiceConnectors(Resources):
    """Connectors whose target is a function. Each gets every event of the tenancy, in the form of its source."""

    resource_type = "serviceconnector"
    parameter = "serviceConnectorId"
    is_instant = True

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._waiting: dict[str, list[Document]] = {}
        cloud.events.subscribe(self.receive)

    def receive(self, event: Document) -> None:
        """Keep an event for the next batch of each connector, and hand the batch over once it is full."""
        for connector in self.collection.documents.values():
            waiting = self._waiting.setdefault(connector["id"], [])
            waiting.append(event)
            if len(waiting) >= connector["target"].get("batchSizeInNum", 100):
                self._hand_over(connector)
            elif len(waiting) == 1:
                self.cloud.in_background(self._hand_over_in_time(connector))

    async def _hand_over_in_time(self, connector: Document) -> None:
        await asyncio.sleep(connector["target"].get("batchTimeInSec", 60))
        self._hand_over(connector)

    def _hand_over(self, connector: Document) -> None:
        events, self._waiting[connector["id"]] = self._waiting.get(connector["id"], []), []
        if not events:
            return
        as_stream = connector["source"]["kind"] == "streaming"
        items = streaming(events) if as_stream else audit_log(events, self.cloud.tenancy_id)
        self.cloud.journal.add("batch", f"{len(items)} items from {connector['displayName']}", items=items)
        self.cloud.in_background(self.cloud.service(Deliveries).deliver_event(connector["target"]["functionId"], items))

    @operation("POST", _PATH, permission="manage serviceconnectors")
    async def create_service_connector(self, call: Call) -> Reply:
        """CreateServiceConnector: from a streaming or logging source to a function, without tasks. Ready at once."""
        return self.create(call)

    def build(self, details: Document) -> Document:
        require(details, "displayName", "compartmentId", "source", "target")
        if details["source"].get("kind") not in _SOURCES:
            raise invalid(f"source.kind must be one of {', '.join(_SOURCES)}")
        if details["target"].get("kind") != "functions":
            raise invalid("target.kind must be functions")
        return {
            **{name: details[name] for name in ("compartmentId", "source", "target")},
            **tagged(details),
            "displayName": display_name(details, ""),
            "lifecycleState": "ACTIVE",
            "timeCreated": now(),
        }

    def remove(self, document: Document) -> None:
        super().remove(document)
        self._waiting.pop(document["id"], None)

    @operation("GET", _PATH, permission="read serviceconnectors")
    async def list_service_connectors(self, call: Call) -> Reply:
        """ListServiceConnectors, with their sources and targets and not wrapped in a collection."""
        return self.page(call)

    @operation("DELETE", _ONE, permission="manage serviceconnectors")
    async def delete_service_connector(self, call: Call) -> Reply:
        """DeleteServiceConnector. What it has not handed over yet is lost."""
        return self.delete(call)
