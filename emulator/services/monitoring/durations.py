"""Durations as the API writes them: PT5M, PT1H, P30D."""

from __future__ import annotations

import re

from ...core.errors import invalid, malformed
from ...core.operations import Document

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_SECONDS = (86_400, 3600, 60, 1)


def check_duration(details: Document, name: str, least: str, most: str) -> None:
    """Raise ServiceError 400 where a duration is given that is none, or out of bounds."""
    value = details.get(name)
    if value is None:
        return
    if not _DURATION.fullmatch(value) or value[-1] in "PT":
        raise malformed(name)
    if not seconds_of(least) <= seconds_of(value) <= seconds_of(most):
        raise invalid(f"{name} must be between {least} and {most}")


def seconds_of(duration: str) -> int:
    """Return how many seconds a duration has."""
    found = _DURATION.fullmatch(duration)
    parts = found.groups() if found else ()
    return sum(int(part or 0) * seconds for part, seconds in zip(parts, _SECONDS, strict=False))
