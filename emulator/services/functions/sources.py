"""Where a function's code comes from, as each version of the API says it: an image, here.

Since 2026 that is `sourceDetails` of type CONTAINER_IMAGE; before, a function had `image` and `imageDigest` of itself.
"""

from __future__ import annotations

from ...core.errors import not_implemented
from ...core.models import only_fields_of
from ...core.operations import Call, Document

IMAGE_FIELDS = ("image", "imageDigest")
_BEFORE = "20181201"
_CONTAINER_IMAGE = "CONTAINER_IMAGE"


def is_of_before(call: Call) -> bool:
    """Return whether a call is one of the API's version before `sourceDetails`."""
    return call.path.get("version") == _BEFORE


def with_source_details(details: Document) -> Document:
    """Return Create- or UpdateFunctionDetails of either version in the words of today's."""
    image = {name: details[name] for name in IMAGE_FIELDS if details.get(name) is not None}
    if not image:
        return details
    others = {name: value for name, value in details.items() if name not in IMAGE_FIELDS}
    return {**others, "sourceDetails": {"sourceType": _CONTAINER_IMAGE, **image}}


def image_of(details: Document) -> Document:
    """Return the `image` and `imageDigest` that `sourceDetails` name. Raises ServiceError 400 for other sources."""
    source = details.get("sourceDetails") or {"sourceType": _CONTAINER_IMAGE}
    if source["sourceType"] != _CONTAINER_IMAGE:
        raise not_implemented(f"The local OCI makes functions of images, and not of {source['sourceType']}.")
    return {name: source[name] for name in IMAGE_FIELDS if source.get(name)}


def show_function(function: Document, model: type, call: Call) -> Document:
    """Return a function in the words of the version that is called."""
    shown = only_fields_of(function, model)
    if not is_of_before(call):
        return shown
    del shown["sourceDetails"]
    return {**shown, **{name: function[name] for name in IMAGE_FIELDS}}
