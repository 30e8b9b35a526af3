"""What a topic may be: one row per service that messages can be published to.

A new kind is one row here, and one module of ``handlers/output`` with a class ``Topic`` that has one ``publish``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from handlers.domain.ocids import parse_ocid

_SNS_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")


class TopicKind(NamedTuple):
    """One service's topics.

    Attributes:
        module: The module of ``handlers/output`` that publishes to them.
        service: What the service is called in sentences.
        id_form: What their ids look like, to a person.
        recognises: Whether a text is such an id.
        package: The package that the module needs and an image may lack, None where there is no such package.
    """

    module: str
    service: str
    id_form: str
    recognises: Callable[[str], bool]
    package: str | None = None


def _is_topic_ocid(topic_id: str) -> bool:
    ocid = parse_ocid(topic_id)
    return ocid is not None and ocid.resource_type == "onstopic"


def _is_topic_arn(topic_id: str) -> bool:
    return _SNS_ARN.fullmatch(topic_id) is not None


_ROWS = (
    TopicKind("ons", "Notifications", "the OCID of a Notifications topic", _is_topic_ocid),
    TopicKind("sns", "Amazon SNS", "the ARN of an SNS topic", _is_topic_arn, package="boto3"),
)
TOPIC_KINDS = {kind.module: kind for kind in _ROWS}


def topic_kind(topic_id: str) -> TopicKind:
    """Return the kind of topic that an id names. Raises ValueError, which says what an id may be."""
    for kind in _ROWS:
        if kind.recognises(topic_id):
            return kind
    forms = " nor ".join(kind.id_form for kind in _ROWS)
    raise ValueError(f"'{topic_id}' is neither {forms}")
