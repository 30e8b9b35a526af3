"""Events: the envelope that every one comes in, and the bus that carries them from services to services.

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventenvelopereference.htm, with the spelling of real
events: `freeformTags`, not `freeFormTags`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from .identifiers import HOME, Region, now
from .journal import Journal
from .operations import Document

Listener = Callable[[Document], None]


def build_event(
    source: str,
    event_type: str,
    resource: Document,
    details: Mapping[str, Any] | None = None,
    region: Region = HOME,
) -> Document:
    """Return the event `com.oraclecloud.<event_type>` about a resource as it is now."""
    compartment_id = resource["compartmentId"]
    return {
        "eventType": f"com.oraclecloud.{event_type}",
        "cloudEventsVersion": "0.1",
        "eventTypeVersion": "2.0",
        "source": source,
        "eventTime": now(),
        "contentType": "application/json",
        "data": {
            "compartmentId": compartment_id,
            "compartmentName": "backups",
            "resourceName": resource.get("displayName"),
            "resourceId": resource["id"],
            "availabilityDomain": resource.get("availabilityDomain", region.availability_domain),
            "freeformTags": dict(resource.get("freeformTags") or {}),
            "definedTags": dict(resource.get("definedTags") or {}),
            "additionalDetails": dict(details or {}),
        },
        "eventID": str(uuid.uuid4()),
        "extensions": {"compartmentId": compartment_id},
    }


class EventBus:
    """Services of a region publish what happened to their resources; its Events and Connector Hub subscribe."""

    def __init__(self, journal: Journal, region: Region) -> None:
        self._journal = journal
        self._region = region
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every event from now on."""
        self._listeners.append(listener)

    def unsubscribe(self, listener: Listener) -> None:
        """Call `listener` no more."""
        self._listeners.remove(listener)

    def publish(self, event: Document) -> None:
        """Write an event into the journal and hand it to every listener."""
        data = event["data"]
        self._journal.add(
            "event",
            f"{event['eventType']} of {data['resourceName']}",
            type=event["eventType"],
            resource=data["resourceId"],
            source=data["additionalDetails"].get("volumeId"),
            region=self._region.name,
            event=event,
        )
        for listener in tuple(self._listeners):
            listener(event)
