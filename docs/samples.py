"""Writes bodies to send to the function, with one's own OCIDs: ``make samples VOLUME=ocid1.volume…``.

They are payloads of ``tests/events``, which are of the forms that OCI sends. Each time they get new identities and the
present time, so that new files are new triggers, while one file sent twice is one trigger and makes one backup.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

PROJECT = Path(__file__).resolve().parent.parent
EVENTS = PROJECT / "tests" / "events"
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_IDENTITY = re.compile(r"3f0d4b1c-0000-4000-8000-\d{12}")
_TIME, _MILLIS = re.compile(r"2026-03-01T02:03:04"), re.compile(r"1772330584000")


class Sample(NamedTuple):
    """A body: the file that is written, the payload that it is made of, and what it is."""

    file: str
    payload: str
    what: str


SAMPLES = (
    Sample("request.json", "request_minimal.json", "a direct request"),
    Sample("tag-set.json", "event_updatevolume_tagged.json", "an event: a volume was tagged"),
    Sample("volume-created.json", "event_createvolume_end.json", "an event: a tagged volume was created"),
    Sample("boot-volume-tagged.json", "event_updatebootvolume_tagged.json", "an event: a boot volume was tagged"),
    Sample("group-tagged.json", "event_updatevolumegroup_tagged.json", "an event: a volume group was tagged"),
    Sample("alarm.json", "alarm_v1_5_split.json", "an alarm about an instance"),
    Sample("alarm-repeats.json", "alarm_repeat.json", "a repeated alarm, which is skipped"),
    Sample("terminate.json", "event_terminateinstance_begin.json", "an event for EVENT_TYPES: an instance terminates"),
    Sample("audit.json", "audit_tag_changed.json", "an audit record: a volume's tag was changed"),
    Sample("batch.json", "batch_same_event_twice.json", "a batch with one event twice"),
    Sample("backup-ended.json", "completion_volumebackup.json", "an event: a backup has ended"),
)


def fill_in(text: str, names: dict[str, str]) -> Any:
    """Return a payload as JSON, filled in. A compartment that nobody named is left out: the function asks for it."""
    for name, value in names.items():
        text = text.replace(f"${{{name}}}", value)
    identities: dict[str, str] = {}
    text = _IDENTITY.sub(lambda match: identities.setdefault(match.group(), str(uuid4())), text)
    now = datetime.now(UTC)
    text = _MILLIS.sub(str(int(now.timestamp()) * 1000), _TIME.sub(f"{now:%Y-%m-%dT%H:%M:%S}", text))
    return json.loads(text, object_hook=_without_placeholders)


def _without_placeholders(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value != "${compartment}"}


def write_samples(folder: Path, names: dict[str, str]) -> None:
    """Write every sample whose OCIDs are all named, and print for each how to send it, or what it needs."""
    folder.mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES:
        text = (EVENTS / sample.payload).read_text()
        needed = set(_PLACEHOLDER.findall(text)) - {"compartment"} - names.keys()
        if needed:
            print(f"{sample.file:<24}{sample.what}; needs {', '.join(map(_option, sorted(needed)))}")
        else:
            (folder / sample.file).write_text(json.dumps(fill_in(text, names), indent=2) + "\n")
            print(f"{sample.file:<24}{sample.what}; written")
    print(
        f"\nTo send one:  fn invoke volume-backups create-volume-backup < {folder.name}/request.json"
        f'\n         or:  oci fn function invoke --function-id OCID --file - --body "$(cat {folder.name}/request.json)"'
        "\n\nThese are real triggers: each makes a backup, unless DRY_RUN is on."
    )


def _option(name: str) -> str:
    return {"bootvolume": "BOOT_VOLUME", "volumegroup": "VOLUME_GROUP"}.get(name, name.upper()) + "=OCID"


def main(arguments: list[str]) -> None:
    """Write the samples to the folder ``samples``; `arguments` are ``name=OCID``, an empty OCID being none."""
    named = (argument.partition("=") for argument in arguments)
    write_samples(PROJECT / "samples", {name: value for name, _, value in named if value})


if __name__ == "__main__":
    main(sys.argv[1:])
