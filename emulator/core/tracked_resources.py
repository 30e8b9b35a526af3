"""Resources whose creation, change and deletion are only accepted: a work request tells what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .cloud import Cloud
from .operations import Call, Document, Reply
from .resources import Resources
from .work_requests import WorkRequestApi, WorkRequests, accepted


class TrackedResources(Resources):
    """Base of a service that answers changes with `opc-work-request-id` and without a body.

    Beside those of `Resources`, a subclass sets these attributes.

    Attributes:
        work_request_api: the API that serves the work requests.
        entity_type: what their resources are called in work requests: `loggroup`.
        operation_noun: what they are called in operation types: `LOG_GROUP` of CREATE_LOG_GROUP.
        updating_state: the state in which they are while an update is carried out.
        moved_action_type: what a work request says of them that moves them to another compartment.
    """

    work_request_api: WorkRequestApi
    entity_type: str
    operation_noun: str
    ready_state = "ACTIVE"
    updating_state = "UPDATING"
    moved_action_type = "UPDATED"
    deleting_state = "DELETING"
    deleted_state = "DELETED"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._creations: dict[str, Document] = {}
        self._deletions: dict[str, Document] = {}

    def operation_type(self, verb: str) -> str:
        """Return the type of a work request: CREATE_LOG_GROUP."""
        return f"{verb}_{self.operation_noun}"

    def track(self, verb: str, document: Document, action_type: str, finish: Callable[[], None]) -> Document:
        """Return a new work request that ends with `finish`."""
        return self.cloud.service(WorkRequests).start(
            self.work_request_api,
            self.operation_type(verb),
            document,
            entity_type=self.entity_type,
            action_type=action_type,
            finish=finish,
        )

    def create(self, call: Call, **given: Any) -> Reply:
        """Answer Create…, once per retry token."""
        return accepted(self.creation_of(super().create(call, **given).document))

    def creation_of(self, document: Document) -> Document:
        """Return the work request that creates a resource."""
        return self._creations[document["id"]]

    def schedule_lifecycle(self, document: Document) -> None:
        """Let the resource become ready with its work request."""

        def finish() -> None:
            self.unless_deleted(document, lambda: self.become_ready(document))

        self._creations[document["id"]] = self.track("CREATE", document, "CREATED", finish)

    def update(self, call: Call) -> Reply:
        """Answer Update…: set the fields of the body once the work request is carried out."""
        document, details = self.read_update(call)
        return accepted(self.change_tracked("UPDATE", document, details))

    def move(self, call: Call) -> Reply:
        """Answer Change…Compartment."""
        document, details = self.read_move(call)
        return accepted(self.change_tracked("MOVE", document, details, self.moved_action_type))

    def change_tracked(self, verb: str, document: Document, fields: Document, action_type: str = "UPDATED") -> Document:
        """Return a new work request that sets fields of a resource; its state is then as before, or what they say."""
        state, document["lifecycleState"] = document["lifecycleState"], self.updating_state
        self.collection.touch(document)

        def finish() -> None:
            self.unless_deleted(document, lambda: self.change(document, {"lifecycleState": state, **fields}))

        return self.track(verb, document, action_type, finish)

    def delete(self, call: Call) -> Reply:
        """Answer Delete…. Raises ServiceError 409 where the resource is being created, changed or deleted."""
        document = self.collection.from_path(call, self.parameter)
        self.collection.check_etag(call, document)
        self.check_available(document)
        self.remove(document)
        return accepted(self._deletions[document["id"]])

    def schedule_deletion(self, document: Document) -> None:
        """Let the resource be gone with its work request."""
        deletion = self.track("DELETE", document, "DELETED", lambda: self.end_deletion(document))
        self._deletions[document["id"]] = deletion
