"""How changes are answered: with what was changed before 2026, and with a work request since."""

from __future__ import annotations

from dataclasses import replace

from ...core.cloud import Cloud
from ...core.operations import Call, Document, Reply
from ...core.work_requests import FUNCTIONS, WorkRequests, accepted
from .sources import is_of_before

_DONE = {"CREATE": "CREATED", "UPDATE": "UPDATED", "DELETE": "DELETED"}


def answer_change(cloud: Cloud, call: Call, verb: str, kind: str, resource: Document, reply: Reply) -> Reply:
    """Return the answer of the version that is called; `kind` is what changes: `application` or `function`.

    The change itself is carried out at once, whatever its work request says.
    """
    if is_of_before(call):
        return reply
    work_request = cloud.service(WorkRequests).start(
        FUNCTIONS, f"{verb}_{kind.upper()}", resource, entity_type=kind, action_type=_DONE[verb]
    )
    answer = accepted(work_request)
    return replace(reply, headers={**reply.headers, **answer.headers}) if verb == "CREATE" else answer
