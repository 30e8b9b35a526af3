"""Images: which folder the text of a function's `image` stands for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import yaml

from ...image import Image


def find_image(name: str, images: Mapping[str, Image], default: Image) -> Image:
    """Return the image of this name, looked up as it stands, without its tag or digest, and without its registry."""
    place = name.partition("@")[0]
    registry, slash, last = place.rpartition("/")
    repository = last.partition(":")[0]
    for known in (name, place, f"{registry}{slash}{repository}", last, repository):
        if known in images:
            return images[known]
    return default


def digest_of(name: str) -> str:
    """Return the digest of an image: here each name has one content, so that it follows from the name."""
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def read_func_yaml(image: Image) -> dict[str, Any]:
    """Return what the func.yaml in the image's folder says of name, memory, timeout and configuration, as `fn` does.

    The API knows nothing of that file: the ``fn`` CLI sends what stands in it.
    """
    file = image.function_file.with_name("func.yaml")
    document = yaml.safe_load(file.read_text()) if file.exists() else None
    known = document if isinstance(document, dict) else {}
    details = {
        "displayName": known.get("name"),
        "memoryInMBs": known.get("memory"),
        "timeoutInSeconds": known.get("timeout"),
    }
    config = {name: str(value) for name, value in (known.get("config") or {}).items()}
    return {**{name: value for name, value in details.items() if value}, **({"config": config} if config else {})}
