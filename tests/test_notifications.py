"""The Notifications service of the local OCI: topics, subscriptions of every protocol, confirmation, and the inbox."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import oci
import pytest

from emulator.services.functions.functions import Functions
from tests.sdk_clients import client_of, refusal
from tests.world import World, world

models = oci.ons.models


@pytest.fixture
def topics(cloud: World) -> Any:
    return client_of(oci.ons.NotificationControlPlaneClient, cloud)


@pytest.fixture
def subscriptions(cloud: World) -> Any:
    return client_of(oci.ons.NotificationDataPlaneClient, cloud)


@pytest.fixture
def topic(cloud: World, topics: Any, request: pytest.FixtureRequest) -> Any:
    """A topic of the test's own."""
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)[:200]
    details = models.CreateTopicDetails(name=name, compartment_id=cloud.oci.compartment_id)
    return topics.create_topic(details).data


def subscription_details(cloud: World, topic_id: str, protocol: str, endpoint: str) -> Any:
    return models.CreateSubscriptionDetails(
        topic_id=topic_id, compartment_id=cloud.oci.compartment_id, protocol=protocol, endpoint=endpoint
    )


def test_a_topic_is_created_with_201_changed_and_deleted(cloud: World, topics: Any) -> None:
    details = models.CreateTopicDetails(name="whole-life", compartment_id=cloud.oci.compartment_id, description="first")
    created = topics.create_topic(details)
    assert (created.status, created.data.etag) == (201, created.headers["etag"])
    topic_id = created.data.topic_id
    assert refusal(topics.create_topic, details)[:2] == (409, "Conflict")
    changed = topics.update_topic(topic_id, models.TopicAttributesDetails(description="second")).data
    assert (changed.description, changed.etag != created.data.etag) == ("second", True)
    nameless = models.TopicAttributesDetails(freeform_tags={"a": "b"})
    assert refusal(topics.update_topic, topic_id, nameless)[:2] == (400, "MissingParameter")
    elsewhere = models.ChangeCompartmentDetails(compartment_id="ocid1.compartment.oc1..aaaaother")
    assert topics.change_topic_compartment(topic_id, elsewhere).status == 202
    assert topics.get_topic(topic_id).data.compartment_id == "ocid1.compartment.oc1..aaaaother"
    topics.delete_topic(topic_id)
    assert refusal(topics.get_topic, topic_id)[:2] == (404, "NotAuthorizedOrNotFound")
    raw = cloud.oci.operator.call("GET", f"/20181201/topics/{cloud.oci.result_topic['id']}")
    assert "id" not in raw


@pytest.mark.parametrize(
    "body",
    [{"name": "a b"}, {"name": 1}, {"name": "ok", "freeformTags": "x"}, {"name": "ok", "colour": "red"}],
    ids=["a name with a space", "a name that is a number", "tags that are a text", "an unknown field"],
)
def test_a_topic_that_is_none_is_refused(cloud: World, body: dict[str, Any]) -> None:
    body = {"compartmentId": cloud.oci.compartment_id, **body}
    assert refusal(cloud.oci.operator.call, "POST", "/20181201/topics", body)[:2] == (400, "InvalidParameter")


PENDING = {
    "EMAIL": "ops@example.com",
    "SMS": "+1 555 0100",
    "PAGERDUTY": "https://events.pagerduty.com/integration/key/enqueue",
    "SLACK": "https://hooks.slack.com/services/T/B/x",
    "HTTPS": "https://events.pagerduty.com/integration/key/enqueue",
}


@pytest.mark.parametrize("protocol", PENDING)
def test_a_receiver_confirms_with_the_link_that_it_is_sent(
    cloud: World, subscriptions: Any, topic: Any, protocol: str
) -> None:
    endpoint = PENDING[protocol]
    created = subscriptions.create_subscription(subscription_details(cloud, topic.topic_id, protocol, endpoint))
    assert (created.status, created.data.lifecycle_state) == (202, "PENDING")
    assert created.headers["etag"] == created.data.etag
    publish(subscriptions, topic, "too early", "not delivered")
    cloud.oci.wait(_nothing())
    [asked] = [text for text in mails(cloud, endpoint) if created.data.id in text]
    assert "Subject: Subscription confirmation" in asked
    with urllib.request.urlopen(asked.split("\n")[-2]) as answer:
        confirmed = json.loads(answer.read())
    assert (confirmed["subscriptionId"], confirmed["topicName"]) == (created.data.id, topic.name)
    assert subscriptions.get_subscription(created.data.id).data.lifecycle_state == "ACTIVE"
    publish(subscriptions, topic, f"about {protocol}", "the text")
    cloud.oci.wait(_nothing())
    [mail] = [text for text in mails(cloud, endpoint) if f"about {protocol}" in text]
    assert "the text" in mail
    with urllib.request.urlopen(mail.split("unsubscribe: ")[1].strip()) as answer:
        assert "unsubscribed" in json.loads(answer.read())
    assert refusal(subscriptions.get_subscription, created.data.id)[0] == 404


async def _nothing() -> None:
    """What was in the background before this was waited for has had its turn: a file is written at once."""


