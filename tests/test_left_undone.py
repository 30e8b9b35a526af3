"""What an invocation leaves undone: it stays in the queue until it is done, and whoever is told of it can go on."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from emulator.services.notifications.topics import Topics
from handlers.backups.deferral import Deferrals
from handlers.domain.deadline import Deadline
from handlers.domain.errors import ApiError
from handlers.domain.ocids import parse_ocid
from handlers.domain.result import Outcome, Result, skipped
from handlers.domain.trigger import Deferral, Target, Trigger
from handlers.output.cloud_events import build_event
from handlers.output.titles import write_title
from tests.conftest import Configure
from tests.world import NOT_NOW, World, payload

CREATE = "CreateVolumeBackup"
_number = count()


def work(volume: str, **changes: Any) -> list[dict[str, str]]:
    """A message of the queue, as a connector hands it over."""
    trigger = {"kind": "alarm", "id": "key:1", "type": "OK_TO_FIRING", "time": "2026-03-01T02:03:04Z"}
    now = datetime.now(UTC).isoformat()
    item = {"version": 1, "firstTried": now, "trigger": trigger, "targets": [{"resourceId": volume}], **changes}
    return [{"content": json.dumps({"work": item})}]


def tagged(cloud: World, volume: str, **data: Any) -> dict[str, Any]:
    event = json.loads(payload("event_updatevolume_tagged.json", volume=volume, compartment=cloud.oci.compartment_id))
    return {**event, "eventID": f"left-{next(_number)}", "data": {**event["data"], **data}}


def alarm(*entries: dict[str, Any], total: int = 1, alarm_id: str = "ocid1.alarm.oc1.iad.a") -> dict[str, Any]:
    metadata = [{"id": alarm_id, "status": "FIRING", "totalMetricsFiring": total, "dimensions": entries}]
    happened = {"dedupeKey": f"left-{next(_number)}", "timestampEpochMillis": 1772330584000}
    return {**happened, "title": "Disk errors", "type": "OK_TO_FIRING", "alarmMetaData": metadata}


def levels(cloud: World) -> list[str]:
    return [json.loads(line)["level"] for line in cloud.log(least=2)]


@pytest.fixture
def mails(configured: Configure) -> Iterator[Callable[[], list[str]]]:
    """What people are told, by the function with a topic for them."""
    cloud = configured()
    topic = cloud.oci.run(
        lambda: cloud.oci.service(Topics).add({"name": "on-call", "compartmentId": cloud.oci.compartment_id})
    )
    configured(ALERT_TOPIC_ID=topic["id"])
    already = len(cloud.oci.journal.entries("message", topic="on-call"))
    yield lambda: [entry.details["body"] for entry in cloud.oci.journal.entries("message", topic="on-call")[already:]]
    cloud.oci.run(lambda: cloud.oci.service(Topics).remove(topic))


@pytest.mark.parametrize("hours", [0, 21])
def test_a_dry_run_takes_nothing_out_of_the_queue(configured: Configure, hours: int) -> None:
    cloud = configured(DRY_RUN="true")
    first_tried = datetime.now(UTC) - timedelta(hours=hours)
    status, answer = cloud.invoke(work(cloud.volume(), firstTried=first_tried.isoformat()))
    assert (status, answer["outcome"]) == (502, "failed" if hours else "planned")
    assert set(cloud.operations()) <= {"GetVolume"}


@pytest.mark.parametrize("has_queue", [True, False])
def test_what_stays_in_the_queue_is_a_warning_and_told_to_nobody(
    configured: Configure,
    mails: Callable[[], list[str]],
    has_queue: bool,  # noqa: FBT001
) -> None:
    cloud = configured()
    configured(WORK_QUEUE_ID=cloud.queue() if has_queue else None)
    cloud.warm_up()
    cloud.oci.fault(CREATE, times=1000, status=503, message="Not now.", headers={"Retry-After": "3600"})
    status, answer = cloud.invoke(work(cloud.volume()))
    [result] = answer["results"]
    assert (status, result["outcome"]) == (502, "deferred")
    assert result["reason"] == "left in the queue, to be tried again: Not now."
    assert (cloud.messages(), mails()) == ([], [])
    assert levels(cloud) == ["WARNING", "INFO"]


def test_what_is_deferred_is_no_warning(configured: Configure) -> None:
    cloud = configured()
    configured(WORK_QUEUE_ID=cloud.queue())
    cloud.warm_up()
    cloud.oci.fault(CREATE, **NOT_NOW)
    assert cloud.invoke_one(tagged(cloud, cloud.volume()))["outcome"] == "deferred"
    assert levels(cloud) == ["INFO", "INFO"]


@pytest.mark.parametrize("code", ["IncorrectState", "Conflict"])
def test_a_queue_that_takes_nothing_is_told_with_the_statement_that_is_missing(
    configured: Configure, mails: Callable[[], list[str]], code: str
) -> None:
    cloud = configured()
    configured(WORK_QUEUE_ID=cloud.queue())
    cloud.warm_up()
    cloud.oci.fault("PutMessages", times=1000, status=404, code="NotAuthorizedOrNotFound", message="No such queue.")
    cloud.oci.fault(CREATE, times=1000, status=409, code=code, message="Not now.", headers={"Retry-After": "3600"})
    status, answer = cloud.invoke(tagged(cloud, cloud.volume()), seconds="12")
    assert (status, answer["outcome"]) == (502, "failed")
    assert "(It could not be put into the queue either: No such queue.)" in answer["results"][0]["error"]["message"]
    assert answer["results"][0]["error"]["status"] == 409
    [mail] = mails()
    assert "use queue-push" in mail


class BrokenQueue:
    def put(self, *_: object) -> None:
        raise ZeroDivisionError


def test_a_defect_in_deferring_hides_nothing_of_what_was_made() -> None:
    trigger, volume = Trigger("event", "1"), parse_ocid("ocid1.volume.oc1.iad.a")
    assert volume is not None
    error = ApiError(503, "ServiceUnavailable", "Not now.", opc_request_id="A", retryable=True, hint="Wait.")
    undone = Result(trigger, Outcome.FAILED, volume.text, error=error, unfinished=Target(trigger, volume))
    busy = skipped(trigger, "busy", volume.text)
    made = Result(trigger, Outcome.ACCEPTED, volume.text)
    deferrals = Deferrals(BrokenQueue(), None, Deadline(float("inf")), dry_run=False)  # type: ignore[arg-type]
    first, second, third = deferrals.defer([made, undone, busy])
    assert (first, third) == (made, busy)
    assert second.error is not None
    document = second.error.document()
    assert document["message"].startswith(
        "Not now. (It could not be put into the queue either: unexpected ZeroDivision"
    )
    assert {**document, "message": "Not now.", "hint": "Wait."} == error.document()
    assert error.message == "Not now."


def test_what_is_given_up_shows_the_request_of_its_first_try_and_is_sent_again_as_that(
    cloud: World, mails: Callable[[], list[str]]
) -> None:
    volume = cloud.volume()
    planned = {"volumeId": volume, "type": "FULL", "displayName": "kept", "freeformTags": {"backup-trigger": "alarm:1"}}
    first_tried = datetime.now(UTC) - timedelta(hours=20, minutes=5)
    trigger = {"kind": "alarm", "id": "1"}
    item = work(
        volume,
        firstTried=first_tried.isoformat(),
        trigger=trigger,
        targets=[{"resourceId": volume, "planned": planned}],
    )
    result = cloud.invoke_one(item)
    assert result["request"] == planned
    assert result["error"]["message"].startswith("Tried for 20 hours, since ")
    [mail] = mails()
    assert "Nothing will try this again by itself: with this, it has left the queue." in mail
    words = shlex.split(mail[mail.index("oci fn function invoke") :].split("\n\n")[0])
    assert cloud.invoke_one(json.loads(words[words.index("--body") + 1]))["outcome"] == "accepted"
    [sent] = cloud.requests(CREATE)
    assert json.loads(sent.details["content"]) == planned
    assert sent.details["headers"]["opc-retry-token"] == result["retryToken"]


def test_what_was_sent_again_by_hand_is_found_when_its_trigger_is_delivered_again(
    cloud: World, mails: Callable[[], list[str]]
) -> None:
    volume = cloud.volume()
    event = tagged(cloud, volume, freeformTags=None)
    cloud.warm_up()
    cloud.oci.fault("GetVolume", **NOT_NOW)
    cloud.invoke(event)
    cloud.oci.reset()
    [mail] = mails()
    words = shlex.split(mail[mail.index("oci fn function invoke") :].split("\n\n")[0])
    by_hand = cloud.invoke_one(json.loads(words[words.index("--body") + 1]))
    cloud.oci.fault("GetVolume", status=200, body=json.dumps({"id": volume, "freeformTags": {"backup": "full"}}))
    again = cloud.invoke_one(event)
    assert (by_hand["outcome"], again["outcome"]) == ("accepted", "duplicate")
    assert again["volumeBackup"]["id"] == by_hand["volumeBackup"]["id"]


TRIGGER = Trigger("alarm", "key:1", title="Disk errors")
OF_ONE_TRIGGER = [
    skipped(TRIGGER, "the dimension names no resourceId", resource_name="a"),
    skipped(TRIGGER, "the dimension names no resourceId", resource_name="b"),
    skipped(TRIGGER, "40 more metric streams fire than the message lists"),
    skipped(TRIGGER, "a resource of type bucket has no volumes to back up", "ocid1.bucket.oc1.iad.a"),
    skipped(TRIGGER, "a resource of type bucket has no volumes to back up", "ocid1.bucket.oc1.iad.b"),
    Result(TRIGGER, Outcome.DEFERRED, reason="part 1 of 2 was put into the queue", stands_for=100),
    Result(TRIGGER, Outcome.DEFERRED, reason="part 2 of 2 was put into the queue", stands_for=50),
]


def test_no_two_events_of_one_trigger_have_the_same_id_and_a_repeated_one_has() -> None:
    ids = [build_event(result, "/s")["id"] for result in OF_ONE_TRIGGER]
    assert len(set(ids)) == len(ids)
    assert [build_event(result, "/s")["id"] for result in OF_ONE_TRIGGER] == ids


def test_the_title_of_an_alarm_that_was_split_is_the_alarms() -> None:
    assert write_title(OF_ONE_TRIGGER[-2:]) == "150 deferred: Disk errors"


def test_an_instance_whose_lists_both_fail_fails_once_and_as_what_may_pass(cloud: World) -> None:
    instance = cloud.instance()
    cloud.warm_up()
    cloud.oci.fault("ListBootVolumeAttachments", times=1000, status=404, code="NotAuthorizedOrNotFound")
    cloud.oci.fault("ListVolumeAttachments", **NOT_NOW)
    status, answer = cloud.invoke(alarm({"resourceId": instance}))
    [result] = answer["results"]
    assert (status, result["outcome"], result["error"]["retryable"]) == (502, "failed", True)


NEEDS_A_PERSON: dict[str, Callable[[World], Any]] = {
    "a misspelt tag": lambda cloud: tagged(cloud, cloud.volume(), freeformTags={"backup": "ful"}),
    "an alarm without a selection": lambda cloud: alarm({"poolId": "x"}, alarm_id=cloud.alarm()),
    "an alarm that is none": lambda _: alarm({"poolId": "x"}, alarm_id="my alarm"),
    "an alarm about something else": lambda _: alarm(
        {"resourceId": "ocid1.loadbalancer.oc1.iad.a"}, alarm_id="my alarm"
    ),
    "an alarm with more streams": lambda _: alarm(
        *[{"resourceId": "ocid1.bucket.oc1.iad.a"}] * 100, total=140, alarm_id="my alarm"
    ),
    "a selection of nothing": lambda _: {"select": {"tag": "nobody-has-this"}},
    "an alarm without a firing entry": lambda _: {**alarm(), "alarmMetaData": []},
    "an unknown object": lambda _: [{"hello": "world"}],
    "a damaged alarm": lambda _: '{"alarmMetaData": [,',
    "nothing": lambda _: "",
    "a backup in progress": lambda cloud: tagged(cloud, busy_volume(cloud)),
}


def busy_volume(cloud: World) -> str:
    volume = cloud.volume()
    running = cloud.oci.operator.call("GET", f"/20160918/volumeBackups/{cloud.backup(volume)}")
    cloud.oci.fault(CREATE, status=409, code="Conflict", message="A backup is in progress.")
    cloud.oci.fault("ListVolumeBackups", status=200, body=json.dumps([{**running, "lifecycleState": "CREATING"}]))
    return volume


@pytest.mark.parametrize("case", NEEDS_A_PERSON)
def test_whoever_is_told_of_a_skip_is_told_what_to_do(cloud: World, mails: Callable[[], list[str]], case: str) -> None:
    body = NEEDS_A_PERSON[case](cloud)
    status, answer = cloud.invoke(body, x_oci_ns_messageid=f"message-{next(_number)}")
    assert (status, answer["outcome"]) == (200, "skipped")
    [mail] = mails()
    assert mail.count("What to do: ") == mail.count("Why: ") > 0


def test_without_a_queue_a_part_of_a_message_brings_all_of_it_back() -> None:
    volume = parse_ocid("ocid1.volume.oc1.iad.a")
    assert volume is not None
    error = ApiError(503, "ServiceUnavailable", "Not now.", opc_request_id="A", retryable=True, hint=None)
    deferral = Deferral(datetime.now(UTC), "before", is_alone=False)
    undone = Result(
        TRIGGER,
        Outcome.FAILED,
        error=error,
        was_deferred=True,
        unfinished=Target(TRIGGER, volume, deferral=deferral),
    )
    [left] = Deferrals(None, None, Deadline(0), dry_run=False).defer([undone])  # type: ignore[arg-type]
    assert (left.outcome, left.stays_in_queue) == (Outcome.DEFERRED, True)
