"""What entries of the journal are called: names of resources in the place of OCIDs, and JSON where a text holds it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..core.cloud import Cloud
from ..core.identifiers import resource_type

# Nearly every list names these, and is about something else. What is no OCID is of no type.
_EVERYWHERE = frozenset({"", "compartment", "tenancy"})
_SOURCES = ("volumeId", "bootVolumeId", "volumeGroupId")


def name_resource(cloud: Cloud, ocid: str) -> str:
    """Return what a resource is called, empty where it is not known."""
    document = cloud.find_anywhere(ocid) or {}
    return str(document.get("displayName") or document.get("name") or "")


def name_subject(cloud: Cloud, request: Mapping[str, Any]) -> str:
    """Return what the resource is called that a request, by its details in the journal, is about."""
    body = decode(request["content"])
    ocids = [str(body[source]) for source in _SOURCES if source in body] if isinstance(body, dict) else []
    parts = request["path"].replace("=", "/").replace("&", "/").split("/")
    ocids += [part for part in parts if resource_type(part) not in _EVERYWHERE]
    return next(filter(None, (name_resource(cloud, ocid) for ocid in ocids)), "")


def decode(content: Any) -> Any:
    """Return the JSON value that bytes or a text hold, or their text where they hold none; other values as they are."""
    if not isinstance(content, bytes | str):
        return content
    text = content.decode(errors="replace") if isinstance(content, bytes) else content
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