def publish(subscriptions: Any, topic: Any, title: str, body: str) -> None:
    subscriptions.publish_message(topic.topic_id, models.MessageDetails(title=title, body=body))


def mails(cloud: World, address: str) -> list[str]:
    folders = [folder for folder in (cloud.oci.state / "inbox").iterdir() if folder.name != "topics"]
    texts = [file.read_text() for folder in folders for file in sorted(folder.iterdir())]
    return [text for text in texts if text.startswith(f"To: {address}\n")]


def test_a_link_with_another_token_confirms_nothing(cloud: World, subscriptions: Any, topic: Any) -> None:
    details = subscription_details(cloud, topic.topic_id, "EMAIL", "other@example.com")
    made = subscriptions.create_subscription(details).data
    assert refusal(subscriptions.get_confirm_subscription, made.id, "guessed", "EMAIL")[0] == 404
    assert refusal(subscriptions.get_confirm_subscription, made.id, "guessed", "SMS")[0] == 400
    assert subscriptions.get_subscription(made.id).data.lifecycle_state == "PENDING"
    before = len(mails(cloud, "other@example.com"))
    assert subscriptions.resend_subscription_confirmation(made.id).data.lifecycle_state == "PENDING"
    cloud.oci.wait(_nothing())
    again = mails(cloud, "other@example.com")
    assert len(again) == before + 1
    token = again[-1].split("token=")[1].split("&")[0]
    result = subscriptions.get_confirm_subscription(made.id, token, "EMAIL").data
    assert (result.endpoint, result.topic_id) == ("other@example.com", topic.topic_id)
    assert "/unsubscription?" in result.unsubscribe_url
    subscriptions.resend_subscription_confirmation(made.id)
    cloud.oci.wait(_nothing())
    assert len(mails(cloud, "other@example.com")) == before + 1
    assert "is unsubscribed" in subscriptions.get_unsubscription(made.id, token, "EMAIL").data


def test_functions_and_files_need_no_confirmation(cloud: World, subscriptions: Any, topic: Any, tmp_path: Path) -> None:
    for protocol, endpoint in (
        ("ORACLE_FUNCTIONS", cloud.oci.function["id"]),
        ("FILE", (tmp_path / "messages").as_uri()),
    ):
        details = subscription_details(cloud, topic.topic_id, protocol, endpoint)
        assert subscriptions.create_subscription(details).data.lifecycle_state == "ACTIVE"


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [
        ("PIGEON", "roof"),
        ("EMAIL", "nobody"),
        ("SMS", "call me"),
        ("SLACK", "slack"),
        ("ORACLE_FUNCTIONS", "ocid1.volume.oc1.iad.a"),
        ("CUSTOM_HTTPS", "https://example.com/" + "x" * 512),
    ],
)
def test_an_endpoint_that_is_not_one_of_its_protocol_is_refused(
    cloud: World, subscriptions: Any, topic: Any, protocol: str, endpoint: str
) -> None:
    details = subscription_details(cloud, topic.topic_id, protocol, endpoint)
    assert refusal(subscriptions.create_subscription, details)[:2] == (400, "InvalidParameter")
    gone = subscription_details(cloud, "ocid1.onstopic.oc1.iad.gone", "EMAIL", "a@example.com")
    assert refusal(subscriptions.create_subscription, gone)[0] == 404


def test_the_delivery_policy_is_a_text_of_one_subscription_and_an_object_in_lists(
    cloud: World, subscriptions: Any, topic: Any
) -> None:
    details = subscription_details(cloud, topic.topic_id, "EMAIL", "policy@example.com")
    made = subscriptions.create_subscription(details).data
    policy = {"backoffRetryPolicy": {"maxRetryDuration": 7_200_000, "policyType": "EXPONENTIAL"}}
    assert json.loads(made.deliver_policy) == policy
    retry = models.BackoffRetryPolicy(max_retry_duration=120_000, policy_type="EXPONENTIAL")
    change = models.UpdateSubscriptionDetails(
        delivery_policy=models.DeliveryPolicy(backoff_retry_policy=retry), freeform_tags={"a": "b"}
    )
    changed = subscriptions.update_subscription(made.id, change).data
    assert changed.delivery_policy.backoff_retry_policy.max_retry_duration == 120_000
    [listed] = subscriptions.list_subscriptions(cloud.oci.compartment_id, topic_id=topic.topic_id).data
    assert (listed.delivery_policy.backoff_retry_policy, listed.freeform_tags) == (retry, {"a": "b"})
    assert json.loads(subscriptions.get_subscription(made.id).data.deliver_policy) != policy
    retry.max_retry_duration = 1
    assert refusal(subscriptions.update_subscription, made.id, change)[:2] == (400, "InvalidParameter")
    elsewhere = models.ChangeCompartmentDetails(compartment_id="ocid1.compartment.oc1..aaaaother")
    assert subscriptions.change_subscription_compartment(made.id, elsewhere).status == 202
    assert subscriptions.list_subscriptions(cloud.oci.compartment_id, topic_id=topic.topic_id).data == []
    raw = cloud.oci.operator.call("GET", f"/20181201/subscriptions/{made.id}")
    assert {"token", "timeCreated", "deliveryPolicy", "metadata"}.isdisjoint(raw)


