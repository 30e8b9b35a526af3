"""A target that failed becomes a result."""

from __future__ import annotations

from handlers.domain.errors import FunctionError, InternalError
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
        error=error if isinstance(error, FunctionError) else InternalError.of(error),
        opc_request_id=getattr(error, "opc_request_id", None),
    )
