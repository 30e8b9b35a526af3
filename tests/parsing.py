"""Bodies parsed without an invocation: for what an answer does not show, and for very large ones."""

from __future__ import annotations

import json
from typing import Any

from handlers.domain.delivery import Delivery
from handlers.domain.result import Result
from handlers.domain.search import Task
from handlers.settings import Settings, read
from handlers.triggers.recognise import parse


def configuration(**config: str) -> Settings:
    return read({"TOPIC_ID": "ocid1.onstopic.oc1.iad.aaaatopic", **config})


def parse_body(body: Any, *, message_id: str | None = None, **config: str) -> list[Task | Result]:
    """What a body asks for, and its results, as it comes directly, or through a topic where there is a `message_id`."""
    encoded = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return parse(Delivery(encoded, "call-1", "ocid1.fnfunc.oc1.iad.a", message_id), configuration(**config))


def parse_results(body: Any, *, message_id: str | None = None, **config: str) -> list[Result]:
    """The results alone."""
    items = parse_body(body, message_id=message_id, **config)
    return [item for item in items if isinstance(item, Result)]
