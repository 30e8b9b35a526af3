"""One volume, boot volume or volume group, from the decision to the API's answer."""

from __future__ import annotations

from handlers.backups.create import create_backup
from handlers.backups.intervals import recent_backup_reason
from handlers.backups.known_resource import KnownResource
from handlers.backups.plan import build_request
from handlers.domain.result import Outcome, Result, skipped
from handlers.domain.tags import TagDecision, decide_by_tag
from handlers.domain.trigger import Target
from handlers.oci.client import OciApi
from handlers.settings import Settings

_CORRECT_THE_TAG = "Correct the tag's value: the change itself then makes the backup."


def back_up(target: Target, api: OciApi, settings: Settings) -> Result:
    """Decide, plan and send. Raises FunctionError where reading fails; an error of the backup itself is a result."""
    resource = KnownResource(target, api)
    decision = _decide(target, resource, settings)
    reason = decision.reason
    if reason is None and settings.min_interval_minutes and target.trigger.kind != "request" and target.planned is None:
        reason = recent_backup_reason(target.trigger, resource, settings.min_interval_minutes, api)
    if reason is not None:
        return skipped(
            target.trigger,
            reason,
            target.resource.text,
            resource_name=resource.name,
            needs_person=decision.needs_person,
            hint=_CORRECT_THE_TAG if decision.needs_person else None,
        )
    request = target.planned or build_request(target, decision.type, settings)
    planned = Result(
        target.trigger,
        Outcome.PLANNED,
        resource_id=target.resource.text,
        resource_type=target.resource.resource_type,
        resource_name=resource.name,
        retry_token=target.retry_token,
        request=request,
    )
    if settings.dry_run or (target.request and target.request.dry_run):
        return planned
    return create_backup(planned, request, resource, api)


def _decide(target: Target, resource: KnownResource, settings: Settings) -> TagDecision:
    """What the resource's own tag says: its type counts wherever it is, its opt-out against all but one.

    Only a direct request that names the resource itself overrides an opt-out; its instance's name does not. What an
    earlier try has decided stands, unless somebody has opted out since.
    """
    if target.is_requested_by_itself:
        return TagDecision()
    tags = resource.tags(settings.backup_tag)
    mismatch = target.condition and target.condition.find_mismatch(tags)
    if mismatch:
        return TagDecision(reason=mismatch)
    decision = decide_by_tag(tags, settings.backup_tag)
    if target.planned is not None:
        return decision if decision.opts_out else TagDecision()
    return decision if target.tag_required or decision.opts_out or decision.type else TagDecision()
