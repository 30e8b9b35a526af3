"""Bytes become targets: a body is opened, recognised by its shape, and parsed by the module that knows that shape."""

from __future__ import annotations

import re

from handlers.domain.defects import attempt
from handlers.domain.delivery import Delivery
from handlers.domain.errors import InvalidRequest
from handlers.domain.result import Result, skipped
from handlers.domain.search import Task
from handlers.domain.untrusted import one_line
from handlers.settings import Settings
from handlers.triggers.collection import Collection, trigger_of
from handlers.triggers.context import Context
from handlers.triggers.json_text import decode
from handlers.triggers.kinds import accepted_kinds, comes_from_a_connector, recognise, unwrap

# Meant as JSON, and with a field of an alarm, a request, a selection or a report. What people write to a topic, and
# what this function writes to people, begins with a word.
_LOOKS_LIKE_A_TRIGGER = re.compile(rb'\s*[{\[].*(alarmMetaData|dedupeKey|volumeId|"select"|"report")', re.DOTALL)

_SEND_AGAIN = "Find out who published it, and have it published again as JSON."


def parse(delivery: Delivery, settings: Settings) -> list[Task | Result]:
    """Return what a body asks for, and a result for each part of it that asks for nothing or cannot be used.

    Raises InvalidRequest where the whole body cannot be used and its caller waits for the answer. Behind a topic nobody
    waits, and the same body would come again, so there it is a result as well.
    """
    context = Context(settings, delivery.message_id or delivery.call_id, direct=delivery.message_id is None)
    try:
        document = decode(delivery.body)
    except ValueError as error:
        if delivery.message_id is None:
            what = f"the body is not JSON: {error}" if delivery.body.strip() else "the body is empty"
            raise InvalidRequest(f"{what}; expected {accepted_kinds()}") from error
        return [_skipped_text(delivery.body, error, context)]
    # A connector may be set to hand over one item instead of an array.
    return _parse_all([document] if comes_from_a_connector(document) else document, context)


def _parse_all(document: object, context: Context) -> list[Task | Result]:
    """Open all envelopes and arrays, and parse what is in them, in the order of the body.

    One document that cannot be used, or that this function has a defect with, leaves the others alone.
    """
    collection = Collection(context)
    waiting = [(document, context)]
    while waiting:
        document, context = waiting.pop()
        opened, error = attempt(unwrap, document, context)
        if opened is not None:
            document, context = opened
            if isinstance(document, list):
                taken = collection.room_for(document, waiting=len(waiting))
                waiting += [(document[index], context.item(index + 1)) for index in reversed(range(taken))]
                continue
            _, error = attempt(_parse_document, document, context, collection)
        # One item must not hold up the others for ever: its batch would come again.
        if error is not None and context.direct:
            raise error
        if error is not None:
            collection.reject(error, document, context)
        else:
            collection.count_document()
    return collection.items()


def _parse_document(document: object, context: Context, collection: Collection) -> None:
    """Add what a document holds. Raises InvalidRequest."""
    kind, known = recognise(document)
    for item in kind.parse(known, context):
        collection.add(item)


def _skipped_text(body: bytes, error: ValueError, context: Context) -> Result:
    """Return the result of what is no JSON: anyone may write to a topic, but a damaged trigger is a backup not made."""
    if not body.strip():
        reason = f"the body is empty; expected {accepted_kinds()}"
        return skipped(trigger_of(context), reason, needs_person=True, hint=_SEND_AGAIN)
    if _LOOKS_LIKE_A_TRIGGER.match(body):
        reason = f"a text published to the topic, not JSON ({error}), though it looks like an alarm or a request"
        return skipped(trigger_of(context), one_line(reason), needs_person=True, hint=_SEND_AGAIN)
    return skipped(trigger_of(context), "a text published to the topic, not JSON: no trigger of this function")
