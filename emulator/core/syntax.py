"""Where a text in one of Oracle's languages is not understood, and what could stand there."""

from __future__ import annotations

from collections.abc import Mapping

from lark import UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedToken


def explain(error: UnexpectedInput, text: str, spellings: Mapping[str, str]) -> str:
    """Return a sentence's end that says where a text is not understood; `spellings` are the words for terminals."""
    is_over = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    place = len(text) if is_over else error.pos_in_stream or 0
    expected: set[str] = set()
    if isinstance(error, UnexpectedToken):
        expected = error.accepts or error.expected
    elif isinstance(error, UnexpectedCharacters):
        expected = error.allowed or set()
    words = " or ".join(sorted(spellings[name] for name in expected))
    found = "the end" if is_over else repr(text[place:].split(maxsplit=1)[0])
    return f"expected {words} at character {place + 1}, and found {found}"
