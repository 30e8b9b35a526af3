"""``make run``: the main job, shown as it happens on the local OCI.

A volume is tagged and backed up; an alarm fires and every disk of the machine is saved; each backup's end is published.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .core.journal import Entry
from .core.principals import FUNCTION
from .interrupts import wait_for_interrupt
from .local_oci import LocalOci
from .options import Options
from .services.block_volume.volumes import Volumes
from .stack import ALARMS, RESULTS

_STATE = Path(".local-oci")
_DISKS = 3
_SHOWN_REQUESTS = ("Create", "Get", "List")


class Narrator:
    """Prints a line per thing that happens, with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def say(self, who: str, what: str) -> None:
        with self._lock:
            print(f"{time.monotonic() - self._started:6.2f} s  {who:<9} {what}", flush=True)

    def title(self, text: str) -> None:
        with self._lock:
            print(f"\n{text}", flush=True)

    def show(self, entry: Entry) -> None:
        """Say an entry of the journal, if it belongs to the story."""
        details = entry.details
        if entry.kind == "request" and details["principal"] == FUNCTION:
            if details["operation"].startswith(_SHOWN_REQUESTS):
                self.say("function", _request(entry))
        elif entry.kind == "event" and "begin" not in details["type"] and "backup" not in details["type"]:
            self.say("events", entry.line)
        elif entry.kind == "message":
            self.say("topic", f"{details['topic']} took “{details['title']}”, {len(details['body'].encode())} bytes")
        elif entry.kind == "invocation":
            self.say("function", entry.line)


def _request(entry: Entry) -> str:
    details = entry.details
    answer = details["answer"]
    state = f", {answer['lifecycleState']}" if isinstance(answer, dict) and "lifecycleState" in answer else ""
    token = details["headers"].get("opc-retry-token")
    sent = json.loads(details["content"]) if details["content"] else {}
    parameters = f" {sent['type']} “{sent.get('displayName', '')}”, opc-retry-token {token[:8]}…" if token else ""
    return f"{entry.line.split(':')[0]}{parameters}, signature verified → {entry.line.split('-> ')[1]}{state}"


def play(oci: LocalOci, narrator: Narrator) -> None:
    """Both stories. Raises TimeoutError where one does not come to its end."""
    inbox = oci.state / "results.jsonl"
    inbox.unlink(missing_ok=True)
    common = {"compartmentId": oci.compartment_id, "topicId": oci.result_topic["id"]}
    subscription = {**common, "protocol": "FILE", "endpoint": inbox.as_uri()}
    oci.operator.call("POST", "/20181201/subscriptions", subscription)

    narrator.title("A tag on a volume becomes a backup")
    volume = _volume(oci, "db-data-1")
    narrator.say("operator", "CreateVolume db-data-1, 50 GB")
    oci.journal.wait_for("invocation")
    narrator.say("operator", 'UpdateVolume db-data-1, freeformTags {"backup": "full"}')
    oci.operator.call("PUT", f"/20160918/volumes/{volume['id']}", {"freeformTags": {"backup": "full"}})
    _wait_for_titles(oci, "completed", 1)
    _show(narrator, inbox, 0, in_full=True)

    narrator.title(
        f"An alarm fires: every disk of the machine is backed up, {_DISKS} block volumes and the boot volume"
    )
    instance = _instance(oci, "web-1")
    narrator.say("operator", f"LaunchInstance web-1, AttachVolume {_DISKS} times")
    alarm = _alarm(oci)
    read = len(inbox.read_text().splitlines())
    dimension = {"resourceId": instance["id"], "resourceDisplayName": "web-1", "region": "us-ashburn-1"}
    narrator.say(
        "alarm", f"“{alarm['displayName']}” OK_TO_FIRING on topic {ALARMS}, to which the function is subscribed"
    )
    oci.operator.call("POST", f"/emulator/alarms/{alarm['id']}/fire", {"dimensions": [dimension]})
    _wait_for_titles(oci, "completed", 1 + 1 + _DISKS)
    _show(narrator, inbox, read)


def _volume(oci: LocalOci, name: str) -> dict[str, Any]:
    details = {"compartmentId": oci.compartment_id, "availabilityDomain": "AD-1", "displayName": name, "sizeInGBs": 50}
    volume = oci.operator.call("POST", "/20160918/volumes", details)
    _wait_until(lambda: _is_available(oci, volume["id"]))
    return dict(volume)


