"""Compartments, a tree under the tenancy."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from ...core.cloud import Cloud
from ...core.collection import page_of
from ...core.errors import conflict, not_found
from ...core.identifiers import now
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import Resources
from ...core.work_requests import CORE, WorkRequests, accepted
from .named_resources import TAGS, NamedResources

_PATH = "/20160918/compartments"
_ONE = f"{_PATH}/{{compartmentId}}"
_GONE = frozenset({"DELETING", "DELETED"})


class Compartments(NamedResources):
    """Compartments go CREATING → ACTIVE, and DELETING → DELETED. One is there from the start."""

    resource_type = "compartment"
    parameter = "compartmentId"
    noun = "Compartment"
    created_with = ("compartmentId", "name", "description", *TAGS)
    updated_with = ("name", "description", *TAGS)
    is_instant = False
    ready_state = "ACTIVE"
    deleting_state = "DELETING"
    deleted_state = "DELETED"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.root = {
            "id": cloud.tenancy_id,
            "compartmentId": cloud.tenancy_id,
            "name": "local",
            "description": "The root compartment of the tenancy",
            "lifecycleState": "ACTIVE",
            "timeCreated": now(),
            "definedTags": {},
            "freeformTags": {},
        }
        first = {"compartmentId": cloud.tenancy_id, "name": "backups", "description": "There from the start"}
        self.collection.add({**self.root, **first}, ocid=cloud.compartment_id)

    def find(self, compartment_id: str) -> Document:
        """Return a compartment, or the root. Raises ServiceError 404 where there is none, or no longer."""
        found = self.root if compartment_id == self.cloud.tenancy_id else self.collection.get(compartment_id)
        if found["lifecycleState"] in _GONE:
            raise not_found()
        return found

    def document_of(self, ocid: str) -> Document | None:
        return self.root if ocid == self.cloud.tenancy_id else super().document_of(ocid)

    def is_at_or_below(self, compartment_id: str, ancestor_id: str) -> bool:
        """Return whether a compartment is another one, or lies anywhere within it; unknown ones lie in no other."""
        while compartment_id != ancestor_id:
            compartment = self.collection.documents.get(compartment_id)
            if compartment is None:
                return False
            compartment_id = compartment["compartmentId"]
        return True

    def siblings(self, details: Document) -> Iterable[Document]:
        return self.children_of(details["compartmentId"])

    def children_of(self, compartment_id: str) -> list[Document]:
        """Return the compartments right below one."""
        documents = self.collection.documents.values()
        return [found for found in documents if found["compartmentId"] == compartment_id and not _is_gone(found)]

    def build(self, details: Document) -> Document:
        fields = {**self.named_fields(details), "lifecycleState": "CREATING"}
        self.find(details["compartmentId"])
        return fields

    def check_update(self, document: Document, details: Document) -> None:
        if "name" in details:
            self.check_name(details["name"], [other for other in self.siblings(document) if other is not document])

    def check_empty(self, compartment: Document) -> None:
        """Raise ServiceError 409 where a compartment has a resource in it, or another compartment."""
        services = chain.from_iterable(cloud.services for cloud in self.cloud.regions.values())
        kept = [service.collection for service in services if isinstance(service, Resources)]
        for document in chain.from_iterable(collection.documents.values() for collection in kept):
            if document.get("compartmentId") == compartment["id"] and not _is_gone(document):
                raise conflict(f"The compartment {compartment['name']} is not empty: {document['id']} is in it.")

    @operation("POST", _PATH)
    async def create_compartment(self, call: Call) -> Reply:
        """CreateCompartment. As deep as is wished, where OCI ends at six levels."""
        return self.create(call)

    @operation("GET", _ONE)
    async def get_compartment(self, call: Call) -> Reply:
        """GetCompartment, the root too."""
        compartment_id = call.ocid(self.parameter, "compartment", "tenancy")
        return Reply(self.root) if compartment_id == self.cloud.tenancy_id else self.get(call)

    @operation("GET", _PATH)
    async def list_compartments(self, call: Call) -> Reply:
        """ListCompartments: those right below one, or with `compartmentIdInSubtree` all below."""
        parent_id = self.find(call.required("compartmentId"))["id"]
        if call.query.get("compartmentIdInSubtree", "").lower() != "true":
            return self.page(call)
        every = self.collection.documents.values()
        below = [compartment for compartment in every if self.is_at_or_below(compartment["compartmentId"], parent_id)]
        filters = {name: call.query[name] for name in ("name", "lifecycleState") if call.query.get(name)}
        found = [compartment for compartment in below if filters.items() <= compartment.items()]
        return page_of(found, call, self.cloud.options.page_size)

    @operation("PUT", _ONE)
    async def update_compartment(self, call: Call) -> Reply:
        """UpdateCompartment."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_compartment(self, call: Call) -> Reply:
        """DeleteCompartment. Refused at once while anything is in it, where OCI's work request fails."""
        compartment = self.collection.from_path(call, self.parameter)
        self.collection.check_etag(call, compartment)
        self.check_available(compartment)
        self.check_empty(compartment)
        compartment["lifecycleState"] = self.deleting_state
        self.collection.touch(compartment)
        work_request = self.cloud.service(WorkRequests).start(
            CORE,
            "DELETE_COMPARTMENT",
            compartment,
            entity_type="compartment",
            action_type="DELETED",
            finish=lambda: self.end_deletion(compartment),
        )
        return accepted(work_request)


def _is_gone(document: Document) -> bool:
    return document.get("lifecycleState") in {*_GONE, "TERMINATING", "TERMINATED"}
