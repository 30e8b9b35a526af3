"""What is put into the queue, word for word, and what is not: in the function's own process, without a cloud."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handlers.backups.deferral import Deferrals, give_up
from handlers.backups.plan import build_request
from handlers.domain.deadline import Deadline
from handlers.domain.errors import ApiError, FunctionError, InternalError, InvalidRequest
from handlers.domain.models import CreateVolumeBackupDetails
from handlers.domain.ocids import Ocid, parse_ocid
from handlers.domain.requests import BackupRequest, SelectionRequest
from handlers.domain.result import Outcome, Result, skipped
from handlers.domain.trigger import Deferral, Target, Trigger
from handlers.domain.work import MAX_TARGETS
from handlers.oci.client import OciApi
from handlers.oci.work_queue import MAX_MESSAGE_BYTES
from handlers.settings import read

ALARM = Trigger("alarm", "key:1", "OK_TO_FIRING", title="Disk errors")
EVENT = Trigger("event", "2")
BEFORE = datetime(2026, 3, 1, 2, 3, 4, tzinfo=UTC)
REFUSED = ApiError(
    404, "NotAuthorizedOrNotFound", "No such queue.", opc_request_id="Q", retryable=False, hint="Policy."
)


class Queue:
    """Keeps what is put into it; refuses the messages that hold `refused`."""

    def __init__(self, refused: str | None = None) -> None:
        self.contents: list[str] = []
        self.deadlines: list[float] = []
        self._refused = refused

    def put(self, contents: Sequence[str], api: OciApi) -> list[FunctionError | None]:
        self.contents += contents
        self.deadlines.append(api.deadline.at)
        return [REFUSED if self._refused and self._refused in content else None for content in contents]

    @property
    def works(self) -> list[dict[str, Any]]:
        return [json.loads(content)["work"] for content in self.contents]


def deferrals(queue: Queue | None, *, until: float = float("inf"), dry_run: bool = False) -> Deferrals:
    return Deferrals(queue, None, Deadline(until), dry_run=dry_run)  # type: ignore[arg-type]


def volume(number: int = 0) -> Ocid:
    ocid = parse_ocid(f"ocid1.volume.oc1.iad.v{number}")
    assert ocid is not None
    return ocid


def busy() -> ApiError:
    return ApiError(503, "ServiceUnavailable", "Not now.", opc_request_id="A", retryable=True, hint="Wait.")


def undone(number: int = 0, trigger: Trigger = ALARM, error: FunctionError | None = None, **fields: Any) -> Result:
    deferral: Deferral | None = fields.pop("deferral", None)
    known: dict[str, Any] = {
        "resource_id": volume(number).text,
        "error": error or busy(),
        "unfinished": Target(trigger, volume(number), deferral=deferral),
        "was_deferred": deferral is not None,
    }
    return Result(trigger, Outcome.FAILED, **{**known, **fields})


def in_progress(number: int = 0) -> Result:
    skip = skipped(ALARM, "backup already in progress", volume(number).text, needs_person=True, hint="Wait.")
    target = Target(ALARM, volume(number))
    return Result(
        skip.trigger,
        skip.outcome,
        skip.resource_id,
        reason=skip.reason,
        hint=skip.hint,
        needs_person=True,
        is_only_for_now=True,
        unfinished=target,
    )


def test_what_can_be_done_later_is_put_one_message_a_trigger_and_told_as_deferred() -> None:
    queue, made = Queue(), Result(ALARM, Outcome.ACCEPTED, volume(9).text)
    started = datetime.now(UTC)
    results = [undone(1), made, in_progress(2), undone(3, EVENT)]
    first, second, third, fourth = deferrals(queue).defer(results)
    assert second == made
    assert {result.outcome for result in (first, third, fourth)} == {Outcome.DEFERRED}
    assert first.reason == "put into the queue, to be tried again: Not now."
    assert third.reason == "put into the queue, to be tried again: backup already in progress"
    for result in (first, third, fourth):
        assert (result.error, result.hint, result.needs_person, result.stays_in_queue) == (None, None, False, False)
        assert result.needs_person is False
    of_alarm, of_event = queue.works
    assert [target["resourceId"] for target in of_alarm["targets"]] == [volume(1).text, volume(2).text]
    assert [target["resourceId"] for target in of_event["targets"]] == [volume(3).text]
    assert (of_alarm["trigger"]["id"], of_event["trigger"]["id"]) == ("key:1", "2")
    assert of_alarm["reason"] == "Not now."
    assert started <= datetime.fromisoformat(of_alarm["firstTried"]) <= datetime.now(UTC)


def test_a_long_reason_is_cut_and_a_missing_one_is_said_in_words() -> None:
    queue = Queue()
    unexplained = Result(EVENT, Outcome.SKIPPED, is_only_for_now=True, unfinished=Target(EVENT, volume()))
    long = undone(error=ApiError(503, "X", "x" * 900, opc_request_id=None, retryable=True, hint=None))
    deferrals(queue).defer([unexplained, long])
    assert [work["reason"] for work in queue.works] == ["it could not be done", "x" * 499 + "…"]


NOT_PUT = {
    "what a caller waits for": undone(trigger=Trigger("request", "3", direct=True)),
    "a defect": undone(error=InternalError("unexpected")),
    "what cannot end otherwise": undone(error=InvalidRequest("no")),
    "what leaves nothing to do": undone(unfinished=None),
}


@pytest.mark.parametrize("case", NOT_PUT)
def test_what_no_later_try_can_do_is_not_put(case: str) -> None:
    queue = Queue()
    assert deferrals(queue).defer([NOT_PUT[case]]) == [NOT_PUT[case]]
    assert queue.contents == []


def test_what_is_alone_in_its_message_is_left_there_and_what_is_not_is_put_anew_by_itself() -> None:
    queue = Queue()
    alone, part = Deferral(BEFORE, "at first", is_alone=True), Deferral(BEFORE, "at first", is_alone=False)
    left, *anew = deferrals(queue).defer(
        [undone(1, deferral=alone), undone(2, deferral=part), undone(3, deferral=part)]
    )
    assert (left.outcome, left.stays_in_queue, left.error) == (Outcome.DEFERRED, True, None)
    assert left.reason == "left in the queue, to be tried again: Not now."
    assert [(result.outcome, result.stays_in_queue) for result in anew] == [(Outcome.DEFERRED, False)] * 2
    assert [[target["resourceId"] for target in work["targets"]] for work in queue.works] == [
        [volume(2).text],
        [volume(3).text],
    ]
    assert {(work["firstTried"], work["reason"]) for work in queue.works} == {("2026-03-01T02:03:04Z", "at first")}


def test_what_came_alone_and_ended_is_not_left_in_the_queue() -> None:
    alone = Deferral(BEFORE, "at first", is_alone=True)
    ended = undone(error=InvalidRequest("no"), deferral=alone)
    assert deferrals(Queue()).defer([ended]) == [ended]


def test_what_a_queue_refuses_says_why_and_stands_as_without_one_and_what_came_from_it_stays() -> None:
    part = Deferral(BEFORE, "at first", is_alone=False)
    queue = Queue(refused="ocid1")
    failed, skip, left = deferrals(queue).defer([undone(1), in_progress(2), undone(3, deferral=part)])
    why = "(It could not be put into the queue either: No such queue.)"
    assert failed.error is not None
    assert (failed.outcome, failed.error.message) == (Outcome.FAILED, f"Not now. {why}")
    assert (failed.error.hint, failed.error.status, failed.error.opc_request_id) == ("Wait. Policy.", 503, "A")
    assert (skip.outcome, skip.reason) == (Outcome.SKIPPED, f"backup already in progress {why}")
    assert (skip.hint, skip.needs_person) == ("Wait. Policy.", True)
    assert (left.outcome, left.stays_in_queue) == (Outcome.DEFERRED, True)


def test_without_hints_none_is_made_up() -> None:
    class Silent(Queue):
        def put(self, contents: Sequence[str], _: OciApi) -> list[FunctionError | None]:
            return [FunctionError("No.") for _ in contents]

    error = ApiError(503, "X", "Not now.", opc_request_id=None, retryable=True, hint=None)
    [failed] = deferrals(Silent()).defer([undone(error=error)])
    assert failed.error is not None
    assert failed.error.hint is None


def test_one_message_is_refused_and_the_others_are_put() -> None:
    first, second = deferrals(Queue(refused=volume(1).text)).defer([undone(1), undone(2, EVENT)])
    assert (first.outcome, second.outcome) == (Outcome.FAILED, Outcome.DEFERRED)


def test_a_message_as_large_as_may_be_is_put_and_a_larger_one_is_not() -> None:
    def of(size: int) -> Result:
        target = Target(ALARM, volume(), name="n" * size)
        return undone(unfinished=target)

    probe = Queue()
    deferrals(probe).defer([of(1)])
    fits = MAX_MESSAGE_BYTES - len(probe.contents[0]) + 1
    for size, outcome in ((fits, Outcome.DEFERRED), (fits + 1, Outcome.FAILED)):
        queue = Queue()
        [result, other] = deferrals(queue).defer([of(size), undone(1, EVENT)])
        assert (result.outcome, other.outcome) == (outcome, Outcome.DEFERRED)
        assert len(queue.contents) == (2 if outcome is Outcome.DEFERRED else 1)
    assert result.error is not None
    assert "it is larger than a message of the queue may be" in result.error.message


@pytest.mark.parametrize(("left", "expected"), [(3.0, 3.0), (100.0, 10.0)])
def test_a_queue_gets_ten_seconds_at_most_and_none_after_the_invocations_end(left: float, expected: float) -> None:
    queue, now = Queue(), time.monotonic()
    deferrals(queue, until=now + left).defer([undone()])
    assert 0 <= queue.deadlines[0] - now - expected < 5


def test_nothing_left_is_nothing_put() -> None:
    queue = Queue()
    assert deferrals(queue).defer([]) == []
    assert queue.deadlines == []


def test_a_message_holds_a_hundred_targets_at_most() -> None:
    queue = Queue()
    deferrals(queue).defer([undone(number) for number in range(2 * MAX_TARGETS + 1)])
    assert [len(work["targets"]) for work in queue.works] == [MAX_TARGETS, MAX_TARGETS, 1]


def test_a_dry_run_puts_nothing_and_leaves_what_came() -> None:
    queue, part = Queue(), Deferral(BEFORE, "at first", is_alone=False)
    results = [undone(1), undone(2, deferral=part)]
    first, second = deferrals(queue, dry_run=True).defer(results)
    assert first == results[0]
    assert (second.outcome, second.stays_in_queue) == (Outcome.FAILED, True)
    assert queue.contents == []


def test_without_a_queue_only_what_came_from_one_is_left_there() -> None:
    part = Deferral(BEFORE, "at first", is_alone=False)
    results = [undone(1), undone(2, deferral=part), undone(3, error=InvalidRequest("no"), deferral=part)]
    first, second, third = deferrals(None).defer(results)
    assert (first, third) == (results[0], results[2])
    assert (second.outcome, second.stays_in_queue) == (Outcome.DEFERRED, True)


def targets(number: int, trigger: Trigger = ALARM) -> list[Target | Result]:
    return [Target(trigger, volume(place)) for place in range(number)]


def test_a_trigger_with_more_than_a_hundred_targets_is_put_in_parts_and_the_others_stay() -> None:
    queue, small = Queue(), targets(MAX_TARGETS, EVENT)
    skip = skipped(EVENT, "nothing")
    rest = deferrals(queue).split([*targets(250), *small, skip])
    assert rest[: MAX_TARGETS + 1] == [*small, skip]
    parts = rest[MAX_TARGETS + 1 :]
    assert all(isinstance(part, Result) for part in parts)
    told = [(part.outcome, part.stands_for, part.reason, part.trigger) for part in parts if isinstance(part, Result)]
    assert told == [
        (
            Outcome.DEFERRED,
            number,
            f"part {place} of 3 was put into the queue, with {number} of 250 resources",
            ALARM,
        )
        for place, number in ((1, 100), (2, 100), (3, 50))
    ]
    assert Counter(target["resourceId"] for work in queue.works for target in work["targets"]) == Counter(
        volume(place).text for place in range(250)
    )
    assert {work["reason"] for work in queue.works} == {"it was one of more resources than one invocation carries out"}
    assert all(datetime.fromisoformat(work["firstTried"]).tzinfo for work in queue.works)


def test_a_part_that_cannot_be_put_is_worked_off_here() -> None:
    rest = deferrals(Queue(refused=f'"{volume(120).text}"')).split(targets(250))
    assert [item.stands_for for item in rest if isinstance(item, Result)] == [100, 50]
    assert [item.resource for item in rest if isinstance(item, Target)] == [volume(place) for place in range(100, 200)]


def test_parts_are_smaller_where_a_message_of_a_hundred_would_be_too_large() -> None:
    wish = SelectionRequest.parse({"freeformTags": {f"key{number}": "x" * 256 for number in range(10)}})
    many: list[Target | Result] = [Target(ALARM, volume(place), request=wish) for place in range(250)]
    queue = Queue()
    parts = deferrals(queue).split(many)
    assert [part.stands_for for part in parts if isinstance(part, Result)] == [50, 50, 50, 50, 50]
    assert max(map(len, queue.contents)) <= MAX_MESSAGE_BYTES
    told = [target["resourceId"] for work in queue.works for target in work["targets"]]
    assert told == [volume(place).text for place in range(250)]


def test_what_is_left_of_one_trigger_is_put_in_smaller_messages_where_one_would_be_too_large() -> None:
    wish = SelectionRequest.parse({"freeformTags": {f"key{number}": "x" * 256 for number in range(10)}})
    left = [undone(number) for number in range(MAX_TARGETS)]
    for place, result in enumerate(left):
        assert isinstance(result.unfinished, Target)
        left[place] = result._replace(unfinished=result.unfinished._replace(request=wish))
    queue = Queue()
    assert {result.outcome for result in deferrals(queue).defer(left)} == {Outcome.DEFERRED}
    assert [len(work["targets"]) for work in queue.works] == [50, 50]


@pytest.mark.parametrize("why", ["no queue", "a dry run", "its caller waits", "it came from the queue", "few"])
def test_what_is_not_split_is_left_as_it_is(why: str) -> None:
    trigger = Trigger("request", "4", direct=True) if why == "its caller waits" else ALARM
    deferral = Deferral(BEFORE, "x", is_alone=False) if why == "it came from the queue" else None
    number = MAX_TARGETS if why == "few" else MAX_TARGETS + 1
    items: list[Target | Result] = [Target(trigger, volume(place), deferral=deferral) for place in range(number)]
    queue = None if why == "no queue" else Queue()
    assert deferrals(queue, dry_run=why == "a dry run").split(items) == items
    assert queue is None or queue.contents == []


@pytest.mark.parametrize(
    ("tried_for", "hours", "words"),
    [
        (timedelta(minutes=59, seconds=50), 1, None),
        (timedelta(hours=1, seconds=1), 1, "Tried for 1 hour, since "),
        (timedelta(hours=22, minutes=59), 23, None),
        (timedelta(hours=25, minutes=30), 23, "Tried for 25 hours, since "),
    ],
)
def test_work_is_given_up_once_its_hours_have_passed(tried_for: timedelta, hours: int, words: str | None) -> None:
    first_tried = datetime.now(UTC) - tried_for
    error = give_up(Target(ALARM, volume(), deferral=Deferral(first_tried, "Not now.", is_alone=True)), hours)
    assert (error is None) is (words is None)
    if error is not None and words is not None:
        since = f"{first_tried:%Y-%m-%d %H:%M:%S} UTC"
        after = f"given up after GIVE_UP_HOURS ({hours}). The first try had ended with: Not now."
        assert error.message == f"{words}{since}, and {after}"
        assert (error.retryable, error.hint) == (
            False,
            "Look at what has kept it from being done for so long, and send it again by hand.",
        )


def test_what_did_not_come_from_the_queue_is_not_given_up() -> None:
    assert give_up(Target(ALARM, volume()), 1) is None


TOPIC = "ocid1.onstopic.oc1.iad.aaaa"
KEY = "ocid1.key.oc1.iad.aaaa"


def planned(target: Target, tagged: str | None = None, **config: str) -> dict[str, Any]:
    return build_request(target, tagged, read({"TOPIC_ID": TOPIC, **config})).document()


def test_a_request_is_made_of_trigger_tag_and_configuration() -> None:
    event = Trigger("audit", "7", time=BEFORE)
    assert planned(Target(event, volume(1), name="db\n1 "), "FULL", KMS_KEY_ID=KEY, RETENTION_DAYS="30") == {
        "kmsKeyId": KEY,
        "displayName": "db 1-20260301T020304Z",
        "freeformTags": {"backup-trigger": "event:7"},
        "type": "FULL",
        "volumeId": volume(1).text,
        "retentionPeriod": {"retentionTimeUnit": "DAYS", "retentionTimeAmount": 30},
    }
    assert planned(Target(ALARM, volume(1), name="db-1"), BACKUP_TYPE="FULL") == {
        "displayName": "volume-v1",
        "freeformTags": {"backup-trigger": "alarm:key:1"},
        "type": "FULL",
        "volumeId": volume(1).text,
    }


def test_a_name_is_cut_so_that_its_time_stays() -> None:
    name = planned(Target(Trigger("event", "7", time=BEFORE), volume(), name="n" * 300))["displayName"]
    assert (len(name), name[-17:]) == (255, "-20260301T020304Z")


def test_a_requests_own_fields_stand() -> None:
    own = {
        "volumeId": volume().text,
        "type": "FULL",
        "kmsKeyId": "ocid1.key.oc1.iad.own",
        "displayName": "mine",
        "retentionPeriod": {"retentionTimeUnit": "YEARS", "retentionTimeAmount": 1},
        "freeformTags": {"a": "b"},
    }
    target = Target(Trigger("request", "t"), volume(), request=BackupRequest.parse(own))
    made = planned(target, KMS_KEY_ID=KEY, RETENTION_DAYS="30")
    assert made == {**own, "freeformTags": {"a": "b", "backup-trigger": "request:t"}}
    smallest = BackupRequest.parse({"volumeId": volume().text})
    assert planned(Target(Trigger("request", "t"), volume(), request=smallest)) == {
        "volumeId": volume().text,
        "type": "INCREMENTAL",
        "freeformTags": {"backup-trigger": "request:t"},
    }
    forever = {"volumeId": volume().text, "isIndefiniteRetentionEnabled": True}
    target = Target(Trigger("request", "t"), volume(), request=BackupRequest.parse(forever))
    assert "retentionPeriod" not in planned(target, RETENTION_DAYS="30")


@pytest.mark.parametrize(
    ("tags", "gets_ours"),
    [
        ({str(number): "" for number in range(9)}, True),
        ({str(number): "" for number in range(10)}, False),
        ({"Backup-Trigger": "mine"}, False),
        ({str(number): "x" * 256 for number in range(9)}, True),
    ],
)
def test_our_tag_is_left_out_where_there_is_no_room_or_the_request_has_it(
    tags: dict[str, str],
    gets_ours: bool,  # noqa: FBT001
) -> None:
    request = BackupRequest.parse({"volumeId": volume().text, "freeformTags": tags})
    made = planned(Target(Trigger("request", "t"), volume(), request=request))
    assert made["freeformTags"] == ({**tags, "backup-trigger": "request:t"} if gets_ours else tags)


def test_our_tag_is_left_out_where_all_tags_would_have_too_many_bytes() -> None:
    defined = {"n": {str(number): "x" * 255 for number in range(19)}}
    request = BackupRequest.parse({"volumeId": volume().text, "definedTags": defined, "freeformTags": {"a": "x" * 60}})
    made = planned(Target(Trigger("request", "t"), volume(), request=request))
    assert made["freeformTags"] == {"a": "x" * 60}


def test_a_groups_backup_takes_no_key_neither_the_configurations_nor_the_requests() -> None:
    group = parse_ocid("ocid1.volumegroup.oc1.iad.g")
    assert group is not None
    assert "kmsKeyId" not in planned(Target(EVENT, group), KMS_KEY_ID=KEY)
    request = BackupRequest.parse({"volumeId": group.text, "kmsKeyId": KEY})
    with pytest.raises(InvalidRequest, match="kmsKeyId: the backup of a volume group takes the keys of its volumes"):
        planned(Target(EVENT, group, request=request))


def test_a_later_try_sends_what_was_planned_at_first() -> None:
    queue = Queue()
    request = CreateVolumeBackupDetails(resource_id=volume().text, type="FULL", display_name="kept")
    deferrals(queue).defer([undone(unfinished=Target(ALARM, volume(), planned=request))])
    assert queue.works[0]["targets"] == [{"resourceId": volume().text, "planned": request.document()}]
