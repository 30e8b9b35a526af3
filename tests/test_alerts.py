"""Mails for people: one an invocation, in whole sentences, about nothing but what needs a person."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from emulator.services.notifications.topics import Topics
from handlers.backups import failures
from handlers.backups.alarms import skip_alarm
from handlers.backups.deferral import give_up
from handlers.backups.report import COPY_THEM, MAKE_THEM
from handlers.backups.selections import Finder, tell_missing
from handlers.domain.delivery import Delivery
from handlers.domain.errors import (
    ApiError,
    ApiUnreachable,
    BackupFaulty,
    BackupStateUnknown,
    FunctionError,
    GivenUp,
    InvalidRequest,
    PublishFailed,
)
from handlers.domain.models import (
    CopyBackupDetails,
    CreateVolumeBackupDetails,
    VolumeBackup,
)
from handlers.domain.ocids import parse_ocid
from handlers.domain.operations import COPY_VOLUME_BACKUP, CREATE_VOLUME_BACKUP, LIST_VOLUME_BACKUPS, Operation
from handlers.domain.requests import BackupRequest
from handlers.domain.result import Finding, Outcome, Result, skipped
from handlers.domain.search import Report, Search
from handlers.domain.selection import Selection, TagCondition
from handlers.domain.tags import TagName
from handlers.domain.trigger import Deferral, Target, Trigger
from handlers.oci.client import OciApi
from handlers.oci.hints import Situation, hint_for
from handlers.output.alert import write_alert
from handlers.output.messages import Message
from handlers.triggers import alarm
from tests.conftest import Configure
from tests.world import World

MAILS = Path(__file__).with_name("mails")
TIME = datetime(2026, 3, 1, 2, 3, 4, tzinfo=UTC)
FUNCTION = "ocid1.fnfunc.oc1.iad.aaaafunction"
CALLED = Delivery(b"{}", "01KJM2R4CALL", FUNCTION)
BY_TOPIC = CALLED._replace(message_id="a7f2c1de")
BY_CONNECTOR = CALLED._replace(body=b"[]")

ALARM = Trigger(
    "alarm", "6b28ce05:1772330584000", "OK_TO_FIRING", TIME, "Disk errors on orders", "ocid1.alarm.oc1.iad.a"
)
EVENT = Trigger("event", "8fc0df4c-ea5d-4438", "com.oraclecloud.blockvolumes.updatevolume", TIME)
ENDED = Trigger("completion", "1d2c3b4a-ea5d-4438", "com.oraclecloud.blockvolumes.createvolumebackup.end", TIME)
REQUEST = Trigger("request", "before-release-7", direct=True)

VOLUME = parse_ocid("ocid1.volume.oc1.iad.aaaaorders120")
BACKUP = parse_ocid("ocid1.volumebackup.oc1.iad.aaaabackup")
assert VOLUME is not None
assert BACKUP is not None
SITUATION = Situation(
    CREATE_VOLUME_BACKUP,
    VOLUME,
    compartment_id="ocid1.compartment.oc1..aaaashop",
    function_id="ocid1.fnfunc.oc1.iad.aaaafunction",
    is_far=False,
)


def refusal_of(operation: Operation) -> ApiError:
    """The refusal of an operation for which no policy is there."""
    is_about_backup = operation is COPY_VOLUME_BACKUP
    situation = SITUATION._replace(operation=operation, resource=BACKUP if is_about_backup else VOLUME)
    hint = hint_for(situation, 404, NOT_FOUND.code, NOT_FOUND.message)
    return NOT_FOUND.with_message(NOT_FOUND.message, hint)


def refusal(status: int, code: str, message: str) -> ApiError:
    """An error as the client raises it, with the hint that it gives."""
    return ApiError(
        status,
        code,
        message,
        opc_request_id="4F1A9C/5B21/77E0",
        retryable=status in {429, 503},
        hint=hint_for(SITUATION, status, code, message),
    )


def volume(name: str) -> str:
    return "ocid1.volume.oc1.iad.aaaa" + re.sub(r"\W", "", name)


def failed(error: FunctionError, name: str = "orders-120", trigger: Trigger = ALARM, *, sent: bool = True) -> Result:
    request = CreateVolumeBackupDetails(
        resource_id=volume(name),
        type="FULL",
        display_name=f"{name}-20260301T020304Z",
        freeform_tags={"backup-trigger": f"{trigger.kind}:{trigger.id}"},
    )
    return Result(
        trigger,
        Outcome.FAILED,
        resource_id=volume(name),
        resource_type="volume",
        resource_name=name,
        error=error,
        retry_token=f"token-of-{name}",
        request=request if sent else None,
    )


def accepted(name: str, trigger: Trigger = ALARM) -> Result:
    backup = VolumeBackup.of({"id": f"ocid1.volumebackup.oc1.iad.{name}", "lifecycleState": "CREATING"})
    return Result(
        trigger,
        Outcome.ACCEPTED,
        resource_id=volume(name),
        resource_type="volume",
        resource_name=name,
        volume_backup=backup,
        notified=True,
    )


def completed(state: str, name: str = "orders-120-20260301T020304Z") -> Result:
    backup_id = "ocid1.volumebackup.oc1.iad.aaaabackup"
    answer = {"id": backup_id, "lifecycleState": state, "displayName": name, "volumeId": volume("orders-120")}
    return Result(
        ENDED,
        Outcome.COMPLETED,
        resource_id=backup_id,
        resource_type="volumebackup",
        volume_backup=VolumeBackup.of(answer),
    )


NOT_FOUND = refusal(404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found.")
LIMIT = refusal(400, "LimitExceeded", "The limit for this tenancy has been exceeded: volume-backup-count.")
THROTTLED = refusal(429, "TooManyRequests", "Too many requests for the user.")
OUT_OF_TIME = failures.out_of_time(failures.left_undone(Target(ALARM, VOLUME, name="orders-120"), begun=False))
TWO_HUNDRED = [f"orders-{number}" for number in range(100, 300)]
CONFLICT = skipped(
    EVENT,
    "backup already in progress: the backup ocid1.volumebackup.oc1.iad.aaaapolicy is CREATING, and the API says "
    "'A backup of the volume is being made.'",
    volume("orders-120"),
    resource_name="orders-120",
    needs_person=True,
    hint="Wait until that backup has ended, and send this one again if it is still needed.",
)._replace(
    retry_token="token-of-orders-120",
    request=failed(LIMIT, trigger=EVENT).request,
)
MISSPELT_TAG = skipped(
    EVENT,
    "tag backup has the value 'ful', expected full, incremental, true or false",
    volume("orders-120"),
    resource_name="orders-120",
    needs_person=True,
    hint="Correct the tag's value: the change itself then makes the backup.",
)
WIRED_TO_NOTHING = skipped(
    ALARM._replace(title="Load balancer unhealthy"),
    "a resource of type loadbalancer has no volumes to back up",
    needs_person=True,
    hint=alarm._NAME_RESOURCES,
)
MORE_STREAMS = skipped(
    ALARM,
    "40 more metric streams fire than the message lists",
    needs_person=True,
    hint=alarm._SPLIT,
)
MISSPELT_REQUEST = Result(
    Trigger("message", "a7f2c1de"), Outcome.FAILED, error=InvalidRequest("volumeid: unknown field; volumeId: missing")
)
NOT_PUBLISHED = PublishFailed(
    "ocid1.onstopic.oc1.iad.aaaaresults was not told: Notifications refused the message: "
    "NotAuthorizedOrNotFound: Authorization failed or requested resource not found.",
    hint="Check that the topic exists and that a policy allows PublishMessage: "
    "Allow dynamic-group <the function's> to use ons-topics in compartment <C>",
)
GIVEN_UP = GivenUp(
    "Tried for 20 hours, since 2026-03-01 02:03:10 UTC, and given up after GIVE_UP_HOURS (20). The first try had ended "
    "with: Too many requests for the user.",
    hint="Look at what has kept it from being done for so long, and send it again by hand.",
)
UNREACHABLE = ApiUnreachable(
    "CreateVolumeBackup got no answer: ConnectTimeoutError.",
    hint="Check the function's subnet (service gateway, security lists, DNS) and OCI_ENDPOINT; then deliver again.",
)

TAGGED = Selection(TagCondition(TagName("backup")))
SHOP = Selection(TagCondition(TagName("app"), "shop"))
NEWEST = parse_ocid("ocid1.volumebackup.oc1.iad.orders-120")
assert NEWEST is not None
REPORT = Trigger("report", "01KJM2R4CALL", title=f"report on {TAGGED}")
SELECT = Trigger("select", "before-release-7", title=str(SHOP))
BALANCER = Trigger("alarm", "7c39df16:1772330584000", "OK_TO_FIRING", TIME, "The shop is slow", "ocid1.alarm.oc1.iad.b")


def unprotected(name: str, newest: datetime | None, uncopied_to: str | None = None) -> Result:
    backup_id = f"ocid1.volumebackup.oc1.iad.{name}" if newest else None
    finding = Finding(TAGGED, 26, 412, backup_id, newest, uncopied_to)
    return Result(
        REPORT,
        Outcome.UNPROTECTED,
        resource_id=volume(name),
        resource_type="volume",
        resource_name=name,
        reason=finding.reason(),
        hint=MAKE_THEM,
        needs_person=True,
        finding=finding,
    )


def nothing_found(trigger: Trigger) -> Result:
    """What the function itself says of a search that finds nothing."""
    finder = Finder(SHOP, cast("OciApi", None))
    [result] = tell_missing(Search(trigger, SHOP), finder, 0)
    return result


def without_selection(trigger: Trigger) -> Result:
    """What the function itself says of an alarm that names nothing."""
    ocid = parse_ocid(trigger.source)
    assert ocid is not None
    return skip_alarm(Target(trigger, ocid), trigger.title, None, TagName("backup-select"))


def no_copy(error: FunctionError) -> Result:
    assert BACKUP is not None
    target = Target(ENDED, BACKUP, name="orders-120-20260301T020304Z", is_to_copy=True)
    request = CopyBackupDetails(destination_region="eu-frankfurt-1")
    return failures.failed(target, error)._replace(request=request)


def faulty_copy() -> Result:
    """What is told of a copy that was followed until it had ended."""
    copy = parse_ocid("ocid1.volumebackup.oc1.fra.aaaacopy")
    assert copy is not None
    return failures.failed(Target(ENDED, copy, "orders-120-20260301T020304Z", is_copy=True), BackupFaulty.of_copy())


def unfinished_copy() -> Result:
    """What the function itself says of a copy that it has looked at for too long."""
    copy = parse_ocid("ocid1.volumebackup.oc1.fra.aaaacopy")
    assert copy is not None
    deferral = Deferral(TIME, "it had not yet ended", is_alone=True)
    target = Target(ENDED, copy, name="orders-120-20260301T020304Z", is_copy=True, deferral=deferral)
    error = give_up(target, 20)
    assert error is not None
    return failures.failed(target, GivenUp(GIVEN_UP.message, hint=error.hint))


CASES: dict[str, tuple[list[Result], Delivery, FunctionError | None]] = {
    "policy_missing": ([failed(NOT_FOUND)], BY_TOPIC, None),
    "one_unreachable": ([failed(UNREACHABLE, trigger=EVENT)], CALLED, None),
    "47_of_200": (
        [failed(LIMIT, name) if place < 47 else accepted(name) for place, name in enumerate(TWO_HUNDRED)],
        BY_TOPIC,
        None,
    ),
    "faulty": ([completed("FAULTY")], CALLED, None),
    "end_unconfirmed": (
        [completed("AVAILABLE")._replace(outcome=Outcome.FAILED, error=BackupStateUnknown.of(NOT_FOUND))],
        CALLED,
        None,
    ),
    "given_up": ([failed(GIVEN_UP)], BY_CONNECTOR, None),
    "alarm_wired_to_nothing": ([WIRED_TO_NOTHING], BY_TOPIC, None),
    "alarm_with_more_streams": ([accepted("orders-120"), MORE_STREAMS], BY_TOPIC, None),
    "throttled_to_the_end": (
        [failed(THROTTLED, name, EVENT) for name in ("orders-120", "orders-121")],
        BY_CONNECTOR,
        None,
    ),
    "out_of_time": ([failed(OUT_OF_TIME, sent=False), accepted("orders-121")], BY_TOPIC, None),
    "conflict": ([CONFLICT], CALLED, None),
    "tag_misspelt": ([MISSPELT_TAG], CALLED, None),
    "request_misspelt": ([MISSPELT_REQUEST], BY_TOPIC, None),
    "request_failed": ([failed(THROTTLED, trigger=REQUEST)], CALLED, None),
    "batch_of_junk": (
        [Result(Trigger("batch", "c#1"), Outcome.FAILED, error=InvalidRequest("no known kind"), stands_for=4998)],
        BY_CONNECTOR,
        None,
    ),
    "unprotected": (
        [
            unprotected("orders-122", None),
            unprotected("orders-120", TIME - timedelta(days=9)),
            unprotected("orders-121", TIME - timedelta(hours=27)),
        ],
        CALLED,
        None,
    ),
    "not_copied": (
        [
            unprotected("orders-120", TIME, "eu-frankfurt-1")._replace(
                hint=COPY_THEM,
                body=failures.body_of_copy(NEWEST, REPORT),
            )
        ],
        CALLED,
        None,
    ),
    "copy_failed": ([completed("AVAILABLE"), no_copy(refusal_of(COPY_VOLUME_BACKUP))], CALLED, None),
    "copy_faulty": ([faulty_copy()], BY_CONNECTOR, None),
    "copy_given_up": ([unfinished_copy()], BY_CONNECTOR, None),
    "selection_of_nothing": ([nothing_found(SELECT)], CALLED, None),
    "search_failed": (
        [accepted("orders-120", SELECT), failures.failed(Search(SELECT, SHOP), THROTTLED)],
        CALLED,
        None,
    ),
    "report_failed": ([failures.failed(Report(REPORT, TAGGED, 26), refusal_of(LIST_VOLUME_BACKUPS))], CALLED, None),
    "alarm_without_a_selection": ([without_selection(BALANCER)], BY_TOPIC, None),
    "alarm_that_selects_nothing": ([nothing_found(BALANCER)], BY_TOPIC, None),
    "results_not_published": ([accepted("orders-120")._replace(notified=False)], CALLED, NOT_PUBLISHED),
    "mixed": (
        [accepted("orders-121"), MISSPELT_TAG, failed(NOT_FOUND, "it's-122", EVENT), completed("FAULTY")],
        BY_CONNECTOR,
        NOT_PUBLISHED,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mail_reads_as_it_stands_in_its_file(case: str) -> None:
    results, delivery, publish_error = CASES[case]
    mail = write_alert(results, publish_error, delivery)
    assert f"Subject: {mail.title}\n\n{mail.body}" == (MAILS / f"{case}.txt").read_text()


@pytest.mark.parametrize("case", CASES)
def test_every_mail_fits_a_publish_of_notifications_and_has_a_title_of_one_line(case: str) -> None:
    results, delivery, publish_error = CASES[case]
    mail = write_alert(results, publish_error, delivery)
    assert len(mail.title) <= 100
    assert mail.title.isprintable()
    assert _bytes_of_a_publish(mail) <= 64 * 1024


def _bytes_of_a_publish(mail: Message) -> int:
    return len(json.dumps({"title": mail.title, "body": mail.body}, ensure_ascii=False).encode())


@pytest.mark.parametrize("name", ["x" * 240, "é" * 240, '"' * 240, "\U0001f4be" * 120])
def test_a_mail_about_a_thousand_causes_still_fits(name: str) -> None:
    many = [
        failed(refusal(400, f"Code{number % 20}", name * 4), f"a{number}", EVENT)._replace(resource_name=name)
        for number in range(1000)
    ]
    mail = write_alert(many, None, CALLED)
    assert _bytes_of_a_publish(mail) <= 64 * 1024
    assert "10 causes more" in mail.body or "too long for a mail" in mail.body


def test_the_line_that_sends_again_is_one_that_a_shell_and_the_function_read_as_the_first_request() -> None:
    results, delivery, _ = CASES["mixed"]
    mail = write_alert(results, None, delivery)
    words = shlex.split(mail.body[mail.body.index("oci fn function invoke") :].split("\n\n")[0])
    assert words[:3] == ["oci", "fn", "function"]
    first, *others = json.loads(words[words.index("--body") + 1])
    request = BackupRequest.parse(first)
    failure = results[2]
    again = CreateVolumeBackupDetails(resource_id=request.resource_id, **request.explicit_fields())
    assert again == failure.request
    assert (request.resource.text, request.opc_retry_token) == (failure.resource_id, failure.retry_token)
    assert others == [{"volumeId": volume("orders-120")}]


def test_an_instance_is_sent_again_under_the_identity_that_its_volumes_tokens_are_made_of() -> None:
    instance = "ocid1.instance.oc1.iad.aaaaweb"
    result = Result(ALARM, Outcome.FAILED, resource_id=instance, retry_token="x" * 64, error=OUT_OF_TIME)
    mail = write_alert([result], None, BY_TOPIC)
    tags = {"freeformTags": {"backup-trigger": f"alarm:{ALARM.id}"}}
    assert json.dumps({"volumeId": instance, **tags, "opcRetryToken": ALARM.id}) in mail.body


def test_a_thousand_requests_are_too_long_for_a_mail_which_says_so() -> None:
    mail = write_alert([failed(LIMIT, f"orders-{number}") for number in range(1000)], None, BY_TOPIC)
    assert "oci fn function invoke" not in mail.body
    assert "1000 requests are too long for this mail" in mail.body


@pytest.fixture
def people(configured: Configure) -> Iterator[tuple[World, Callable[[], list[tuple[str, str]]]]]:
    """The function with a topic for people, and what was published to it: title and body."""
    cloud = configured()
    found = cloud.oci.run(
        lambda: cloud.oci.service(Topics).add({"name": "people", "compartmentId": cloud.oci.compartment_id})
    )
    configured(ALERT_TOPIC_ID=found["id"])
    already = len(cloud.oci.journal.entries("message", topic="people"))

    def mails() -> list[tuple[str, str]]:
        entries = cloud.oci.journal.entries("message", topic="people")[already:]
        return [(entry.details["title"], entry.details["body"]) for entry in entries]

    yield cloud, mails
    # A name is unique in the tenancy, and the next test makes its own topic of it.
    cloud.oci.run(lambda: cloud.oci.service(Topics).remove(found))


People = tuple[World, Callable[[], list[tuple[str, str]]]]


def test_people_get_one_mail_about_what_failed_and_programs_all_results(people: People) -> None:
    cloud, mails = people
    cloud.oci.fault("CreateVolumeBackup", status=400, code="LimitExceeded", message="No more.")
    volumes = [cloud.volume(), cloud.volume()]
    status, answer = cloud.invoke([{"volumeId": each, "opcRetryToken": f"t-{each[-8:]}"} for each in volumes])
    assert (status, answer["outcome"]) == (200, "mixed")
    assert [event["type"] for event in cloud.events()] == ["volumebackup.failed", "volumebackup.accepted"]
    [(title, body)] = mails()
    [failure] = [result for result in answer["results"] if result["outcome"] == "failed"]
    assert title.startswith("Backup failed: ")
    assert failure["resourceId"] in body
    assert 'OCI answered 400 LimitExceeded: "No more."' in body
    assert failure["error"]["opcRequestId"] in body
    words = shlex.split(body[body.index("oci fn function invoke") :].split("\n\n")[0])
    again = json.loads(words[words.index("--body") + 1])
    cloud.forget()
    assert cloud.invoke_one(again)["outcome"] == "accepted"
    [request] = cloud.requests("CreateVolumeBackup")
    assert json.loads(request.details["content"]) == failure["request"]
    assert request.details["headers"]["opc-retry-token"] == failure["retryToken"]


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_people_hear_nothing_of_what_went_well_nor_of_a_dry_run(
    people: People, configured: Configure, dry_run: str
) -> None:
    cloud, mails = people
    configured(DRY_RUN=dry_run)
    cloud.invoke_one(cloud.payload("event_updatevolume_tagged.json"))
    assert mails() == []


def test_people_are_told_that_the_results_could_not_be_published(people: People, configured: Configure) -> None:
    cloud, mails = people
    configured(TOPIC_ID="ocid1.onstopic.oc1.iad.aaaagone")
    status, answer = cloud.invoke(cloud.payload("event_updatevolume_tagged.json"))
    assert (status, answer["results"][0]["outcome"], answer["results"][0]["notified"]) == (502, "accepted", False)
    [(title, body)] = mails()
    assert title == "Backup results could not be published"
    assert "ocid1.onstopic.oc1.iad.aaaagone was not told" in body


def test_a_topic_for_people_that_fails_hides_nothing_else(configured: Configure) -> None:
    cloud = configured(ALERT_TOPIC_ID="ocid1.onstopic.oc1.iad.aaaapeople")
    cloud.oci.fault("CreateVolumeBackup", status=400, code="LimitExceeded")
    status, answer = cloud.invoke(cloud.payload("event_updatevolume_tagged.json"))
    [result] = answer["results"]
    assert (status, result["error"]["code"], result["notified"]) == (502, "LimitExceeded", True)
    assert answer["error"]["code"] == "PublishFailed"
    assert "ocid1.onstopic.oc1.iad.aaaapeople was not told" in answer["error"]["message"]
    assert len(cloud.messages()) == 1


def test_every_mail_that_is_shown_is_written_by_a_case() -> None:
    assert {path.stem for path in MAILS.iterdir()} == set(CASES)


def test_the_same_refusal_of_many_is_told_once_and_of_each_of_them() -> None:
    refusals = []
    for name in ("orders-120", "orders-121"):
        situation = SITUATION._replace(resource=parse_ocid(volume(name)))
        hint = hint_for(situation, 404, NOT_FOUND.code, NOT_FOUND.message)
        refusals.append(failed(NOT_FOUND.with_message(NOT_FOUND.message, hint), name))
    mail = write_alert(refusals, None, BY_TOPIC)
    assert mail.title == "2 backups failed: orders-120 and 1 more"
    assert (
        mail.body.count("What to do: Check that each of them exists and that a policy allows CreateVolumeBackup") == 1
    )


def test_a_report_that_is_too_long_for_a_command_says_how_to_get_shorter_ones() -> None:
    mail = write_alert([unprotected(f"orders-{number}", None) for number in range(700)], None, CALLED)
    assert "oci fn function invoke" not in mail.body
    assert "The command that does all 700 by hand is too long for this mail." in mail.body
