"""The deadline bounds everything."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import pytest
from oci.exceptions import ServiceError

from handlers.backups import fan_out as fan_out_module
from handlers.backups.fan_out import fan_out
from handlers.domain.deadline import DEFAULT_SECONDS, Deadline, Deadlines
from handlers.domain.errors import DeadlineReached
from handlers.domain.ocids import parse_ocid
from handlers.domain.result import Outcome, Result, skipped
from handlers.domain.search import Task
from handlers.domain.trigger import Target, Trigger
from handlers.oci.polling import poll
from handlers.oci.retries import DeadlineRetryStrategy, retry_after
from handlers.workers import Workers
from tests.world import World, payload


def fn_deadline(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def target(number: int, trigger: Trigger | None = None) -> Target:
    ocid = parse_ocid(f"ocid1.volume.oc1.iad.a{number}")
    assert ocid is not None
    return Target(trigger or Trigger("event", f"event-{number}"), ocid)


def done(task: Task) -> list[Task | Result]:
    assert isinstance(task, Target)
    return [Result(task.trigger, Outcome.ACCEPTED, resource_id=task.resource_id)]


def untold(finished: list[Result]) -> list[Result]:
    return finished


def test_a_call_that_outlives_its_deadline_does_not_hold_back_the_next_invocation() -> None:
    release, only_one = threading.Event(), Workers(1)

    def hang(_: Task) -> list[Task | Result]:
        release.wait(10)
        return []

    late = fan_out([target(0), target(1)], hang, Deadline(time.monotonic() + 0.1), only_one, untold)
    fine = fan_out([target(2), target(3)], done, Deadline(time.monotonic() + 5), only_one, untold)
    release.set()
    assert [(result.error.code, result.error.retryable) for result in late if result.error] == [
        ("DeadlineReached", True)
    ] * 2
    assert [result.outcome for result in fine] == [Outcome.ACCEPTED] * 2


def test_a_task_alone_needs_no_other_thread_and_several_have_threads_of_their_own() -> None:
    threads: dict[str, threading.Thread] = {}

    def work(item: Task) -> list[Task | Result]:
        threads[item.key] = threading.current_thread()
        if item.key == target(0).key:
            return [target(1), target(2)]
        return done(item)

    results = fan_out([target(0)], work, Deadline(time.monotonic() + 5), Workers(2), untold)
    assert [result.resource_id for result in results] == [target(1).key, target(2).key]
    here = threading.current_thread()
    assert [threads[target(number).key] is here for number in range(3)] == [True, False, False]


def test_a_task_alone_does_not_keep_waiting_what_is_done_already() -> None:
    told = threading.Event()

    def work(item: Task) -> list[Task | Result]:
        assert told.wait(10)
        return done(item)

    def tell(finished: list[Result]) -> list[Result]:
        told.set()
        return finished

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fan_out_module, "MAX_SECONDS_UNREPORTED", 0.05)
        before = skipped(Trigger("event", "event-9"), "not tagged with backup")
        results = fan_out([before, target(0)], work, Deadline(time.monotonic() + 9), Workers(1), tell)
    assert [result.outcome for result in results] == [Outcome.SKIPPED, Outcome.ACCEPTED]


@pytest.mark.parametrize(("seconds", "kept_back"), [(300, 6.0), (30, 6.0), (10, 3.0), (2, 0.6)])
def test_time_is_kept_back_for_publishing_and_for_the_answer(seconds: float, kept_back: float) -> None:
    deadlines = Deadlines.of_header(fn_deadline(seconds))
    assert deadlines.targets.remaining() == pytest.approx(seconds - kept_back, abs=0.1)
    assert deadlines.calls.at < deadlines.targets.at < deadlines.publish.at < time.monotonic() + seconds


@pytest.mark.parametrize("header", [None, "", "tomorrow", "2020-13-45"])
def test_without_a_usable_deadline_the_platforms_default_applies(header: str | None) -> None:
    assert Deadlines.of_header(header).targets.remaining() == pytest.approx(DEFAULT_SECONDS - 6, abs=0.1)


@pytest.mark.parametrize("header", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00"])
def test_a_deadline_beyond_any_timeout_counts_as_the_longest_that_the_platform_gives(header: str) -> None:
    deadlines = Deadlines.of_header(header)
    assert deadlines.publish.remaining() == pytest.approx(3600 - 1, abs=0.1)
    [result] = fan_out([target(0)], done, deadlines.targets, Workers(1), untold)
    assert result.outcome is Outcome.ACCEPTED


def test_a_deadline_that_is_over_leaves_no_time() -> None:
    assert Deadlines.of_header("2020-01-01T00:00:00Z").publish.remaining() < 0


def test_work_that_is_not_done_by_the_deadline_is_a_retryable_failure_and_keeps_its_place() -> None:
    release = threading.Event()

    def work(target: Task) -> list[Task | Result]:
        if target.trigger.id == "event-1":
            release.wait(10)
        return done(target)

    results = fan_out([target(0), target(1), target(2)], work, Deadline(time.monotonic() + 1.0), Workers(4), untold)
    release.set()
    assert [result.outcome for result in results] == ["accepted", "failed", "accepted"]
    assert results[1].error is not None
    assert results[1].error.retryable


def test_work_may_turn_into_more_work_and_results_stand_in_the_order_of_where_they_came_from() -> None:
    trigger = Trigger("alarm", "alarm-1")

    def work(item: Task) -> list[Task | Result]:
        if item.key.endswith("a9"):
            return [target(number, trigger) for number in (5, 3, 4)]
        return done(item)

    start: list[Task | Result] = [
        target(1, trigger),
        target(9, trigger),
        skipped(trigger, "nothing"),
        target(2, trigger),
    ]
    results = fan_out(start, work, Deadline(time.monotonic() + 5), Workers(2), untold)
    assert [(result.resource_id or "-")[-1] for result in results] == ["1", "5", "3", "4", "-", "2"]


def test_a_defect_in_one_target_is_told_without_its_text_and_stops_no_other() -> None:
    def work(item: Task) -> list[Task | Result]:
        if item.trigger.id == "event-1":
            raise RuntimeError("secret")
        return done(item)

    broken, fine = fan_out([target(1), target(2)], work, Deadline(time.monotonic() + 5), Workers(2), untold)
    assert fine.outcome is Outcome.ACCEPTED
    assert broken.error is not None
    assert broken.error.message.startswith("unexpected RuntimeError at tests.test_time:")
    assert "secret" not in str(broken.error.document())


def longest_wait(attempt: int, left: float) -> float:
    """The longest of many waits before the next try: each is a random part of what it may be."""
    waits: list[float] = []
    strategy = DeadlineRetryStrategy(Deadline(time.monotonic() + left), waits.append)
    for _ in range(500):
        strategy.do_sleep(attempt, ConnectionError())
    assert min(waits) >= 0
    return max(waits)


@pytest.mark.parametrize(
    ("attempt", "left", "seconds"),
    [
        (1, 290, 1),
        (2, 290, 2),
        (3, 290, 4),
        (5, 290, 16),
        (9, 290, 30),
        (9, 40, 10),
        (9, 4, 1),
        (9, 1, 0.5),
        (9, 0.4, 0.3),
    ],
)
def test_waits_double_up_to_half_a_minute_and_a_quarter_of_the_time_left(
    attempt: int, left: float, seconds: float
) -> None:
    assert longest_wait(attempt, left) == pytest.approx(seconds, rel=0.1)


def test_what_a_service_asks_for_is_waited_for_in_full() -> None:
    waits: list[float] = []
    strategy = DeadlineRetryStrategy(Deadline(time.monotonic() + 20), waits.append)
    strategy.do_sleep(1, ServiceError(429, "TooManyRequests", {"retry-after": "17"}, ""))
    assert waits == [17.0]


@pytest.mark.parametrize(
    ("asked", "left", "expected"), [("17", 20, True), ("17", 10, False), ("", 10, True), ("", 0, False)]
)
def test_another_try_must_fit_into_the_time_left_with_the_wait_before_it(
    asked: str, left: float, *, expected: bool
) -> None:
    strategy = DeadlineRetryStrategy(Deadline(time.monotonic() + left))
    error = ServiceError(429, "TooManyRequests", {"retry-after": asked}, "")
    assert strategy.checkers.should_retry(error) is expected


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("", None), ("soon", None), ("-1", None), ("soon GMT", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_retry_after_is_read_in_seconds_or_as_a_date(header: str, seconds: float | None) -> None:
    assert retry_after(ServiceError(429, "TooManyRequests", {"retry-after": header}, "")) == seconds
    assert retry_after(ConnectionError()) is None


def test_what_is_done_is_reported_while_the_rest_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out_module, "MAX_SECONDS_UNREPORTED", 0.1)
    reported, was_reported = [], threading.Event()

    def report(finished: list[Result]) -> list[Result]:
        reported.append([result.trigger.id for result in finished])
        was_reported.set()
        return [result._replace(notified=True) for result in finished]

    def work(item: Task) -> list[Task | Result]:
        if item.trigger.id == "event-1":
            assert was_reported.wait(10)
        return done(item)

    items = [target(0), target(1), target(2)]
    results = fan_out(items, work, Deadline(time.monotonic() + 20), Workers(3), report)
    *before, last = reported
    assert sorted(itertools.chain.from_iterable(before)) == ["event-0", "event-2"]
    assert last == ["event-1"]
    assert [result.trigger.id for result in results] == ["event-0", "event-1", "event-2"]
    assert all(result.notified for result in results)


def test_the_seconds_until_a_report_are_counted_from_the_oldest_result_that_is_not_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = itertools.count()
    monkeypatch.setattr(fan_out_module, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    waited: list[int] = []

    class AtOnce(Workers):
        def submit(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
            finished: Future[Any] = Future()
            finished.set_result(call(*args, **kwargs))
            return finished

    def report(finished: list[Result]) -> list[Result]:
        waited.append(len(finished))
        return finished

    results = fan_out([target(n) for n in range(40)], done, Deadline(time.monotonic() + 20), AtOnce(1), report)
    assert len(results) == sum(waited) == 40
    # Every look at the clock lets a second pass, three of them for each result.
    assert max(waited) <= 4


def test_no_more_than_ten_seconds_pass_before_what_is_done_is_told(cloud: World) -> None:
    volume, boot_volume = cloud.volume(), cloud.boot_volume()
    cloud.oci.fault("CreateBootVolumeBackup", times=1000, status=409, code="IncorrectState", message="Not now.")
    alarm = payload("alarm_v1_5_grouped.json", volume=volume, bootvolume=boot_volume)
    status, answer = cloud.invoke(alarm, seconds="18")
    assert (status, answer["outcome"]) == (502, "mixed")
    assert [result["resourceId"] for result in answer["results"]] == [volume, boot_volume]
    assert all(result["notified"] for result in answer["results"])
    assert [(told["type"], told["subject"]) for told in cloud.messages()] == [
        ("volumebackup.accepted", volume),
        ("bootvolumebackup.failed", boot_volume),
    ]
    [made], [first, _] = cloud.requests("CreateVolumeBackup"), cloud.requests("PublishMessage")
    assert made.number < first.number < cloud.requests("CreateBootVolumeBackup")[-1].number


@pytest.mark.parametrize("before", [[], [ValueError("busy")]], ids=["nothing", "a refusal"])
def test_what_is_asked_again_until_there_is_no_time_ends_as_it_did_before(before: list[Exception]) -> None:
    no_time = DeadlineReached("The time was over.")
    answers = iter([*before, no_time])

    def call() -> None:
        raise next(answers)

    with pytest.raises((ValueError, DeadlineReached)) as raised:
        poll(call, lambda error: isinstance(error, ValueError), Deadline(time.monotonic() + 20))
    assert raised.value is [no_time, *before][-1]


def test_nothing_is_reported_where_nothing_was_done() -> None:
    def report(finished: list[Result]) -> list[Result]:
        raise AssertionError(finished)

    assert fan_out([], done, Deadline(time.monotonic() + 5), Workers(1), report) == []


def test_a_deadline_in_the_year_9999_is_only_far_away() -> None:
    far = Deadline(time.monotonic() + 8000 * 365 * 86_400)
    [result] = fan_out([target(0)], done, far, Workers(1), untold)
    assert result.outcome is Outcome.ACCEPTED


UNDONE = {
    "ocid1.volume.oc1.iad.a": "a backup of db-1 (ocid1.volume.oc1.iad.a) was answered",
    "ocid1.instance.oc1.iad.a": "the volumes of the instance db-1 (ocid1.instance.oc1.iad.a) were listed",
    "ocid1.volumebackup.oc1.iad.a": "the final state of the backup db-1 (ocid1.volumebackup.oc1.iad.a) was read",
}


@pytest.mark.parametrize("resource", UNDONE)
def test_what_the_deadline_cut_off_is_told_by_name_and_in_words(resource: str) -> None:
    release, begun = threading.Event(), threading.Event()

    def hang(_: Task) -> list[Task | Result]:
        begun.set()
        release.wait(10)
        return []

    ocid = parse_ocid(resource)
    assert ocid is not None
    named = Target(Trigger("event", "event-x"), ocid, name="db-1")
    waiting = target(7)
    late, never_begun = fan_out([named, waiting], hang, Deadline(time.monotonic() + 1.0), Workers(1), untold)
    release.set()
    assert begun.is_set()
    assert late.error is not None
    assert never_begun.error is not None
    assert late.error.message == f"The invocation's time was over before {UNDONE[resource]}."
    asked_for = f"The invocation's time was over before a backup of {waiting.resource.text} was asked for."
    assert never_begun.error.message == asked_for
    assert all("Send the same trigger again" in str(error.hint) for error in (late.error, never_begun.error))
    assert (late.resource_name, never_begun.resource_name) == ("db-1", None)
    assert (late.retry_token is None) is ("backup" in resource)


def test_workers_that_are_abandoned_begin_nothing_more_and_are_replaced() -> None:
    release, begun, workers = threading.Event(), threading.Event(), Workers(1)

    def hang() -> None:
        begun.set()
        release.wait(10)

    running, queued = workers.submit(hang), workers.submit(hang)
    assert begun.wait(10)
    workers.abandon()
    assert (running.running(), queued.cancelled()) == (True, True)
    assert workers.submit(str.upper, "a").result(timeout=5) == "A"
    release.set()


@pytest.mark.parametrize("size", [1, 2, 8])
def test_a_worker_runs_two_calls_whether_or_not_another_worker_is_free(size: int) -> None:
    workers = Workers(size)
    pairs = [workers.submit(workers.run_both, lambda: "here", lambda: "beside") for _ in range(3 * size)]
    assert [pair.result(timeout=10) for pair in pairs] == [("here", "beside")] * 3 * size


def test_two_calls_run_side_by_side_where_a_worker_is_free() -> None:
    workers, both_run = Workers(2), threading.Barrier(2)
    pair = workers.submit(workers.run_both, lambda: both_run.wait(10), lambda: both_run.wait(10))
    assert sorted(pair.result(timeout=10)) == [0, 1]


@pytest.mark.parametrize("size", [1, 2])
def test_a_task_on_another_thread_makes_no_more_calls_at_once_than_there_may_be(size: int) -> None:
    begun = threading.Event()

    def beside() -> bool:
        begun.set()
        return True

    assert Workers(size).run_both(lambda: begun.wait(0.3 if size == 1 else 10), beside) == (size > 1, True)


def test_a_topic_that_hangs_does_not_keep_the_next_invocation_from_being_told(isolated_cloud: World) -> None:
    cloud = isolated_cloud
    cloud.invoke_one({"volumeId": cloud.volume()})
    cloud.oci.fault("PublishMessage", times=100, delay_seconds=30.0)
    event = json.loads(cloud.payload("event_updatevolume_tagged.json"))
    status, answer = cloud.invoke(event, seconds="5")
    assert (status, answer["error"]["code"], answer["results"][0]["notified"]) == (502, "PublishFailed", False)
    cloud.oci.reset()
    status, answer = cloud.invoke(event)
    assert (status, answer["results"][0]["notified"]) == (200, True)


def test_an_instance_costs_three_reads_and_two_calls_a_volume(cloud: World) -> None:
    cloud.invoke(payload("alarm_v1_5_split.json", instance=cloud.instance(disks=2)))
    operations = cloud.operations()
    assert operations[0] == "GetInstance"
    assert sorted(operations[1:]) == [
        "CreateBootVolumeBackup",
        *["CreateVolumeBackup"] * 2,
        "GetBootVolume",
        *["GetVolume"] * 2,
        "ListBootVolumeAttachments",
        "ListVolumeAttachments",
        "PublishMessage",
    ]


def test_a_date_of_retry_after_is_the_seconds_until_then() -> None:
    header = formatdate(time.time() + 90, usegmt=True)
    assert retry_after(ServiceError(503, "ServiceUnavailable", {"retry-after": header}, "")) == pytest.approx(
        90, abs=1.5
    )
