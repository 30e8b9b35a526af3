"""Queue and Connector Hub in the local OCI, through the SDK's typed clients, the ``oci`` command and real functions."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import oci
import pytest
from oci.exceptions import ServiceError
from oci.queue import models as q
from oci.sch import models as sch

from emulator import Image, LocalOci, local_oci
from emulator.core.journal import Entry
from emulator.options import Options
from emulator.services.connector_hub.service_connectors import ServiceConnectors
from emulator.services.queue.queues import Queues
from tests.kept_keys import kept_keys
from tests.oci_command import OciCommand
from tests.sdk_clients import signing_of

# So long a queue's second lasts here.
SECOND = 0.01
# A function that does what each item of its batch says: answer, wait, fail, or fail until a file is there.
FUNCTION = """
import json, os, time

def handler(ctx, data=None):
    for item in json.loads(data.getvalue()):
        work = json.loads(item["content"]) if isinstance(item, dict) and "content" in item else item
        work = work if isinstance(work, dict) else {}
        if "begun" in work:
            open(work["begun"], "w").close()
        while not os.path.exists(work.get("awaits", "/")):
            time.sleep(0.01)
        time.sleep(work.get("seconds", 0))
        if work.get("fails") or not os.path.exists(work.get("until", "/")):
            raise RuntimeError("as it was told")
    return {"outcome": "done"}
"""


@dataclass(frozen=True, slots=True)
class Clients:
    """The SDK's clients of one local OCI."""

    oci: LocalOci
    admin: Any
    queue: Any
    hub: Any
    plugins: Any

    def make_queue(self, **details: Any) -> str:
        """Return the OCID of a new queue, once it is ACTIVE."""
        named = {"display_name": "work", "compartment_id": self.oci.compartment_id, **details}
        reply = self.admin.create_queue(q.CreateQueueDetails(**named))
        return self.finished(self.admin, reply, "CREATED")

    @contextmanager
    def being_changed(self, queue_id: str) -> Iterator[None]:
        """Keep a queue in the state of a change: a real one may have ended before the next request arrives."""
        document = self.oci.service(Queues).collection.documents[queue_id]
        self.oci.run(lambda: document.update(lifecycleState="UPDATING"))
        yield
        self.oci.run(lambda: document.update(lifecycleState="ACTIVE"))

    def make_connector(self, queue_id: str, **target: Any) -> str:
        """Return the OCID of a new connector from a queue to the function, once it is ACTIVE."""
        reply = self.hub.create_service_connector(self.connector(queue_id, **{"batch_size_in_num": 1, **target}))
        return self.finished(self.hub, reply, "CREATED")

    def connector(self, queue_id: str, **target: Any) -> Any:
        return sch.CreateServiceConnectorDetails(
            display_name="work",
            compartment_id=self.oci.compartment_id,
            source=sch.PluginSourceDetails(plugin_name="QueueSource", config_map={"queueId": queue_id}),
            target=sch.FunctionsTargetDetails(
                **{"function_id": self.oci.function["id"], "batch_time_in_sec": 60, **target}
            ),
        )

    def finished(self, client: Any, reply: Any, action: str) -> str:
        """Return the OCID of the resource that a work request was about, once it is done."""
        assert (reply.status, reply.data) == (202, None)
        named = reply.headers["opc-work-request-id"]
        give_up = time.monotonic() + 20
        while (work := client.get_work_request(named).data).status != "SUCCEEDED":
            assert time.monotonic() < give_up, work
            time.sleep(0.002)
        assert work.percent_complete == 100
        assert work.time_accepted <= work.time_started <= work.time_finished
        [resource] = work.resources
        assert resource.action_type == action
        return str(resource.identifier)

    def put(self, queue_id: str, *contents: str, **metadata: Any) -> list[Any]:
        about = q.MessageMetadata(**metadata) if metadata else None
        entries = [q.PutMessagesDetailsEntry(content=content, metadata=about) for content in contents]
        return list(self.queue.put_messages(queue_id, q.PutMessagesDetails(messages=entries)).data.messages)

    def get(self, queue_id: str, **query: Any) -> list[Any]:
        return list(self.queue.get_messages(queue_id, **{"timeout_in_seconds": 0, **query}).data.messages)

    def counts(self, queue_id: str, **query: Any) -> tuple[int, int, int]:
        """How many messages are visible, in flight and dead."""
        stats = self.queue.get_stats(queue_id, **query).data
        return stats.queue.visible_messages, stats.queue.in_flight_messages, stats.dlq.visible_messages

    def told(self, queue_id: str, what: str, count: int = 1) -> list[Entry]:
        return self.oci.journal.wait_for("queue", queue=queue_id, what=what, count=count)

    def invocations(self) -> list[int]:
        return [entry.details["status"] for entry in self.oci.journal.entries("invocation")]


@contextmanager
def serve(directory: Path, **options: Any) -> Iterator[LocalOci]:
    file = directory / "func.py"
    file.write_text(FUNCTION)
    known = {"wired": False, "lifecycle_seconds": 0.01, "queue_second_seconds": SECOND}
    with ExitStack() as stack:
        with kept_keys():
            served = stack.enter_context(local_oci(**{**known, "image": Image(file), **options}))
        yield served


