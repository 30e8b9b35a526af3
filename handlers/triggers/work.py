"""Work that this function itself has put into its queue, brought back by a connector.

Others may put messages there, too. So all of it is checked like any trigger, and can do no more than a request through
a topic: it names neither endpoints nor topics, and makes no backup that nobody can delete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from handlers.domain.errors import InvalidRequest
from handlers.domain.models import DETAILS, BackupRequest, CreateBackupDetails, describe_errors
from handlers.domain.ocids import Ocid, parse_ocid
from handlers.domain.resource_kinds import BACKUP_KINDS, SOURCES
from handlers.domain.tags import tags_of
from handlers.domain.trigger import Deferral, Tags, Target, Trigger
from handlers.domain.untrusted import identity, mapping, one_line, short_text, text, timestamp
from handlers.domain.work import MAX_TARGETS, VERSION
from handlers.triggers.context import Context
from handlers.triggers.request import require_deletable

_KINDS = frozenset({"alarm", "audit", "completion", "event", "request"})


def parse(document: dict[str, Any], _: Context) -> Iterator[Target]:
    """Yield the targets that are left of a trigger, as its first try knew them. Raises InvalidRequest."""
    work = mapping(document["work"])
    version = work.get("version")
    if version != VERSION:
        raise InvalidRequest(
            f"work: written in version {one_line(str(version), 20)}, and this function reads version {VERSION}; deploy "
            "the version that wrote it, or send its request again by hand"
        )
    first_tried = timestamp(work.get("firstTried"))
    if first_tried is None:
        raise InvalidRequest("work.firstTried: expected a time")
    listed = work.get("targets")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_TARGETS:
        raise InvalidRequest(f"work.targets: expected a list of 1 to {MAX_TARGETS}")
    deferral = Deferral(
        # A time to come would be tried for longer than the retry token lives.
        min(first_tried, datetime.now(UTC)),
        one_line(text(work.get("reason")) or "it could not be done", 500),
        is_alone=len(listed) == 1,
    )
    trigger = _trigger(mapping(work.get("trigger")))
    for number, item in enumerate(listed):
        try:
            yield replace(_target(trigger, mapping(item)), deferral=deferral)
        except InvalidRequest as error:
            raise InvalidRequest(f"work.targets.{number}.{error.message}") from error


def _trigger(document: Mapping[str, Any]) -> Trigger:
    kind, trigger_id = text(document.get("kind")), text(document.get("id"))
    if kind not in _KINDS or trigger_id is None:
        raise InvalidRequest(f"work.trigger: expected an id, and a kind of {', '.join(sorted(_KINDS))}")
    return Trigger(
        kind,
        identity(trigger_id),
        short_text(document.get("type")),
        timestamp(document.get("time")),
        short_text(document.get("title")),
        short_text(document.get("source")),
    )


def _target(trigger: Trigger, document: Mapping[str, Any]) -> Target:
    resource = parse_ocid(document.get("resourceId"))
    allowed = BACKUP_KINDS if trigger.kind == "completion" else SOURCES
    if resource is None or resource.resource_type not in allowed:
        raise InvalidRequest(f"resourceId: expected the OCID of a {', '.join(allowed)}")
    tags = document.get("tags")
    return Target(
        trigger,
        resource,
        name=short_text(document.get("name")),
        compartment_id=text(document.get("compartmentId")),
        tags=tags_of(tags) if isinstance(tags, Mapping) else Tags(),
        tag_required=document.get("tagRequired") is True,
        request=_request(document.get("request")),
        planned=_planned(resource, document.get("planned")),
    )


def _request(document: object) -> BackupRequest | None:
    if document is None:
        return None
    require_deletable(mapping(document))
    return BackupRequest.parse(dict(mapping(document)))


def _planned(resource: Ocid, document: object) -> CreateBackupDetails | None:
    if document is None:
        return None
    require_deletable(mapping(document))
    details = DETAILS.get(resource.resource_type)
    if details is None:
        raise InvalidRequest(f"planned: no request is made of a {resource.resource_type}")
    try:
        planned = details.model_validate(document, by_name=False)
    except ValidationError as error:
        raise InvalidRequest(f"planned: {describe_errors(error)}") from error
    if planned.resource_id != resource.text:
        raise InvalidRequest("planned: names another resource than resourceId")
    return planned
