"""A target that failed becomes a result, and a deadline that came first a sentence."""

from __future__ import annotations

from handlers.domain.errors import DeadlineReached, FunctionError, InternalError
from handlers.domain.ocids import Ocid
from handlers.domain.resource_kinds import BACKUP_KINDS
from handlers.domain.result import Outcome, Result
from handlers.domain.trigger import Target


def failed(target: Target, error: BaseException) -> Result:
    """Return the failed result of a target. Any exception that is no FunctionError is a defect, and told as one."""
    resource = target.resource
    return Result(
        target.trigger,
        Outcome.FAILED,
        resource_id=resource.text,
        resource_type=resource.resource_type,
        resource_name=target.name,
        # A backup that ended is read, not made: no request about it carries a token.
        retry_token=None if resource.resource_type in BACKUP_KINDS else target.retry_token,
        request=target.planned,
        error=error if isinstance(error, FunctionError) else InternalError.of(error),
        opc_request_id=getattr(error, "opc_request_id", None),
    )


def out_of_time(resource: Ocid, name: str | None, *, begun: bool) -> DeadlineReached:
    """Return the error that says what was not done, in words that are true whether or not the work on it had begun."""
    named = f"{name} ({resource.text})" if name else resource.text
    if resource.resource_type in BACKUP_KINDS:
        undone = f"the final state of the backup {named} was read"
    elif resource.resource_type == "instance":
        undone = f"the volumes of the instance {named} were listed"
    else:
        undone = f"a backup of {named} was {'answered' if begun else 'asked for'}"
    return DeadlineReached(
        f"The invocation's time was over before {undone}.",
        hint="Send the same trigger again: what was made is found by its retry token, and exactly the rest is done.",
    )