def clients_of(served: LocalOci) -> Clients:
    config, signer = signing_of(str(served.config_file))
    kinds = (
        oci.queue.QueueAdminClient,
        oci.queue.QueueClient,
        oci.sch.ServiceConnectorClient,
        oci.sch.ConnectorPluginsClient,
    )
    no_retry = oci.retry.NoneRetryStrategy()
    made = (kind(config, signer=signer, service_endpoint=served.base_url, retry_strategy=no_retry) for kind in kinds)
    return Clients(served, *made)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    with serve(tmp_path_factory.mktemp("function")) as served:
        yield clients_of(served)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Clients]:
    """A local OCI of its own, because invocations are counted."""
    with serve(tmp_path) as served:
        served.wait(served.pool.warm())
        yield clients_of(served)


def error_of(call: Callable[[], Any]) -> tuple[int, str, str]:
    with pytest.raises(ServiceError) as raised:
        call()
    return raised.value.status, raised.value.code, raised.value.message


def test_a_queue_has_the_documented_defaults_and_its_messages_endpoint_is_the_local_oci(cloud: Clients) -> None:
    queue = cloud.admin.get_queue(cloud.make_queue()).data
    assert (queue.lifecycle_state, queue.messages_endpoint) == ("ACTIVE", cloud.oci.base_url)
    assert (queue.visibility_in_seconds, queue.retention_in_seconds, queue.timeout_in_seconds) == (30, 86400, 30)
    assert (queue.dead_letter_queue_delivery_count, queue.channel_consumption_limit) == (0, 100)


def test_a_queue_is_created_once_per_retry_token(cloud: Clients) -> None:
    details = q.CreateQueueDetails(display_name="once", compartment_id=cloud.oci.compartment_id)
    token = uuid.uuid4().hex
    first = cloud.admin.create_queue(details, opc_retry_token=token)
    second = cloud.admin.create_queue(details, opc_retry_token=token)
    assert first.headers["opc-work-request-id"] == second.headers["opc-work-request-id"]
    queue = cloud.finished(cloud.admin, second, "CREATED")
    found = cloud.admin.list_queues(compartment_id=cloud.oci.compartment_id, display_name="once").data.items
    assert [item.id for item in found] == [queue]
    cloud.finished(cloud.admin, cloud.admin.delete_queue(queue), "DELETED")
    error = error_of(lambda: cloud.admin.create_queue(details, opc_retry_token=token))
    assert error[:2] == (409, "InvalidatedRetryToken")


def test_a_queue_is_updated_moved_and_deleted_by_work_requests(cloud: Clients) -> None:
    queue = cloud.make_queue(display_name="first")
    with cloud.being_changed(queue):
        assert error_of(lambda: cloud.admin.delete_queue(queue))[:2] == (409, "IncorrectState")
        assert cloud.admin.get_queue(queue).data.lifecycle_state == "UPDATING"
    reply = cloud.admin.update_queue(queue, q.UpdateQueueDetails(visibility_in_seconds=900, freeform_tags={"a": "b"}))
    cloud.finished(cloud.admin, reply, "UPDATED")
    elsewhere = q.ChangeQueueCompartmentDetails(compartment_id="ocid1.compartment.oc1..elsewhere")
    cloud.finished(cloud.admin, cloud.admin.change_queue_compartment(queue, elsewhere), "UPDATED")
    found = cloud.admin.get_queue(queue)
    assert (found.data.visibility_in_seconds, found.data.freeform_tags) == (900, {"a": "b"})
    assert found.data.compartment_id == "ocid1.compartment.oc1..elsewhere"
    assert error_of(lambda: cloud.admin.delete_queue(queue, if_match="stale"))[:2] == (412, "NoEtagMatch")
    cloud.finished(cloud.admin, cloud.admin.delete_queue(queue, if_match=found.headers["etag"]), "DELETED")
    assert cloud.admin.get_queue(queue).data.lifecycle_state == "DELETED"
    assert error_of(lambda: cloud.put(queue, "late"))[:2] == (404, "NotAuthorizedOrNotFound")
    assert error_of(lambda: cloud.admin.delete_queue(queue))[:2] == (409, "IncorrectState")
    assert [item.id for item in cloud.admin.list_queues(id=queue).data.items] == [queue]
    assert error_of(cloud.admin.list_queues)[:2] == (400, "MissingParameter")


def test_work_requests_are_listed_with_their_logs_and_without_errors(cloud: Clients) -> None:
    queue = cloud.make_queue()
    listed = cloud.admin.list_work_requests(compartment_id=cloud.oci.compartment_id, limit=1)
    [work] = listed.data.items
    assert (work.operation_type, work.resources[0].identifier) == ("CREATE_QUEUE", queue)
    logs = cloud.admin.list_work_request_logs(work.id).data.items
    assert [entry.message for entry in logs][-1] == "CREATE_QUEUE has SUCCEEDED."
    assert cloud.admin.list_work_request_errors(work.id).data.items == []
    assert error_of(lambda: cloud.admin.get_work_request("ocid1.queueworkrequest.oc1.iad.a"))[0] == 404


@pytest.mark.parametrize(
    ("field", "least", "greatest"),
    [
        ("retention_in_seconds", 10, 604800),
        ("visibility_in_seconds", 1, 43200),
        ("timeout_in_seconds", 0, 30),
        ("dead_letter_queue_delivery_count", 0, 20),
        ("channel_consumption_limit", 1, 100),
    ],
)
def test_a_queues_numbers_have_bounds(cloud: Clients, field: str, least: int, greatest: int) -> None:
    for value in (least, greatest):
        assert getattr(cloud.admin.get_queue(cloud.make_queue(**{field: value})).data, field) == value
    words = field.title().replace("_", "")
    for value in (least - 1, greatest + 1):
        error = error_of(lambda value=value: cloud.make_queue(**{field: value}))  # type: ignore[misc]
        assert error == (
            400,
            "InvalidParameter",
            f"{words[0].lower()}{words[1:]} must be between {least} and {greatest}",
        )


