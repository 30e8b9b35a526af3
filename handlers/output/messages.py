"""CloudEvents become messages: all of an invocation in as few publishes as the topic's size limit allows.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md (one event, or a batch)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from handlers.domain.result import Result
from handlers.output.cloud_events import build_event
from handlers.output.titles import MAX_TITLE_LENGTH, write_title

# Four bytes a character is the most that UTF-8 and the escapes of JSON take of a printable line.
_LONGEST_TITLE = "\U0001f4be" * MAX_TITLE_LENGTH


class EncodedEvent(NamedTuple):
    """A result's CloudEvent as JSON text, and where the result stood."""

    position: int
    result: Result
    text: str


class Message(NamedTuple):
    """One publish: a title of one line, a body, and the positions of the results that it tells."""

    title: str
    body: str
    positions: tuple[int, ...] = ()


def encode_event(position: int, result: Result, source: str) -> EncodedEvent:
    """Return a result's CloudEvent as JSON. Half a surrogate pair, which the API's JSON may hold, becomes a `?`."""
    text = json.dumps(build_event(result, source), ensure_ascii=False)
    return EncodedEvent(position, result, text.encode("utf-8", "replace").decode())


def pack_messages(
    events: Sequence[EncodedEvent], count_bytes: Callable[[str, str], int], max_bytes: int
) -> list[Message]:
    """Return the events, one at least, in their order as messages that `count_bytes(title, body)` finds small enough.

    One event is an object, several are an array. What is larger than a message alone gets a message of its own.
    """
    whole = _message([events], 0)
    if count_bytes(whole.title, whole.body) <= max_bytes:
        return [whole]
    parts = _split(events, count_bytes, max_bytes)
    return [_message(parts, number) for number in range(len(parts))]


def _split(
    events: Sequence[EncodedEvent], count_bytes: Callable[[str, str], int], max_bytes: int
) -> list[list[EncodedEvent]]:
    # What an event adds is measured in place, with its comma; the longest title and the brackets are counted once.
    nothing, frame = count_bytes("", ""), count_bytes(_LONGEST_TITLE, "[]")
    parts: list[list[EncodedEvent]] = []
    length = max_bytes
    for event in events:
        added = count_bytes("", event.text + ",") - nothing
        if length + added > max_bytes:
            parts.append([])
            length = frame
        length += added
        parts[-1].append(event)
    return parts


def _message(parts: Sequence[Sequence[EncodedEvent]], number: int) -> Message:
    texts = [event.text for event in parts[number]]
    title = write_title([event.result for event in parts[number]], (number + 1, len(parts)))
    body = texts[0] if len(texts) == 1 else f"[{','.join(texts)}]"
    return Message(title, body, tuple(event.position for event in parts[number]))
