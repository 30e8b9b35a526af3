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
from .ways import on_some_way

Listener = Callable[[Document], None]
# Returns whether it takes an event to somebody, which it does in the background.
Taker = Callable[[Document], bool]


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
    """Services of a region publish what happened to their resources.

    Other services follow that as listeners; the region's Events and Connector Hub take it to functions and topics.
    """

    def __init__(self, journal: Journal, region: Region) -> None:
        self._journal = journal
        self._region = region
        self._listeners: list[Listener] = []
        self._takers: list[Taker] = []

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every event from now on."""
        self._listeners.append(listener)

    def offer(self, taker: Taker) -> None:
        """Offer every event to `taker` from now on."""
        self._takers.append(taker)

    def withhold(self, taker: Taker) -> None:
        """Offer `taker` nothing more."""
        self._takers.remove(taker)

    def publish(self, event: Document) -> None:
        """Offer an event to every taker, write it into the journal, and hand it to every listener."""
        data = event["data"]
        with on_some_way():
            takers = [taker for taker in tuple(self._takers) if taker(event)]
            self._journal.add(
                "event",
                f"{event['eventType']} of {data['resourceName']}",
                type=event["eventType"],
                resource=data["resourceId"],
                source=data["additionalDetails"].get("volumeId"),
                region=self._region.name,
                taken=bool(takers),
                event=event,
            )
            for listener in tuple(self._listeners):
                listener(event)