BAD_REQUESTS: list[tuple[str, str, Any, str, str]] = [
    ("POST", "queues", {"compartmentId": "C"}, "MissingParameter", "displayName"),
    ("POST", "queues", {"displayName": "work"}, "MissingParameter", "compartmentId"),
    ("POST", "queues", {"displayName": "x", "compartmentId": "C", "delay": 1}, "InvalidParameter", "Unrecognized"),
    ("POST", "queues", {"displayName": "x", "compartmentId": "C", "timeoutInSeconds": "1"}, "InvalidParameter", ""),
    (
        "POST",
        "queues",
        {"displayName": "x", "compartmentId": "C", "capabilities": [{"type": "CONSUMER_GROUPS"}]},
        "NotImplemented",
        "capabilities",
    ),
    ("PUT", "queues/Q", {"retentionInSeconds": 60}, "InvalidParameter", "Unrecognized field: retentionInSeconds"),
    ("PUT", "queues/Q", {"visibilityInSeconds": 0}, "InvalidParameter", "between 1 and 43200"),
    ("POST", "queues/Q/actions/purge", {"purgeType": "ALL"}, "InvalidParameter", "NORMAL, DLQ, BOTH"),
    ("POST", "queues/Q/actions/purge", {}, "MissingParameter", "purgeType"),
    ("POST", "queues/Q/actions/purge", {"purgeType": "DLQ", "consumerGroupId": "x"}, "NotImplemented", "consumer"),
    ("POST", "queues/Q/actions/changeCompartment", {}, "MissingParameter", "compartmentId"),
    ("POST", "queues/Q/messages", {}, "MissingParameter", "messages"),
    ("POST", "queues/Q/messages", {"messages": "one"}, "InvalidParameter", "messages"),
    ("POST", "queues/Q/messages", {"messages": ["one"]}, "InvalidParameter", "messages"),
    ("POST", "queues/Q/messages", {"messages": [{}]}, "MissingParameter", "content"),
    ("POST", "queues/Q/messages", {"messages": [{"content": 1}]}, "InvalidParameter", "content"),
    ("POST", "queues/Q/messages", {"messages": [{"content": "x"}] * 21}, "InvalidParameter", "between 1 and 20"),
    ("POST", "queues/Q/messages", {"messages": [{"content": "x" * 262145}]}, "InvalidParameter", "262144 bytes"),
    ("POST", "queues/Q/messages", {"messages": [{"content": "ü" * 131073}]}, "InvalidParameter", "262144 bytes"),
    ("POST", "queues/Q/messages", {"messages": [{"content": "x" * 180000}] * 3}, "InvalidParameter", "524288 bytes"),
    ("POST", "queues/Q/messages", {"messages": [{"content": "x", "metadata": {}}]}, "MissingParameter", "channelId"),
    ("POST", "queues/Q/messages", {"messages": [{"content": "x", "metadata": "y"}]}, "InvalidParameter", "metadata"),
    (
        "POST",
        "queues/Q/messages",
        {"messages": [{"content": "x", "metadata": {"channelId": 1}}]},
        "InvalidParameter",
        "channelId",
    ),
    (
        "POST",
        "queues/Q/messages",
        {"messages": [{"content": "x", "metadata": {"channelId": "c", "customProperties": {"a": 1}}}]},
        "InvalidParameter",
        "customProperties",
    ),
    ("GET", "queues/Q/messages?limit=0", None, "InvalidParameter", "between 1 and 20"),
    ("GET", "queues/Q/messages?limit=21", None, "InvalidParameter", "between 1 and 20"),
    ("GET", "queues/Q/messages?limit=many", None, "InvalidParameter", "limit"),
    ("GET", "queues/Q/messages?timeoutInSeconds=31", None, "InvalidParameter", "between 0 and 30"),
    ("GET", "queues/Q/messages?visibilityInSeconds=43201", None, "InvalidParameter", "between 0 and 43200"),
    ("GET", "queues/Q/messages?consumerGroupId=x", None, "NotImplemented", "consumer groups"),
    ("POST", "queues/Q/messages/actions/deleteMessages", {"entries": []}, "MissingParameter", "entries"),
    (
        "POST",
        "queues/Q/messages/actions/updateMessages",
        {"entries": [{"receipt": "x", "visibilityInSeconds": 1}] * 21},
        "InvalidParameter",
        "between 1 and 20",
    ),
    ("PUT", "queues/Q/messages/R", {"visibilityInSeconds": 43201}, "InvalidParameter", "between 0 and 43200"),
    ("PUT", "queues/Q/messages/R", {}, "MissingParameter", "visibilityInSeconds"),
    ("GET", "queues/ocid1.volume.oc1.iad.a", None, "InvalidParameter", "queueId"),
    ("GET", "queues/ocid1.queue.oc1.iad.a/stats", None, "NotAuthorizedOrNotFound", ""),
    ("PUT", "queues/Q/messages/R", {"visibilityInSeconds": 1}, "NotAuthorizedOrNotFound", ""),
    ("DELETE", "queues/Q/messages/R", None, "NotAuthorizedOrNotFound", ""),
]


