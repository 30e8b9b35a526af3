"""``make run``: the main job, shown as it happens on the local OCI.

A volume is tagged and backed up; an alarm fires and every disk of the machine is saved, although the API fails once;
two triggers meet at one volume, and the second waits in a queue; each backup's end is published. Then nobody names a
volume any more: a tag selects a dozen, a report finds what it left out, and a backup is copied to a second region.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .interrupts import wait_for_interrupt
from .local_oci import LocalOci
from .narrator import Narrator
from .options import Options
from .scenes import make_volume, show_inbox, wait_for_titles, wait_until
from .services.block_volume.volumes import Volumes
from .stack import ALARMS
from .story_of_an_estate import play_estate

_DISKS = 3
_QUEUE_SECOND = 0.001  # a visibility of 15 minutes lasts a second here


def play(oci: LocalOci, narrator: Narrator) -> None:
    """All stories. Raises TimeoutError where one does not come to its end."""
    inbox = oci.state / "results.jsonl"
    inbox.unlink(missing_ok=True)
    common = {"compartmentId": oci.compartment_id, "topicId": oci.result_topic["id"]}
    subscription = {**common, "protocol": "FILE", "endpoint": inbox.as_uri()}
    oci.operator.call("POST", "/20181201/subscriptions", subscription)

    narrator.title("A tag on a volume becomes a backup")
    volume = make_volume(oci, "db-data-1")
    narrator.say("operator", "CreateVolume db-data-1, 50 GB")
    oci.journal.wait_for("invocation")
    narrator.say("operator", 'UpdateVolume db-data-1, freeformTags {"backup": "full"}')
    oci.operator.call("PUT", f"/20160918/volumes/{volume['id']}", {"freeformTags": {"backup": "full"}})
    wait_for_titles(oci, inbox, "completed", 1)
    show_inbox(narrator, inbox, 0, in_full=True)

    narrator.title(
        f"An alarm fires: every disk of the machine is backed up, {_DISKS} block volumes and the boot volume"
    )
    instance = _instance(oci, "web-1")
    narrator.say("operator", f"LaunchInstance web-1, AttachVolume {_DISKS} times")
    alarm = _alarm(oci)
    read = len(inbox.read_text().splitlines())
    dimension = {"resourceId": instance["id"], "resourceDisplayName": "web-1", "region": "us-ashburn-1"}
    narrator.say("fault", "the next CreateBootVolumeBackup is to be answered 503 ServiceUnavailable")
    oci.fault("CreateBootVolumeBackup", times=1, status=503, code="ServiceUnavailable")
    narrator.say("alarm", f"“{alarm['displayName']}” fires; the function is subscribed to its topic {ALARMS}")
    oci.operator.call("POST", f"/emulator/alarms/{alarm['id']}/fire", {"dimensions": [dimension]})
    [message] = oci.journal.wait_for("message", topic=ALARMS)
    narrator.quote(json.loads(message.details["body"]))
    wait_for_titles(oci, inbox, "completed", 1 + 1 + _DISKS)
    show_inbox(narrator, inbox, read)
    _play_two_triggers(oci, narrator, inbox)
    play_estate(oci, narrator, inbox)


def _play_two_triggers(oci: LocalOci, narrator: Narrator, inbox: Path) -> None:
    """The second of two triggers for one volume waits in the queue until the first one's backup has ended."""
    narrator.title("Two triggers for one volume at once: the second waits in a queue, and is made")
    queue = _queue(oci)
    narrator.say("operator", "CreateQueue work, and a connector from it to the function, as the stack has them")
    oci.configure(WORK_QUEUE_ID=queue)
    volume = make_volume(oci, "db-data-2")
    read = len(inbox.read_text().splitlines())
    for value in ("incremental", "full"):
        narrator.say("operator", f'UpdateVolume db-data-2, freeformTags {{"backup": "{value}"}}')
        oci.operator.call("PUT", f"/20160918/volumes/{volume['id']}", {"freeformTags": {"backup": value}})
        wait_until(lambda: len(inbox.read_text().splitlines()) > read)
    wait_for_titles(oci, inbox, "completed", 1 + 1 + _DISKS + 2)
    show_inbox(narrator, inbox, read)


