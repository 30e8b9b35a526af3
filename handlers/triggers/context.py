"""What a parser knows beside the document."""

from __future__ import annotations

from typing import NamedTuple

from handlers.settings import Settings


class Context(NamedTuple):
    """Where a document comes from.

    Attributes:
        settings: The function's configuration.
        fallback_id: What identifies the document if it has no identity of its own.
        direct: Whether the caller itself waits for the answer: no topic and no connector stands between.
        in_batch: Whether the document is one of several.
        depth: How many envelopes and arrays have been opened on the way to it.
    """

    settings: Settings
    fallback_id: str
    direct: bool
    in_batch: bool = False
    depth: int = 0

    def inside(self) -> Context:
        """Return the context of what an envelope holds."""
        return self._replace(depth=self.depth + 1)

    def item(self, place: int) -> Context:
        """Return the context of an array's item: nobody waits for the answer about a single one."""
        item_id = f"{self.fallback_id}#{place}"
        return self._replace(fallback_id=item_id, direct=False, in_batch=True, depth=self.depth + 1)