@pytest.mark.parametrize(("method", "path", "body", "code", "words"), BAD_REQUESTS)
def test_a_request_that_cannot_be_is_refused_with_oracles_code(
    cloud: Clients, method: str, path: str, body: Any, code: str, words: str
) -> None:
    path = path.replace("/Q", f"/{cloud.make_queue()}") if "/Q" in path else path
    path, _, query = path.partition("?")
    parameters = dict(part.split("=") for part in query.split("&")) if query else {}
    error = error_of(lambda: cloud.oci.operator.call(method, f"/20210201/{path}", body, **parameters))
    assert error[1] == code, error
    assert error[0] == (404 if code == "NotAuthorizedOrNotFound" else 400)
    assert words in error[2]


def test_a_message_comes_with_all_that_was_put_and_is_hidden_until_it_is_deleted(cloud: Clients) -> None:
    queue = cloud.make_queue(visibility_in_seconds=3600)
    before = datetime.now(UTC)
    [put] = cloud.put(queue, "do this", channel_id="urgent", custom_properties={"from": "alarm"})
    [message] = cloud.get(queue)
    assert (message.id, message.content, message.delivery_count) == (put.id, "do this", 1)
    assert (message.metadata.channel_id, message.metadata.custom_properties) == ("urgent", {"from": "alarm"})
    assert message.visible_after > message.created_at
    assert message.expire_after == put.expire_after > before
    assert cloud.get(queue) == []
    assert cloud.counts(queue) == (0, 1, 0)
    assert cloud.queue.delete_message(queue, message.receipt).status == 204
    assert cloud.counts(queue) == (0, 0, 0)
    assert error_of(lambda: cloud.queue.delete_message(queue, message.receipt))[0] == 404


def test_a_message_is_visible_again_after_its_timeout_and_its_receipt_is_invalid_then(cloud: Clients) -> None:
    queue = cloud.make_queue(visibility_in_seconds=2)
    cloud.put(queue, "again")
    [first] = cloud.get(queue)
    [second] = cloud.get(queue, timeout_in_seconds=30, visibility_in_seconds=3600)
    assert (second.id, second.delivery_count) == (first.id, 2)
    assert second.receipt != first.receipt
    assert error_of(lambda: cloud.queue.delete_message(queue, first.receipt))[0] == 404
    cloud.queue.delete_message(queue, second.receipt)


def test_a_peek_hides_nothing_and_counts_as_a_delivery(cloud: Clients) -> None:
    queue = cloud.make_queue()
    cloud.put(queue, "look")
    assert [cloud.get(queue, visibility_in_seconds=0)[0].delivery_count for _ in range(3)] == [1, 2, 3]
    assert cloud.counts(queue) == (1, 0, 0)


def test_visibility_can_be_extended_and_given_up(cloud: Clients) -> None:
    queue = cloud.make_queue(visibility_in_seconds=3600)
    cloud.put(queue, "a", "b")
    first, second = cloud.get(queue)
    updated = cloud.queue.update_message(queue, first.receipt, q.UpdateMessageDetails(visibility_in_seconds=7200)).data
    assert updated.id == first.id
    assert updated.visible_after > first.visible_after
    entries = [
        q.UpdateMessagesDetailsEntry(receipt=receipt, visibility_in_seconds=seconds)
        for receipt, seconds in ((second.receipt, 0), ("stale", 1), (first.receipt, 43201))
    ]
    result = cloud.queue.update_messages(queue, q.UpdateMessagesDetails(entries=entries)).data
    assert (result.server_failures, result.client_failures) == (0, 2)
    assert [entry.error_code for entry in result.entries] == [None, 404, 400]
    assert result.entries[0].id == second.id
    assert [message.content for message in cloud.get(queue)] == ["b"]


def test_messages_are_deleted_in_batches_that_tell_what_failed(cloud: Clients) -> None:
    queue = cloud.make_queue(visibility_in_seconds=3600)
    cloud.put(queue, "a", "b")
    receipts = [message.receipt for message in cloud.get(queue)]
    entries = [q.DeleteMessagesDetailsEntry(receipt=receipt) for receipt in (receipts[0], "stale", receipts[1])]
    result = cloud.queue.delete_messages(queue, q.DeleteMessagesDetails(entries=entries)).data
    assert (result.server_failures, result.client_failures) == (0, 1)
    assert [entry.error_code for entry in result.entries] == [None, 404, None]
    assert cloud.counts(queue) == (0, 0, 0)
    no_receipt = cloud.oci.operator.call(
        "POST", f"/20210201/queues/{queue}/messages/actions/deleteMessages", {"entries": [{}, "x"]}
    )
    assert [entry["errorCode"] for entry in no_receipt["entries"]] == [400, 400]


def test_a_get_takes_as_many_messages_as_it_asks_for_and_at_most_two_megabytes(cloud: Clients) -> None:
    queue = cloud.make_queue(visibility_in_seconds=3600)
    for number in range(10):
        cloud.put(queue, f"{number}" * 256 * 1024)
    assert [message.content[0] for message in cloud.get(queue, limit=1)] == ["0"]
    assert [message.content[0] for message in cloud.get(queue)] == list("12345678")
    assert [message.content[0] for message in cloud.get(queue, limit=20)] == ["9"]


def test_a_long_poll_ends_with_the_first_message_or_empty_in_time(cloud: Clients) -> None:
    queue = cloud.make_queue(timeout_in_seconds=1)
    started = time.monotonic()
    assert cloud.queue.get_messages(queue).data.messages == []
    assert time.monotonic() - started >= SECOND

    def put_late() -> None:
        cloud.oci.service(Queues).backlog(queue).put("late", "", {})

    cloud.oci.run(lambda: cloud.oci.cloud.later(2, put_late))
    [message] = cloud.queue.get_messages(queue, timeout_in_seconds=30).data.messages
    assert message.content == "late"


