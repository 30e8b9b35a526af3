"""Results go out: each configured topic gets every message, Oracle's topics and Amazon's alike."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import replace
from typing import Protocol

from handlers.domain.deadline import Deadline
from handlers.domain.errors import FunctionError, PublishFailed
from handlers.domain.result import Result
from handlers.oci.connections import Connections
from handlers.output.messages import Message, pack_messages, worth_telling
from handlers.workers import Workers


class Topic(Protocol):
    """A topic of one service: how large a publish of its service may be, and how it is published."""

    limit: int

    def size(self, title: str, body: str) -> int:
        """Bytes that the service counts for this title and body."""

    def publish(self, message: Message) -> None:
        """Raises FunctionError where the topic did not take the message."""


def open_topics(topic_ids: Sequence[str], connections: Connections, deadline: Deadline) -> list[Topic]:
    """The topics, ready to be published to. Raises InvalidConfiguration where one needs what is not installed."""
    return [_open(topic_id, connections, deadline) for topic_id in topic_ids]


def _open(topic_id: str, connections: Connections, deadline: Deadline) -> Topic:
    if topic_id.startswith("arn:"):
        from handlers.output.sns import SnsTopic

        return SnsTopic(topic_id, deadline)
    from handlers.output.ons import OnsTopic

    return OnsTopic(topic_id, connections, deadline)


def publish(
    results: Sequence[Result], topics: Sequence[Topic], source: str, deadline: Deadline, workers: Workers
) -> tuple[list[Result], PublishFailed | None]:
    """The results, `notified` where every topic has taken them; and the error where one has not."""
    if not any(map(worth_telling, results)):
        return list(results), None
    told = [workers.submit(_publish_to, topic, results, source) for topic in topics]
    missed, errors = _collect(told, results, deadline)
    if not all(future.done() for future in told):
        workers.abandon()
    marked = [replace(result, notified=worth_telling(result) and id(result) not in missed) for result in results]
    if not errors:
        return marked, None
    why = "; ".join(dict.fromkeys(error.message for error in errors))
    hint = next((error.hint for error in errors if error.hint), "Check the topics that TOPIC_ID names.")
    return marked, PublishFailed(f"The results could not be published: {why}", hint=hint)


Missed = list[tuple[Message, FunctionError]]


def _publish_to(topic: Topic, results: Sequence[Result], source: str) -> Missed:
    """Publish to one topic, one message after the other so that the order is kept; what it did not take."""
    missed: Missed = []
    for message in pack_messages(results, source, topic.size, topic.limit):
        try:
            topic.publish(message)
        except FunctionError as error:
            missed.append((message, error))
    return missed


def _collect(
    told: Sequence[Future[Missed]], results: Sequence[Result], deadline: Deadline
) -> tuple[set[int], list[FunctionError]]:
    missed: set[int] = set()
    errors: list[FunctionError] = []
    for future in told:
        try:
            for message, error in future.result(timeout=max(0.0, deadline.remaining())):
                missed.update(map(id, message.results))
                errors.append(error)
        except FutureTimeout:
            missed.update(map(id, results))
            errors.append(PublishFailed("a topic did not answer in time"))
    return missed, errors
