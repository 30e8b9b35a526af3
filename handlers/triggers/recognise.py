"""Bytes become targets: a body is recognised by its shape and handed to the one module that knows that shape.

A new kind is one module here with a function ``parse(document, context)``, and one line in KINDS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any, NamedTuple

from handlers.domain.delivery import Delivery
from handlers.domain.errors import InvalidRequest
from handlers.domain.result import Outcome, Result, skipped
from handlers.domain.trigger import Target, Trigger
from handlers.domain.untrusted import identity
from handlers.settings import Settings
from handlers.triggers.context import Context

Document = dict[str, Any]
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Kind(NamedTuple):
    """A shape: the module that parses it, how it is recognised, and what it looks like to a person."""

    module: str
    recognised: Callable[[Document], bool]
    looks_like: str


def _has(*keys: str) -> Callable[[Document], bool]:
    return lambda document: all(key in document for key in keys)


def _has_any_request_field(document: Document) -> bool:
    # Only here, past all other shapes, are the request's model and pydantic needed.
    from handlers.domain.models import REQUEST_FIELDS

    return not REQUEST_FIELDS.isdisjoint(document)


KINDS = (
    Kind("alarm", _has("alarmMetaData", "type"), "an alarm (alarmMetaData, type)"),
    Kind("cloudevent", _has("specversion", "data"), "a CloudEvent 1.0 around an event or an audit record"),
    Kind("event", _has("eventType", "data", "eventID"), "an event (eventType, data, eventID)"),
    Kind("audit", _has("eventType", "data", "eventId"), "an audit record (eventType, data, eventId)"),
    Kind("stream", _has("stream", "value"), "a streaming item (stream, value)"),
    Kind("request", _has_any_request_field, "a request (volumeId)"),
)


def parse(delivery: Delivery, settings: Settings) -> list[Target | Result]:
    """The targets of a body, and a result for each part of it that asks for nothing.

    Raises InvalidRequest where the body is empty or is no shape that this function knows.
    """
    context = Context(settings, delivery.message_id or delivery.call_id, direct=delivery.message_id is None)
    if not delivery.body.strip():
        raise InvalidRequest(f"the body is empty; expected {accepted_kinds()}")
    try:
        document = decode(delivery.body)
    except ValueError as error:
        if delivery.message_id is None:
            raise InvalidRequest(f"the body is not JSON: {error}; expected {accepted_kinds()}") from None
        text = Trigger("message", identity(delivery.message_id))
        return [skipped(text, "a text published to the topic, not JSON: no trigger of this function")]
    if isinstance(document, list):
        return list(_parse_batch(document, context))
    return list(parse_document(document, context))


def parse_document(document: object, context: Context) -> Iterator[Target | Result]:
    """The targets of one JSON object. Raises InvalidRequest."""
    if isinstance(document, dict):
        for kind in KINDS:
            if kind.recognised(document):
                module = import_module(f"handlers.triggers.{kind.module}")
                yield from module.parse(document, context)
                return
    raise InvalidRequest(f"matches none of the accepted kinds; expected {accepted_kinds()}")


def decode(text: bytes) -> object:
    """JSON, UTF-8. Raises ValueError, also for nesting beyond the parser's limit."""
    from pydantic_core import from_json

    return from_json(text.removeprefix(_BYTE_ORDER_MARK), allow_inf_nan=False)


def accepted_kinds() -> str:
    return ", ".join(kind.looks_like for kind in KINDS) + ", or a batch (an array) of these"


def _parse_batch(items: list[object], context: Context) -> Iterator[Target | Result]:
    """Every item by itself: one that cannot be used fails by its place and leaves the others alone."""
    for place, item in enumerate(items, 1):
        item_id = f"{context.fallback_id}#{place}"
        try:
            yield from list(parse_document(item, replace(context, fallback_id=item_id, direct=False)))
        except InvalidRequest as error:
            named = InvalidRequest(f"item {place} of {len(items)}: {error.message}")
            yield Result(Trigger("batch", identity(item_id)), Outcome.FAILED, error=named)
