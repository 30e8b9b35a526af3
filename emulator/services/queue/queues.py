"""Queues, as their administrators see them."""

from __future__ import annotations

from ...core.cloud import Cloud
from ...core.collection import collected, display_name, require, tagged
from ...core.errors import invalid, missing, not_found, not_implemented
from ...core.identifiers import now
from ...core.operations import Call, Document, Reply, operation
from ...core.tracked_resources import TrackedResources
from ...core.work_requests import QUEUE, accepted
from .backlog import Backlog
from .limits import QUEUE_NUMBERS, check_number

VERSION = "/20210201"
_PATH = f"{VERSION}/queues"
_ONE = f"{_PATH}/{{queueId}}"
_CHANGEABLE = (
    "displayName",
    "visibilityInSeconds",
    "timeoutInSeconds",
    "channelConsumptionLimit",
    "deadLetterQueueDeliveryCount",
    "customEncryptionKeyId",
    "capabilities",
    "freeformTags",
    "definedTags",
)
_SUMMARY = (
    "id",
    "displayName",
    "compartmentId",
    "timeCreated",
    "timeUpdated",
    "lifecycleState",
    "messagesEndpoint",
    "freeformTags",
    "definedTags",
    "systemTags",
    "capabilities",
)
_PURGES = ("NORMAL", "DLQ", "BOTH")


class Queues(TrackedResources):
    """Queues, each with its backlog of messages, which are put and consumed under the local OCI's own base URL."""

    resource_type = "queue"
    parameter = "queueId"
    work_request_api = QUEUE
    operation_noun = "QUEUE"
    entity_type = "queue"
    created_with = (*_CHANGEABLE, "compartmentId", "retentionInSeconds")
    updated_with = _CHANGEABLE
    filters = ("compartmentId", "displayName", "lifecycleState", "id")

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._backlogs: dict[str, Backlog] = {}

    def build(self, details: Document) -> Document:
        require(details, "displayName", "compartmentId")
        _check(details)
        numbers = {name: details.get(name, default) for name, (_, _, default) in QUEUE_NUMBERS.items()}
        optional = {name: details[name] for name in ("customEncryptionKeyId",) if name in details}
        return {
            **tagged(details),
            **numbers,
            **optional,
            "capabilities": [],
            "compartmentId": details["compartmentId"],
            "displayName": display_name(details, ""),
            "lifecycleState": "CREATING",
            "messagesEndpoint": self.cloud.base_url,
            "systemTags": {},
            "timeCreated": now(),
            "timeUpdated": now(),
        }

    def become_ready(self, document: Document) -> None:
        second = self.cloud.options.queue_second_seconds
        self._backlogs[document["id"]] = Backlog(document, self.cloud.journal, second)
        super().become_ready(document)

    def check_update(self, document: Document, details: Document) -> None:
        _check(details)

    def change(self, document: Document, fields: Document) -> None:
        super().change(document, {**fields, "timeUpdated": now()})

    def remove(self, document: Document) -> None:
        """Delete a queue and the messages in it."""
        self._backlogs.pop(document["id"]).close()
        super().remove(document)

    def backlog(self, queue_id: str) -> Backlog:
        """Return the messages of a queue. Raises ServiceError 404 where it is not there, not yet or no longer."""
        backlog = self.find_backlog(queue_id)
        if backlog is None:
            raise not_found()
        return backlog

    def find_backlog(self, queue_id: str) -> Backlog | None:
        """Return the messages of a queue, or None where it is not there, not yet or no longer."""
        return self._backlogs.get(queue_id)

    async def stop(self) -> None:
        """Stop the clocks of all queues."""
        for backlog in self._backlogs.values():
            backlog.close()

    @operation("POST", _PATH)
    async def create_queue(self, call: Call) -> Reply:
        """CreateQueue. Leaves out capabilities; a custom encryption key is kept and encrypts nothing."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_queue(self, call: Call) -> Reply:
        """GetQueue. Its `messagesEndpoint` is the local OCI's base URL."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_queues(self, call: Call) -> Reply:
        """ListQueues, of a compartment or by `id`."""
        if not call.query.get("id") and not call.query.get("compartmentId"):
            raise missing("compartmentId")
        return collected(self.page(call, "id" if call.query.get("id") else "compartmentId"), *_SUMMARY)

    @operation("PUT", _ONE)
    async def update_queue(self, call: Call) -> Reply:
        """UpdateQueue. A message that is in flight keeps the visibility timeout that it was delivered with."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_queue(self, call: Call) -> Reply:
        """DeleteQueue. Its messages and dead letters are gone at once."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_queue_compartment(self, call: Call) -> Reply:
        """ChangeQueueCompartment."""
        return self.move(call)

    @operation("POST", f"{_ONE}/actions/purge")
    async def purge_queue(self, call: Call) -> Reply:
        """PurgeQueue: messages, dead letters or both, of some channels or all, one purge at a time."""
        details = call.body
        require(details, "purgeType")
        if details["purgeType"] not in _PURGES:
            raise invalid(f"purgeType must be one of {', '.join(_PURGES)}")
        if details.get("consumerGroupId"):
            raise not_implemented("The local OCI's queues have no consumer groups.")
        queue = self.collection.from_path(call, self.parameter)
        self.collection.check_etag(call, queue)
        self.check_available(queue)
        self.backlog(queue["id"]).purge(details["purgeType"], details.get("channelIds") or [])
        return accepted(self.change_tracked("PURGE", queue, {}))


def _check(details: Document) -> None:
    """Raise ServiceError 400 for numbers out of bounds, and for capabilities."""
    for name, (least, greatest, _) in QUEUE_NUMBERS.items():
        if name in details:
            check_number(name, details[name], least, greatest)
    if details.get("capabilities"):
        raise not_implemented("The local OCI's queues have no capabilities.")