def test_a_get_reads_one_channel_and_by_name_that_one(cloud: Clients) -> None:
    queue = cloud.make_queue(visibility_in_seconds=3600)
    cloud.put(queue, "a1", "a2", channel_id="a")
    cloud.put(queue, "b1", channel_id="b")
    cloud.put(queue, "plain")
    assert cloud.queue.list_channels(queue).data.items == ["a", "b"]
    assert cloud.queue.list_channels(queue, channel_filter="b").data.items == ["b"]
    assert cloud.queue.list_channels(queue, limit=1).headers["opc-next-page"] == "1"
    assert [message.content for message in cloud.get(queue, channel_filter="b")] == ["b1"]
    assert cloud.get(queue, channel_filter="b") == []
    assert cloud.counts(queue, channel_id="b") == (0, 1, 0)
    assert cloud.queue.get_stats(queue, channel_id="a").data.channel_id == "a"
    read = {frozenset(message.content for message in cloud.get(queue)) for _ in range(2)}
    assert read == {frozenset({"a1", "a2"}), frozenset({"plain"})}


def test_a_message_is_a_dead_letter_after_the_queues_most_deliveries(cloud: Clients) -> None:
    queue = cloud.make_queue(dead_letter_queue_delivery_count=2)
    cloud.put(queue, "poison")
    assert cloud.get(queue, visibility_in_seconds=0)[0].delivery_count == 1
    assert cloud.counts(queue) == (1, 0, 0)
    [last] = cloud.get(queue, visibility_in_seconds=43200)
    assert last.delivery_count == 2
    assert cloud.counts(queue) == (0, 1, 0)
    cloud.queue.update_message(queue, last.receipt, q.UpdateMessageDetails(visibility_in_seconds=0))
    [told] = cloud.told(queue, "dead")
    assert told.line == "work message 1 is a dead letter after 2 deliveries"
    assert cloud.get(queue) == []
    stats = cloud.queue.get_stats(queue).data
    assert (stats.dlq.visible_messages, stats.dlq.in_flight_messages, stats.dlq.size_in_bytes) == (1, 0, len("poison"))


def test_without_a_most_a_message_never_is_a_dead_letter(cloud: Clients) -> None:
    queue = cloud.make_queue(dead_letter_queue_delivery_count=0)
    cloud.put(queue, "again")
    counts = [cloud.get(queue, visibility_in_seconds=0)[0].delivery_count for _ in range(25)]
    assert counts == list(range(1, 26))
    assert cloud.counts(queue) == (1, 0, 0)


def test_messages_and_dead_letters_are_discarded_when_their_retention_is_over(cloud: Clients) -> None:
    lasting = cloud.make_queue(dead_letter_queue_delivery_count=1)
    brief = cloud.make_queue(dead_letter_queue_delivery_count=1, retention_in_seconds=100)
    for queue in (lasting, brief):
        cloud.put(queue, "dead", "visible")
        cloud.get(queue, limit=1, visibility_in_seconds=0)
    cloud.told(brief, "expired", count=2)
    assert cloud.counts(brief) == (0, 0, 0)
    assert cloud.counts(lasting) == (1, 0, 1)


@pytest.mark.parametrize(
    ("purge", "channels", "left"),
    [
        ("NORMAL", None, (0, 0, 1)),
        ("DLQ", None, (2, 0, 0)),
        ("BOTH", None, (0, 0, 0)),
        ("NORMAL", ["a"], (1, 0, 1)),
    ],
)
def test_a_purge_removes_messages_dead_letters_or_both(
    cloud: Clients, purge: str, channels: list[str] | None, left: tuple[int, int, int]
) -> None:
    queue = cloud.make_queue(dead_letter_queue_delivery_count=1)
    cloud.put(queue, "dead")
    cloud.get(queue, visibility_in_seconds=0)
    cloud.put(queue, "in a", channel_id="a")
    cloud.put(queue, "in none")
    details = q.PurgeQueueDetails(purge_type=purge, channel_ids=channels)
    with cloud.being_changed(queue):
        assert error_of(lambda: cloud.admin.purge_queue(queue, details))[:2] == (409, "IncorrectState")
    reply = cloud.admin.purge_queue(queue, details)
    cloud.finished(cloud.admin, reply, "UPDATED")
    assert cloud.counts(queue) == left


def test_a_throttled_put_is_a_fault_that_can_be_scripted(cloud: Clients) -> None:
    queue = cloud.make_queue()
    cloud.oci.fault("PutMessages", status=429, code="TooManyRequests", message="Too many requests for the user.")
    assert error_of(lambda: cloud.put(queue, "x"))[:2] == (429, "TooManyRequests")
    assert len(cloud.put(queue, "x")) == 1


def test_a_connector_hands_over_one_message_at_once_and_deletes_it_after_a_200(hub: Clients) -> None:
    queue = hub.make_queue(visibility_in_seconds=3600)
    hub.make_connector(queue)
    hub.put(queue, '{"seconds": 0}')
    [batch] = hub.oci.journal.wait_for("batch")
    assert batch.details["items"] == [{"content": '{"seconds": 0}'}]
    hub.told(queue, "deleted")
    assert hub.counts(queue) == (0, 0, 0)
    assert hub.invocations() == [200]
    lines = [entry.line for entry in hub.oci.journal.entries("queue", queue=queue)]
    assert lines == [
        "work took message 1, 14 bytes",
        "work delivered message 1 to connector work, delivery 1",
        "work deleted message 1",
    ]


