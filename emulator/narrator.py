"""What happens on a local OCI, told line by line."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .core.journal import Entry
from .core.principals import FUNCTION

_SHOWN_REQUESTS = ("Copy", "Create", "Get", "List", "Search")
_MAX_COLUMNS = 110
# Of an OCID, six letters are enough to tell it from others.
_UNIQUE_ID = re.compile(r"(ocid1\.[\w-]+\.[\w-]+\.[\w-]*\.)\w{20,}(\w{6})")


class Narrator:
    """Prints a line per thing that happens, with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self._only = ""

    def say(self, who: str, what: str) -> None:
        with self._lock:
            print(f"{time.monotonic() - self._started:6.2f} s  {who:<9} {what}", flush=True)

    def title(self, text: str) -> None:
        with self._lock:
            print(f"\n{text}", flush=True)

    def quote(self, document: Any) -> None:
        """Print a JSON document below what was said last."""
        with self._lock:
            for line in json.dumps(document, indent=2, ensure_ascii=False).splitlines():
                text = f"{'':20}" + _UNIQUE_ID.sub(r"\1…\2", line)
                print(text if len(text) <= _MAX_COLUMNS else f"{text[: _MAX_COLUMNS - 1]}…", flush=True)

    @contextmanager
    def brief(self, outcome: str) -> Iterator[None]:
        """Meanwhile show, of all that happens, only the titles that begin with an outcome."""
        self._only = outcome
        yield
        self._only = ""

    def show(self, entry: Entry) -> None:
        """Say an entry of the journal, if it belongs to the story."""
        details = entry.details
        if self._only and not (entry.kind == "message" and self._only in details["title"].split(":")[0]):
            return
        if entry.kind == "request":
            self._learn_name(details["answer"])
        if entry.kind == "request" and details["principal"] == FUNCTION:
            if details["operation"].startswith(_SHOWN_REQUESTS):
                self.say("function", self._describe_request(entry))
        elif entry.kind == "event" and "begin" not in details["type"] and "backup" not in details["type"]:
            self.say("events", entry.line)
        elif entry.kind == "message":
            self.say("topic", f"{details['topic']} took “{details['title']}”")
        elif entry.kind == "invocation":
            self.say("function", entry.line)
        elif entry.kind == "queue":
            self.say("queue", entry.line)

    def _learn_name(self, answer: Any) -> None:
        if isinstance(answer, dict) and "displayName" in answer:
            self._names[answer.get("id", "")] = answer["displayName"]

    def _describe_request(self, entry: Entry) -> str:
        details = entry.details
        answer = details["answer"] if isinstance(details["answer"], dict) else {}
        sent = json.loads(details["content"]) if details["content"] else {}
        source = sent.get("volumeId") or sent.get("bootVolumeId")
        named = self._names.get(source or answer.get("id", ""))
        token = details["headers"].get("opc-retry-token")
        status = entry.line.split("-> ")[1].split()[0]
        state = answer.get("lifecycleState") or answer.get("code") or ""
        what = details["operation"] + (f" of {named}" if named else "") + (f", token {token[:8]}…" if token else "")
        return f"{what} → {status} {state}".rstrip()
