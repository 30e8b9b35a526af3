"""What a body is recognised as, and what becomes of one that is large, deep or strange."""

from __future__ import annotations

import json
import time
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from handlers.domain.errors import InvalidRequest
from handlers.domain.result import Outcome, Result
from handlers.domain.trigger import Target
from handlers.triggers.collection import MAX_FAILURES, MAX_ITEMS, MAX_SEARCHES, MAX_SKIPS, MAX_TARGETS
from handlers.triggers.kinds import ENVELOPES, KINDS, MAX_DEPTH, recognise
from handlers.triggers.refusals import UnknownKind
from tests.parsing import parse_body, parse_results
from tests.test_crashes import spoiled_payloads
from tests.world import payload, payload_names

VOLUME = "ocid1.volume.oc1.iad.aaaavolume"


def documents(value: Any) -> list[Any]:
    """The objects of a payload: itself, or the items of an array."""
    return [found for item in value for found in documents(item)] if isinstance(value, list) else [value]


def payload_kinds() -> set[str]:
    """The kinds and envelopes that the payloads in tests/events show."""
    found = set()
    for name in payload_names():
        if not name.endswith(".json"):
            continue
        for document in filter(lambda value: isinstance(value, dict), documents(json.loads(payload(name)))):
            envelopes = [envelope.name for envelope in ENVELOPES if envelope.matches(document)]
            with suppress(UnknownKind):
                found.add(envelopes[0] if envelopes else recognise(document)[0].name)
    return found


@pytest.mark.parametrize("name", [row.name for row in (*KINDS, *ENVELOPES)])
def test_every_kind_and_every_envelope_has_a_payload_of_its_own(name: str) -> None:
    assert name in payload_kinds()


def test_every_accepted_shape_is_named_where_a_body_has_none_of_them() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse_body({"hello": "world"})
    assert [row.name for row in (*KINDS, *ENVELOPES) if row.looks_like not in refusal.value.message] == []


def nested(depth: int) -> Any:
    document: Any = {"volumeId": VOLUME}
    for _ in range(depth):
        document = [document]
    return document


def test_envelopes_are_opened_to_one_depth_and_no_deeper() -> None:
    [target] = parse_body(nested(MAX_DEPTH))
    assert isinstance(target, Target)
    [result] = parse_results(nested(MAX_DEPTH + 1))
    assert result.outcome == Outcome.FAILED
    assert result.error
    assert result.error.message == f"more than {MAX_DEPTH} envelopes and arrays inside each other"


def test_a_cloud_event_in_a_cloud_event_in_a_cloud_event_ends_at_the_depth() -> None:
    document: Any = {"volumeId": VOLUME}
    for _ in range(MAX_DEPTH + 1):
        document = {"specversion": "1.0", "data": {"eventType": "x", "data": {}, **document, "specversion": "1.0"}}
    with pytest.raises(InvalidRequest):
        parse_body(document)


def test_what_matches_no_kind_is_one_result_however_much_of_it_there_is() -> None:
    event = json.loads(payload("event_updatevolume_tagged.json", volume=VOLUME))
    first, *others = parse_body([event, *[{"level": "INFO"}] * 4998, event])
    assert isinstance(first, Target)
    second, result = others
    assert isinstance(second, Target)
    assert isinstance(result, Result)
    assert (result.outcome, result.needs_person, result.stands_for) == (Outcome.SKIPPED, True, 4998)
    assert (result.reason or "").startswith(
        "4,998 of 5,000 items match no kind; the first: item 2: matches none of the"
    )


def test_equal_failures_are_one_result_and_different_ones_are_told_apart_up_to_a_limit() -> None:
    wrong = [{"volumeId": "db-data-1"}] * 3 + [{"volumeId": VOLUME, f"field{number}": 1} for number in range(50)]
    results = parse_results(wrong)
    assert len(results) == MAX_FAILURES + 1
    assert [result.stands_for for result in results] == [3, *[1] * (MAX_FAILURES - 1), 50 - MAX_FAILURES + 1]
    messages = [result.error.message for result in results if result.error]
    assert messages[0] == "3 of 53 items failed; the first: item 1: volumeId: not an OCID"
    assert messages[1] == "item 4 of 53: field0: unknown field"
    assert messages[-1] == "41 of 53 items failed; the first: item 13: field9: unknown field"