def _queue(oci: LocalOci) -> str:
    """Make a queue, and a connector that drains it into the function; both active."""
    compartment = {"compartmentId": oci.compartment_id}
    oci.operator.call("POST", "/20210201/queues", {**compartment, "displayName": "work", "visibilityInSeconds": 900})
    queue = _active(oci, "/20210201/queues")
    source = {"kind": "plugin", "pluginName": "QueueSource", "configMap": {"queueId": queue}}
    target = {"kind": "functions", "functionId": oci.function["id"], "batchSizeInNum": 1, "batchTimeInSec": 60}
    connector = {**compartment, "displayName": "work", "source": source, "target": target}
    oci.operator.call("POST", "/20200909/serviceConnectors", connector)
    _active(oci, "/20200909/serviceConnectors")
    return queue


def _active(oci: LocalOci, path: str) -> str:
    """Wait for the one resource of a list to be active, and return its OCID."""

    def listed() -> dict[str, Any]:
        [found] = oci.operator.call("GET", path, compartmentId=oci.compartment_id)["items"]
        return dict(found)

    wait_until(lambda: listed()["lifecycleState"] == "ACTIVE")
    return str(listed()["id"])


def _instance(oci: LocalOci, name: str) -> dict[str, Any]:
    located = {"compartmentId": oci.compartment_id, "availabilityDomain": "AD-1"}
    details = {**located, "shape": "VM.Standard.E4.Flex", "displayName": name}
    instance = oci.operator.call("POST", "/20160918/instances", details)
    for number in range(1, _DISKS + 1):
        volume = make_volume(oci, f"web-1-disk-{number}")
        attachment = {"instanceId": instance["id"], "volumeId": volume["id"], "type": "iscsi"}
        named = {**attachment, "displayName": f"web-1-attachment-{number}"}
        oci.operator.call("POST", "/20160918/volumeAttachments", named)
    query = {"compartmentId": oci.compartment_id, "instanceId": instance["id"]}
    wait_until(
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


def _keep(oci: LocalOci) -> None:
    """Print lines to try by hand, each about a volume and with a token of its own, and wait for an interrupt.

    A volume has one backup at a time, so that two lines about one volume would meet.
    """
    volumes = list(oci.service(Volumes).collection.documents)
    socket = oci.wait(oci.pool.warm()).socket
    cli = f"{sys.prefix}/bin/oci --config-file {oci.config_file} --endpoint {oci.base_url}"
    by_curl, by_fn = (
        json.dumps({"volumeId": volume, "opcRetryToken": f"by-{client}"})
        for volume, client in zip(volumes, ("curl", "fn"), strict=False)
    )
    wait_for_interrupt(
        f"""
The local OCI stays up until you press Ctrl+C. See it in a browser: {oci.base_url}/
Paste this elsewhere, all at once or line by line:

export FN_API_URL={oci.base_url}
curl --unix-socket {socket} http://localhost/call -H "Fn-Call-Id: by-hand" -d '{by_curl}'
echo '{by_fn}' | fn invoke volume-backups create-volume-backup
{cli} bv volume update --volume-id {volumes[2]} --freeform-tags '{{"backup": "full"}}' --force
{cli} bv backup list --compartment-id {oci.compartment_id}
"""
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m emulator.story", description="The main job on the local OCI.")
    parser.add_argument("--keep", action="store_true", help="leave the local OCI up afterwards, to try by hand")
    arguments = parser.parse_args()
    narrator = Narrator()
    try:
        oci = LocalOci(
            Options(lifecycle_seconds=0.3, queue_second_seconds=_QUEUE_SECOND, max_containers=4, listener=narrator.show)
        )
    except ValueError as error:
        parser.error(str(error))
    try:
        oci.start()
        narrator.say("local OCI", f"ready on {oci.base_url}; it checks the signature of every request below")
        play(oci, narrator)
        narrator.title("Done: every backup was made once and told.")
        if arguments.keep:
            _keep(oci)
    finally:
        oci.stop()


if __name__ == "__main__":
    main()
