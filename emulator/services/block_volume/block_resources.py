"""What all resources of Block Volume have in common: their events, and how they move and find each other."""

from __future__ import annotations

from typing import ClassVar

from ...core.operations import Call, Document, Reply
from ...core.resources import Resources

MODELS = "oci.core.models"


class BlockResources(Resources):
    """Their events are named after the type: createvolume.end, updatebootvolume, and so on.

    Attributes:
        move_suffixes: how the types of the events end that tell of a move into another compartment.
    """

    event_source = "BlockVolumes"
    event_prefix = "blockvolumes"
    move_suffixes: ClassVar[tuple[str, ...]] = ("",)

    def move(self, call: Call) -> Reply:
        """Answer Change…Compartment."""
        document, fields = self.read_move(call)
        document.update(fields)
        self.collection.touch(document)
        for suffix in self.move_suffixes:
            self.publish_event("change", document, f"compartment{suffix}")
        return Reply(status=204)

    def find_ready(self, resource_type: str, details: Document, parameter: str) -> Document:
        """Return the resource of any type that a field names. Raises ServiceError 400, 404, or 409 if it is not ready.

        Volumes are made of backups and backups of volumes, so that neither can import the other.
        """
        resources: Resources = self.cloud.service_of(resource_type)
        document = resources.collection.from_body(details, parameter)
        resources.check_available(document)
        return document
