"""The second half of ``make run``: a whole estate, where nobody names a volume, and a second region."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .local_oci import LocalOci
from .narrator import Narrator
from .scenes import count_titles, make_volume, show_inbox, wait_for_titles

_TIER = 12
_LEFT_OUT = 2


def play_estate(oci: LocalOci, narrator: Narrator, inbox: Path) -> None:
    """A selection by a tag, the report that finds what it left out, and a copy. Raises TimeoutError."""
    _play_selection(oci, narrator, inbox)
    _play_report(oci, narrator, inbox)
    _play_copy(oci, narrator, inbox)


def _play_selection(oci: LocalOci, narrator: Narrator, inbox: Path) -> None:
    narrator.title(f"A selection: the {_TIER} volumes with the tag tier=db are backed up by one call that names none")
    tags = [{"app": "shop", "tier": "db"}] * _TIER + [{"app": "shop"}] * _LEFT_OUT
    narrator.say("operator", f"CreateVolume shop-1 to shop-{len(tags)}, of which the last {_LEFT_OUT} lack tier=db")
    with narrator.brief("accepted"):
        answered = len(oci.journal.entries("invocation"))
        for number, tag in enumerate(tags, 1):
            make_volume(oci, f"shop-{number}", freeformTags=tag)
        oci.journal.wait_for("invocation", count=answered + len(tags))
        read = len(inbox.read_text().splitlines())
        told = count_titles(oci, "completed")
        _invoke(oci, narrator, {"select": {"tag": "tier", "value": "db"}})
        wait_for_titles(oci, inbox, "completed", told + _TIER)
    show_inbox(narrator, inbox, read, ending="accepted")


def _play_report(oci: LocalOci, narrator: Narrator, inbox: Path) -> None:
    narrator.title(f"A report: which volumes of the shop have no fresh backup? The {_LEFT_OUT} that were left out")
    read = len(inbox.read_text().splitlines())
    _invoke(oci, narrator, {"report": {"tag": "app", "maxAgeHours": 26}})
    wait_for_titles(oci, inbox, f"{_LEFT_OUT} unprotected", 1)
    show_inbox(narrator, inbox, read, ending="unprotected")


def _play_copy(oci: LocalOci, narrator: Narrator, inbox: Path) -> None:
    narrator.title(
        f"A second region: a completed backup is copied to {oci.second.name}, and followed until it is there"
    )
    oci.configure(COPY_TO_REGION=oci.second.name)
    narrator.say("operator", f"configures COPY_TO_REGION={oci.second.name}")
    volume = make_volume(oci, "db-data-3")
    read = len(inbox.read_text().splitlines())
    narrator.say("operator", 'UpdateVolume db-data-3, freeformTags {"backup": "full"}')
    oci.operator.call("PUT", f"/20160918/volumes/{volume['id']}", {"freeformTags": {"backup": "full"}})
    wait_for_titles(oci, inbox, "copied", 1)
    show_inbox(narrator, inbox, read)


def _invoke(oci: LocalOci, narrator: Narrator, body: dict[str, Any]) -> None:
    narrator.say("operator", f"invokes the function with {json.dumps(body)}")
    oci.invoke(body)
