"""The deadline bounds everything."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import formatdate

import pytest
from oci.exceptions import ServiceError

from handlers.backups.fan_out import fan_out
from handlers.domain.deadline import DEFAULT_SECONDS, Deadline, Deadlines
from handlers.domain.ocids import parse_ocid
from handlers.domain.result import Outcome, Result, skipped
from handlers.domain.trigger import Target, Trigger
from handlers.oci.retries import DeadlineRetryStrategy, retry_after
from handlers.workers import Workers


def fn_deadline(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def target(number: int, trigger: Trigger | None = None) -> Target:
    ocid = parse_ocid(f"ocid1.volume.oc1.iad.a{number}")
    assert ocid is not None
    return Target(trigger or Trigger("event", f"event-{number}"), ocid)


def done(target: Target) -> list[Target | Result]:
    return [Result(target.trigger, Outcome.ACCEPTED, resource_id=target.resource.text)]


def test_a_call_that_outlives_its_deadline_does_not_hold_back_the_next_invocation() -> None:
    release, only_one = threading.Event(), Workers(1)

    def hang(_: Target) -> list[Target | Result]:
        release.wait(10)
        return []

    [late] = fan_out([target(0)], hang, Deadline(time.monotonic() + 0.1), only_one)
    [fine] = fan_out([target(1)], done, Deadline(time.monotonic() + 5), only_one)
    release.set()
    assert late.error is not None
    assert (late.error.code, fine.outcome) == ("DeadlineReached", Outcome.ACCEPTED)


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
    [result] = fan_out([target(0)], done, deadlines.targets, Workers(1))
    assert result.outcome is Outcome.ACCEPTED


def test_a_deadline_that_is_over_leaves_no_time() -> None:
    assert Deadlines.of_header("2020-01-01T00:00:00Z").publish.remaining() < 0


def test_work_that_is_not_done_by_the_deadline_is_a_retryable_failure_and_keeps_its_place() -> None:
    release = threading.Event()

    def work(target: Target) -> list[Target | Result]:
        if target.trigger.id == "event-1":
            release.wait(10)
        return done(target)

    results = fan_out([target(0), target(1), target(2)], work, Deadline(time.monotonic() + 0.2), Workers(4))
    release.set()
    assert [result.outcome for result in results] == ["accepted", "failed", "accepted"]
    assert results[1].error is not None
    assert results[1].error.retryable


def test_work_may_turn_into_more_work_and_results_stand_in_the_order_of_where_they_came_from() -> None:
    trigger = Trigger("alarm", "alarm-1")

    def work(item: Target) -> list[Target | Result]:
        if item.resource.text.endswith("a9"):
            return [target(number, trigger) for number in (5, 3, 4)]
        return done(item)

    start: list[Target | Result] = [
        target(1, trigger),
        target(9, trigger),
        skipped(trigger, "nothing"),
        target(2, trigger),
    ]
    results = fan_out(start, work, Deadline(time.monotonic() + 5), Workers(2))
    assert [(result.resource_id or "-")[-1] for result in results] == ["1", "5", "3", "4", "-", "2"]


def test_a_defect_in_one_target_is_told_without_its_text_and_stops_no_other() -> None:
    def work(item: Target) -> list[Target | Result]:
        if item.trigger.id == "event-1":
            raise RuntimeError("secret")
        return done(item)

    broken, fine = fan_out([target(1), target(2)], work, Deadline(time.monotonic() + 5), Workers(2))
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


def test_a_date_of_retry_after_is_the_seconds_until_then() -> None:
    header = formatdate(time.time() + 90, usegmt=True)
    assert retry_after(ServiceError(503, "ServiceUnavailable", {"retry-after": header}, "")) == pytest.approx(
        90, abs=1.5
    )
