"""What a lane of the page shows of an entry of the journal, and in which lane."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from ..core.cloud import Cloud
from ..core.identifiers import resource_type
from ..core.journal import Entry
from ..core.operations import Document
from ..core.principals import FUNCTION
from .words import decode, name_resource, name_subject

TRIGGERS, FUNCTIONS, REQUESTS, TOPICS = "triggers", "function", "requests", "topics"
_LONGEST = 240
# Of a queue, what comes back or ends; the rest is seen in the requests and in the queue's state.
_OF_QUEUES = frozenset({"returned", "dead", "expired"})
# What tells most of a log line that is JSON, as this project's function writes them.
_OF_LOG_LINES = ("outcome", "resourceName", "reason", "message")


def summarize(cloud: Cloud, entry: Entry) -> Document | None:
    """Return what is shown of an entry, or None for one that is in no lane."""
    if entry.kind not in _SUMMARIES:
        return None
    found = _SUMMARIES[entry.kind](cloud, entry)
    if found is None:
        return None
    short = {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in found.items()}
    return {"number": entry.number, "time": entry.time, "ways": entry.ways, "kind": entry.kind, **short}


def _event(_: Cloud, entry: Entry) -> Document | None:
    """An event that nobody takes sets nothing off."""
    if not entry.details["taken"]:
        return None
    data = entry.details["event"]["data"]
    tags = ", ".join(f"{key}: {value}" for key, value in data["freeformTags"].items())
    # com.oraclecloud.blockvolumes.updatevolume
    name = entry.details["type"].split(".", 3)[-1]
    return {"lane": TRIGGERS, "title": name, "text": data["resourceName"] or "", "note": tags}


def _message(_: Cloud, entry: Entry) -> Document:
    """A function's message is what came of a trigger; any other one sets off whoever is subscribed."""
    details = entry.details
    shown = {"title": details["title"] or "(no title)", "text": details["topic"]}
    publisher = resource_type(details["publisher"])
    if publisher == "fnfunc":
        return {"lane": TOPICS, **shown, "note": _types_told(details["body"])}
    return {"lane": TRIGGERS, "kind": "alarm" if publisher == "alarm" else "message", **shown}


def _types_told(body: str) -> str:
    """Return the types of the CloudEvents that a message holds, or the first line of one that people read."""
    document = decode(body)
    events = document if isinstance(document, list) else [document]
    types = Counter(str(event["type"]) for event in events if isinstance(event, dict) and "type" in event)
    if not types:
        return body.strip().partition("\n")[0]
    return ", ".join(kind if count == 1 else f"{count} x {kind}" for kind, count in types.items())


def _schedule(_: Cloud, entry: Entry) -> Document:
    return {"lane": TRIGGERS, "title": entry.line}


def _batch(_: Cloud, entry: Entry) -> Document:
    count = len(entry.details["items"])
    items = "1 item" if count == 1 else f"{count} items"
    return {"lane": TRIGGERS, "title": f"hands over {items}", "text": f"connector {entry.details['connector']}"}


def _queue(_: Cloud, entry: Entry) -> Document | None:
    if entry.details["what"] not in _OF_QUEUES:
        return None
    return {"lane": TRIGGERS, "title": entry.line, "text": f"deliveries so far: {entry.details['deliveries']}"}


def _discarded(_: Cloud, entry: Entry) -> Document:
    return {"lane": TRIGGERS, "title": entry.line}


def _direct(_: Cloud, entry: Entry) -> Document:
    body = entry.details["content"][:_LONGEST].decode(errors="replace")
    caller = "InvokeFunction, signed" if entry.details["caller"] else "Fn API, unsigned"
    return {"lane": TRIGGERS, "kind": "direct", "title": body or "(an empty body)", "text": caller}


def _call(cloud: Cloud, entry: Entry) -> Document:
    details = entry.details
    name = name_resource(cloud, details["function"])
    return {"lane": FUNCTIONS, "title": name, "call": details["call"], "cold": details["cold"]}


def _log(_: Cloud, entry: Entry) -> Document:
    document = decode(entry.line)
    line = entry.line
    if isinstance(document, dict):
        error = document["error"] if isinstance(document.get("error"), dict) else {}
        told = {**document, "message": document.get("message") or error.get("message")}
        line = " ".join(str(told[name]) for name in _OF_LOG_LINES if told.get(name)) or line
    return {"lane": FUNCTIONS, "call": entry.details["call"], "text": line}


def _invocation(_: Cloud, entry: Entry) -> Document:
    details = entry.details
    answer = details["answer"]
    outcome = answer.get("outcome") or answer.get("code") or "" if isinstance(answer, dict) else answer
    return {
        "lane": FUNCTIONS,
        "call": details["call"],
        "status": details["status"],
        "milliseconds": round(details["milliseconds"], 1),
        "outcome": str(outcome),
    }


def _request(cloud: Cloud, entry: Entry) -> Document | None:
    """What functions send; what others send is seen by what it sets off."""
    details = entry.details
    if not details.get("call") and details["principal"] != FUNCTION:
        return None
    token = details["headers"].get("opc-retry-token", "")
    answer = details["answer"] if isinstance(details["answer"], dict) else {}
    return {
        "lane": REQUESTS,
        "call": details["call"],
        "title": details["operation"],
        "text": name_subject(cloud, details),
        "status": details["status"],
        "code": str(answer.get("code") or answer.get("lifecycleState") or ""),
        "milliseconds": round(details["milliseconds"], 1),
        "verified": details["principal"] == FUNCTION,
        "token": token,
        "fault": details["fault"],
        # A request that is sent again has the same path and token in the same call.
        "sameAs": f"{details['call']} {details['method']} {details['path']} {token}",
    }


def _refused(_: Cloud, entry: Entry) -> Document:
    return {"lane": REQUESTS, "title": "refused by policy", "text": entry.line}


_SUMMARIES: Mapping[str, Callable[[Cloud, Entry], Document | None]] = {
    "event": _event,
    "message": _message,
    "schedule": _schedule,
    "batch": _batch,
    "queue": _queue,
    "discarded": _discarded,
    "direct": _direct,
    "call": _call,
    "log": _log,
    "invocation": _invocation,
    "request": _request,
    "refused": _refused,
}