def test_a_message_comes_back_after_the_visibility_timeout_until_the_function_recovers(
    hub: Clients, tmp_path: Path
) -> None:
    queue = hub.make_queue(visibility_in_seconds=100)
    hub.make_connector(queue)
    recovered = tmp_path / "recovered"
    began = time.time()
    hub.put(queue, json.dumps({"until": str(recovered)}))
    first, second, *_ = hub.told(queue, "returned", count=2)
    recovered.touch()
    hub.told(queue, "deleted")
    # A call that takes longer than the timeout is made twice.
    statuses = hub.invocations()
    assert (set(statuses), statuses) == ({502, 200}, sorted(statuses, reverse=True))
    assert first.time - began >= 100 * SECOND
    assert second.time - first.time >= 100 * SECOND


def test_a_message_that_always_fails_is_a_dead_letter_and_holds_back_no_other(hub: Clients) -> None:
    queue = hub.make_queue(visibility_in_seconds=50, dead_letter_queue_delivery_count=3)
    hub.make_connector(queue)
    hub.put(queue, '{"fails": true}', "{}")
    [dead] = hub.told(queue, "dead")
    assert dead.details["deliveries"] == 3
    assert len(hub.oci.journal.wait_for("invocation", status=502, count=3)) == 3
    hub.told(queue, "deleted")
    assert hub.counts(queue) == (0, 0, 1)


def test_after_an_error_all_messages_of_the_batch_come_back(hub: Clients) -> None:
    queue = hub.make_queue(visibility_in_seconds=200, dead_letter_queue_delivery_count=1)
    hub.make_connector(queue, batch_size_in_num=3)
    hub.put(queue, "{}", '{"fails": true}', "{}")
    hub.told(queue, "dead", count=3)
    hub.oci.journal.wait_for("invocation")
    assert hub.invocations() == [502]


def test_one_connector_invokes_one_at_a_time_and_several_in_parallel(hub: Clients, tmp_path: Path) -> None:
    alone, shared = (hub.make_queue(visibility_in_seconds=3600) for _ in range(2))
    connectors = [hub.make_connector(queue) for queue in (alone, shared, shared)]
    assert len(set(connectors)) == 3
    hub.put(alone, *['{"seconds": 0.2}'] * 2)
    # Each of the two ends only once the other has begun.
    one, other = (str(tmp_path / name) for name in ("one", "other"))
    hub.put(shared, json.dumps({"begun": one, "awaits": other}), json.dumps({"begun": other, "awaits": one}))
    hub.told(shared, "deleted", count=2)
    hub.told(alone, "deleted", count=2)
    first, second = hub.told(alone, "delivered", count=2)
    assert second.time - first.time >= 0.2


def test_a_function_slower_than_the_visibility_timeout_gets_its_message_again(hub: Clients) -> None:
    queue = hub.make_queue(visibility_in_seconds=5)
    hub.make_connector(queue)
    hub.put(queue, '{"seconds": 0.3}')
    hub.told(queue, "returned")
    hub.told(queue, "delivered", count=2)
    assert hub.invocations()[0] == 200
    assert hub.oci.journal.entries("queue", queue=queue, what="deleted") == []


@pytest.mark.parametrize(
    ("target", "contents", "sizes"),
    [
        ({"batch_size_in_num": 2}, ["{}"] * 5, [2, 2, 1]),
        ({"batch_size_in_kbs": 2, "batch_size_in_num": None}, ["{}".ljust(1024)] * 5, [2, 2, 1]),
        ({"batch_size_in_kbs": 1, "batch_size_in_num": None}, ["{}".ljust(2000)] * 2, [1, 1]),
        ({"batch_size_in_num": None}, ["{}"] * 5, [5]),
        ({"batch_size_in_num": None, "batch_time_in_sec": None}, ["{}"] * 5, [5]),
    ],
)
def test_the_first_limit_that_is_reached_ends_a_batch(
    hub: Clients, target: dict[str, Any], contents: list[str], sizes: list[int]
) -> None:
    queue = hub.make_queue(visibility_in_seconds=3600)
    hub.put(queue, *contents)
    started = time.monotonic()
    hub.make_connector(queue, **{"batch_time_in_sec": 60, **target})
    batches = hub.oci.journal.wait_for("batch", count=len(sizes))
    assert [len(batch.details["items"]) for batch in batches] == sizes
    is_last_full = sizes[-1] == sizes[0] and len(sizes) > 1
    assert is_last_full or time.monotonic() - started >= 60 * SECOND


@pytest.mark.parametrize(
    ("shape", "content", "element"),
    [
        ("content", '{"a": 1}', {"content": '{"a": 1}'}),
        ("text", '{"a": 1}', '{"a": 1}'),
        ("object", '{"a": 1}', {"a": 1}),
        ("object", "no JSON", "no JSON"),
    ],
)
def test_the_shape_of_an_element_is_an_option(tmp_path: Path, shape: str, content: str, element: Any) -> None:
    with serve(tmp_path, queue_element_shape=shape) as served:
        cloud = clients_of(served)
        queue = cloud.make_queue()
        cloud.make_connector(queue)
        cloud.put(queue, content)
        [batch] = served.journal.wait_for("batch")
        assert batch.details["items"] == [element]


def test_an_unknown_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="queue_element_shape is one of content, text, object, and not 'xml'"):
        LocalOci(Options(queue_element_shape="xml"))  # type: ignore[arg-type]


