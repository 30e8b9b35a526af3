"""The registry: which shape is which kind of trigger, and which is an envelope around one.

A new kind is one module with a function ``parse(document, context)``, one line in KINDS and the function that imports
it; a new envelope is one module with ``unwrap(document, context)`` and one line in ENVELOPES. The imports are local, so
that a cold start loads only the one module that it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from handlers.domain.errors import InvalidRequest
from handlers.domain.result import Result
from handlers.domain.search import Task
from handlers.triggers.context import Context
from handlers.triggers.refusals import UnknownKind

Document = dict[str, Any]
MAX_DEPTH = 5  # an event in a CloudEvent in a streaming item in a batch is the deepest that any service sends
# What GetMessages tells of a message.
_QUEUE_MESSAGE_FIELDS = frozenset(
    {"content", "createdAt", "deliveryCount", "expireAfter", "id", "metadata", "receipt", "visibleAfter"}
)


class Kind(NamedTuple):
    """A kind of trigger.

    Attributes:
        name: What results and messages call it.
        matches: Whether a document has its shape.
        parse: Returns what such a document asks for, and results for what asks for nothing. Raises InvalidRequest.
        looks_like: The shape in words, empty where nobody is meant to send it.
    """

    name: str
    matches: Callable[[Document], bool]
    parse: Callable[[Document, Context], Iterable[Task | Result]]
    looks_like: str


class Envelope(NamedTuple):
    """Something around a trigger.

    Attributes:
        name: What it is called.
        matches: Whether a document has its shape.
        unwrap: Returns what is inside, and the context of that. Raises InvalidRequest.
        looks_like: The shape in words.
    """

    name: str
    matches: Callable[[object], bool]
    unwrap: Callable[[Any, Context], tuple[object, Context]]
    looks_like: str


def unwrap(document: object, context: Context) -> tuple[object, Context]:
    """Return what lies in all envelopes around a trigger or an array. Raises InvalidRequest."""
    while isinstance(document, dict | str):
        envelope = next((envelope for envelope in ENVELOPES if envelope.matches(document)), None)
        if envelope is None:
            break
        _require_depth(context)
        document, context = envelope.unwrap(document, context.inside())
    if isinstance(document, list):
        _require_depth(context)
    return document, context


def recognise(document: object) -> tuple[Kind, Document]:
    """Return the kind of an unwrapped document, and the document. Raises UnknownKind."""
    if isinstance(document, dict):
        for kind in KINDS:
            if kind.matches(document):
                return kind, document
    raise UnknownKind(f"matches none of the accepted kinds; expected {accepted_kinds()}")


def accepted_kinds() -> str:
    """Return the shapes that a body may have, in words."""
    shapes = [row.looks_like for row in (*KINDS, *ENVELOPES) if row.looks_like]
    return f"{', '.join(shapes)}, or a batch (an array) of these"


def comes_from_a_connector(document: object) -> bool:
    """Return whether the document is one that only a connector sends: its caller does not wait for the answer."""
    return is_streaming_item(document) or _is_queue_message(document) or _is_work(document)


def is_streaming_item(document: object) -> bool:
    return isinstance(document, dict) and "stream" in document and "value" in document


def _is_queue_message(document: object) -> bool:
    """A message's content, which is a text, or an object around it."""
    if isinstance(document, dict):
        return isinstance(document.get("content"), str) and document.keys() <= _QUEUE_MESSAGE_FIELDS
    return isinstance(document, str) and document.lstrip().startswith("{")


def _is_work(document: object) -> bool:
    return isinstance(document, dict) and "work" in document


def _require_depth(context: Context) -> None:
    if context.depth >= MAX_DEPTH:
        raise InvalidRequest(f"more than {MAX_DEPTH} envelopes and arrays inside each other")


def _has(*keys: str) -> Callable[[Document], bool]:
    return lambda document: all(key in document for key in keys)


