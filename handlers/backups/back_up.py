"""One volume, boot volume or volume group, from the decision to the API's answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from handlers.backups.intervals import recent_backup_reason
from handlers.backups.plan import build_request
from handlers.domain.errors import ApiError, ApiUnreachable, FunctionError
from handlers.domain.models import CreateBackupDetails, VolumeBackup
from handlers.domain.resource_kinds import RESOURCE_KINDS, ResourceKind
from handlers.domain.result import Outcome, Result, skipped
from handlers.domain.tags import TagDecision, all_tags_of, decide_by_tag, tag_is_known
from handlers.domain.trigger import Tags, Target
from handlers.domain.untrusted import mapping, text
from handlers.oci.client import ApiResponse, OciApi
from handlers.settings import Settings


def back_up(target: Target, api: OciApi, settings: Settings) -> Result:
    """Decide, plan and send. Raises FunctionError where reading fails; an error of the backup itself is a result."""
    decision = TagDecision()
    if target.tag_required:
        if not tag_is_known(target.tags, settings.backup_tag):
            target = _read(target, api)
        decision = decide_by_tag(target.tags or Tags(), settings.backup_tag)
    if decision.reason:
        return skipped(target.trigger, decision.reason, target.resource.text)
    if settings.min_interval_minutes and target.request is None:
        target = target if target.compartment_id else _read(target, api)
        reason = recent_backup_reason(target, target.compartment_id or "", settings.min_interval_minutes, api)
        if reason:
            return skipped(target.trigger, reason, target.resource.text)
    request = build_request(target, decision.type, settings)
    planned = Result(
        target.trigger,
        Outcome.PLANNED,
        resource_id=target.resource.text,
        resource_type=target.resource.resource_type,
        retry_token=target.retry_token,
        request=request,
    )
    if settings.dry_run or (target.request and target.request.dry_run):
        return planned
    return _send(planned, target, request, api)


def _send(planned: Result, target: Target, request: CreateBackupDetails, api: OciApi) -> Result:
    try:
        answer = api.send(
            _kind_of(target).create_backup,
            target.resource,
            body=request.body(),
            retry_token=target.retry_token,
            compartment_id=target.compartment_id,
        )
        backup = volume_backup(answer)
    except FunctionError as error:
        return _refused(planned, error)
    return replace(planned, outcome=Outcome.ACCEPTED, volume_backup=backup, opc_request_id=answer.opc_request_id)


def _refused(planned: Result, error: FunctionError) -> Result:
    """409 has two codes that are no failure: the token's backup was made already, or another one is being made."""
    code = error.code if isinstance(error, ApiError) and error.status == 409 else None
    planned = replace(planned, opc_request_id=error.opc_request_id)
    if code == "InvalidatedRetryToken":
        return replace(planned, outcome=Outcome.DUPLICATE)
    if code == "Conflict":
        return replace(planned, outcome=Outcome.SKIPPED, reason="backup already in progress")
    return replace(planned, outcome=Outcome.FAILED, error=error)


def volume_backup(answer: ApiResponse) -> VolumeBackup:
    """The backup that an API answered. Raises ApiUnreachable where the answer is none."""
    try:
        return VolumeBackup.of(answer.document)
    except ValidationError:
        raise ApiUnreachable("The service's answer is not a backup: it has no id or no lifecycleState.") from None


def _read(target: Target, api: OciApi) -> Target:
    """The target with the tags and the compartment that the API knows (GetVolume, GetBootVolume, GetVolumeGroup)."""
    document: Any = mapping(api.send(_kind_of(target).get, target.resource).document)
    return replace(target, tags=all_tags_of(document), compartment_id=text(document.get("compartmentId")))


def _kind_of(target: Target) -> ResourceKind:
    return RESOURCE_KINDS[target.resource.resource_type]