def test_a_connector_stops_when_it_is_deactivated_and_goes_on_when_it_is_activated(hub: Clients) -> None:
    queue = hub.make_queue(visibility_in_seconds=3600)
    connector = hub.make_connector(queue)
    token = uuid.uuid4().hex
    first, second = (hub.hub.deactivate_service_connector(connector, opc_retry_token=token) for _ in range(2))
    assert first.headers["opc-work-request-id"] == second.headers["opc-work-request-id"]
    hub.finished(hub.hub, first, "UPDATED")
    assert hub.hub.get_service_connector(connector).data.lifecycle_state == "INACTIVE"
    assert error_of(lambda: hub.hub.deactivate_service_connector(connector))[:2] == (409, "IncorrectState")
    hub.put(queue, "{}")
    hub.finished(hub.hub, hub.hub.update_service_connector(connector, described("still inactive")), "UPDATED")
    assert hub.hub.get_service_connector(connector).data.lifecycle_state == "INACTIVE"
    assert hub.counts(queue) == (1, 0, 0)
    hub.finished(hub.hub, hub.hub.activate_service_connector(connector), "UPDATED")
    hub.told(queue, "deleted")
    assert hub.hub.get_service_connector(connector).data.lifecycle_state == "ACTIVE"


def described(words: str) -> Any:
    return sch.UpdateServiceConnectorDetails(description=words)


def test_an_invocation_that_runs_when_the_connector_is_deleted_comes_to_its_end(hub: Clients, tmp_path: Path) -> None:
    queue = hub.make_queue(visibility_in_seconds=3600)
    connector = hub.make_connector(queue)
    deleted = tmp_path / "deleted"
    hub.put(queue, json.dumps({"awaits": str(deleted)}), "{}")
    hub.oci.journal.wait_for("batch")
    hub.finished(hub.hub, hub.hub.delete_service_connector(connector), "DELETED")
    deleted.touch()
    hub.told(queue, "deleted")
    assert hub.counts(queue) == (1, 0, 0)
    assert hub.hub.get_service_connector(connector).data.lifecycle_state == "DELETED"


def test_a_connector_reads_what_its_source_names_after_an_update(hub: Clients) -> None:
    old, new = (hub.make_queue(visibility_in_seconds=3600) for _ in range(2))
    connector = hub.make_connector(old)
    source = sch.PluginSourceDetails(plugin_name="QueueSource", config_map={"queueId": new})
    updated = hub.hub.update_service_connector(connector, sch.UpdateServiceConnectorDetails(source=source))
    hub.finished(hub.hub, updated, "UPDATED")
    hub.put(old, "{}")
    hub.put(new, "{}")
    hub.told(new, "deleted")
    assert hub.counts(old) == (1, 0, 0)


def test_a_connector_whose_queue_is_gone_is_idle(hub: Clients) -> None:
    queue = hub.make_queue()
    connector = hub.make_connector(queue)
    hub.finished(hub.admin, hub.admin.delete_queue(queue), "DELETED")
    hub.finished(hub.hub, hub.hub.update_service_connector(connector, described("idle")), "UPDATED")
    assert hub.hub.get_service_connector(connector).data.lifecycle_state == "ACTIVE"
    assert hub.invocations() == []


def test_a_connector_is_read_back_as_it_was_made_once_per_retry_token(cloud: Clients) -> None:
    queue = cloud.make_queue()
    details, token = cloud.connector(queue, batch_size_in_num=1), uuid.uuid4().hex
    first, second = (cloud.hub.create_service_connector(details, opc_retry_token=token) for _ in range(2))
    assert first.headers["opc-work-request-id"] == second.headers["opc-work-request-id"]
    found = cloud.hub.get_service_connector(cloud.finished(cloud.hub, first, "CREATED")).data
    assert (found.source.kind, found.source.plugin_name) == ("plugin", "QueueSource")
    assert found.source.config_map == {"queueId": queue}
    assert (found.target.function_id, found.target.batch_size_in_num) == (cloud.oci.function["id"], 1)
    assert (found.lifecycle_state, found.tasks) == ("ACTIVE", [])
    moved = sch.ChangeServiceConnectorCompartmentDetails(compartment_id="ocid1.compartment.oc1..elsewhere")
    cloud.finished(cloud.hub, cloud.hub.change_service_connector_compartment(found.id, moved), "UPDATED")
    listed = cloud.hub.list_service_connectors("ocid1.compartment.oc1..elsewhere", lifecycle_state="ACTIVE").data.items
    assert [item.id for item in listed] == [found.id]
    [work, *_] = cloud.hub.list_work_requests(cloud.oci.compartment_id).data.items
    assert work.operation_type == "UPDATE_SERVICE_CONNECTOR"


