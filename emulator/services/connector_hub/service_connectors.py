"""Service connectors: what happens in the tenancy or waits in a queue, handed to a function in batches."""

from __future__ import annotations

from ...core.cloud import Cloud
from ...core.collection import collected, display_name, require, tagged
from ...core.errors import incorrect_state
from ...core.identifiers import now
from ...core.operations import Call, Document, Reply, operation
from ...core.tracked_resources import TrackedResources
from ...core.work_requests import CONNECTOR_HUB, accepted
from ..functions.functions import Functions
from ..queue.queues import Queues
from .batches import check_shape
from .details import check_source, check_target, check_tasks
from .event_feed import EventFeed
from .queue_feed import QueueFeed

VERSION = "/20200909"
_PATH = f"{VERSION}/serviceConnectors"
_ONE = f"{_PATH}/{{serviceConnectorId}}"
_CHANGEABLE = ("displayName", "description", "source", "tasks", "target", "freeformTags", "definedTags")
_SUMMARY = (
    "id",
    "displayName",
    "description",
    "compartmentId",
    "timeCreated",
    "timeUpdated",
    "lifecycleState",
    "freeformTags",
    "definedTags",
    "systemTags",
)
_CHECKS = {"source": check_source, "tasks": check_tasks, "target": check_target}


class ServiceConnectors(TrackedResources):
    """Connectors whose target is a function; each hands over while it is ACTIVE."""

    resource_type = "serviceconnector"
    parameter = "serviceConnectorId"
    work_request_api = CONNECTOR_HUB
    operation_noun = "SERVICE_CONNECTOR"
    entity_type = "serviceConnector"
    created_with = (*_CHANGEABLE, "compartmentId")
    updated_with = _CHANGEABLE

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        check_shape(cloud.options.queue_element_shape)
        self._feeds: dict[str, EventFeed | QueueFeed] = {}
        self._switches: dict[str, Document] = {}

    def build(self, details: Document) -> Document:
        require(details, "displayName", "compartmentId", "source", "target")
        self._check(details)
        return {
            **tagged(details),
            **{name: details[name] for name in ("compartmentId", "source", "target")},
            "description": details.get("description") or "",
            "displayName": display_name(details, ""),
            "lifecycleState": "CREATING",
            "systemTags": {},
            "tasks": [],
            "timeCreated": now(),
            "timeUpdated": now(),
        }

    def check_update(self, document: Document, details: Document) -> None:
        self._check(details)

    def check_available(self, document: Document) -> None:
        """Raise ServiceError 409 where a connector is neither active nor inactive, but on its way."""
        if document["lifecycleState"] != "INACTIVE":
            super().check_available(document)

    def _check(self, details: Document) -> None:
        """Raise ServiceError 400 where a part cannot be, and 404 where its queue or its function is not there."""
        for name, check in _CHECKS.items():
            if name in details:
                check(details[name])
        if "target" in details:
            self.cloud.service(Functions).collection.get(details["target"]["functionId"])
        if "configMap" in details.get("source", {}):
            self.cloud.service(Queues).backlog(details["source"]["configMap"]["queueId"])

    def become_ready(self, document: Document) -> None:
        super().become_ready(document)
        self._feed(document)

    def change(self, document: Document, fields: Document) -> None:
        """Set fields of a connector, and hand over what is from now on to be handed over."""
        self._stop_feed(document)
        super().change(document, {**fields, "timeUpdated": now()})
        self._feed(document)

    def remove(self, document: Document) -> None:
        self._stop_feed(document)
        super().remove(document)

    def _feed(self, document: Document) -> None:
        if document["lifecycleState"] == self.ready_state:
            kind = QueueFeed if document["source"]["kind"] == "plugin" else EventFeed
            self._feeds[document["id"]] = kind(self.cloud, document)

    def _stop_feed(self, document: Document) -> None:
        feed = self._feeds.pop(document["id"], None)
        if feed is not None:
            feed.stop()

    def _switch(self, call: Call, verb: str, state: str) -> Reply:
        """Answer Activate… and Deactivate…, once per retry token."""
        token = call.headers.get("opc-retry-token", "")
        if self.collection.replayed(call) is None:
            connector = self.collection.from_path(call, self.parameter)
            self.collection.check_etag(call, connector)
            self.check_available(connector)
            if connector["lifecycleState"] == state:
                raise incorrect_state(f"The {self.resource_type} {connector['id']} is in state {state} already.")
            self._stop_feed(connector)
            self._switches[token] = self.change_tracked(verb, connector, {"lifecycleState": state})
            self.collection.remember_token(call, connector)
        return accepted(self._switches[token])

    @operation("POST", _PATH)
    async def create_service_connector(self, call: Call) -> Reply:
        """CreateServiceConnector: from a stream, the audit log or a queue (`QueueSource`) to a function, without tasks.

        A stream and a log hold every event of the tenancy, whatever they are called.
        """
        return self.create(call)

    @operation("GET", _ONE)
    async def get_service_connector(self, call: Call) -> Reply:
        """GetServiceConnector."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_service_connectors(self, call: Call) -> Reply:
        """ListServiceConnectors."""
        return collected(self.page(call), *_SUMMARY)

    @operation("PUT", _ONE)
    async def update_service_connector(self, call: Call) -> Reply:
        """UpdateServiceConnector. Events that it has not handed over yet are lost, messages of a queue are not."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_service_connector(self, call: Call) -> Reply:
        """DeleteServiceConnector. Events that it has not handed over yet are lost, messages of a queue are not."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/activate")
    async def activate_service_connector(self, call: Call) -> Reply:
        """ActivateServiceConnector."""
        return self._switch(call, "ACTIVATE", "ACTIVE")

    @operation("POST", f"{_ONE}/actions/deactivate")
    async def deactivate_service_connector(self, call: Call) -> Reply:
        """DeactivateServiceConnector. It stops at once; an invocation that has begun comes to its end."""
        return self._switch(call, "DEACTIVATE", "INACTIVE")

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_service_connector_compartment(self, call: Call) -> Reply:
        """ChangeServiceConnectorCompartment."""
        # Work requests of Connector Hub have no type of their own for it.
        return accepted(self.change_tracked("UPDATE", *self.read_move(call)))
