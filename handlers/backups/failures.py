"""What failed becomes a result, and a deadline that came first a sentence."""

from __future__ import annotations

from typing import Any

from handlers.domain.errors import DeadlineReached, FunctionError, InternalError
from handlers.domain.ocids import Ocid
from handlers.domain.resource_kinds import BACKUP_KINDS, SOURCES
from handlers.domain.result import Outcome, Result
from handlers.domain.search import Report, Search, Task
from handlers.domain.trigger import Target, Trigger


def failed(task: Task, error: BaseException) -> Result:
    """Return the failed result of a task. Any exception that is no FunctionError is a defect, and told as one."""
    told = error if isinstance(error, FunctionError) else InternalError.of(error)
    result = Result(task.trigger, Outcome.FAILED, error=told, opc_request_id=told.opc_request_id)
    if not isinstance(task, Target):
        return result._replace(body=task.body())
    resource = task.resource
    return result._replace(
        resource_id=resource.text,
        resource_type=resource.resource_type,
        resource_name=task.name,
        # What is read, not made, is asked for without a token: a backup that ended, an alarm.
        retry_token=task.retry_token if resource.resource_type in SOURCES else None,
        request=task.planned,
        is_copy=task.is_copy or task.is_to_copy,
        body=body_of_copy(resource, task.trigger) if task.is_to_copy else None,
    )


def out_of_time(undone: str) -> DeadlineReached:
    """Return the error that says what was not done."""
    return DeadlineReached(
        f"The invocation's time was over before {undone}.",
        hint="Send the same trigger again: what was made is found by its retry token, and exactly the rest is done.",
    )


def left_undone(task: Task, *, begun: bool) -> str:
    """Return what was not done, in words that are true whether or not the work on it had begun."""
    if isinstance(task, Search):
        return f"all {task.selection} were found"
    if isinstance(task, Report):
        return f"the backups of all {task.selection} were looked at"
    named = name_with_ocid(task.resource, task.name)
    if task.is_to_copy:
        return f"a copy of the backup {named} was {'answered' if begun else 'asked for'}"
    done = {
        **dict.fromkeys(BACKUP_KINDS, f"the final state of the backup {named} was read"),
        "alarm": f"the tags of the alarm {named} were read",
        "instance": f"the volumes of the instance {named} were listed",
    }
    return done.get(task.resource.resource_type, f"a backup of {named} was {'answered' if begun else 'asked for'}")


def name_with_ocid(resource: Ocid, name: str | None) -> str:
    """Return what a resource is called, and its OCID."""
    return f"{name} ({resource.text})" if name else resource.text


def body_of_copy(backup: Ocid, trigger: Trigger) -> dict[str, Any]:
    """Return the event that the backup has ended, as far as this function looks at it: it asks for the copy again."""
    return {
        "eventType": f"com.oraclecloud.blockvolumes.create{backup.resource_type}.end",
        "eventID": trigger.id,
        "data": {"resourceId": backup.text},
    }