BAD_CONNECTORS: list[tuple[dict[str, Any], int, str, str]] = [
    ({"displayName": None}, 400, "MissingParameter", "displayName"),
    ({"source": None}, 400, "MissingParameter", "source"),
    ({"source": "queue"}, 400, "InvalidParameter", "source"),
    ({"source": {"kind": "tape"}}, 400, "InvalidParameter", "source.kind must be one of"),
    ({"source": {"kind": "monitoring"}}, 400, "NotImplemented", "monitoring"),
    ({"source": {"kind": "streaming"}}, 400, "MissingParameter", "streamId"),
    ({"source": {"kind": "logging"}}, 400, "MissingParameter", "logSources"),
    ({"source": {"kind": "plugin", "pluginName": "QueueSource"}}, 400, "MissingParameter", "configMap"),
    ({"configMap": {}}, 400, "MissingParameter", "configMap"),
    ({"configMap": '{"queueId": "Q"}'}, 400, "InvalidParameter", "source.configMap"),
    ({"configMap": {"queueId": "work"}}, 400, "InvalidParameter", "queueId"),
    ({"configMap": {"queueId": "ocid1.queue.oc1.iad.a"}}, 404, "NotAuthorizedOrNotFound", ""),
    ({"configMap": {"queueId": "ocid1.queue.oc1.iad.a", "speed": 1}}, 400, "NotImplemented", "speed"),
    ({"pluginName": "KafkaSource"}, 400, "NotImplemented", "QueueSource"),
    ({"tasks": [{"kind": "logRule"}]}, 400, "NotImplemented", "tasks"),
    ({"target": {"kind": "bucket"}}, 400, "InvalidParameter", "target.kind must be one of"),
    ({"target": {"kind": "notifications"}}, 400, "NotImplemented", "notifications"),
    ({"target": {"kind": "functions"}}, 400, "MissingParameter", "functionId"),
    ({"target": {"kind": "functions", "functionId": "fn"}}, 400, "InvalidParameter", "functionId"),
    (
        {"target": {"kind": "functions", "functionId": "ocid1.fnfunc.oc1.iad.a"}},
        404,
        "NotAuthorizedOrNotFound",
        "",
    ),
    (
        {"batchTimeInSec": 59},
        400,
        "InvalidParameter",
        "target.batchTimeInSec must be greater than or equal to 60",
    ),
    ({"batchSizeInNum": 0}, 400, "InvalidParameter", "target.batchSizeInNum must be greater than or equal to 1"),
    ({"batchTimeInSec": 60.5}, 400, "InvalidParameter", "target.batchTimeInSec"),
    ({"batchSizeInNum": 1, "batchSizeInKbs": 1}, 400, "InvalidParameter", "Only one size option"),
    ({"speed": 1}, 400, "InvalidParameter", "Unrecognized field: speed"),
]


@pytest.mark.parametrize(("change", "status", "code", "words"), BAD_CONNECTORS)
def test_a_connector_that_cannot_be_is_refused(
    cloud: Clients, change: dict[str, Any], status: int, code: str, words: str
) -> None:
    source = {"kind": "plugin", "pluginName": "QueueSource", "configMap": {"queueId": cloud.make_queue()}}
    target = {"kind": "functions", "functionId": cloud.oci.function["id"], "batchTimeInSec": 60}
    for part in (source, target):
        part.update({name: value for name, value in change.items() if name in part or name.startswith("batch")})
    body = {
        "displayName": "work",
        "compartmentId": cloud.oci.compartment_id,
        "source": source,
        "target": target,
        **{name: value for name, value in change.items() if name not in {*source, *target}},
    }
    error = error_of(lambda: cloud.oci.operator.call("POST", "/20200909/serviceConnectors", body))
    assert error[:2] == (status, code), error
    assert words in error[2]


def test_the_plugin_that_reads_a_queue_is_listed(cloud: Clients) -> None:
    [listed] = cloud.plugins.list_connector_plugins(name="QueueSource").data.items
    found = cloud.plugins.get_connector_plugin("QueueSource").data
    assert (listed.name, found.kind, found.lifecycle_state) == ("QueueSource", "SOURCE", "ACTIVE")
    assert cloud.plugins.list_connector_plugins(name="KafkaSource").data.items == []
    assert error_of(lambda: cloud.plugins.get_connector_plugin("KafkaSource"))[0] == 404


def test_the_oci_command_makes_a_queue_a_connector_and_messages(cloud: Clients, oci_command: OciCommand) -> None:
    compartment = ("--compartment-id", cloud.oci.compartment_id)

    run = partial(oci_command.call, cloud.oci)
    waiting = ("--wait-for-state", "SUCCEEDED", "--wait-interval-seconds", "1")
    made = run("queue queue-admin queue create", *compartment, "--display-name", "cli", *waiting)
    queue = made["resources"][0]["identifier"]
    named = ("--queue-id", queue)
    run("queue queue-admin queue update", *named, "--visibility-in-seconds", "43200", "--force", *waiting)
    put = run("queue messages put-messages", *named, "--messages", '[{"content": "by hand"}]')
    [message] = run("queue messages get-messages", *named, "--timeout-in-seconds", "0")["messages"]
    assert (message["id"], message["content"]) == (put["messages"][0]["id"], "by hand")
    assert run("queue messages get-stats", *named)["queue"]["in-flight-messages"] == 1
    run("queue messages delete-message", *named, "--message-receipt", message["receipt"], "--force")
    source = {"kind": "plugin", "pluginName": "QueueSource", "configMap": {"queueId": queue}}
    target = {"kind": "functions", "functionId": cloud.oci.function["id"], "batchSizeInNum": 1, "batchTimeInSec": 60}
    what = ("--source", json.dumps(source), "--target", json.dumps(target))
    made = run("sch service-connector create", *compartment, "--display-name", "cli", *what, *waiting)
    connector = ("--service-connector-id", made["resources"][0]["identifier"])
    run("sch service-connector deactivate", *connector, *waiting)
    assert run("sch service-connector get", *connector)["lifecycle-state"] == "INACTIVE"
    run("sch service-connector delete", *connector, "--force", *waiting)
    run("queue queue-admin queue purge", *named, "--purge-type", "NORMAL", *waiting)
    run("queue queue-admin queue delete", *named, "--force", *waiting)
    assert cloud.oci.run(lambda: cloud.oci.service(Queues).find_backlog(queue)) is None
    assert cloud.oci.run(lambda: len(cloud.oci.service(ServiceConnectors).collection.documents)) >= 1
