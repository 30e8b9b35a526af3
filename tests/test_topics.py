"""Messages: CloudEvents on OCI Notifications and on Amazon SNS."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import pairwise
from typing import Any

import boto3
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from moto.core.model_instances import reset_model_data
from moto.server import ThreadedMotoServer

from emulator.options import PROJECT
from emulator.services.notifications.topics import Topics
from handlers.domain.base_urls import BaseUrls
from handlers.domain.deadline import Deadline, Deadlines
from handlers.domain.delivery import Delivery
from handlers.domain.errors import ApiError
from handlers.domain.models import CreateVolumeBackupDetails, VolumeBackup
from handlers.domain.result import Outcome, Result
from handlers.domain.topic_kinds import TOPIC_KINDS, topic_kind
from handlers.domain.trigger import Trigger
from handlers.oci.connections import Connections
from handlers.output.answer import build_response
from handlers.output.cloud_events import build_event, is_worth_telling
from handlers.output.messages import Message, encode_event, pack_messages
from handlers.output.ons import Topic as OnsTopic
from handlers.output.publish import MAX_MESSAGES, Publisher
from handlers.output.titles import write_title
from handlers.settings import read
from tests.conftest import Configure
from tests.world import AWS_SECRET, World, assert_no_secrets, payload

SNS_ARN = "arn:aws:sns:eu-central-1:123456789012:on-call"


def result(number: int = 0, name: str = "db-data-1", size: int = 10) -> Result:
    backup = VolumeBackup.of({"id": f"id-{number}", "lifecycleState": "CREATING", "displayName": name, "x": "é" * size})
    trigger = Trigger("event", f"event-{number}")
    return Result(trigger, Outcome.ACCEPTED, resource_id=f"volume-{number}", volume_backup=backup)


def test_the_message_is_a_cloud_event_around_exactly_what_the_api_answered(cloud: World) -> None:
    told = cloud.invoke_one(cloud.payload("event_updatevolume_tagged.json"))
    [created] = cloud.requests("CreateVolumeBackup")
    [event] = cloud.messages()
    assert event == {
        "specversion": "1.0",
        "id": f"{told['retryToken']}:accepted",
        "source": f"/create-volume-backup/{cloud.oci.function['id']}",
        "type": "volumebackup.accepted",
        "subject": told["resourceId"],
        "resourcename": "db-data-1",
        "time": told["volumeBackup"]["timeRequestReceived"],
        "datacontenttype": "application/json",
        "triggerkind": "event",
        "triggerid": told["trigger"]["id"],
        "data": {**created.details["answer"], "lifecycleState": "REQUEST_RECEIVED"},
    }
    assert list(event["data"]) == list(told["volumeBackup"])
    assert cloud.titles() == ["accepted: db-data-1"]


def test_fields_that_only_a_later_version_of_the_api_has_are_passed_on(cloud: World) -> None:
    answer = {"id": "ocid1.volumebackup.oc1.iad.a", "lifecycleState": "HIBERNATING", "fromTheFuture": {"a": [1, None]}}
    cloud.oci.fault("CreateVolumeBackup", status=200, body=json.dumps(answer))
    told = cloud.invoke_one(cloud.payload("event_updatevolume_tagged.json"))
    assert told["volumeBackup"] == answer
    assert cloud.messages()[0]["data"] == answer
    assert cloud.messages()[0]["time"] == "2026-03-01T02:03:04Z"


def test_the_publish_carries_no_message_type_header(cloud: World) -> None:
    cloud.invoke_one(cloud.payload("event_updatevolume_tagged.json"))
    [request] = cloud.requests("PublishMessage")
    assert "messagetype" not in request.details["headers"]


def test_several_results_are_one_publish_with_a_batch_of_events(cloud: World) -> None:
    cloud.invoke(payload("alarm_v1_5_split.json", instance=cloud.instance(disks=2)))
    [message] = cloud.messages()
    assert [event["type"] for event in message] == ["bootvolumebackup.accepted"] + ["volumebackup.accepted"] * 2
    assert cloud.titles()[0].startswith("3 accepted: web-1 (Boot Volume)")
    assert cloud.titles()[0].endswith(" and 2 more")


def new_topic(cloud: World, name: str) -> dict[str, Any]:
    details = {"name": name, "compartmentId": cloud.oci.compartment_id}
    return cloud.oci.run(lambda: cloud.oci.service(Topics).add(details))


def test_several_topics_all_get_the_message(configured: Configure) -> None:
    cloud = configured()
    other = new_topic(cloud, "second")
    configured(TOPIC_ID=f"{cloud.oci.result_topic['id']},{other['id']}")
    assert cloud.invoke_one(cloud.payload("event_updatevolume_tagged.json"))["notified"] is True
    assert len(cloud.oci.journal.entries("message", topic="second")) == 1
    assert len(cloud.messages()) == 1


def test_a_topic_that_does_not_answer_does_not_keep_another_from_being_told(isolated_cloud: World) -> None:
    cloud = isolated_cloud
    other = new_topic(cloud, "patient")
    cloud.oci.configure(MAX_CONCURRENCY="1", TOPIC_ID=f"{cloud.oci.result_topic['id']},{other['id']}")
    cloud.warm_up()
    cloud.oci.fault("PublishMessage", after=1, times=100, delay_seconds=30.0)
    status, answer = cloud.invoke(payload("request_minimal.json", volume=cloud.volume()), seconds="4")
    assert (status, answer["error"]["code"]) == (502, "PublishFailed")
    assert len([*cloud.oci.journal.entries("message", topic="patient"), *cloud.messages()]) == 1


def test_a_result_that_one_of_two_topics_did_not_take_is_not_notified(configured: Configure) -> None:
    cloud = configured(TOPIC_ID="ocid1.onstopic.oc1.iad.aaaagone")
    configured(TOPIC_ID=f"ocid1.onstopic.oc1.iad.aaaagone,{cloud.oci.result_topic['id']}")
    status, answer = cloud.invoke(cloud.payload("event_updatevolume_tagged.json"))
    assert (status, answer["results"][0]["notified"], answer["error"]["code"]) == (502, False, "PublishFailed")
    assert len(cloud.messages()) == 1


def test_a_throttled_publish_is_sent_again(cloud: World) -> None:
    cloud.oci.fault("PublishMessage", status=429, code="TooManyRequests")
    assert cloud.invoke_one(cloud.payload("event_updatevolume_tagged.json"))["notified"] is True
    assert len(cloud.messages()) == 1


@pytest.mark.parametrize("count", [1, 2, 7, 50])
@pytest.mark.parametrize("limit", [600, 2_000, 10**9])
def test_messages_are_split_only_where_the_limit_would_be_passed(count: int, limit: int) -> None:
    def size(title: str, body: str) -> int:
        return len(json.dumps({"title": title, "body": body}, ensure_ascii=False).encode())

    events = [encode_event(number, result(number), "/source") for number in range(count)]
    split = pack_messages(events, size, limit)
    told = [json.loads(message.body) for message in split]
    ids = [event["triggerid"] for events in told for event in (events if isinstance(events, list) else [events])]
    assert ids == [f"event-{number}" for number in range(count)]
    for message, following in pairwise(split):
        assert size(message.title, message.body) <= limit or len(message.positions) == 1
        assert size("x" * 400, message.body) + size("", following.body) > limit
    assert [position for message in split for position in message.positions] == list(range(count))
    if len(split) > 1:
        assert [message.title.rsplit(" (")[1] for message in split] == [
            f"{number} of {len(split)})" for number in range(1, len(split) + 1)
        ]
    else:
        assert not split[0].title.endswith(")")


@pytest.mark.parametrize("character", ["x", "é", "\U0001f4be", '"'])
@pytest.mark.parametrize("spare", range(0, 600, 25))
def test_a_split_message_is_never_larger_than_the_limit_whatever_its_title(character: str, spare: int) -> None:
    def size(title: str, body: str) -> int:
        return len(json.dumps({"title": title, "body": body}, ensure_ascii=False).encode())

    events = [encode_event(number, result(number, character * 120), "/source") for number in range(300)]
    limit = size("", ",".join(event.text for event in events[:150])) + spare
    for message in pack_messages(events, size, limit):
        assert size(message.title, message.body) <= limit


NAMES = ["short", "long", "lines", "escapes", "right to left", "accents", "empty"]


@pytest.mark.parametrize(
    "name", ["db", "x" * 300, "two\nlines\ttabs", "\x00\x1b[31mred", "\u202eevil", "é" * 150, ""], ids=NAMES
)
def test_a_title_is_one_printable_line_of_at_most_100_characters(name: str) -> None:
    for results in ([result(name=name)], [result(name=name)] * 3):
        line = write_title(results, (2, 40))
        assert 0 < len(line) <= 100
        assert line.isprintable()


@pytest.fixture
def sns() -> Iterator[str]:
    """A local SNS and SQS over real HTTP, empty; its base URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
    reset_model_data()


