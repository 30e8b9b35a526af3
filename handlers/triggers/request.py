"""A direct request: the body of CreateVolumeBackup, sent by a person, a script or a schedule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from handlers.domain.errors import InvalidRequest
from handlers.domain.requests import BackupRequest
from handlers.domain.trigger import Target, Trigger
from handlers.domain.untrusted import identity
from handlers.triggers.context import Context

# With any of these a backup cannot be deleted, by its owner neither.
_UNDELETABLE = ("isRetentionLockEnabled", "isIndefiniteRetentionEnabled", "isPreventDeletionEnabled")


def parse(document: dict[str, Any], context: Context) -> Iterator[Target]:
    """Yield the request's resource. Raises InvalidRequest, which names every field that is wrong."""
    request = BackupRequest.parse(document)
    if not context.direct:
        require_deletable(document)
    trigger_id = identity(request.opc_retry_token or context.fallback_id)
    if not trigger_id:
        raise InvalidRequest("opcRetryToken: needed where the call comes without the platform's Fn-Call-Id")
    yield Target(Trigger("request", trigger_id, direct=context.direct), request.resource, request=request)


def require_deletable(document: Mapping[str, Any]) -> None:
    """Raise InvalidRequest for a backup that nobody can delete.

    Whoever may publish to a topic or a stream need not be one who may call the function.
    """
    locks = [field for field in _UNDELETABLE if document.get(field)]
    if locks:
        raise InvalidRequest(f"{', '.join(locks)}: only a direct request can make a backup that nobody can delete")
