"""What an entry of the journal holds, in sections: each has a title, and a `text`, a `json` value or named `facts`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..core.cloud import Cloud
from ..core.journal import Entry
from ..core.principals import FUNCTION
from .words import decode, name_resource

Section = dict[str, Any]
# Whoever has it could send the same request once more, within five minutes.
_SECRET_HEADERS = frozenset({"authorization"})


def open_entry(cloud: Cloud, entry: Entry) -> list[Section]:
    """Return the sections of an entry."""
    return list(_SECTIONS.get(entry.kind, _plain)(cloud, entry))


def _plain(_: Cloud, entry: Entry) -> Iterator[Section]:
    yield _text("What happened", entry.line)


def _event(_: Cloud, entry: Entry) -> Iterator[Section]:
    yield _value("The event, as the function gets it", entry.details["event"])


def _message(cloud: Cloud, entry: Entry) -> Iterator[Section]:
    details = entry.details
    publisher = name_resource(cloud, details["publisher"]) or details["publisher"]
    yield _facts("Message", {"topic": details["topic"], "published by": publisher, "id": details["messageId"]})
    yield _text("As people get it, in a mail", f"Subject: {details['title']}\n\n{details['body']}")
    yield _value("As machines get it", decode(details["body"]))


def _batch(_: Cloud, entry: Entry) -> Iterator[Section]:
    yield _value("The batch, as the function gets it", entry.details["items"])


def _queue(_: Cloud, entry: Entry) -> Iterator[Section]:
    yield _facts("Message", {"number": entry.details["message"], "delivered": entry.details["deliveries"]})
    yield _value("Content", decode(entry.details["content"]))


def _direct(_: Cloud, entry: Entry) -> Iterator[Section]:
    yield _value("The body, as the function gets it", decode(entry.details["content"]))


def _call(cloud: Cloud, entry: Entry) -> Iterator[Section]:
    call_id, is_cold = entry.details["call"], entry.details["cold"]
    of_call = [later for later in cloud.journal.since(entry.number) if later.details.get("call") == call_id]
    end = next((later.details for later in of_call if later.kind == "invocation"), None)
    known = {"call": call_id, "start": "cold: its container was new" if is_cold else "warm: its container was there"}
    if end:
        known |= {"status": end["status"], "milliseconds": round(end["milliseconds"], 1)}
    yield _facts("Invocation", known if end else {**known, "state": "running"})
    lines = [later.line for later in of_call if later.kind == "log"]
    yield _text("Log", "\n".join(lines) or "Nothing was logged.")
    if end:
        yield _value("Answer", end["answer"])


def _request(_: Cloud, entry: Entry) -> Iterator[Section]:
    details = entry.details
    headers = {name: value for name, value in details["headers"].items() if name not in _SECRET_HEADERS}
    known = {
        "request": f"{details['method']} {details['path']}",
        "status": details["status"],
        "signature": "verified" if details["principal"] == FUNCTION else "not verified",
        "milliseconds": round(details["milliseconds"], 1),
        "retry token": headers.get("opc-retry-token", ""),
        "fault": details["fault"],
        "call": details["call"],
    }
    yield _facts(details["operation"], {name: value for name, value in known.items() if value != ""})
    if details["content"]:
        yield _value("Request", decode(details["content"]))
    if details["answer"] is not None:
        yield _value("Answer", decode(details["answer"]))
    yield _facts("Headers, without the signature", headers)


def _facts(title: str, facts: Mapping[str, Any]) -> Section:
    return {"title": title, "facts": {name: str(value) for name, value in facts.items()}}


def _text(title: str, text: str) -> Section:
    return {"title": title, "text": text}


def _value(title: str, value: Any) -> Section:
    """What is no JSON is shown as the text that it is."""
    return _text(title, value) if isinstance(value, str) else {"title": title, "json": value}


_SECTIONS: Mapping[str, Callable[[Cloud, Entry], Iterator[Section]]] = {
    "event": _event,
    "message": _message,
    "batch": _batch,
    "queue": _queue,
    "direct": _direct,
    "call": _call,
    "request": _request,
}
