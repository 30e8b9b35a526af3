"""What the domain decides by itself: tags, identities, times, and work that is written down and read again."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.domain.deadline import Deadlines
from handlers.domain.delivery import Delivery
from handlers.domain.models import CreateBootVolumeBackupDetails, CreateVolumeBackupDetails
from handlers.domain.ocids import MAX_OCID_LENGTH, parse_ocid
from handlers.domain.requests import BackupRequest
from handlers.domain.result import Outcome, Result, skipped
from handlers.domain.tags import TagDecision, TagName, Tags, all_tags_of, decide_by_tag, tag_is_known, tags_of
from handlers.domain.trigger import Deferral, Target, Trigger
from handlers.domain.untrusted import identity, timestamp
from handlers.domain.work import write_work
from handlers.output.cloud_events import build_event
from handlers.output.send_again import describe_sending_again
from tests.parsing import parse_body

FREE, DEFINED = TagName.of("backup"), TagName.of("Ops.Backup")


@pytest.mark.parametrize(
    ("value", "decision"),
    [
        ("full", TagDecision(type="FULL")),
        (" Incremental ", TagDecision(type="INCREMENTAL")),
        *[(word, TagDecision()) for word in ("true", "YES", "on", "now", "1", 1, True)],
        *[
            (word, TagDecision(reason="tag backup opts out", opts_out=True))
            for word in ("false", "No", "off", "0", "none", "", " ", None, 0, False)
        ],
        (
            "ful\nl",
            TagDecision(
                reason="tag backup has the value 'ful l', expected full, incremental, true or false", needs_person=True
            ),
        ),
        (
            "x" * 101,
            TagDecision(
                reason=f"tag backup has the value '{'x' * 99}…', expected full, incremental, true or false",
                needs_person=True,
            ),
        ),
    ],
)
def test_a_tags_value_decides(value: object, decision: TagDecision) -> None:
    assert decide_by_tag(Tags(freeform={"other": "no", "BackUp": value}), FREE) == decision


def test_a_tag_that_is_not_there_decides_against() -> None:
    assert decide_by_tag(Tags(), FREE) == TagDecision(reason="not tagged with backup")
    assert decide_by_tag(Tags(freeform={"backups": "full"}), FREE).reason == "not tagged with backup"
    assert decide_by_tag(Tags(defined={"ops": {"other": "full"}}), DEFINED).reason == "not tagged with Ops.Backup"
    assert decide_by_tag(Tags(defined={"ops": "full"}), DEFINED).reason == "not tagged with Ops.Backup"
    assert decide_by_tag(Tags(freeform={"Ops.Backup": "full"}), DEFINED).reason == "not tagged with Ops.Backup"


def test_a_defined_tag_is_found_by_namespace_and_key_in_any_case() -> None:
    assert decide_by_tag(Tags(defined={"other": {}, "OPS": {"x": "no", "backup": "full"}}), DEFINED).type == "FULL"
    assert (str(FREE), str(DEFINED)) == ("backup", "Ops.Backup")


@pytest.mark.parametrize("spelling", ["freeformTags", "freeFormTags", "FREEFORMTAGS"])
def test_tags_are_read_in_any_spelling_and_what_is_no_object_is_not_known(spelling: str) -> None:
    told = tags_of({spelling: {"a": "b"}, "definedTags": {"n": {"k": "v"}}})
    assert told == Tags({"a": "b"}, {"n": {"k": "v"}})
    assert tags_of({spelling: None, "definedTags": "x"}) == Tags(None, None)
    assert all_tags_of({spelling: None}) == Tags({}, {})
    assert all_tags_of({spelling: {"a": "b"}, "definedTags": {"n": {}}}) == Tags({"a": "b"}, {"n": {}})


def test_a_tag_is_known_where_its_own_sort_was_told() -> None:
    assert not tag_is_known(None, FREE)
    assert tag_is_known(Tags(freeform={}), FREE)
    assert not tag_is_known(Tags(freeform={}), DEFINED)
    assert tag_is_known(Tags(defined={}), DEFINED)
    assert not tag_is_known(Tags(defined={}), FREE)


def test_an_identity_that_fits_stands_and_any_other_is_a_hash() -> None:
    assert identity("x" * 200) == "x" * 200
    for odd in ("x" * 201, "two\nlines", "\ud83d"):
        assert identity(odd).startswith("sha256-")
        assert len(identity(odd)) == len("sha256-") + 64
    assert identity("a\n") != identity("b\n")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T02:03:04Z", datetime(2026, 3, 1, 2, 3, 4, tzinfo=UTC)),
        ("2026-03-01T02:03:04+02:00", datetime(2026, 3, 1, 0, 3, 4, tzinfo=UTC)),
        ("2026-03-01T02:03:04", datetime(2026, 3, 1, 2, 3, 4, tzinfo=UTC)),
        ("0001-01-01T00:00:00+01:00", None),
        ("soon", None),
        (5, None),
        (None, None),
    ],
)
def test_a_time_is_read_in_utc(text: object, moment: datetime | None) -> None:
    found = timestamp(text)
    assert found == moment
    assert found is None or found.tzinfo is UTC


def test_what_is_left_for_later_is_put_between_the_last_target_and_the_last_message() -> None:
    found = Deadlines.of_header(None)
    assert found.calls.at < found.targets.at < found.deferral.at < found.publish.at
    assert found.deferral.at - found.targets.at == pytest.approx(found.publish.at - found.deferral.at)


@pytest.mark.parametrize("header", ["", "soon", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"])
def test_no_deadline_is_too_odd_to_be_read(header: str) -> None:
    assert Deadlines.of_header(header).publish.at < time.monotonic() + 3600


TRIGGER = Trigger(
    "alarm",
    "key:1",
    "OK_TO_FIRING",
    datetime(2026, 3, 1, 2, 3, 4, tzinfo=UTC),
    "Disk errors",
    "ocid1.alarm.oc1.iad.a",
)
FIRST_TRIED = datetime(2026, 3, 1, 2, 3, 5, 250000, tzinfo=UTC)


def volume_target(**fields: Any) -> Target:
    volume = parse_ocid("ocid1.volume.oc1.iad.v")
    assert volume is not None
    return Target(TRIGGER, volume, **fields)


PLANNED = CreateVolumeBackupDetails(
    resource_id="ocid1.volume.oc1.iad.v",
    type="FULL",
    display_name="v",
    defined_tags={"n": {"k": 1}},
)
REQUEST = BackupRequest.parse({"volumeId": "ocid1.volume.oc1.iad.v", "type": "FULL", "opcRetryToken": "t"})
WORK: dict[str, Target] = {
    "nothing but the resource": volume_target(tags=Tags()),
    "what an event tells": volume_target(
        name="db-1",
        compartment_id="ocid1.compartment.oc1..c",
        tags=Tags({"backup": "full"}, {"n": {"k": "v"}}),
        tag_required=True,
    ),
    "free-form tags alone": volume_target(tags=Tags(freeform={"backup": "full"})),
    "defined tags alone": volume_target(tags=Tags(defined={"n": {"k": "v"}})),
    "a request": volume_target(tags=Tags(), request=REQUEST),
    "a planned request": volume_target(tags=Tags(), planned=PLANNED),
}


@pytest.mark.parametrize("case", WORK)
def test_work_is_read_as_it_was_written(case: str) -> None:
    target = WORK[case]
    [read] = parse_body([{"content": write_work([target], FIRST_TRIED, "Not now.")}])
    assert isinstance(read, Target)
    deferral = Deferral(FIRST_TRIED, "Not now.", is_alone=True)
    assert read._replace(planned=None, deferral=None) == target._replace(planned=None)
    assert read.deferral == deferral
    assert (read.planned and read.planned.body()) == (target.planned and target.planned.body())


def test_work_of_several_is_of_one_trigger_and_none_of_them_is_alone() -> None:
    several = [WORK["a request"]._replace(name=str(number)) for number in range(3)]
    text = write_work(several, FIRST_TRIED, "Not now.")
    found = parse_body([{"content": text}])
    assert [item.name for item in found if isinstance(item, Target)] == ["0", "1", "2"]
    assert {item.deferral and item.deferral.is_alone for item in found if isinstance(item, Target)} == {False}
    assert json.loads(text)["work"]["firstTried"] == "2026-03-01T02:03:05.250000Z"
    assert ": " not in text.split('"Not now."')[0]


def test_tags_of_a_planned_request_are_read_anew_because_somebody_may_have_opted_out() -> None:
    target = volume_target(planned=PLANNED, tags=Tags({"backup": "full"}))
    [read] = parse_body([{"content": write_work([target], FIRST_TRIED, "Not now.")}])
    assert isinstance(read, Target)
    assert read.tags == Tags()


@pytest.mark.parametrize(
    ("trigger_id", "fits"),
    [("k" * 64, True), ("k", True), ("k" * 65, False), ("käse", False), ("two\nlines", False)],
)
def test_an_instance_is_sent_again_under_its_triggers_identity_where_that_is_a_token(
    trigger_id: str,
    fits: bool,  # noqa: FBT001
) -> None:
    instance = "ocid1.instance.oc1.iad.i"
    failed = Result(Trigger("alarm", trigger_id), Outcome.FAILED, instance, retry_token="of-the-instance")
    said = describe_sending_again([failed], Delivery(b"", "call", "ocid1.fnfunc.oc1.iad.f"))
    body = json.loads(said.split("--body '")[1].removesuffix("'"))
    assert body["opcRetryToken"] == (trigger_id if fits else "of-the-instance")
    assert body["volumeId"] == instance


def test_a_boot_volume_is_sent_again_as_volume_id_alone() -> None:
    boot = "ocid1.bootvolume.oc1.iad.b"
    request = CreateBootVolumeBackupDetails(resource_id=boot, display_name="büro")
    failed = Result(TRIGGER, Outcome.FAILED, boot, request=request, retry_token="t")
    said = describe_sending_again([failed], Delivery(b"", "call", "ocid1.fnfunc.oc1.iad.f"))
    assert said.endswith('{"volumeId": "ocid1.bootvolume.oc1.iad.b", "displayName": "büro", "opcRetryToken": "t"}\'')


def test_a_skip_names_its_resource_on_one_line_and_no_longer_than_an_ocid() -> None:
    assert skipped(TRIGGER, "x", "ocid1.bucket\noc1").resource_id == "ocid1.bucket oc1"
    assert len(skipped(TRIGGER, "x", "x" * 999).resource_id or "") == MAX_OCID_LENGTH
    assert skipped(TRIGGER, "x", "").resource_id is None


def test_an_event_without_a_backup_has_the_triggers_time() -> None:
    assert build_event(skipped(TRIGGER, "x"), "/s")["time"] == "2026-03-01T02:03:04Z"
    assert "time" not in build_event(skipped(Trigger("alarm", "1"), "x"), "/s")