def _is_own_message(document: Document) -> bool:
    source = document.get("source")
    return "specversion" in document and isinstance(source, str) and source.startswith("/create-volume-backup/")


def _is_cloud_event(document: object) -> bool:
    return (
        isinstance(document, dict)
        and "specversion" in document
        and "data" in document
        and not _is_own_message(document)
    )


def _is_completion(document: Document) -> bool:
    if not _is_event(document):
        return False
    from handlers.triggers import completion

    return completion.is_backup_end(document["eventType"])


def _is_request(document: Document) -> bool:
    """By its resource, or by having nothing but a request's fields: displayName and type alone stand in much else."""
    if "volumeId" in document:
        return True
    # Only here, past all other shapes, are the request's model and pydantic needed.
    from handlers.domain.requests import REQUEST_FIELDS

    return bool(document) and document.keys() <= REQUEST_FIELDS


def _parse_alarm(document: Document, context: Context) -> Iterable[Task | Result]:
    from handlers.triggers import alarm

    return alarm.parse(document, context)


def _parse_completion(document: Document, context: Context) -> Iterable[Task | Result]:
    from handlers.triggers import completion

    return completion.parse(document, context)


def _parse_event(document: Document, context: Context) -> Iterable[Task | Result]:
    from handlers.triggers import event

    return event.parse(document, context)


def _parse_audit(document: Document, context: Context) -> Iterable[Task | Result]:
    from handlers.triggers import audit

    return audit.parse(document, context)


def _parse_own_message(document: Document, context: Context) -> Iterable[Task | Result]:
    from handlers.triggers import own_message

    return own_message.parse(document, context)


def _parse_request(document: Document, context: Context) -> Iterable[Task | Result]:
    from handlers.triggers import request

    return request.parse(document, context)


def _parse_select(document: Document, context: Context) -> Iterable[Task | Result]:
    from handlers.triggers import select

    return select.parse(document, context)


def _parse_report(document: Document, context: Context) -> Iterable[Task | Result]:
    from handlers.triggers import report

    return report.parse(document, context)


def _parse_work(document: Document, context: Context) -> Iterable[Task | Result]:
    from handlers.triggers import work

    return work.parse(document, context)


def _unwrap_queue_message(document: str | Document, context: Context) -> tuple[object, Context]:
    from handlers.triggers import queue_message

    return queue_message.unwrap(document, context)


def _unwrap_cloudevent(document: Document, context: Context) -> tuple[object, Context]:
    from handlers.triggers import cloudevent

    return cloudevent.unwrap(document, context)


def _unwrap_streaming_item(document: Document, context: Context) -> tuple[object, Context]:
    from handlers.triggers import stream

    return stream.unwrap(document, context)


_is_event = _has("eventType", "data", "eventID")

KINDS = (
    Kind("alarm", _has("alarmMetaData", "type"), _parse_alarm, "an alarm (alarmMetaData, type)"),
    Kind("completion", _is_completion, _parse_completion, "an event that a backup has ended"),
    Kind("event", _is_event, _parse_event, "an event (eventType, data, eventID)"),
    Kind("audit", _has("eventType", "data", "eventId"), _parse_audit, "an audit record (eventType, data, eventId)"),
    Kind("message", _is_own_message, _parse_own_message, ""),
    Kind("work", _is_work, _parse_work, ""),
    Kind("select", _has("select"), _parse_select, "a selection (select)"),
    Kind("report", _has("report"), _parse_report, "a report (report)"),
    Kind("request", _is_request, _parse_request, "a request (volumeId)"),
)
ENVELOPES = (
    Envelope("queue", _is_queue_message, _unwrap_queue_message, ""),
    Envelope("cloudevent", _is_cloud_event, _unwrap_cloudevent, "a CloudEvent 1.0 of an event or an audit record"),
    Envelope("stream", is_streaming_item, _unwrap_streaming_item, "a streaming item (stream, value)"),
)
