"""Results go out: each topic of TOPIC_ID gets every message, and those of ALERT_TOPIC_ID one mail an invocation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from functools import cache
from importlib import import_module
from typing import Protocol

from handlers.domain.deadline import Deadline
from handlers.domain.defects import attempt
from handlers.domain.delivery import Delivery
from handlers.domain.errors import FunctionError, InvalidConfiguration, PublishFailed
from handlers.domain.result import Result
from handlers.domain.topic_kinds import topic_kind
from handlers.oci.connections import Connections
from handlers.output.cloud_events import is_worth_telling
from handlers.output.messages import EncodedEvent, Message, encode_event, pack_messages
from handlers.output.titles import rank_of
from handlers.settings import Settings
from handlers.workers import get_topic_workers

# Notifications takes 60 a minute and topic: some are left for other invocations.
MAX_MESSAGES = 50
_MIN_SECONDS = 5.0
Refused = list[tuple[Message, FunctionError]]


class Topic(Protocol):
    """A topic of one service. Opened by its first publish.

    Attributes:
        max_bytes: How large a publish may be.
        ends_in_time: Whether each publish ends by the deadline of itself, so that nobody needs to watch it.
    """

    max_bytes: int
    ends_in_time: bool

    def count_bytes(self, title: str, body: str) -> int:
        """Return the bytes that the service counts for this title and body."""

    def publish(self, message: Message) -> None:
        """Publish a message. Raises FunctionError where the topic did not take it."""


OpenTopic = Callable[[str, Connections, Deadline], Topic]
PackMessages = Callable[[Topic], list[Message]]


class Publisher:
    """What one invocation tells. Nothing that goes wrong in it hides what was made: it is kept in `error`.

    Raises InvalidConfiguration where a kind of topic needs a package that the image lacks.
    """

    def __init__(self, settings: Settings, connections: Connections, delivery: Delivery, deadline: Deadline) -> None:
        self._settings = settings
        self._connections = connections
        self._delivery = delivery
        self._deadline = deadline
        self._failures: dict[str, PublishFailed] = {}
        # All of them here, on the main thread, since the SDK's lazy imports know no other.
        self._open = {topic_id: _find_topic("TOPIC_ID", topic_id) for topic_id in settings.topic_ids}
        self._open |= {topic_id: _find_topic("ALERT_TOPIC_ID", topic_id) for topic_id in settings.alert_topic_ids}

    @property
    def error(self) -> PublishFailed | None:
        """The failures of all topics so far as one, each with the topic's id."""
        if not self._failures:
            return None
        failures = self._failures.values()
        why = "; ".join(f"{topic_id} was not told: {failure.message}" for topic_id, failure in self._failures.items())
        hint = next((failure.hint for failure in failures if failure.hint), None)
        error = PublishFailed(why, hint=hint)
        error.retryable = any(failure.retryable for failure in failures)
        return error

    def publish(self, results: Sequence[Result]) -> list[Result]:
        """Publish the results worth telling to every topic of TOPIC_ID, the worst first.

        Returns them in their order, `notified` where every topic has taken them. May be called several times.
        """
        published, defect = attempt(self._publish, results)
        if defect is not None:
            self._note("TOPIC_ID", defect)
        return list(results) if published is None else published

    def _publish(self, results: Sequence[Result]) -> list[Result]:
        events = self._encode(results)
        if self._settings.dry_run or not events:
            return list(results)
        everything = Message("", "", tuple(event.position for event in events))
        missed = self._publish_to_all(self._settings.topic_ids, lambda topic: _pack(events, topic), everything)
        told = {event.position for event in events} - missed
        return [result._replace(notified=position in told) for position, result in enumerate(results)]

    def alert(self, results: Sequence[Result]) -> None:
        """Publish one mail about what needs a person to every topic of ALERT_TOPIC_ID, if there is anything.

        To be called once, at the end, with all results of the invocation: a mailbox takes ten messages a minute.
        """
        _, defect = attempt(self._alert, results)
        if defect is not None:
            self._note("ALERT_TOPIC_ID", defect)

    def _alert(self, results: Sequence[Result]) -> None:
        if self._settings.dry_run or not self._settings.alert_topic_ids:
            return
        if self.error is None and not any(result.concerns_people for result in results):
            return
        # Most invocations have nothing to tell people, and need not load the words for it.
        from handlers.output.alert import write_alert

        mail = write_alert(results, self.error, self._delivery)
        self._publish_to_all(self._settings.alert_topic_ids, lambda _: [mail], mail)

    def _encode(self, results: Sequence[Result]) -> list[EncodedEvent]:
        """Return the results worth telling as CloudEvents, the worst first; what cannot be written is a failure."""
        events = []
        for position, result in enumerate(results):
            if not is_worth_telling(result):
                continue
            source = f"/create-volume-backup/{self._delivery.function_id}"
            event, error = attempt(encode_event, position, result, source)
            if error is not None:
                self._note(result.resource_id or result.trigger.id, error)
            if event is not None:
                events.append(event)
        return sorted(events, key=lambda event: rank_of(event.result))

    def _publish_to_all(self, topic_ids: Sequence[str], pack: PackMessages, everything: Message) -> set[int]:
        """Publish to all topics at once, and return the positions of the results that one of them has not taken."""
        # Half of the time left, so that what comes after, another report or the mail, still has some.
        left = self._deadline.remaining()
        deadline = Deadline(self._deadline.at - max(0.0, min(left / 2, left - _MIN_SECONDS)))
        topics = {topic_id: self._open[topic_id](topic_id, self._connections, deadline) for topic_id in topic_ids}
        # One of them needs no other thread, which would cost a tenth of a warm invocation.
        here = next((topic_id for topic_id, topic in topics.items() if topic.ends_in_time), None)
        workers = get_topic_workers(len(topics))
        publishing = {
            topic_id: workers.submit(_publish_in_order, topic, pack)
            for topic_id, topic in topics.items()
            if topic_id != here
        }
        published = {here: attempt(_publish_in_order, topics[here], pack)} if here else {}
        published |= {topic_id: attempt(_result_of, future, deadline) for topic_id, future in publishing.items()}
        missed: set[int] = set()
        for topic_id in topic_ids:
            refused, unanswered = published[topic_id]
            if unanswered is not None:
                refused = [(everything, unanswered)]
            for message, error in refused or []:
                missed.update(message.positions)
                self._note(topic_id, error)
        if not all(future.done() for future in publishing.values()):
            workers.abandon()
        return missed

    def _note(self, topic_id: str, error: FunctionError) -> None:
        """Keep a topic's first failure: the later ones mostly say the same."""
        failure = PublishFailed(error.message, hint=error.hint)
        failure.retryable = error.retryable
        self._failures.setdefault(topic_id, failure)


