"""Messages: CloudEvents on OCI Notifications and on Amazon SNS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import boto3
import pytest
from moto.core.model_instances import reset_model_data
from moto.server import ThreadedMotoServer

from emulator.options import PROJECT
from emulator.services.notifications.topics import Topics
from handlers.domain.models import VolumeBackup
from handlers.domain.result import Outcome, Result
from handlers.domain.trigger import Trigger
from handlers.output.messages import Message, pack_messages, title
from tests.conftest import Configure
from tests.world import World, payload

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
        "id": told["retryToken"],
        "source": f"/create-volume-backup/{cloud.oci.function['id']}",
        "type": "volumebackup.accepted",
        "subject": told["resourceId"],
        "time": told["volumeBackup"]["timeRequestReceived"],
        "datacontenttype": "application/json",
        "triggerkind": "event",
        "triggerid": told["trigger"]["id"],
        "data": {**created.details["answer"], "lifecycleState": "REQUEST_RECEIVED"},
    }
    assert list(event["data"]) == list(told["volumeBackup"])
    assert cloud.titles() == [f"accepted: {told['request']['displayName']}"]


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
    assert cloud.titles()[0].startswith("3 accepted: web-1-")
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
    cloud.invoke_one({"volumeId": "ocid1.volume.oc1.iad.warm", "dryRun": True})
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

    split = pack_messages([result(number) for number in range(count)], "/source", size, limit)
    told = [json.loads(message.body) for message in split]
    ids = [event["triggerid"] for events in told for event in (events if isinstance(events, list) else [events])]
    assert ids == [f"event-{number}" for number in range(count)]
    for message, following in pairwise(split):
        assert size(message.title, message.body) <= limit or len(message.results) == 1
        assert size(message.title, message.body) + size("", following.body) > limit
    assert len(split) == (1 if limit == 10**9 else len(split))


@pytest.mark.parametrize(
    "name", ["db", "x" * 300, "two\nlines\ttabs", "\x00\x1b[31mred", "\u202eevil", "é" * 150, ""], ids=repr
)
def test_a_title_is_one_printable_line_of_at_most_100_characters(name: str) -> None:
    for results in ([result(name=name)], [result(name=name)] * 3):
        line = title(results)
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
def on_call(sns: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, str]:
    """A queue subscribed to the SNS topic: a client and the queue's URL."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    topics = boto3.client("sns", region_name="eu-central-1", endpoint_url=sns)
    queues = boto3.client("sqs", region_name="eu-central-1", endpoint_url=sns)
    assert topics.create_topic(Name="on-call")["TopicArn"] == SNS_ARN
    url = queues.create_queue(QueueName="on-call")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topics.subscribe(TopicArn=SNS_ARN, Protocol="sqs", Endpoint=arn)
    return queues, url


def aws(endpoint: str) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def test_an_amazon_sns_topic_gets_the_same_message(configured: Configure, sns: str, on_call: tuple[Any, str]) -> None:
    cloud = configured(TOPIC_ID=SNS_ARN, **aws(sns))
    configured(TOPIC_ID=f"{cloud.oci.result_topic['id']},{SNS_ARN}")
    told = cloud.invoke_one(cloud.payload("event_updatevolume_tagged.json"))
    assert told["notified"] is True
    queues, url = on_call
    [delivered] = queues.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    envelope = json.loads(delivered["Body"])
    assert json.loads(envelope["Message"]) == cloud.messages()[0]
    assert envelope["Subject"] == f"accepted: {told['request']['displayName']}"


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


def test_a_subject_for_amazon_sns_is_ascii() -> None:
    message = Message(title([result(name="Übergrößen")]), "{}", ())
    assert message.title.encode("ascii", "replace").decode() == "accepted: ?bergr??en"
