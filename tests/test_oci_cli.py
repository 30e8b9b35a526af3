"""The ``oci`` command, unchanged, against the local OCI: every group of commands that the backups' operators use."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.oci_command import OciCommand
from tests.world import World, world

DOMAIN = "Iocq:US-ASHBURN-AD-1"
NOW = ("--wait-interval-seconds", "1")
Cli = Callable[..., Any]


@pytest.fixture(scope="module")
def wired() -> Iterator[World]:
    """A local OCI as ``python -m emulator`` serves it."""
    with world(wired=True) as cloud:
        yield cloud


@pytest.fixture
def oci(wired: World, oci_command: OciCommand) -> Cli:
    """Runs the ``oci`` command with the config file that the local OCI wrote; its data, decoded."""
    return partial(oci_command.call, wired.oci)


def ids(documents: Any) -> set[str]:
    return {document["id"] for document in documents or []}


def test_the_whole_story(wired: World, oci: Cli, tmp_path: Path) -> None:
    compartment = ("--compartment-id", wired.oci.compartment_id)
    inbox = tmp_path / "inbox"
    [results] = [topic for topic in oci("ons topic list", *compartment) if topic["name"] == "backup-results"]
    target = ("--protocol", "FILE", "--subscription-endpoint", inbox.as_uri())
    subscription = oci("ons subscription create", *compartment, "--topic-id", results["topic-id"], *target)
    located = (*compartment, "--availability-domain", DOMAIN, "--display-name", "cli")
    volume = oci("bv volume create", *located, "--wait-for-state", "AVAILABLE", *NOW)["id"]
    oci("bv volume update", "--volume-id", volume, "--freeform-tags", '{"backup": "full"}', "--force")
    # Two invocations tell them, and either may come first.
    wired.wait_for_event_told_of("volumebackup.accepted", volume)
    wired.wait_for_event_told_of("volumebackup.available", volume)
    [backup] = oci("bv backup list", *compartment, "--volume-id", volume)
    assert (backup["type"], backup["lifecycle-state"]) == ("FULL", "AVAILABLE")
    received = [json.loads(json.loads(line)["body"]) for line in inbox.read_text().splitlines() if volume in line]
    assert sorted(event["type"] for event in received) == ["volumebackup.accepted", "volumebackup.available"]
    assert {event["data"]["id"] for event in received} == {backup["id"]}
    wired.oci.operator.call("DELETE", f"/20181201/subscriptions/{subscription['id']}")


def test_volumes_and_their_backups(wired: World, oci: Cli) -> None:
    compartment = ("--compartment-id", wired.oci.compartment_id)
    volume = oci("bv volume create", *compartment, "--availability-domain", DOMAIN, "--size-in-gbs", "50")["id"]
    oci("bv volume update", "--volume-id", volume, "--display-name", "renamed")
    assert oci("bv volume get", "--volume-id", volume)["display-name"] == "renamed"
    assert ids(oci("bv volume list", *compartment, "--display-name", "renamed")) == {volume}
    cloud = oci("bv backup create", "--volume-id", volume, "--wait-for-state", "AVAILABLE", *NOW)
    named = ("--volume-backup-id", cloud["id"])
    oci("bv backup update", *named, "--display-name", "kept")
    assert oci("bv backup get", *named)["display-name"] == "kept"
    assert ids(oci("bv backup list", *compartment, "--display-name", "kept", "--sort-by", "TIMECREATED")) == {
        cloud["id"]
    }
    error = oci("bv backup update", *named, "--display-name", "x", "--if-match", "stale", succeeds=False)
    assert (error["status"], error["code"]) == (412, "NoEtagMatch")
    oci("bv backup delete", *named, "--force", "--wait-for-state", "TERMINATED", *NOW)
    oci("bv volume delete", "--volume-id", volume, "--force", "--wait-for-state", "TERMINATED", *NOW)
    assert volume not in ids(oci("bv volume list", *compartment, "--lifecycle-state", "AVAILABLE"))


def test_boot_volumes_and_their_backups(wired: World, oci: Cli) -> None:
    compartment = ("--compartment-id", wired.oci.compartment_id)
    source = wired.boot_volume()
    volume = oci("bv boot-volume create", *compartment, "--source-boot-volume-id", source)["id"]
    named = ("--boot-volume-id", volume)
    oci("bv boot-volume update", *named, "--display-name", "boot")
    assert oci("bv boot-volume get", *named)["display-name"] == "boot"
    assert volume in ids(oci("bv boot-volume list", *compartment, "--availability-domain", DOMAIN, "--all"))
    backup = oci("bv boot-volume-backup create", *named, "--wait-for-state", "AVAILABLE", *NOW)["id"]
    kept = ("--boot-volume-backup-id", backup)
    oci("bv boot-volume-backup update", *kept, "--display-name", "kept")
    assert oci("bv boot-volume-backup get", *kept)["display-name"] == "kept"
    assert ids(oci("bv boot-volume-backup list", *compartment, *named)) == {backup}
    oci("bv boot-volume-backup delete", *kept, "--force")
    oci("bv boot-volume delete", *named, "--force")


def test_volume_groups_and_their_backups(wired: World, oci: Cli) -> None:
    compartment = ("--compartment-id", wired.oci.compartment_id)
    source = json.dumps({"type": "volumeIds", "volumeIds": [wired.volume(), wired.boot_volume()]})
    located = (*compartment, "--availability-domain", DOMAIN, "--source-details", source)
    group = oci("bv volume-group create", *located, "--wait-for-state", "AVAILABLE", *NOW)["id"]
    named = ("--volume-group-id", group)
    oci("bv volume-group update", *named, "--display-name", "group")
    assert len(oci("bv volume-group get", *named)["volume-ids"]) == 2
    assert ids(oci("bv volume-group list", *compartment, "--display-name", "group")) == {group}
    backup = oci("bv volume-group-backup create", *named, "--wait-for-state", "AVAILABLE", *NOW)["id"]
    kept = ("--volume-group-backup-id", backup)
    oci("bv volume-group-backup update", *kept, "--display-name", "kept")
    assert len(oci("bv volume-group-backup get", *kept)["volume-backup-ids"]) == 2
    assert ids(oci("bv volume-group-backup list", *compartment, *named)) == {backup}
    oci("bv volume-group-backup delete", *kept, "--force")
    oci("bv volume-group delete", *named, "--force")


def test_instances_and_their_attachments(wired: World, oci: Cli) -> None:
    compartment = ("--compartment-id", wired.oci.compartment_id)
    image = ("--image-id", "ocid1.image.oc1.iad.a", "--subnet-id", "ocid1.subnet.oc1.iad.a")
    shape = ("--availability-domain", DOMAIN, "--shape", "VM.Standard.E4.Flex", *image)
    instance = oci("compute instance launch", *compartment, *shape, "--wait-for-state", "RUNNING", *NOW)["id"]
    named = ("--instance-id", instance)
    assert oci("compute instance get", *named)["lifecycle-state"] == "RUNNING"
    assert instance in ids(oci("compute instance list", *compartment, "--all"))
    [boot] = oci("compute boot-volume-attachment list", *compartment, "--availability-domain", DOMAIN, *named)
    assert boot["lifecycle-state"] == "ATTACHED"
    volume = ("--type", "paravirtualized", "--volume-id", wired.volume())
    attached = oci("compute volume-attachment attach", *named, *volume, "--wait-for-state", "ATTACHED", *NOW)["id"]
    assert ids(oci("compute volume-attachment list", *compartment, *named)) == {attached}
    oci("compute volume-attachment detach", "--volume-attachment-id", attached, "--force")
    oci("compute instance terminate", *named, "--force")
    terminated = "com.oraclecloud.computeapi.terminateinstance.end"
    assert wired.oci.journal.wait_for("event", type=terminated, resource=instance)


def test_topics_subscriptions_and_messages(wired: World, oci: Cli, tmp_path: Path) -> None:
    compartment = ("--compartment-id", wired.oci.compartment_id)
    topic = oci("ons topic create", *compartment, "--name", "by-hand")["topic-id"]
    named = ("--topic-id", topic)
    assert oci("ons topic get", *named)["name"] == "by-hand"
    assert topic in {found["topic-id"] for found in oci("ons topic list", *compartment, "--all")}
    inbox = tmp_path / "inbox"
    target = ("--protocol", "FILE", "--subscription-endpoint", inbox.as_uri())
    subscription = oci("ons subscription create", *compartment, *named, *target)["id"]
    assert ids(oci("ons subscription list", *compartment, *named)) == {subscription}
    assert oci("ons message publish", *named, "--title", "t", "--body", "b")["message-id"]
    assert json.loads(inbox.read_text()) == {"title": "t", "body": "b"}
    oci("ons topic delete", *named, "--force")
    assert oci("ons topic get", *named, succeeds=False)["status"] == 404


def test_functions_synchronous_and_detached(wired: World, oci: Cli) -> None:
    [application] = oci("fn application list", "--compartment-id", wired.oci.compartment_id)
    [function] = oci("fn function list", "--application-id", application["id"])
    named = ("--function-id", function["id"])
    assert oci("fn function get", *named)["display-name"] == "create-volume-backup"
    answer = wired.oci.state / "answer.json"
    oci("fn function invoke", *named, "--file", str(answer), "--body", "[]")
    assert json.loads(answer.read_text()) == {"outcome": "skipped", "results": []}
    volume = wired.volume()
    body = json.dumps({"volumeId": volume})
    oci("fn function invoke", *named, "--file", "-", "--body", body, "--fn-invoke-type", "detached")
    wired.wait_for_backup_of(volume)


def test_rules_and_alarms_wire_the_function(wired: World, oci: Cli) -> None:
    compartment = ("--compartment-id", wired.oci.compartment_id)
    function = {"actionType": "FAAS", "isEnabled": True, "functionId": wired.oci.function["id"]}
    condition = json.dumps({"eventType": "com.oraclecloud.computeapi.terminateinstance.begin"})
    what = ("--condition", condition, "--actions", json.dumps({"actions": [function]}), "--is-enabled", "true")
    rule = oci("events rule create", *compartment, "--display-name", "sick", *what)["id"]
    assert rule in ids(oci("events rule list", *compartment))
    oci("events rule update", "--rule-id", rule, "--is-enabled", "false", "--force")
    oci("events rule delete", "--rule-id", rule, "--force")
    assert rule not in ids(oci("events rule list", *compartment))
    metric = ("--metric-compartment-id", wired.oci.compartment_id, "--namespace", "oci_blockstore")
    query = ("--query-text", "VolumeReadOps[1m].sum() > 1", "--severity", "CRITICAL", "--is-enabled", "true")
    destinations = ("--destinations", json.dumps([wired.oci.alarm_topic["id"]]))
    alarm = oci("monitoring alarm create", *compartment, "--display-name", "busy", *metric, *query, *destinations)["id"]
    assert alarm in ids(oci("monitoring alarm list", *compartment))
    volume = wired.volume()
    wired.oci.operator.call("POST", f"/emulator/alarms/{alarm}/fire", {"dimensions": [{"resourceId": volume}]})
    wired.wait_for_backup_of(volume)
    assert len(wired.backups_of(volume)) == 1


def test_functions_in_the_plural(wired: World, oci: Cli) -> None:
    compartment = ("--compartment-id", wired.oci.compartment_id)
    subnets = ("--subnet-ids", '["ocid1.subnet.oc1.iad.aaaasubnet"]')
    application = oci("fn application create", *compartment, "--display-name", "second", *subnets)["id"]
    source = ("--image", "iad.ocir.io/tenancy/second:0.1", "--memory-in-mbs", "128")
    named = ("--application-id", application, "--display-name", "second")
    function = oci("fn function create container-function", *named, *source)["id"]
    oci("fn function update container-function", "--function-id", function, "--memory-in-mbs", "256", "--force")
    assert oci("fn function get", "--function-id", function)["memory-in-mbs"] == 256
    assert oci("fn application delete", "--application-id", application, "--force", succeeds=False)["status"] == 409
    oci("fn function delete", "--function-id", function, "--force")
    oci("fn application delete", "--application-id", application, "--force")


def test_a_subscription_is_confirmed_and_an_alarms_history_is_read(wired: World, oci: Cli) -> None:
    compartment = ("--compartment-id", wired.oci.compartment_id)
    topic = ("--topic-id", oci("ons topic create", *compartment, "--name", "mailed")["topic-id"])
    target = ("--protocol", "EMAIL", "--subscription-endpoint", "ops@example.com")
    subscription = oci("ons subscription create", *compartment, *topic, *target)
    assert subscription["lifecycle-state"] == "PENDING"
    [mail] = (wired.oci.state / "inbox" / "ops@example.com").iterdir()
    token = mail.read_text().split("token=")[1].split("&")[0]
    named = ("--id", subscription["id"], "--token", token, "--protocol", "EMAIL")
    assert oci("ons subscription confirm", *named)["topic-name"] == "mailed"
    metric = ("--metric-compartment-id", wired.oci.compartment_id, "--namespace", "oci_blockstore")
    query = ("--query-text", "VolumeReadOps[1m].sum() > 1", "--severity", "CRITICAL", "--is-enabled", "true")
    destinations = ("--destinations", json.dumps([topic[1]]))
    alarm = oci("monitoring alarm create", *compartment, "--display-name", "old", *metric, *query, *destinations)["id"]
    wired.oci.operator.call("POST", f"/emulator/alarms/{alarm}/fire", {})
    history = oci("monitoring alarm-history-collection get-alarm-history", "--alarm-id", alarm)
    assert [entry["summary"] for entry in history["entries"]] == ["State transitioned from OK to FIRING"]
    assert alarm in ids(oci("monitoring alarm-status list-alarms-status", *compartment))
    oci("monitoring alarm update", "--alarm-id", alarm, "--severity", "INFO", "--force")
    oci("monitoring alarm delete", "--alarm-id", alarm, "--force")


def test_networks_are_made_and_listed(wired: World, oci: Cli) -> None:
    compartment = ("--compartment-id", wired.oci.compartment_id)
    made = ("--cidr-blocks", '["10.90.0.0/24"]', "--display-name", "cli", "--wait-for-state", "AVAILABLE", *NOW)
    vcn = oci("network vcn create", *compartment, *made)
    assert (vcn["display-name"], vcn["lifecycle-state"]) == ("cli", "AVAILABLE")
    assert vcn["id"] in ids(oci("network vcn list", *compartment, "--all"))
    subnet = oci("network subnet create", *compartment, "--vcn-id", vcn["id"], "--cidr-block", "10.90.0.0/26")
    assert subnet["route-table-id"] == vcn["default-route-table-id"]


def test_dynamic_groups_policies_and_compartments_are_made(wired: World, oci: Cli) -> None:
    tenancy = ("--compartment-id", wired.oci.cloud.tenancy_id)
    named = ("--name", "cli", "--description", "made by the command")
    group = oci("iam dynamic-group create", *named, "--matching-rule", "ALL {resource.type = 'fnfunc'}")
    assert (group["name"], group["compartment-id"]) == ("cli", wired.oci.cloud.tenancy_id)
    statements = json.dumps(["Allow dynamic-group cli to use volumes in tenancy"])
    policy = oci("iam policy create", *tenancy, *named, "--statements", statements)
    assert (policy["lifecycle-state"], policy["statements"]) == ("ACTIVE", json.loads(statements))
    taken = oci("iam policy create", *tenancy, *named, "--statements", statements, succeeds=False)
    assert (taken["status"], taken["code"]) == (409, "PolicyAlreadyExists")
    below = oci("iam compartment list", *tenancy, "--compartment-id-in-subtree", "true", "--all")
    assert wired.oci.compartment_id in ids(below)


def test_log_groups_are_made_by_work_requests(wired: World, oci: Cli) -> None:
    compartment = ("--compartment-id", wired.oci.compartment_id)
    done = ("--display-name", "cli", "--wait-for-state", "SUCCEEDED", *NOW)
    work_request = oci("logging log-group create", *compartment, *done)
    assert (work_request["operation-type"], work_request["status"]) == ("CREATE_LOG_GROUP", "SUCCEEDED")
    made = {resource["identifier"] for resource in work_request["resources"]}
    assert made <= ids(oci("logging log-group list", *compartment, "--all"))


def test_resources_are_searched(wired: World, oci: Cli) -> None:
    volume_id = wired.volume(displayName="searched", freeformTags={"backup": "it's full"})
    query = r"query volume resources where freeformTags.value = 'it\'s full'"
    [found] = oci("search resource structured-search", "--query-text", query)["items"]
    assert (found["identifier"], found["resource-type"]) == (volume_id, "Volume")
    assert found["freeform-tags"] == {"backup": "it's full"}


def test_schedules_are_made_and_fired(wired: World, oci: Cli) -> None:
    compartment = ("--compartment-id", wired.oci.compartment_id)
    volume_id = wired.volume()
    parameters = [{"parameterType": "BODY", "value": {"volumeId": volume_id}}]
    resources = json.dumps([{"id": wired.oci.function["id"], "parameters": parameters}])
    recurrence = ("--action", "START_RESOURCE", "--recurrence-type", "CRON", "--recurrence-details", "0 2 * * *")
    schedule = oci("resource-scheduler schedule create", *compartment, *recurrence, "--resources", resources)
    assert schedule["resources"][0]["parameters"][0]["value"] == {"volumeId": volume_id}
    listed = oci("resource-scheduler schedule list", *compartment)["items"]
    assert schedule["id"] in ids(listed)
    wired.oci.operator.call("POST", f"/emulator/schedules/{schedule['id']}/fire")
    wired.wait_for_backup_of(volume_id)
