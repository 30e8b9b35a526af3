"""A result becomes a CloudEvent 1.0, for the programs that subscribe to TOPIC_ID.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
"""

from __future__ import annotations

import hashlib
from typing import Any

from handlers.domain.json_values import rfc3339, without_none
from handlers.domain.resource_kinds import BACKUP_KINDS, RESOURCE_KINDS
from handlers.domain.result import Outcome, Result

# What each outcome is told as: the last part of the event's type. What is not here is not told.
# A duplicate is told again, because the first try may have died before it could tell.
_TYPES = {
    Outcome.ACCEPTED: "accepted",
    Outcome.DUPLICATE: "accepted",
    Outcome.COMPLETED: "completed",
    Outcome.COPYING: "copying",
    Outcome.DEFERRED: "deferred",
    Outcome.UNPROTECTED: "unprotected",
    Outcome.SKIPPED: "skipped",
    Outcome.FAILED: "failed",
}


def is_worth_telling(result: Result) -> bool:
    """Return whether a result is published.

    A skip is only where somebody is left without a backup: asked for just now, or announced as deferred. Of work that
    stays in the queue nothing is told until it ends.
    """
    if result.stays_in_queue or (result.outcome is Outcome.DEFERRED and result.was_deferred):
        return False
    if result.outcome is Outcome.SKIPPED:
        return result.needs_person or result.was_deferred
    return result.outcome in _TYPES


def build_event(result: Result, source: str) -> dict[str, Any]:
    """Return a result that is worth telling as a CloudEvent; attributes that are not known are left out.

    The `id` ends as the type does: a failure and the success after it are two events, a repeated one is the same. It
    begins with the trigger's token for the resource, or, where there is no resource, with the trigger's identity and
    what is told of it, because a trigger can have several such results.
    """
    last = _last_of_type(result)
    event = {
        "specversion": "1.0",
        "id": f"{_identity(result)}:{last}",
        "source": source,
        "type": f"{_backup_name(result)}.{last}",
        "subject": result.resource_id,
        "resourcename": result.resource_name or (result.volume_backup and result.volume_backup.display_name),
        "time": _time(result),
        "datacontenttype": "application/json",
        "triggerkind": result.trigger.kind,
        "triggerid": result.trigger.id,
        "triggertitle": result.trigger.title,
        "triggersource": result.trigger.source,
        "data": _data(result),
    }
    return without_none(event)


def _identity(result: Result) -> str:
    if result.retry_token:
        return result.retry_token
    if result.resource_id:
        return result.trigger.token_for(result.resource_id)
    told = f"{result.resource_name}\n{result.error.message if result.error else result.reason}"
    return f"{result.trigger.id}:{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:12]}"


def _last_of_type(result: Result) -> str:
    """A completion is told by the state that the backup ended in: `available` or `faulty`; a copy is `copied`."""
    if result.is_copy and result.outcome is Outcome.COMPLETED:
        return "copied"
    if result.outcome is Outcome.COMPLETED and result.volume_backup:
        return result.volume_backup.lifecycle_state.lower()
    return _TYPES[result.outcome]


def _backup_name(result: Result) -> str:
    """`volumebackup` also for what concerns no resource, and for an instance, whose volumes are backed up."""
    kind = RESOURCE_KINDS.get(result.resource_type or "") or BACKUP_KINDS.get(result.resource_type or "")
    return (kind or RESOURCE_KINDS["volume"]).backup_name


def _time(result: Result) -> str | None:
    """When the API received the request, else when the trigger happened."""
    if result.volume_backup and result.volume_backup.time_request_received:
        return result.volume_backup.time_request_received
    return rfc3339(result.trigger.time) if result.trigger.time else None


def _data(result: Result) -> dict[str, Any] | None:
    """The backup as the API answered it, or why there is none, with the request that it was about.

    What a report found is told with the newest backup that there is.
    """
    request = {"request": result.request.document()} if result.request else {}
    count = {"count": result.stands_for} if result.stands_for > 1 else {}
    if result.error:
        return {**result.error.document(), **count, **request}
    if result.finding:
        return {"reason": result.reason, **result.finding.document()}
    if result.outcome in {Outcome.SKIPPED, Outcome.DEFERRED}:
        return {"reason": result.reason, **count, **request}
    if result.volume_backup:
        return result.volume_backup.document()
    return request.get("request")  # a duplicate's: its answer is a mere 409
