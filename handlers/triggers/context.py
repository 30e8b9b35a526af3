"""What a parser knows beside the document."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """`fallback_id` identifies a document that has no identity of its own; `direct` is true where the caller waits."""

    settings: Settings
    fallback_id: str
    direct: bool
