"""Results become CloudEvents 1.0 in JSON, all of an invocation in as few messages as the topic's size limit allows.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md (one event, or a batch)
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from handlers.domain.result import Outcome, Result
from handlers.domain.untrusted import one_line

MAX_TITLE_LENGTH = 100
_TOLD = frozenset({Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.COMPLETED, Outcome.FAILED})


class Message(NamedTuple):
    """One publish: a title of one line, a body of one CloudEvent or an array of them, and the results it tells."""

    title: str
    body: str
    results: tuple[Result, ...]


def worth_telling(result: Result) -> bool:
    return result.outcome in _TOLD


def pack_messages(results: Iterable[Result], source: str, size: Callable[[str, str], int], limit: int) -> list[Message]:
    """The results worth telling, one at least, in order; split only where `size(title, body)` would pass `limit`."""
    events = [
        (result, json.dumps(cloud_event(result, source), ensure_ascii=False))
        for result in filter(worth_telling, results)
    ]
    whole = _message(events)
    return [whole] if size(whole.title, whole.body) <= limit else _split(events, size, limit)


def _split(events: Sequence[tuple[Result, str]], size: Callable[[str, str], int], limit: int) -> list[Message]:
    done: list[Message] = []
    chunk: list[tuple[Result, str]] = []
    length = 0
    for result, event in events:
        # What an event adds is measured in place, with the comma, and with the longest title and the brackets once.
        added = size("", event + ",") - size("", "")
        if chunk and length + added > limit:
            done.append(_message(chunk))
            chunk, length = [], 0
        length = length + added if chunk else size("x" * MAX_TITLE_LENGTH * 4, "[]") + added
        chunk.append((result, event))
    return [*done, _message(chunk)]


def _message(chunk: Sequence[tuple[Result, str]]) -> Message:
    events = [event for _, event in chunk]
    results = tuple(result for result, _ in chunk)
    return Message(title(results), events[0] if len(events) == 1 else f"[{','.join(events)}]", results)


def title(results: Sequence[Result]) -> str:
    """One line of at most 100 characters: outcome and name; of several results how many, and the first one's name."""
    counts = Counter(result.outcome for result in results)
    if len(results) == 1:
        return one_line(f"{results[0].outcome}: {_name(results[0])}", MAX_TITLE_LENGTH)
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    return one_line(f"{told}: {_name(results[0])} and {len(results) - 1} more", MAX_TITLE_LENGTH)


def _name(result: Result) -> str:
    backup, request = result.volume_backup, result.request
    name = (backup and backup.display_name) or (request and request.display_name)
    return name or result.resource_id or result.trigger.id


def cloud_event(result: Result, source: str) -> dict[str, Any]:
    """One result as a CloudEvent, attributes that are not known left out."""
    event = {
        "specversion": "1.0",
        "id": result.retry_token or result.trigger.id,
        "source": source,
        "type": _type(result),
        "subject": result.resource_id,
        "time": _time(result),
        "datacontenttype": "application/json",
        "triggerkind": result.trigger.kind,
        "triggerid": result.trigger.id,
        "data": _data(result),
    }
    return {key: value for key, value in event.items() if value is not None}


def _type(result: Result) -> str:
    kind = (result.resource_type or "").removesuffix("backup")
    prefix = f"{kind if kind in {'bootvolume', 'volumegroup'} else 'volume'}backup"
    if result.outcome is Outcome.COMPLETED and result.volume_backup:
        return f"{prefix}.{result.volume_backup.lifecycle_state.lower()}"
    return f"{prefix}.failed" if result.outcome is Outcome.FAILED else f"{prefix}.accepted"


def _time(result: Result) -> str | None:
    """When the API received the request, else when the trigger happened."""
    if result.volume_backup and result.volume_backup.time_request_received:
        return result.volume_backup.time_request_received
    return _rfc3339(result.trigger.time) if result.trigger.time else None


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _data(result: Result) -> dict[str, Any] | None:
    """The backup as the API answered it, a failure's error, or a duplicate's request: its answer is a mere 409."""
    if result.error:
        return result.error.document()
    if result.volume_backup:
        return result.volume_backup.document()
    return result.request.document() if result.request else None
