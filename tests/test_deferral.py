"""Nothing depends on who delivers again: what cannot be done now goes into a queue, and a connector brings it back."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handlers.domain.work import MAX_TARGETS, VERSION
from tests.conftest import Configure
from tests.world import NOT_NOW, World, payload, world

CREATE = "CreateVolumeBackup"
# A visibility of 15 minutes lasts 5 seconds. What an invocation may take is plenty, so that a slow machine changes
# nothing: what cannot be done now is refused with a `Retry-After` beyond all that, which is given up at once.
PLENTY_OF_SECONDS = 60
SECOND = 5 / 900
VISIBILITY = 900
LONG_VISIBILITY = 43_200


@contextmanager
def cloud_with_queue(
    *,
    connectors: int = 1,
    visibility: int = VISIBILITY,
    shape: str = "content",
    **options: Any,
) -> Iterator[World]:
    """A cloud whose function has a queue, and connectors that drain it into the function."""
    chosen = {"publishes_per_minute": 100_000, "queue_second_seconds": SECOND, "queue_element_shape": shape, **options}
    with world(**chosen) as cloud:
        queue = cloud.queue(visibilityInSeconds=visibility, deadLetterQueueDeliveryCount=20)
        cloud.oci.configure(WORK_QUEUE_ID=queue)
        cloud.warm_up()
        # Shorter than the API takes, as all times are here.
        cloud.oci.run(lambda: cloud.oci.function.update(timeoutInSeconds=PLENTY_OF_SECONDS))
        source = {"kind": "plugin", "pluginName": "QueueSource", "configMap": {"queueId": queue}}
        for _ in range(connectors):
            cloud.connector(source, batchSizeInNum=1, batchTimeInSec=60)
        yield cloud


def queue_of(cloud: World) -> str:
    return cloud.oci.config["WORK_QUEUE_ID"]


def put(cloud: World, *contents: Any) -> None:
    messages = [{"content": content if isinstance(content, str) else json.dumps(content)} for content in contents]
    cloud.oci.operator.call("POST", f"/20210201/queues/{queue_of(cloud)}/messages", {"messages": messages})


def put_messages(cloud: World) -> list[dict[str, Any]]:
    """The work that the function has put into its queue."""
    found = []
    for entry in cloud.requests("PutMessages"):
        found += [json.loads(item["content"])["work"] for item in json.loads(entry.details["content"])["messages"]]
    return found


def wait_until_done(cloud: World, messages: int) -> None:
    """Wait until so many messages have been done and are deleted from the queue."""
    cloud.oci.journal.wait_for("queue", what="deleted", count=messages)


def told_as_accepted(cloud: World, attribute: str = "subject") -> set[str]:
    return {event[attribute] for event in cloud.events() if event["type"] == "volumebackup.accepted"}


def event_about(cloud: World, volume: str, event_id: str) -> dict[str, Any]:
    event = json.loads(payload("event_updatevolume_tagged.json", volume=volume, compartment=cloud.oci.compartment_id))
    return {**event, "eventID": event_id}


def work(volume: str, **changes: Any) -> dict[str, Any]:
    """A work item as the function writes it."""
    trigger = {"kind": "alarm", "id": "key:1", "type": "OK_TO_FIRING", "time": "2026-03-01T02:03:04Z"}
    now = datetime.now(UTC).isoformat()
    known = {"version": VERSION, "firstTried": now, "trigger": trigger, "targets": [{"resourceId": volume}]}
    return {"work": {**known, **changes}}


def test_a_volume_that_is_being_backed_up_is_deferred_and_backed_up_once_it_is_free() -> None:
    with cloud_with_queue() as cloud:
        volume = cloud.volume()
        with cloud.held():
            first = cloud.invoke_one(event_about(cloud, volume, "first"))
            second = cloud.invoke_one(event_about(cloud, volume, "second"))
        assert (first["outcome"], second["outcome"]) == ("accepted", "deferred")
        assert second["reason"].startswith("put into the queue, to be tried again: backup already in progress: ")
        wait_until_done(cloud, 1)
        assert len(cloud.backups_of(volume)) == 2
        requests = [entry.details for entry in cloud.requests(CREATE)]
        sent = [request for request in requests if request["headers"]["opc-retry-token"] == second["retryToken"]]
        assert len(sent) >= 2
        assert len({request["content"] for request in sent}) == 1
        told = [event["type"] for event in cloud.events() if event["triggerid"] == "second"]
        assert told == ["volumebackup.deferred", "volumebackup.accepted"]


def test_an_alarm_that_runs_out_of_time_half_way_leaves_exactly_the_rest_to_the_queue() -> None:
    with cloud_with_queue() as cloud:
        volumes = [cloud.volume() for _ in range(40)]
        cloud.oci.fault(CREATE, times=1000, delay_seconds=0.6)
        status, answer = cloud.invoke(alarm_on(*volumes), seconds="4")
        outcomes = Counter(result["outcome"] for result in answer["results"])
        assert (status, set(outcomes)) == (200, {"accepted", "deferred"})
        assert cloud.oci.journal.wait_until(lambda _: told_as_accepted(cloud) == set(volumes))
        assert [len(cloud.backups_of(volume)) for volume in volumes] == [1] * 40
        [left] = [item["targets"] for item in put_messages(cloud)][:1]
        assert len(left) == outcomes["deferred"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_the_api_throttles_until_the_deadline_is_done_when_the_queue_brings_it_back(status: int) -> None:
    with cloud_with_queue() as cloud:
        volume = cloud.volume()
        cloud.oci.fault(CREATE, times=1000, status=status, headers={"Retry-After": "3600"})
        answered, answer = cloud.invoke(event_about(cloud, volume, "throttled"))
        assert (answered, answer["outcome"]) == (200, "deferred")
        cloud.oci.journal.wait_for("queue", what="returned")
        cloud.oci.reset()
        wait_until_done(cloud, 1)
        [backup] = cloud.backups_of(volume)
        assert backup["freeformTags"]["backup-trigger"] == "event:throttled"
        told = [event["type"] for event in cloud.events()]
        assert told == ["volumebackup.deferred", "volumebackup.accepted"]


def test_a_function_killed_after_the_backup_was_made_finds_it_again() -> None:
    with cloud_with_queue() as cloud:
        volume = cloud.volume()
        cloud.oci.fault(CREATE, kill="after")
        put(cloud, work(volume))
        wait_until_done(cloud, 1)
        assert len(cloud.backups_of(volume)) == 1
        # Slower than the visibility timeout it is told again, as the same event.
        [told] = {event["id"]: event for event in cloud.events()}.values()
        assert told["type"] == "volumebackup.accepted"


QUEUE_FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "the queue is gone": ("GetQueue", {"status": 404}),
    "the queue takes nothing": ("PutMessages", {"status": 500, "headers": {"Retry-After": "3600"}}),
    "the policy is missing": ("PutMessages", {"status": 404}),
    "the connection breaks": ("PutMessages", {"close": "before"}),
}


@pytest.mark.parametrize("fault", QUEUE_FAULTS)
def test_what_cannot_be_put_into_the_queue_is_told_as_without_one(configured: Configure, fault: str) -> None:
    cloud = configured()
    configured(WORK_QUEUE_ID=cloud.queue())
    cloud.warm_up()
    operation, what = QUEUE_FAULTS[fault]
    cloud.oci.fault(operation, times=1000, **what)
    cloud.oci.fault(CREATE, **NOT_NOW)
    status, answer = cloud.invoke(event_about(cloud, cloud.volume(), f"lost-{fault[:14]}"))
    [result] = answer["results"]
    assert (status, result["outcome"], result["notified"]) == (502, "failed", True)
    assert result["error"]["retryable"] is True


def test_a_direct_request_is_not_deferred_because_its_caller_is_waiting(configured: Configure) -> None:
    cloud = configured()
    configured(WORK_QUEUE_ID=cloud.queue())
    cloud.warm_up()
    cloud.oci.fault(CREATE, **NOT_NOW)
    status, answer = cloud.invoke({"volumeId": cloud.volume()})
    assert (status, answer["outcome"]) == (502, "failed")
    assert cloud.requests("PutMessages", "GetQueue") == []


def test_the_queue_is_asked_for_its_endpoint_once_a_container_and_only_when_something_is_put(
    configured: Configure,
) -> None:
    cloud = configured()
    configured(WORK_QUEUE_ID=cloud.queue())
    cloud.warm_up()
    cloud.invoke_one(event_about(cloud, cloud.volume(), "done-at-once"))
    assert cloud.requests("GetQueue") == []
    for number in range(2):
        cloud.oci.fault(CREATE, **NOT_NOW)
        cloud.invoke_one(event_about(cloud, cloud.volume(), f"left-{number}"))
        cloud.oci.reset()
    assert [len(cloud.requests(name)) for name in ("GetQueue", "PutMessages")] == [1, 2]


def test_work_is_given_up_after_its_hours_told_once_and_never_sent(configured: Configure) -> None:
    cloud = configured(GIVE_UP_HOURS="3")
    first_tried = datetime.now(UTC) - timedelta(hours=3, seconds=1)
    item = work(cloud.volume(), firstTried=first_tried.isoformat(), reason="backup already in progress")
    status, answer = cloud.invoke([{"content": json.dumps(item)}])
    [result] = answer["results"]
    assert (status, result["outcome"], result["error"]["code"]) == (200, "failed", "GivenUp")
    assert result["error"]["message"].endswith(
        "given up after GIVE_UP_HOURS (3). The first try had ended with: backup already in progress"
    )
    assert [event["type"] for event in cloud.events()] == ["volumebackup.failed"]
    assert cloud.operations() == ["PublishMessage"]


def test_work_that_still_cannot_be_done_goes_back_to_the_queue_and_nothing_is_told(configured: Configure) -> None:
    cloud = configured()
    configured(WORK_QUEUE_ID=cloud.queue())
    cloud.warm_up()
    cloud.oci.fault(CREATE, **NOT_NOW)
    status, answer = cloud.invoke([{"content": json.dumps(work(cloud.volume()))}])
    assert (status, answer["results"][0]["outcome"]) == (502, "deferred")
    assert answer["results"][0]["reason"].startswith("left in the queue, to be tried again: ")
    assert cloud.requests("PutMessages", "PublishMessage") == []


def test_what_is_left_of_a_larger_message_is_put_anew_each_by_itself_with_its_first_try(configured: Configure) -> None:
    cloud = configured()
    configured(WORK_QUEUE_ID=cloud.queue())
    cloud.warm_up()
    fine, busy = cloud.volume(), cloud.boot_volume()
    cloud.oci.fault("CreateBootVolumeBackup", **NOT_NOW)
    item = work(fine, targets=[{"resourceId": fine}, {"resourceId": busy}])
    status, answer = cloud.invoke([{"content": json.dumps(item)}])
    assert (status, [result["outcome"] for result in answer["results"]]) == (200, ["accepted", "deferred"])
    [again] = put_messages(cloud)
    assert again["firstTried"] == item["work"]["firstTried"].replace("+00:00", "Z")
    assert [target["resourceId"] for target in again["targets"]] == [busy]
    assert [event["type"] for event in cloud.events()] == ["volumebackup.accepted"]


@pytest.mark.parametrize("form", ["object", "array", "text", "content", "content alone"])
def test_work_is_taken_in_every_form_in_which_a_connector_may_hand_it_over(cloud: World, form: str) -> None:
    volume = cloud.volume()
    item = work(volume)
    content = json.dumps(item)
    bodies: dict[str, Any] = {
        "object": item,
        "array": [item],
        "text": json.dumps(content),
        "content": [{"content": content}],
        "content alone": {"content": content},
    }
    result = cloud.invoke_one(bodies[form])
    assert (result["outcome"], result["trigger"]["kind"], result["trigger"]["id"]) == ("accepted", "alarm", "key:1")
    assert len(cloud.backups_of(volume)) == 1


@pytest.mark.parametrize("name", ["work_of_an_event.json", "queue_message.json"])
def test_work_of_long_ago_is_given_up_and_says_what_its_first_try_had_ended_with(cloud: World, name: str) -> None:
    result = cloud.invoke_one(cloud.payload(name))
    assert (result["outcome"], result["error"]["code"]) == ("failed", "GivenUp")
    assert result["error"]["message"].endswith("The first try had ended with: backup already in progress")
    assert cloud.titles() == ["failed: db-data-1"]


UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "a later version": ({"version": 2}, "work: written in version 2, and this function reads version 1"),
    "no time": ({"firstTried": "soon"}, "work.firstTried: expected a time"),
    "no targets": ({"targets": []}, "work.targets: expected a list of 1 to 100"),
    "too many targets": ({"targets": [{}] * (MAX_TARGETS + 1)}, "work.targets: expected a list of 1 to 100"),
    "no trigger": ({"trigger": {}}, "work.trigger: expected an id, and a kind of alarm, audit"),
    "a kind that asks for nothing": ({"trigger": {"kind": "message", "id": "x"}}, "work.trigger: expected an id"),
    "no resource": ({"targets": [{"resourceId": "x"}]}, "work.targets.0.resourceId: expected the OCID of a volume"),
    "a lock": (
        {"targets": [{"resourceId": "ocid1.volume.oc1.iad.a", "request": {"isRetentionLockEnabled": True}}]},
        "isRetentionLockEnabled: only a direct request can make a backup that nobody can delete",
    ),
    "a lock in the planned request": (
        {"targets": [{"resourceId": "ocid1.volume.oc1.iad.a", "planned": {"isPreventDeletionEnabled": True}}]},
        "isPreventDeletionEnabled: only a direct request",
    ),
    "another volume": (
        {"targets": [{"resourceId": "ocid1.volume.oc1.iad.a", "planned": {"volumeId": "ocid1.volume.oc1.iad.b"}}]},
        "planned: names another resource than resourceId",
    ),
    "an unknown field": (
        {"targets": [{"resourceId": "ocid1.volume.oc1.iad.a", "planned": {"volumeId": "x", "size": 1}}]},
        "planned: ",
    ),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_work_that_cannot_be_used_is_told_as_failed_and_leaves_the_queue(cloud: World, case: str) -> None:
    changes, message = UNUSABLE[case]
    status, answer = cloud.invoke([{"content": json.dumps(work("ocid1.volume.oc1.iad.a", **changes))}])
    [result] = answer["results"]
    assert (status, result["outcome"], result["notified"]) == (200, "failed", True)
    assert message in result["error"]["message"]
    assert cloud.requests(CREATE) == []


def test_a_message_of_the_queue_that_is_not_json_is_told_as_failed_and_leaves_the_queue(cloud: World) -> None:
    status, answer = cloud.invoke([{"content": "hello"}])
    assert (status, answer["results"][0]["error"]["message"]) == (200, "content: not JSON")


def test_work_from_a_time_to_come_is_tried_no_longer_than_any_other(configured: Configure) -> None:
    cloud = configured()
    configured(WORK_QUEUE_ID=cloud.queue())
    cloud.warm_up()
    volumes = [cloud.volume(), cloud.volume()]
    cloud.oci.fault(CREATE, **NOT_NOW)
    ahead = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    item = work(volumes[0], firstTried=ahead, targets=[{"resourceId": volume} for volume in volumes])
    cloud.invoke([{"content": json.dumps(item)}])
    for again in put_messages(cloud):
        assert datetime.fromisoformat(again["firstTried"]) <= datetime.now(UTC)


def test_an_opt_out_since_the_first_try_counts(cloud: World) -> None:
    volume = cloud.volume(freeformTags={"backup": "no"})
    planned = {"volumeId": volume, "displayName": "as-planned", "type": "FULL"}
    result = cloud.invoke_one(work(volume, targets=[{"resourceId": volume, "planned": planned}]))
    assert (result["outcome"], result["reason"]) == ("skipped", "tag backup opts out")
    assert [event["type"] for event in cloud.events()] == ["volumebackup.skipped"]


def test_a_changed_configuration_does_not_change_what_the_first_try_sent(configured: Configure) -> None:
    cloud = configured(BACKUP_TYPE="FULL", RETENTION_DAYS="30")
    volume = cloud.volume()
    planned = {"volumeId": volume, "displayName": "as-planned", "type": "INCREMENTAL"}
    cloud.invoke_one(work(volume, targets=[{"resourceId": volume, "planned": planned}]))
    [sent] = cloud.requests(CREATE)
    assert json.loads(sent.details["content"]) == planned


def test_the_end_of_a_backup_that_could_not_be_read_is_told_when_the_queue_brings_it_back() -> None:
    with cloud_with_queue() as cloud:
        backup = cloud.backup(cloud.volume())
        cloud.oci.fault("GetVolumeBackup", **NOT_NOW)
        _, answer = cloud.invoke(payload("completion_volumebackup.json", backup=backup))
        assert answer["outcome"] == "deferred"
        cloud.oci.reset()
        wait_until_done(cloud, 1)
        assert [event["type"] for event in cloud.events()] == ["volumebackup.deferred", "volumebackup.available"]


def test_a_trigger_with_more_resources_than_a_message_holds_is_split() -> None:
    with cloud_with_queue(visibility=LONG_VISIBILITY) as cloud:
        volumes = [cloud.volume() for _ in range(MAX_TARGETS + 20)]
        status, answer = cloud.invoke(alarm_on(*volumes))
        assert (status, answer["outcome"]) == (200, "deferred")
        assert [result["count"] for result in answer["results"]] == [100, 20]
        wait_until_done(cloud, 2)
        assert [len(cloud.backups_of(volume)) for volume in volumes] == [1] * len(volumes)


def test_one_item_delivered_five_times_at_once_to_four_containers_makes_one_backup() -> None:
    with world(max_containers=4) as cloud:
        volume = cloud.volume()
        body = [{"content": json.dumps(work(volume))}]
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(cloud.invoke, [body] * 5))
        assert [status for status, _ in answers] == [200] * 5
        assert {answer["outcome"] for _, answer in answers} <= {"accepted", "duplicate"}
        assert len(cloud.backups_of(volume)) == 1


def test_in_a_storm_every_trigger_has_its_backup_in_the_end_none_has_two_and_all_are_told() -> None:
    with cloud_with_queue(connectors=4, lifecycle_seconds=0.2, max_containers=8) as cloud:
        volumes = [cloud.volume() for _ in range(24)]
        for volume in volumes[::3]:  # busy at first
            cloud.oci.operator.call("POST", "/20160918/volumeBackups", {"volumeId": volume})
        triggers = [(f"storm-{number}", volumes[number % 24]) for number in range(48)]
        storm = [event_about(cloud, volume, trigger) for trigger, volume in triggers for _ in range(5)]
        random.Random(20260301).shuffle(storm)
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(cloud.invoke, storm))
        assert [status for status, _ in answers] == [200] * 240
        assert "deferred" in {answer["outcome"] for _, answer in answers}
        expected = {trigger for trigger, _ in triggers}

        assert cloud.oci.journal.wait_until(lambda _: told_as_accepted(cloud, "triggerid") == expected, seconds=120)
        made = Counter(
            backup["freeformTags"]["backup-trigger"]
            for volume in volumes
            for backup in cloud.backups_of(volume)
            if "backup-trigger" in backup["freeformTags"]
        )
        assert made == Counter({f"event:{trigger}": 1 for trigger in expected})


def alarm_on(*volumes: str) -> str:
    """An alarm whose firing entries name these volumes, a hundred at most in each."""
    entries = [
        {
            "id": "ocid1.alarm.oc1.iad.a",
            "status": "FIRING",
            "dimensions": [{"resourceId": volume} for volume in volumes[start : start + 100]],
        }
        for start in range(0, len(volumes), 100)
    ]
    alarm = {"dedupeKey": f"key-{volumes[0][-12:]}", "type": "OK_TO_FIRING", "timestampEpochMillis": 1772330584000}
    return json.dumps({**alarm, "title": "Disk errors", "alarmMetaData": entries})


CONFIGURATIONS: dict[str, tuple[dict[str, str], str]] = {
    "no queue": (
        {"WORK_QUEUE_ID": "ocid1.stream.oc1.iad.a"},
        "WORK_QUEUE_ID: 'ocid1.stream.oc1.iad.a' is not the OCID of a queue",
    ),
    "no hours": ({"GIVE_UP_HOURS": "0"}, "GIVE_UP_HOURS: '0' is not a whole number between 1 and 23"),
    "too many hours": ({"GIVE_UP_HOURS": "24"}, "GIVE_UP_HOURS: '24' is not a whole number between 1 and 23"),
    "another region": (
        {"WORK_QUEUE_ID": "ocid1.queue.oc1.phx.a"},
        "WORK_QUEUE_ID: ocid1.queue.oc1.phx.a is in another region or realm",
    ),
    "another realm": (
        {"WORK_QUEUE_ID": "ocid1.queue.oc2.us-langley-1.a"},
        "is in another region or realm than the function",
    ),
}


@pytest.mark.parametrize("case", CONFIGURATIONS)
def test_a_queue_that_cannot_be_used_is_an_error_of_the_configuration(configured: Configure, case: str) -> None:
    config, message = CONFIGURATIONS[case]
    cloud = configured(**config)
    status, answer = cloud.invoke(event_about(cloud, cloud.volume(), "x"))
    assert (status, answer["error"]["code"]) == (502, "InvalidConfiguration")
    assert message in answer["error"]["message"]
