"""What all resources of the service have in common: how they come, change and go, and the events that tell of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator.core.cloud import Cloud
from emulator.core.collection import Collection, check_fields, check_tags, display_name
from emulator.core.errors import incorrect_state
from emulator.core.events import event
from emulator.core.operations import Call, Document, Reply

COMMON_FIELDS = ("displayName", "freeformTags", "definedTags")


class Resources:
    """Resources of one type. Their events are named after it: createvolume.end, updatebootvolume, and so on."""

    resource_type: str
    parameter: str
    created_with: tuple[str, ...]
    updated_with: tuple[str, ...] = COMMON_FIELDS
    ready_state = "AVAILABLE"

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.collection = Collection(self.resource_type, page_size=cloud.page_size)

    def new(self, details: Document) -> Document:
        """The new resource that Create…Details describe. Raises ServiceError."""
        raise NotImplementedError

    def additional_details(self, document: Document) -> dict[str, Any]:
        """What events of this resource say beside its name and tags."""
        return {}

    def create(self, call: Call) -> Reply:
        return self.collection.create(call, self.add)

    def add(self, details: Document) -> Document:
        """A new resource, on its way to its ready state. Raises ServiceError."""
        check_fields(details, *self.created_with)
        check_tags(details)
        document = self.collection.add(self.new(details))
        self.tell("create", document, ".begin")
        self.move_on(document)
        return document

    def move_on(self, document: Document) -> None:
        self.later(document, 1, lambda: self.become_ready(document))

    def become_ready(self, document: Document) -> None:
        document["lifecycleState"] = self.ready_state
        self.collection.touch(document)
        self.tell("create", document, ".end")

    def later(self, document: Document, steps: int, action: Callable[[], None]) -> None:
        """Do something after so many lifecycle steps, unless the resource is gone by then."""

        def act() -> None:
            if not document["lifecycleState"].startswith("TERMINAT"):
                action()

        self.cloud.later(steps, act)

    def one(self, call: Call) -> Reply:
        return self.collection.reply(self.collection.named(call, self.parameter))

    def update(self, call: Call) -> Reply:
        """Change what may be changed; every change is told as the update event without a suffix."""
        document, details = self.collection.named(call, self.parameter), call.body
        self.collection.check_etag(call, document)
        check_fields(details, *self.updated_with)
        check_tags(details)
        display_name(details, "")
        self.check_available(document)
        document.update(details)
        self.collection.touch(document)
        self.tell("update", document)
        return self.collection.reply(document)

    def delete(self, call: Call) -> Reply:
        document = self.collection.named(call, self.parameter)
        self.collection.check_etag(call, document)
        self.remove(document)
        return Reply(status=204)

    def remove(self, document: Document) -> None:
        document["lifecycleState"] = "TERMINATING"
        self.collection.touch(document)
        self.tell("delete", document, ".begin")
        self.cloud.later(1, lambda: self._terminated(document))

    def _terminated(self, document: Document) -> None:
        document["lifecycleState"] = "TERMINATED"
        self.collection.touch(document)
        self.tell("delete", document, ".end")

    def check_available(self, document: Document) -> None:
        """Raises ServiceError 409 IncorrectState."""
        if document["lifecycleState"] != "AVAILABLE":
            state = document["lifecycleState"]
            raise incorrect_state(f"The {self.resource_type} {document['id']} is in state {state}, not AVAILABLE.")

    def tell(self, verb: str, document: Document, suffix: str = "") -> None:
        event_type = f"blockvolumes.{verb}{self.resource_type}{suffix}"
        self.cloud.tell(event("BlockVolumes", event_type, document, self.additional_details(document)))
