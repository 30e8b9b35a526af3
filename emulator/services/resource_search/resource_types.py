"""What can be searched: the resource types, and the fields that queries may name.

https://docs.oracle.com/en-us/iaas/Content/Search/Concepts/queryoverview.htm
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...core.operations import Document

TEXT, IDENTIFIER, TIME = "STRING", "IDENTIFIER", "DATETIME"


@dataclass(frozen=True, slots=True)
class SearchableType:
    """A resource type; in OCIDs, and in queries in whatever case, it is called by its name in small letters.

    Attributes:
        name: its name as answers have it: `BootVolume`.
        list_operation: the operation whose permissions somebody needs to see its resources.
    """

    name: str
    list_operation: str


TYPES: Mapping[str, SearchableType] = {
    name.lower(): SearchableType(name, f"List{name}s")
    for name in (
        "Alarm",
        "BootVolume",
        "BootVolumeBackup",
        "Compartment",
        "Instance",
        "Queue",
        "Volume",
        "VolumeBackup",
        "VolumeGroup",
        "VolumeGroupBackup",
    )
}
_PLAIN = {
    "availabilityDomain": TEXT,
    "compartmentId": IDENTIFIER,
    "displayName": TEXT,
    "identifier": IDENTIFIER,
    "lifeCycleState": TEXT,
    "resourceType": TEXT,
    "timeCreated": TIME,
}
_OF_TAGS = {"definedTags": ("namespace", "key", "value"), "freeformTags": ("key", "value")}
# The types of all fields by their names in small letters: queries take them in whatever case.
FIELDS: Mapping[str, str] = {
    **{name.lower(): kind for name, kind in _PLAIN.items()},
    **{f"{tags}.{part}".lower(): TEXT for tags, parts in _OF_TAGS.items() for part in parts},
}


def describe(kind: SearchableType) -> Document:
    """Return what GetResourceType tells of a type."""
    plain = [_describe_field(name, field_type) for name, field_type in _PLAIN.items()]
    of_tags = [
        {
            **_describe_field(name, "OBJECT", is_array=True),
            "objectProperties": [_describe_field(part, TEXT) for part in parts],
        }
        for name, parts in _OF_TAGS.items()
    ]
    return {"name": kind.name, "fields": [*plain, *of_tags]}


def _describe_field(name: str, field_type: str, *, is_array: bool = False) -> Document:
    return {"fieldName": name, "fieldType": field_type, "isArray": is_array}
