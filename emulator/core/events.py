"""The envelope that every event comes in.

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventenvelopereference.htm, with the spelling of real
events: `freeformTags`, not `freeFormTags`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from emulator.core.identifiers import AVAILABILITY_DOMAIN, now
from emulator.core.operations import Document


def event(source: str, event_type: str, resource: Document, details: Mapping[str, Any] | None = None) -> Document:
    """The event `com.oraclecloud.<event_type>` about a resource as it is now."""
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
            "availabilityDomain": resource.get("availabilityDomain", AVAILABILITY_DOMAIN),
            "freeformTags": dict(resource.get("freeformTags") or {}),
            "definedTags": dict(resource.get("definedTags") or {}),
            "additionalDetails": dict(details or {}),
        },
        "eventID": str(uuid.uuid4()),
        "extensions": {"compartmentId": compartment_id},
    }
