"""A topic of Amazon SNS, for teams whose on-call lives there. Needs boto3, which only this module imports.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from handlers.domain.deadline import Deadline
from handlers.domain.errors import InvalidConfiguration, PublishFailed
from handlers.output.messages import Message

_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 3, 5, 3


class SnsTopic:
    """At most 256 KB of body; the subject is ASCII. Credentials come from boto3's own chain."""

    limit = 256 * 1024

    def __init__(self, topic_arn: str, deadline: Deadline) -> None:
        self._arn = topic_arn
        self._deadline = deadline
        self._client = _client(topic_arn.split(":")[3])

    def size(self, title: str, body: str) -> int:  # noqa: ARG002  (SNS counts the body alone)
        return len(body.encode())

    def publish(self, message: Message) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        if self._deadline.remaining() <= 0:
            raise PublishFailed("the invocation's time was over before Amazon SNS was told")
        subject = message.title.encode("ascii", "replace").decode()
        try:
            self._client.publish(TopicArn=self._arn, Subject=subject, Message=message.body)
        except ClientError as error:
            told = error.response.get("Error", {})
            why = f"{told.get('Code')}: {told.get('Message')}"
            raise PublishFailed(f"Amazon SNS refused the message: {why}", hint=_HINT) from None
        except BotoCoreError as error:
            why = type(error).__name__
            raise PublishFailed(f"Amazon SNS could not be told: {why}", hint=_HINT) from None


_HINT = "Check the topic's ARN in TOPIC_ID and that the function's AWS credentials allow sns:Publish on it."


@cache
def _client(region: str) -> Any:
    """The container's client for a region. Raises InvalidConfiguration where boto3 is not installed."""
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise InvalidConfiguration(
            "TOPIC_ID: names an Amazon SNS topic, but boto3 is not installed in the function's image",
            hint="Add boto3 to requirements.txt and deploy again.",
        ) from None
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
    )
    return boto3.client("sns", region_name=region, config=config)