@pytest.fixture
def on_call(sns: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, str]]:
    """A queue subscribed to the SNS topic: a client and the queue's URL."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    topics = boto3.client("sns", region_name="eu-central-1", endpoint_url=sns)
    queues = boto3.client("sqs", region_name="eu-central-1", endpoint_url=sns)
    assert topics.create_topic(Name="on-call")["TopicArn"] == SNS_ARN
    url = queues.create_queue(QueueName="on-call")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topics.subscribe(TopicArn=SNS_ARN, Protocol="sqs", Endpoint=arn)
    yield queues, url
    queues.delete_queue(QueueUrl=url)  # a message that a test has read would come back to a later one


def aws(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": f"{AWS_SECRET}-id",
        "AWS_SECRET_ACCESS_KEY": f"{AWS_SECRET}-key",
        "AWS_SESSION_TOKEN": f"{AWS_SECRET}-token",
    }


def receive(on_call: tuple[Any, str]) -> dict[str, Any]:
    queues, url = on_call
    [delivered] = queues.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    return dict(json.loads(delivered["Body"]))


def test_an_amazon_sns_topic_gets_the_same_message(configured: Configure, sns: str, on_call: tuple[Any, str]) -> None:
    cloud = configured(TOPIC_ID=SNS_ARN, **aws(sns))
    configured(TOPIC_ID=f"{cloud.oci.result_topic['id']},{SNS_ARN}")
    told = cloud.invoke_one(cloud.payload("event_updatevolume_tagged.json"))
    assert told["notified"] is True
    queues, url = on_call
    [delivered] = queues.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    envelope = json.loads(delivered["Body"])
    assert json.loads(envelope["Message"]) == cloud.messages()[0]
    assert envelope["Subject"] == "accepted: db-data-1"


def test_a_batch_for_amazon_sns_is_split_by_its_own_larger_limit(
    configured: Configure, sns: str, on_call: tuple[Any, str]
) -> None:
    cloud = configured(TOPIC_ID=SNS_ARN, **aws(sns))
    event = json.loads(cloud.payload("event_updatevolume_tagged.json"))
    batch = []
    for number in range(150):
        data = {**event["data"], "resourceId": f"ocid1.volume.oc1.iad.missing{number}"}
        batch.append({**event, "eventID": f"missing-{number}", "data": data})
    status, answer = cloud.invoke(batch)
    assert status == 200
    assert all(told["notified"] for told in answer["results"])
    queues, url = on_call
    [delivered] = queues.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    body = json.loads(delivered["Body"])["Message"]
    assert len(json.loads(body)) == 150
    assert 64 * 1024 < len(body.encode()) <= 256 * 1024


def test_a_refusal_of_amazon_sns_is_told_in_the_answer(configured: Configure, sns: str) -> None:
    cloud = configured(TOPIC_ID="arn:aws:sns:eu-central-1:123456789012:gone", **aws(sns))
    status, answer = cloud.invoke(cloud.payload("event_updatevolume_tagged.json"))
    assert (status, answer["error"]["code"]) == (502, "PublishFailed")
    assert "Amazon SNS refused the message: NotFound" in answer["error"]["message"]
    assert "sns:Publish" in answer["error"]["hint"]


def test_amazon_sns_out_of_reach_is_told_in_the_answer(configured: Configure) -> None:
    cloud = configured(TOPIC_ID=SNS_ARN, **aws("http://127.0.0.1:1"))
    status, answer = cloud.invoke(cloud.payload("event_updatevolume_tagged.json"))
    assert (status, answer["error"]["code"]) == (502, "PublishFailed")
    assert "EndpointConnectionError" in answer["error"]["message"]


def test_an_amazon_sns_topic_without_credentials_is_told_in_the_answer(configured: Configure, sns: str) -> None:
    cloud = configured(TOPIC_ID=SNS_ARN, AWS_ENDPOINT_URL=sns, AWS_EC2_METADATA_DISABLED="true")
    status, answer = cloud.invoke(cloud.payload("event_updatevolume_tagged.json"))
    assert (status, answer["error"]["message"].endswith("NoCredentialsError")) == (502, True)


def test_an_amazon_sns_topic_without_boto3_is_a_configuration_error(configured: Configure, tmp_path: Any) -> None:
    (tmp_path / "boto3.py").write_text("raise ImportError('not in this image')\n")
    cloud = configured(TOPIC_ID=SNS_ARN)
    configured(PYTHONPATH=f"{tmp_path}:{PROJECT}")
    status, answer = cloud.invoke(cloud.payload("event_updatevolume_tagged.json"))
    assert (status, answer["error"]["code"], answer["results"]) == (502, "InvalidConfiguration", [])
    assert "boto3 is not installed" in answer["error"]["message"]
    assert cloud.operations() == []


def test_a_subject_for_amazon_sns_is_ascii(configured: Configure, sns: str, on_call: tuple[Any, str]) -> None:
    cloud = configured(TOPIC_ID=SNS_ARN, **aws(sns))
    request = {"volumeId": cloud.volume(displayName="Übergrößen"), "displayName": "Übergrößen"}
    assert cloud.invoke_one(request)["notified"] is True
    assert receive(on_call)["Subject"] == "accepted: ?bergr??en"


def test_a_fifo_topic_of_amazon_sns_gets_a_group_and_an_id_of_the_message(configured: Configure, sns: str) -> None:
    arn = f"{SNS_ARN}.fifo"
    client = boto3.client(
        "sns", region_name="eu-central-1", endpoint_url=sns, aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.create_topic(Name="on-call.fifo", Attributes={"FifoTopic": "true"})
    cloud = configured(TOPIC_ID=arn, **aws(sns))
    assert cloud.invoke_one(cloud.payload("event_updatevolume_tagged.json"))["notified"] is True


@pytest.mark.parametrize(
    ("setting", "error"),
    [
        ({"AWS_SECRET_ACCESS_KEY": None}, "PartialCredentialsError"),
        ({"AWS_PROFILE": "gone"}, "ProfileNotFound"),
        ({"AWS_ENDPOINT_URL": "localhost:4566"}, "ValueError"),
    ],
)
def test_half_of_an_aws_setting_stops_no_backup_and_silences_no_other_topic(
    configured: Configure, setting: dict[str, str | None], error: str
) -> None:
    cloud = configured(TOPIC_ID=SNS_ARN, AWS_PROFILE=None, **aws("http://127.0.0.1:1"))
    configured(TOPIC_ID=f"{SNS_ARN},{cloud.oci.result_topic['id']}", **setting)
    status, answer = cloud.invoke(cloud.payload("event_updatevolume_tagged.json"))
    [result] = answer["results"]
    assert (status, result["outcome"], result["notified"]) == (502, "accepted", False)
    assert answer["error"]["code"] == "PublishFailed"
    assert f"{SNS_ARN} was not told: Amazon SNS could not be told: {error}" in answer["error"]["message"]
    assert len(cloud.messages()) == 1


def test_not_even_at_debug_does_the_log_hold_credentials_of_aws(
    configured: Configure, sns: str, on_call: tuple[Any, str]
) -> None:
    cloud = configured(TOPIC_ID=SNS_ARN, LOG_LEVEL="DEBUG", **aws(sns))
    cloud.invoke_one(cloud.payload("event_updatevolume_tagged.json"))
    assert receive(on_call)["Subject"].startswith("accepted: ")
    lines = [json.loads(line) for line in cloud.log(least=5)]
    assert {line["log"] for line in lines} == {"library", "result", "invocation"}
    assert [line for line in lines if line["level"] == "DEBUG" and line["logger"].startswith("boto")] == []
    assert_no_secrets(cloud)


TRIGGER = Trigger("alarm", "key:1", title="Disk errors", source="ocid1.alarm.oc1.iad.a")
REFUSED = ApiError(404, "NotAuthorizedOrNotFound", "No.", opc_request_id="A/B/C", retryable=False, hint="Check.")


def outcome(outcome: Outcome, name: str = "orders-120", state: str = "CREATING", **fields: Any) -> Result:
    backup = VolumeBackup.of({"id": "ocid1.volumebackup.oc1.iad.a", "lifecycleState": state})
    known: dict[str, Any] = {
        "resource_id": f"ocid1.volume.oc1.iad.{name}",
        "resource_type": "volume",
        "resource_name": name,
        "retry_token": "token",
        "request": CreateVolumeBackupDetails(resource_id="ocid1.volume.oc1.iad.a", type="FULL"),
    }
    if outcome in {Outcome.ACCEPTED, Outcome.COMPLETED}:
        known["volume_backup"] = backup
    if outcome is Outcome.FAILED:
        known["error"] = REFUSED
    return Result(TRIGGER, outcome, **{**known, **fields})


SORTS: dict[str, tuple[Result, str, dict[str, Any]]] = {
    "accepted": (outcome(Outcome.ACCEPTED), "volumebackup.accepted", {"id": "ocid1.volumebackup.oc1.iad.a"}),
    "duplicate": (outcome(Outcome.DUPLICATE), "volumebackup.accepted", {"volumeId": "ocid1.volume.oc1.iad.a"}),
    "failed": (
        outcome(Outcome.FAILED),
        "volumebackup.failed",
        {
            "code": "NotAuthorizedOrNotFound",
            "opcRequestId": "A/B/C",
            "request": {"volumeId": "ocid1.volume.oc1.iad.a", "type": "FULL"},
        },
    ),
    "failed boot volume": (outcome(Outcome.FAILED, resource_type="bootvolume"), "bootvolumebackup.failed", {}),
    "failed group": (outcome(Outcome.FAILED, resource_type="volumegroup"), "volumegroupbackup.failed", {}),
    "many failed": (outcome(Outcome.FAILED, stands_for=4998), "volumebackup.failed", {"count": 4998}),
    "skipped": (
        outcome(Outcome.SKIPPED, needs_person=True, reason="backup already in progress"),
        "volumebackup.skipped",
        {"reason": "backup already in progress"},
    ),
    "available": (outcome(Outcome.COMPLETED, state="AVAILABLE"), "volumebackup.available", {}),
    "faulty": (outcome(Outcome.COMPLETED, state="FAULTY"), "volumebackup.faulty", {"lifecycleState": "FAULTY"}),
}


@pytest.mark.parametrize("sort", SORTS)
def test_every_sort_of_message_is_a_cloud_event_to_the_cloudevents_library(sort: str) -> None:
    told, event_type, data = SORTS[sort]
    [message] = pack_messages([encode_event(0, told, "/create-volume-backup/f")], lambda _, body: len(body), 10**6)
    event = JSONFormat().read(CloudEvent, message.body)
    assert (event.get_type(), event.get_source(), event.get_subject()) == (
        event_type,
        "/create-volume-backup/f",
        told.resource_id,
    )
    assert event.get_id() == f"token:{event_type.split('.')[1]}"
    extensions = [event.get_extension(name) for name in ("resourcename", "triggertitle", "triggersource")]
    assert extensions == ["orders-120", "Disk errors", "ocid1.alarm.oc1.iad.a"]
    content = event.get_data()
    assert isinstance(content, dict)
    assert data.items() <= content.items()


def test_a_failure_and_the_success_after_it_are_two_events_to_a_subscriber_that_drops_repeated_ids() -> None:
    tried = map(outcome, (Outcome.FAILED, Outcome.ACCEPTED, Outcome.DUPLICATE))
    ids = [build_event(told, "/s")["id"] for told in tried]
    assert ids == ["token:failed", "token:accepted", "token:accepted"]


@pytest.mark.parametrize(
    ("told", "worth"),
    [
        (outcome(Outcome.SKIPPED, reason="not tagged"), False),
        (outcome(Outcome.SKIPPED, reason="tag misspelt", needs_person=True), True),
        (outcome(Outcome.PLANNED), False),
    ],
)
def test_a_skip_is_told_where_somebody_is_left_without_a_backup(told: Result, worth: bool) -> None:  # noqa: FBT001
    assert is_worth_telling(told) is worth


GOOD, BAD = outcome(Outcome.ACCEPTED, "web-1"), outcome(Outcome.FAILED)
TITLES = {
    "accepted: web-1": [GOOD],
    "failed: orders-120": [BAD],
    "FAULTY: nightly": [outcome(Outcome.COMPLETED, "nightly", "FAULTY")],
    "completed: nightly": [outcome(Outcome.COMPLETED, "nightly", "AVAILABLE")],
    "skipped: Disk errors": [Result(TRIGGER, Outcome.SKIPPED, needs_person=True)],
    "1 failed, 1 accepted: orders-120": [GOOD, BAD],
    "47 failed, 24 accepted: orders-120 and 46 more": [GOOD] * 24 + [BAD] * 47,
    "1 failed, 1 FAULTY, 1 completed: orders-120": [
        outcome(Outcome.COMPLETED, "a", "AVAILABLE"),
        outcome(Outcome.COMPLETED, "b", "FAULTY"),
        BAD,
    ],
    "3 accepted: web-1 and 2 more": [GOOD] * 3,
    "4998 failed: orders-120 and 4997 more": [outcome(Outcome.FAILED, stands_for=4998)],
    "unconfirmed: nightly": [
        Result(Trigger("completion", "e"), Outcome.FAILED, resource_name="nightly", error=REFUSED),
    ],
}


@pytest.mark.parametrize("line", TITLES)
def test_a_title_is_true_when_it_is_read_alone(line: str) -> None:
    assert write_title(TITLES[line]) == line


def test_failures_come_first_in_a_message(cloud: World) -> None:
    good, bad = cloud.volume(), "ocid1.volume.oc1.iad.gone"
    cloud.invoke([{"volumeId": each, "opcRetryToken": f"first-{each[-6:]}"} for each in (good, bad)])
    [message] = cloud.messages()
    assert [event["subject"] for event in message] == [bad, good]
    assert cloud.titles()[0].startswith("1 failed, 1 accepted: ")


def test_half_a_surrogate_pair_silences_nobody(cloud: World) -> None:
    answer = '{"id": "ocid1.volumebackup.oc1.iad.a", "lifecycleState": "CREATING", "displayName": "db \\ud83d"}'
    cloud.oci.fault("CreateVolumeBackup", status=200, body=answer)
    result = cloud.invoke_one(cloud.payload("event_updatevolume_tagged.json"))
    assert (result["outcome"], result["notified"]) == ("accepted", True)
    assert cloud.events()[0]["data"]["displayName"] == "db ?"


def publisher(*topic_ids: str, seconds: float = 10) -> Publisher:
    settings = read({"TOPIC_ID": ",".join(topic_ids)})
    delivery = Delivery(b"{}", "call", "ocid1.fnfunc.oc1.iad.f")
    return Publisher(
        settings, Connections(BaseUrls("http://127.0.0.1:1"), 1), delivery, Deadline(time.monotonic() + seconds)
    )


ONE, OTHER = "ocid1.onstopic.oc1.iad.one", "ocid1.onstopic.oc1.iad.other"
SNS = "arn:aws:sns:us-east-1:123456789012:on-call"


def test_whatever_goes_wrong_in_a_topic_is_that_topics_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[str] = []

    def publish(topic: OnsTopic, message: Message) -> None:
        if topic._topic_id == ONE:
            raise RuntimeError("secret")
        published.append(message.title)

    monkeypatch.setattr(OnsTopic, "publish", publish)
    telling = publisher(ONE, OTHER)
    [told] = telling.publish([GOOD])
    assert (told.outcome, told.notified, published) == (Outcome.ACCEPTED, False, ["accepted: web-1"])
    assert telling.error is not None
    assert f"{ONE} was not told: unexpected RuntimeError" in telling.error.message
    assert OTHER not in telling.error.message
    assert "secret" not in telling.error.message


def test_each_topic_but_one_that_ends_in_time_by_itself_is_told_by_a_thread_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, told_here = threading.current_thread(), set()

    def publish(topic: Any, _: Message) -> None:
        if threading.current_thread() is here:
            told_here.add(topic._topic_id if isinstance(topic, OnsTopic) else topic._arn)

    for kind in TOPIC_KINDS.values():
        monkeypatch.setattr(import_module(f"handlers.output.{kind.module}").Topic, "publish", publish)
    for topic_ids, expected in (([ONE], {ONE}), ([ONE, OTHER], {ONE}), ([SNS, ONE], {ONE}), ([SNS], set())):
        told_here.clear()
        [told] = publisher(*topic_ids).publish([GOOD])
        assert (told.notified, told_here) == (True, expected)


@pytest.mark.parametrize("topic_ids", [(ONE, SNS), (SNS, ONE)])
def test_a_topic_that_hangs_keeps_no_other_from_being_told_whichever_comes_first(
    monkeypatch: pytest.MonkeyPatch, topic_ids: tuple[str, str]
) -> None:
    over, published = threading.Event(), []
    topics = {kind.module: import_module(f"handlers.output.{kind.module}").Topic for kind in TOPIC_KINDS.values()}
    monkeypatch.setattr(topics["sns"], "publish", lambda *_: over.wait(10))
    monkeypatch.setattr(topics["ons"], "publish", lambda topic, _: published.append(topic._api.deadline.remaining()))
    telling = publisher(*topic_ids, seconds=0.4)
    [told] = telling.publish([GOOD])
    over.set()
    assert not told.notified
    assert [left > 0 for left in published] == [True]
    assert telling.error is not None
    assert f"{SNS} was not told" in telling.error.message
    assert ONE not in telling.error.message


def test_a_result_that_cannot_be_written_keeps_no_other_from_being_told(monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[Message] = []
    monkeypatch.setattr(OnsTopic, "publish", lambda _, message: published.append(message))
    unwritable = GOOD._replace(
        volume_backup=VolumeBackup.of({"id": "a", "lifecycleState": "CREATING", "sizeInGBs": object()})
    )
    telling = publisher(ONE)
    results = telling.publish([unwritable, BAD])
    assert [result.notified for result in results] == [False, True]
    assert len(published) == 1
    assert telling.error is not None
    assert "unexpected TypeError" in telling.error.message


def test_an_invocation_leaves_other_invocations_some_of_a_topics_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[Message] = []
    monkeypatch.setattr(OnsTopic, "publish", lambda _, message: published.append(message))
    monkeypatch.setattr(OnsTopic, "max_bytes", 2_000)
    telling = publisher(ONE)
    results = telling.publish([GOOD] * 300)
    told = sum(result.notified for result in results)
    assert (len(published), 0 < told < 300) == (MAX_MESSAGES, True)
    assert telling.error is not None
    assert f"of which {MAX_MESSAGES} were published" in telling.error.message
    assert build_response(results, telling.error).status == 200


def test_equal_failures_of_one_topic_are_told_once() -> None:
    telling = publisher(ONE, OTHER)
    telling.publish([GOOD])
    telling.publish([GOOD])
    assert telling.error is not None
    assert telling.error.message.count(f"{ONE} was not told") == 1
    assert telling.error.message.count(f"{OTHER} was not told") == 1


def test_a_kind_of_topic_is_a_row_a_module_with_one_publish_and_a_line_in_the_configuration() -> None:
    configuration = (PROJECT / "docs" / "configuration.md").read_text()
    for kind in TOPIC_KINDS.values():
        topic = import_module(f"handlers.output.{kind.module}").Topic
        assert callable(topic.publish), f"{kind.module}: no publish"
        assert callable(topic.count_bytes), f"{kind.module}: no count_bytes"
        assert topic.max_bytes > 0, f"{kind.module}: no limit"
        assert topic.ends_in_time in {True, False}, f"{kind.module}: does not say whether it ends in time"
        assert kind.service in configuration, f"docs/configuration.md does not name {kind.service}"
        with pytest.raises(ValueError, match=re.escape(kind.id_form)):
            topic_kind("no topic")


@pytest.mark.parametrize("count", [1, 20_000])
def test_an_answer_stays_below_the_platforms_limit_and_says_what_it_leaves_out(count: int) -> None:
    text = build_response([GOOD] * count + [BAD], None).text
    answer = json.loads(text)
    assert len(text) < 6_000_000
    if count == 1:
        assert "omitted" not in answer
        return
    assert "left out" in answer["omitted"]
    assert answer["results"][0]["outcome"] == "failed"
    assert all("request" not in result and "volumeBackup" not in result for result in answer["results"])
    missing = count + 1 - len(answer["results"])
    assert (missing > 0) == (f"{missing} of {count + 1} results are left out, too" in answer["omitted"])


def test_the_time_kept_for_the_answer_grows_with_the_number_of_items() -> None:
    in_an_hour = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    few, many = Deadlines.of_header(in_an_hour, 1), Deadlines.of_header(in_an_hour, 10_000)
    assert few.publish.at - many.publish.at == pytest.approx(3.0, abs=0.2)