def _is_available(oci: LocalOci, volume_id: str) -> bool:
    volume = oci.operator.call("GET", f"/20160918/volumes/{volume_id}")
    return bool(volume["lifecycleState"] == "AVAILABLE")


def _wait_until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 10
    while not true():
        if time.monotonic() > give_up:
            raise TimeoutError
        time.sleep(0.01)


def _instance(oci: LocalOci, name: str) -> dict[str, Any]:
    details = {"compartmentId": oci.compartment_id, "shape": "VM.Standard.E4.Flex", "displayName": name}
    instance = oci.operator.call("POST", "/20160918/instances", details)
    for number in range(1, _DISKS + 1):
        volume = _volume(oci, f"web-1-disk-{number}")
        attachment = {"instanceId": instance["id"], "volumeId": volume["id"], "type": "iscsi"}
        named = {**attachment, "displayName": f"web-1-attachment-{number}"}
        oci.operator.call("POST", "/20160918/volumeAttachments", named)
    query = {"compartmentId": oci.compartment_id, "instanceId": instance["id"]}
    _wait_until(
        lambda: all(
            attachment["lifecycleState"] == "ATTACHED"
            for attachment in oci.operator.call("GET", "/20160918/volumeAttachments", **query)
        )
    )
    return dict(instance)


def _alarm(oci: LocalOci) -> dict[str, Any]:
    details = {
        "displayName": "web-1 is sick",
        "compartmentId": oci.compartment_id,
        "metricCompartmentId": oci.compartment_id,
        "namespace": "oci_computeagent",
        "query": "CpuUtilization[1m].mean() > 90",
        "severity": "CRITICAL",
        "destinations": [oci.alarm_topic["id"]],
        "isEnabled": True,
    }
    return dict(oci.operator.call("POST", "/20180401/alarms", details))


def _wait_for_titles(oci: LocalOci, outcome: str, count: int) -> None:
    _wait_until(
        lambda: (
            sum(entry.details["title"].startswith(outcome) for entry in oci.journal.entries("message", topic=RESULTS))
            >= count
        )
    )
    # The messages are published before the invocations that sent them have answered.
    time.sleep(0.2)


def _show(narrator: Narrator, inbox: Path, start: int, *, in_full: bool = False) -> None:
    """The messages as a subscriber of the topic got them: what they say, and the first of them in full."""
    lines = inbox.read_text().splitlines()[start:]
    for number, line in enumerate(lines):
        message = json.loads(line)
        events = json.loads(message["body"])
        for event in events if isinstance(events, list) else [events]:
            narrator.say("inbox", f"{event['type']} {event['data']['displayName']} {event['data']['lifecycleState']}")
        if in_full and number == 0:
            first = events[0] if isinstance(events, list) else events
            print("\n".join(f"{'':20}{text}" for text in json.dumps(first, indent=2).splitlines()), flush=True)


def _keep(oci: LocalOci) -> None:
    """The lines to try by hand, and nothing more until an interrupt."""
    volume_id = next(iter(oci.service(Volumes).collection.documents))
    socket = oci.wait(oci.pool.warm()).socket
    cli = f"{sys.prefix}/bin/oci --config-file {oci.config_file} --endpoint {oci.base_url}"
    body = json.dumps({"volumeId": volume_id})
    wait_for_interrupt(
        f"""
The local OCI stays up on {oci.base_url} until you press Ctrl+C. To try:

  curl --unix-socket {socket} http://localhost/call -H "Fn-Call-Id: $(date +%s)" -d '{body}'

  export FN_API_URL={oci.base_url}
  echo '{body}' | fn invoke volume-backups create-volume-backup

  {cli} bv volume list --compartment-id {oci.compartment_id}
  {cli} bv volume update --volume-id {volume_id} --freeform-tags '{{"backup": "incremental"}}' --force
  {cli} bv backup list --compartment-id {oci.compartment_id}
"""
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m emulator.story", description="The main job on the local OCI.")
    parser.add_argument("--keep", action="store_true", help="leave the local OCI up afterwards, to try by hand")
    arguments = parser.parse_args()
    narrator = Narrator()
    state = _STATE if arguments.keep else None
    try:
        oci = LocalOci(Options(state=state, lifecycle_seconds=0.3, listener=narrator.show))
    except ValueError as error:
        parser.error(str(error))
    try:
        oci.start()
        narrator.say("local OCI", f"ready on {oci.base_url}")
        play(oci, narrator)
        narrator.title("Done: every backup was made once and told.")
        if arguments.keep:
            _keep(oci)
    finally:
        oci.stop()


if __name__ == "__main__":
    main()
