"""The queue for work that is left for later (GetQueue, PutMessages).

https://docs.oracle.com/en-us/iaas/api/#/en/queue/20210201/
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from urllib.parse import urlsplit

from handlers.domain.errors import ApiUnreachable, FunctionError, InvalidConfiguration
from handlers.domain.ocids import Ocid, parse_ocid
from handlers.domain.operations import GET_QUEUE, PUT_MESSAGES
from handlers.oci.client import OciApi
from handlers.oci.connections import Connections, Endpoint

# What the service takes at once.
MAX_MESSAGE_BYTES = 256 * 1024
_MAX_MESSAGES, _MAX_BYTES = 20, 512 * 1024
_ENVELOPE_BYTES = 1024


class WorkQueue:
    """A queue, asked for the endpoint of its messages once, when first something is put. Shared by all invocations.

    Raises InvalidConfiguration where it is in another region or realm: the messages would cross it for nothing.
    """

    def __init__(self, connections: Connections, queue: Ocid) -> None:
        if not connections.is_at_home(queue):
            raise InvalidConfiguration(
                f"WORK_QUEUE_ID: {queue.text} is in another region or realm than the function",
                hint="Name a queue in the function's own region.",
            )
        self._connections = connections
        self._queue = queue
        self._endpoint: Endpoint | None = None

    def put(self, contents: Sequence[str], api: OciApi) -> list[FunctionError | None]:
        """Put messages (PutMessages), and return for each of them why it could not be put, or None.

        A put that is sent again may put a message twice, for the service knows no retry token for it. That does no
        harm: both bring the same trigger.
        """
        errors: list[FunctionError | None] = []
        for part in _split(contents):
            try:
                self._put(part, api)
            except FunctionError as error:
                errors += [error] * len(part)
            else:
                errors += [None] * len(part)
        return errors

    def _put(self, contents: Sequence[str], api: OciApi) -> None:
        if self._endpoint is None:
            self._endpoint = self._find_endpoint(api)
        body = json.dumps({"messages": [{"content": content} for content in contents]}, ensure_ascii=False)
        api.send(PUT_MESSAGES, self._queue, body=body.encode(), endpoint=self._endpoint)

    def _find_endpoint(self, api: OciApi) -> Endpoint:
        told = str(api.send(GET_QUEUE, self._queue).document["messagesEndpoint"])
        if not urlsplit(told).hostname:
            raise ApiUnreachable("GetQueue answered with a messagesEndpoint that is no URL.")
        return self._connections.endpoint_at(told, self._queue)


@cache
def get_work_queue(connections: Connections, queue_id: str) -> WorkQueue:
    """Return the container's queue. Raises InvalidConfiguration."""
    queue = parse_ocid(queue_id)
    assert queue is not None  # noqa: S101  (the settings have seen to it)
    return WorkQueue(connections, queue)


def _split(contents: Sequence[str]) -> list[list[str]]:
    """Return the messages in parts that one call takes."""
    parts: list[list[str]] = []
    size = 0
    for content in contents:
        # As it stands in the body, with its quotes escaped.
        added = len(json.dumps(content, ensure_ascii=False).encode()) + _ENVELOPE_BYTES // _MAX_MESSAGES
        if not parts or len(parts[-1]) == _MAX_MESSAGES or size + added > _MAX_BYTES - _ENVELOPE_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(content)
        size += added
    return parts
