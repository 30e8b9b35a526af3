"""Resources of one type: how they come, change and go, and the events that they publish on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from .cloud import Cloud
from .collection import Collection, check_display_name, check_fields, check_tags, require
from .errors import incorrect_state, malformed
from .events import build_event
from .identifiers import resource_type
from .models import Model, check_details, only_fields_of
from .operations import Call, Document, Reply
from .service import Service

COMMON_FIELDS = ("displayName", "freeformTags", "definedTags")


class Resources(Service):
    """Base of a service that keeps resources of one type.

    A subclass sets these attributes, writes `build`, and declares operations that call the methods here.

    Attributes:
        resource_type: the second part of their OCIDs.
        parameter: the path parameter that names one: `volumeId`.
        created_with: the fields that Create…Details have; any other is refused. None takes any.
        updated_with: the fields that Update…Details have.
        create_model: the SDK's model of Create…Details, which takes the place of `created_with`.
        update_model: the SDK's model of Update…Details, which takes the place of `updated_with`.
        model: the SDK's model of the resource: answers show its fields alone. None shows everything.
        summary_model: the SDK's model of a resource in a list; `model` where it is None.
        filters: the query parameters that a list is filtered by.
        is_instant: whether they are created and deleted at once, and unknown afterwards, as topics and rules are.
            Others go from the state that `build` gives them to `ready_state`, and through `deleting_state` to
            `deleted_state`, in which they stay readable; where that is empty, they are unknown then.
        event_source: the `source` of their events; empty where they publish none.
        event_prefix: the service in their events' types: `blockvolumes`.
        event_noun: the resource in their events' types; their `resource_type` where it is empty.
        event_verbs: the verbs in their events' types where these are not `create`, `update` and `delete`.
    """

    resource_type: str
    parameter: str
    created_with: tuple[str, ...] | None = None
    updated_with: tuple[str, ...] = COMMON_FIELDS
    create_model: Model | None = None
    update_model: Model | None = None
    model: Model | None = None
    summary_model: Model | None = None
    filters: tuple[str, ...] = ("compartmentId", "displayName", "lifecycleState")
    is_instant = False
    ready_state = "AVAILABLE"
    deleting_state = "TERMINATING"
    deleted_state = "TERMINATED"
    event_source = ""
    event_prefix = ""
    event_noun = ""
    event_verbs: ClassVar[Mapping[str, str]] = {}

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.collection = Collection(
            self.resource_type,
            page_size=cloud.options.page_size,
            region=cloud.region if self.is_regional else None,
            on_change=cloud.changes.tell,
        )

    def document_of(self, ocid: str) -> Document | None:
        return self.collection.documents.get(ocid)

    def build(self, details: Document) -> Document:
        """Return the resource that Create…Details describe, in its first state. Raises ServiceError."""
        raise NotImplementedError

    def additional_details(self, document: Document) -> dict[str, Any]:
        """Return what events of this resource say beside its name and tags."""
        return {}

    def final_state(self, document: Document) -> str:
        """Return the state in which the creation of this resource ends."""
        return self.ready_state

    def show(self, document: Document, call: Call) -> Document:
        """Return what an answer to this call shows of a resource."""
        return document if self.model is None else only_fields_of(self.collection.with_etag(document), self.model)

    def summarize(self, document: Document, call: Call) -> Document:
        """Return what a list shows of a resource."""
        if self.summary_model is None:
            return self.show(document, call)
        return only_fields_of(self.collection.with_etag(document), self.summary_model)

    def reply(self, call: Call, document: Document, status: int = 200) -> Reply:
        """Return an answer that shows a resource, with its etag."""
        return replace(self.collection.reply(document, status), document=self.show(document, call))

    def create(self, call: Call, **given: Any) -> Reply:
        """Answer Create…: add what the body describes, and the path (`given`), once per retry token."""
        created = self.collection.create(call, lambda details: self.add({**details, **given}))
        return self.reply(call, created.document)

    def add(self, details: Document) -> Document:
        """Add a resource and start its lifecycle. Raises ServiceError."""
        if self.create_model is not None:
            check_details(details, self.create_model)
        elif self.created_with is not None:
            check_fields(details, *self.created_with)
        check_tags(details)
        return self.insert(details)

    def insert(self, details: Document) -> Document:
        """Add a resource as the cloud makes it by itself, from what no request could say. Raises ServiceError."""
        document = self.collection.add(self.build(details))
        self.publish_event("create", document, "" if self.is_instant else ".begin")
        if not self.is_instant:
            self.schedule_lifecycle(document)
        return document

    def schedule_lifecycle(self, document: Document) -> None:
        """Let the resource become ready after one lifecycle step."""
        self.later(document, 1, lambda: self.become_ready(document))

    def become_ready(self, document: Document) -> None:
        """End the creation."""
        document["lifecycleState"] = self.final_state(document)
        self.collection.touch(document)
        self.publish_event("create", document, ".end")

    def later(self, document: Document, steps: int, action: Callable[[], None]) -> None:
        """Call `action` after so many lifecycle steps, unless the resource is deleted by then."""
        self.cloud.later(steps, lambda: self.unless_deleted(document, action))

    def unless_deleted(self, document: Document, action: Callable[[], None]) -> None:
        """Call `action` if the resource is not deleted."""
        if document["lifecycleState"] not in {self.deleting_state, self.deleted_state}:
            action()

    def get(self, call: Call) -> Reply:
        """Answer Get…."""
        return self.reply(call, self.collection.from_path(call, self.parameter))

    def page(self, call: Call, *required: str) -> Reply:
        """Answer List…, for which the query has to name `required`, of itself a compartment."""
        for name in required or ("compartmentId",):
            call.required(name)
        reply = self.collection.page(call, *self.filters)
        return replace(reply, document=[self.summarize(document, call) for document in reply.document])

    def update(self, call: Call) -> Reply:
        """Answer Update…: set the fields of the body."""
        document, details = self.read_update(call)
        self.change(document, details)
        return self.reply(call, document)

    def read_update(self, call: Call) -> tuple[Document, Document]:
        """Return what Update… changes, and the fields that it sets. Raises ServiceError."""
        document, details = self.collection.from_path(call, self.parameter), call.body
        self.collection.check_etag(call, document)
        if self.update_model is not None:
            check_details(details, self.update_model)
            details = {name: value for name, value in details.items() if value is not None}
        else:
            check_fields(details, *self.updated_with)
        check_tags(details)
        check_display_name(details)
        if not self.is_instant:
            self.check_available(document)
        self.check_update(document, details)
        return document, details

    def check_update(self, document: Document, details: Document) -> None:
        """Raise ServiceError where a resource cannot take the values of Update…Details."""

    def change(self, document: Document, fields: Document) -> None:
        """Set fields of a resource, and publish the update event, which has no suffix."""
        document.update(fields)
        self.collection.touch(document)
        self.publish_event("update", document)

    def move(self, call: Call) -> Reply:
        """Answer Change…Compartment."""
        document, details = self.read_move(call)
        self.change(document, details)
        return Reply(status=204)

    def read_move(self, call: Call) -> tuple[Document, Document]:
        """Return what Change…Compartment changes, and the field that it sets. Raises ServiceError."""
        document, details = self.collection.from_path(call, self.parameter), call.body
        self.collection.check_etag(call, document)
        check_fields(details, "compartmentId")
        require(details, "compartmentId")
        compartment_id = details["compartmentId"]
        if not isinstance(compartment_id, str) or resource_type(compartment_id) not in {"compartment", "tenancy"}:
            raise malformed("compartmentId")
        if not self.is_instant:
            self.check_available(document)
        return document, {"compartmentId": compartment_id}

    def delete(self, call: Call) -> Reply:
        """Answer Delete…."""
        document = self.collection.from_path(call, self.parameter)
        self.collection.check_etag(call, document)
        self.remove(document)
        return Reply(status=204)

    def remove(self, document: Document) -> None:
        """Delete a resource: at once, or by way of its deleting state."""
        if self.is_instant:
            self.publish_event("delete", document)
            self.collection.discard(document)
            return
        document["lifecycleState"] = self.deleting_state
        self.collection.touch(document)
        self.publish_event("delete", document, ".begin")
        self.schedule_deletion(document)

    def schedule_deletion(self, document: Document) -> None:
        """Let the resource be gone after one lifecycle step."""
        self.cloud.later(1, lambda: self.end_deletion(document))

    def end_deletion(self, document: Document) -> None:
        """End the deletion."""
        document["lifecycleState"] = self.deleted_state
        self.collection.touch(document)
        self.publish_event("delete", document, ".end")
        if not self.deleted_state:
            self.collection.discard(document)

    def check_available(self, document: Document) -> None:
        """Raise ServiceError 409 IncorrectState where a resource is not in its ready state."""
        state = document["lifecycleState"]
        if state != self.ready_state:
            kind, ocid = self.resource_type, document["id"]
            raise incorrect_state(f"The {kind} {ocid} is in state {state}, not {self.ready_state}.")

    def publish_event(
        self, verb: str, document: Document, suffix: str = "", details: Mapping[str, Any] | None = None
    ) -> None:
        """Publish the event that tells of this resource, if its type has events; `details` are the additional ones."""
        if self.event_source:
            noun = self.event_noun or self.resource_type
            event_type = f"{self.event_prefix}.{self.event_verbs.get(verb, verb)}{noun}{suffix}"
            self.cloud.events.publish(
                build_event(
                    self.event_source,
                    event_type,
                    document,
                    details or self.additional_details(document),
                    self.cloud.region,
                )
            )
