"""A topic of Amazon SNS, for teams whose on-call lives there. Needs boto3, which only this module imports.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

from __future__ import annotations

import hashlib
from functools import cache
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.deadline import Deadline
from handlers.domain.errors import PublishFailed
from handlers.oci.connections import Connections
from handlers.output.messages import Message

_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 3, 5, 3
_MESSAGE_GROUP = "create-volume-backup"
_HINT = (
    "Check the topic's ARN, that the function's AWS settings (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the like) "
    "are complete, and that they allow sns:Publish on the topic."
)
_opening = Lock()


class Topic:
    """At most 256 KB of body; the subject is ASCII. Credentials come from boto3's own chain."""

    max_bytes = 256 * 1024
    ends_in_time = False  # botocore bounds neither a look-up of a name nor all tries together

    def __init__(self, topic_id: str, connections: Connections, deadline: Deadline) -> None:  # noqa: ARG002  (not OCI's)
        self._arn = topic_id
        self._deadline = deadline

    def count_bytes(self, title: str, body: str) -> int:  # noqa: ARG002  (SNS counts the body alone)
        """Return the bytes that the service counts."""
        return len(body.encode())

    def publish(self, message: Message) -> None:
        """Publish a message. Raises PublishFailed where the topic did not take it, or could not even be opened."""
        if self._deadline.remaining() <= 0:
            raise PublishFailed("The invocation's time was over before Amazon SNS was told")
        subject = message.title.encode("ascii", "replace").decode()
        try:
            _client(self._arn).publish(
                TopicArn=self._arn, Subject=subject, Message=message.body, **_fifo_fields(self._arn, message)
            )
        except ClientError as error:
            refusal = error.response.get("Error", {})
            why = f"{refusal.get('Code')}: {refusal.get('Message')}"
            raise PublishFailed(f"Amazon SNS refused the message: {why}", hint=_HINT) from error
        except (BotoCoreError, ValueError) as error:  # its text may hold a URL with a password
            raise PublishFailed(f"Amazon SNS could not be told: {type(error).__name__}", hint=_HINT) from error


def _fifo_fields(arn: str, message: Message) -> dict[str, str]:
    """A FIFO topic wants a group, whose order it keeps, and an id by which it drops a repeated message."""
    if not arn.endswith(".fifo"):
        return {}
    digest = hashlib.sha256(message.body.encode()).hexdigest()
    return {"MessageGroupId": _MESSAGE_GROUP, "MessageDeduplicationId": digest}


def _client(arn: str) -> Any:
    """The container's client for a topic's region; one is made at a time, since boto3 shares a session for it."""
    with _opening:
        return _region_client(arn.split(":")[3])


@cache
def _region_client(region: str) -> Any:
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
    )
    return boto3.client("sns", region_name=region, config=config)
