"""What the scenes of ``make run`` have in common."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .local_oci import LocalOci
from .narrator import Narrator
from .stack import RESULTS

_MOST_SECONDS = 30


def make_volume(oci: LocalOci, name: str, **details: Any) -> dict[str, Any]:
    """Make a volume of 50 GB, and return it once it is AVAILABLE. Raises TimeoutError."""
    known = {"compartmentId": oci.compartment_id, "availabilityDomain": "AD-1", "displayName": name, "sizeInGBs": 50}
    volume = oci.operator.call("POST", "/20160918/volumes", {**known, **details})
    wait_until(lambda: _is_available(oci, volume["id"]))
    return dict(volume)


def _is_available(oci: LocalOci, volume_id: str) -> bool:
    volume = oci.operator.call("GET", f"/20160918/volumes/{volume_id}")
    return bool(volume["lifecycleState"] == "AVAILABLE")


def wait_until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + _MOST_SECONDS
    while not true():
        if time.monotonic() > give_up:
            raise TimeoutError
        time.sleep(0.01)


def count_titles(oci: LocalOci, outcome: str = "") -> int:
    """Return how many titles of results begin with an outcome, or how many there are at all."""
    published = oci.journal.entries("message", topic=RESULTS)
    return sum(entry.details["title"].startswith(outcome) for entry in published)


def wait_for_titles(oci: LocalOci, inbox: Path, outcome: str, count: int) -> None:
    """Wait until so many titles begin with an outcome, the inbox has all, and whoever told them has answered."""

    def all_is_told() -> bool:
        return (
            count_titles(oci, outcome) >= count
            and len(inbox.read_text().splitlines()) >= count_titles(oci)
            and len(oci.journal.entries("invocation")) >= len(oci.journal.entries("call"))
        )

    wait_until(all_is_told)


def show_inbox(narrator: Narrator, inbox: Path, start: int, *, in_full: bool = False, ending: str = "") -> None:
    """The messages as a subscriber of the topic got them: what they say, and the first of them in full."""
    lines = inbox.read_text().splitlines()[start:]
    for number, line in enumerate(lines):
        message = json.loads(line)
        events = json.loads(message["body"])
        for event in events if isinstance(events, list) else [events]:
            if event["type"].endswith(ending):
                narrator.say("inbox", f"{event['type']} of {event['resourcename']}: {_state_of(event['data'])}")
        if in_full and number == 0:
            narrator.quote(events)


def _state_of(data: dict[str, Any]) -> str:
    """What the data of an event say, in a word or two."""
    if "newestBackup" in data:
        newest = data["newestBackup"]
        return "it has never had a backup" if newest == "never" else f"its newest backup is of {newest['time']}"
    return str(data.get("lifecycleState") or "waits in the queue")