class _Receiver(BaseHTTPRequestHandler):
    """Keeps the headers of what is posted to it."""

    received: list[dict[str, str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        type(self).received.append({**{name.lower(): value for name, value in self.headers.items()}, "body": body})
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The URL of an HTTP server on loopback, and what it receives."""
    received: list[dict[str, str]] = []
    server = HTTPServer(("127.0.0.1", 0), type("Receiver", (_Receiver,), {"received": received}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_custom_endpoint_is_asked_to_confirm_before_it_gets_messages(
    receiver: tuple[str, list[dict[str, str]]], tmp_path: Path
) -> None:
    url, received = receiver
    with world(retry_minute_seconds=0.01) as cloud:
        client = client_of(oci.ons.NotificationDataPlaneClient, cloud)
        topic = cloud.oci.alarm_topic
        made = client.create_subscription(subscription_details(cloud, topic["id"], "CUSTOM_HTTPS", url)).data
        assert made.lifecycle_state == "PENDING"
        file = subscription_details(cloud, topic["id"], "FILE", (tmp_path / "log").as_uri())
        client.create_subscription(file)
        while not received:
            cloud.oci.wait(_nothing())
        [asked] = received
        assert asked["x-oci-ns-messagetype"] == "SubscriptionConfirmation"
        with urllib.request.urlopen(asked["x-oci-ns-confirmationurl"]) as answer:
            assert json.loads(answer.read())["subscriptionId"] == made.id
        client.publish_message(topic["id"], models.MessageDetails(title="t", body="hello"))
        while len(received) < 2:
            cloud.oci.wait(_nothing())
        told = received[1]
        assert (told["body"], told["x-oci-ns-messagetype"]) == ("hello", "Notification")
        assert "/unsubscription?" in told["x-oci-ns-unsubscribeurl"]


def test_every_message_is_a_file_and_an_address_gets_so_many_mails_a_minute() -> None:
    with world(mails_per_minute=2, confirms_subscriptions=True, publishes_per_minute=4) as cloud:
        client = client_of(oci.ons.NotificationDataPlaneClient, cloud)
        topic = cloud.oci.alarm_topic
        made = client.create_subscription(subscription_details(cloud, topic["id"], "EMAIL", "a/../b@example.com")).data
        assert made.lifecycle_state == "ACTIVE"
        for number in range(4):
            client.publish_message(topic["id"], models.MessageDetails(title=f"../{number}: x", body="b"))
        assert refusal(client.publish_message, topic["id"], models.MessageDetails(body="b"))[0] == 429
        cloud.oci.journal.wait_for("discarded", count=2)
        inbox = cloud.oci.state / "inbox"
        kept = sorted(str(path.relative_to(inbox)) for path in inbox.rglob("*.txt"))
        assert kept == [
            "a-..-b@example.com/001-0-x.txt",
            "a-..-b@example.com/002-1-x.txt",
            *(f"topics/backup-alarms/00{number + 1}-{number}-x.txt" for number in range(4)),
        ]
        assert (inbox / "topics/backup-alarms/001-0-x.txt").read_text() == "../0: x\n\nb\n"


def test_a_control_confirms_for_the_receiver(cloud: World, subscriptions: Any, topic: Any) -> None:
    details = subscription_details(cloud, topic.topic_id, "EMAIL", "control@example.com")
    made = subscriptions.create_subscription(details).data
    answer = cloud.oci.operator.call("POST", f"/emulator/subscriptions/{made.id}/confirm")
    assert answer["subscriptionId"] == made.id
    assert subscriptions.get_subscription(made.id).data.lifecycle_state == "ACTIVE"


def test_a_retry_policy_ends_the_deliveries_early(tmp_path: Path) -> None:
    with world(retry_minute_seconds=0.02) as cloud:
        client = client_of(oci.ons.NotificationDataPlaneClient, cloud)
        function = cloud.oci.function["id"]
        cloud.oci.run(lambda: cloud.oci.service(Functions).remove(cloud.oci.function))
        details = subscription_details(cloud, cloud.oci.alarm_topic["id"], "ORACLE_FUNCTIONS", function)
        made = client.create_subscription(details).data
        folder = subscription_details(cloud, cloud.oci.alarm_topic["id"], "FILE", tmp_path.as_uri())
        kept = client.create_subscription(folder).data
        retry = models.BackoffRetryPolicy(max_retry_duration=60_000, policy_type="EXPONENTIAL")
        change = models.UpdateSubscriptionDetails(delivery_policy=models.DeliveryPolicy(backoff_retry_policy=retry))
        client.update_subscription(made.id, change)
        client.publish_message(cloud.oci.alarm_topic["id"], models.MessageDetails(body="b"))
        first, second = cloud.oci.journal.wait_for("discarded", count=2)
        assert (function in first.line, kept.endpoint in second.line) == (True, True)
        assert first.time < second.time
