"""A message that this function has published itself: acting on it would go round in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from handlers.domain.result import Result, skipped
from handlers.domain.trigger import Trigger
from handlers.domain.untrusted import identity, text
from handlers.triggers.context import Context


def parse(document: dict[str, Any], context: Context) -> Iterator[Result]:
    """Yield the reason why nothing is done."""
    trigger = Trigger("message", identity(text(document.get("id")) or context.fallback_id))
    yield skipped(trigger, "a message of this function itself; subscribe it to another topic than TOPIC_ID")