def test_a_defect_is_never_counted_among_failures_that_do_not_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.triggers.audit.parse", lambda *_: 1 / 0)
    record = json.loads(payload("audit_updatevolume.json", volume=VOLUME))
    wrong = [{"volumeId": VOLUME, f"field{number}": 1} for number in range(MAX_FAILURES + 5)]
    errors = [result.error for result in parse_results([*wrong, record])]
    assert [error.code for error in errors if error and error.retryable] == ["InternalError"]


def test_more_skips_than_anyone_reads_are_counted_apart_from_those_that_need_a_person() -> None:
    begun = json.loads(payload("event_updatevolume_begin.json", volume=VOLUME))
    database = json.loads(payload("alarm_about_no_alarm.json"))
    pairs = [[{**begun, "eventID": str(number)}, {**database, "dedupeKey": str(number)}] for number in range(MAX_SKIPS)]
    *_, nothing_asked, not_done = results = parse_results(pairs)
    assert len(results) == MAX_SKIPS + 2
    assert (nothing_asked.stands_for, nothing_asked.needs_person) == (MAX_SKIPS // 2, False)
    assert (not_done.stands_for, not_done.needs_person) == (MAX_SKIPS // 2, True)
    assert (nothing_asked.reason or "").startswith("50 more were skipped; the first: events of type com.oraclecloud")
    assert (not_done.reason or "").startswith("50 more were skipped; the first: the dimension names no resourceId")


def test_selections_and_reports_beyond_the_limit_are_left_out_because_each_can_mean_everything() -> None:
    *searches, result = parse_body([{"select": {}}, {"report": {}}] * MAX_SEARCHES, message_id="message-1")
    assert len(searches) == MAX_SEARCHES
    assert isinstance(result, Result)
    assert result.error
    assert result.error.message == "20 selections and reports beyond the first 20 were left out; send smaller batches"


def test_resources_beyond_the_limit_are_left_out_and_that_is_told() -> None:
    alarm = json.loads(payload("alarm_v1_5_split.json", instance="x"))
    many = [{"resourceId": f"ocid1.volume.oc1.iad.a{number}"} for number in range(MAX_TARGETS + 7)]
    alarm["alarmMetaData"][0] |= {"dimensions": many, "totalMetricsFiring": 1}
    *targets, result = parse_body(alarm)
    assert len(targets) == MAX_TARGETS
    assert isinstance(result, Result)
    assert result.error
    assert result.error.message == f"7 resources beyond the first {MAX_TARGETS:,} were left out; send smaller batches"
    assert (result.stands_for, result.error.retryable) == (7, False)


def test_six_megabytes_of_junk_are_two_results_made_in_little_time_and_memory() -> None:
    items = 300_000
    body = json.dumps([{"junk": 1234567}] * items).encode()
    started = time.process_time()
    parse_results(body)
    taken = time.process_time() - started
    tracemalloc.start()
    unknown, left_out = parse_results(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert unknown.stands_for == MAX_ITEMS
    assert (unknown.reason or "").startswith(f"{MAX_ITEMS:,} of {items:,} items match no kind")
    assert left_out.stands_for == items - MAX_ITEMS
    assert left_out.error
    assert left_out.error.message.startswith(
        f"{items - MAX_ITEMS:,} items beyond the first {MAX_ITEMS:,} were left out"
    )
    assert peak < 100_000_000
    assert taken < 20


@settings(max_examples=1000, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(body=spoiled_payloads())
def test_no_body_raises_anything_but_invalid_request_and_behind_a_topic_not_even_that(body: str) -> None:
    with suppress(InvalidRequest):
        parse_body(body)
    behind_topic = parse_results(body, message_id="message-1")
    assert {result.error.code for result in behind_topic if result.error} <= {"InvalidRequest"}