@cache
def _find_topic(key: str, topic_id: str) -> OpenTopic:
    """Return what opens a topic that stands under `key`. Raises InvalidConfiguration where its package is missing."""
    kind = topic_kind(topic_id)
    try:
        found: OpenTopic = import_module(f"handlers.output.{kind.module}").Topic
    except ImportError:
        raise InvalidConfiguration(
            f"{key}: names {kind.service}, but {kind.package} is not installed in the function's image",
            hint=f"Add {kind.package} to requirements.txt and deploy again.",
        ) from None
    return found


def _pack(events: Sequence[EncodedEvent], topic: Topic) -> list[Message]:
    return pack_messages(events, topic.count_bytes, topic.max_bytes)


def _result_of(future: Future[Refused], deadline: Deadline) -> Refused:
    """Return what a topic refused. Raises PublishFailed where it has not answered by the deadline."""
    try:
        return future.result(timeout=max(0.0, deadline.remaining()))
    except FutureTimeout as error:
        raise PublishFailed("The topic did not answer in time") from error


def _publish_in_order(topic: Topic, pack: PackMessages) -> Refused:
    """Publish to one topic, one message after the other, and return those that it did not take."""
    refused: Refused = []
    messages = pack(topic)
    for message in messages[:MAX_MESSAGES]:
        _, error = attempt(topic.publish, message)
        if error is not None:
            refused.append((message, error))
    if len(messages) > MAX_MESSAGES:
        # Delivered again, it would be as many again: the answer must not ask for that.
        too_many = PublishFailed(f"{len(messages)} messages are needed, of which {MAX_MESSAGES} were published")
        too_many.retryable = False
        refused += [(message, too_many) for message in messages[MAX_MESSAGES:]]
    return refused
