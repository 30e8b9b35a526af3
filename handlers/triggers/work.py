"""Work that this function itself has put into its queue, brought back by a connector.

Others may put messages there, too. So all of it is checked like any trigger, and can do no more than a request through
a topic: it names neither endpoints nor topics, and makes no backup that nobody can delete.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from handlers.domain.errors import InvalidRequest
from handlers.domain.models import DETAILS, CreateBackupDetails
from handlers.domain.ocids import Ocid, parse_ocid
from handlers.domain.requests import BackupRequest, SelectionRequest, parse_details
from handlers.domain.resource_kinds import BACKUP_KINDS, SOURCES
from handlers.domain.search import Search, Task
from handlers.domain.selection import TagCondition
from handlers.domain.tags import TagName, Tags, tags_of
from handlers.domain.trigger import Deferral, Target, Trigger
from handlers.domain.untrusted import identity, mapping, one_line, short_text, text, timestamp
from handlers.domain.work import MAX_TARGETS, VERSION
from handlers.triggers.context import Context
from handlers.triggers.report import read_report
from handlers.triggers.request import require_deletable
from handlers.triggers.select import read_selection

_KINDS = frozenset({"alarm", "audit", "completion", "event", "report", "request", "select"})
# What a trigger's work can be about, where that is more or less than what backups are made of.
_RESOURCES: dict[str, Collection[str]] = {"completion": BACKUP_KINDS, "alarm": (*SOURCES, "alarm")}


def parse(document: dict[str, Any], context: Context) -> Iterator[Task]:
    """Yield what is left of a trigger, as its first try knew it. Raises InvalidRequest."""
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
            yield _task(trigger, mapping(item), context)._replace(deferral=deferral)
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


def _task(trigger: Trigger, document: Mapping[str, Any], context: Context) -> Task:
    """A selection or a report stands there as the body that asks for it."""
    if "select" in document and trigger.kind in {"alarm", "select"}:
        body = {name: value for name, value in document.items() if name != "tagRequired"}
        selection, request = read_selection(body, context)
        wish = request if trigger.kind == "select" else None
        return Search(trigger, selection, wish, tag_required=document.get("tagRequired") is True)
    if "report" in document and trigger.kind == "report":
        return read_report(document, trigger, context)
    return _target(trigger, document)


def _target(trigger: Trigger, document: Mapping[str, Any]) -> Target:
    resource = parse_ocid(document.get("resourceId"))
    allowed = _RESOURCES.get(trigger.kind, SOURCES)
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
        condition=_condition(document.get("selectedBy")),
        request=_request(document.get("request")),
        planned=_planned(resource, document.get("planned")),
        is_to_copy=trigger.kind == "completion" and document.get("isToCopy") is True,
        is_copy=trigger.kind == "completion" and document.get("isCopy") is True,
    )


def _condition(document: object) -> TagCondition | None:
    if document is None:
        return None
    try:
        name = TagName.of(text(mapping(document).get("tag")) or "")
    except ValueError as error:
        raise InvalidRequest(f"selectedBy.tag: {error}") from error
    return TagCondition(name, text(mapping(document).get("value")))


def _request(document: object) -> BackupRequest | SelectionRequest | None:
    """What a request asked for; one of a selection names no resource."""
    if document is None:
        return None
    given = mapping(document)
    require_deletable(given)
    return BackupRequest.parse(given) if "volumeId" in given else SelectionRequest.parse(given)


def _planned(resource: Ocid, document: object) -> CreateBackupDetails | None:
    if document is None:
        return None
    require_deletable(mapping(document))
    if resource.resource_type not in DETAILS:
        raise InvalidRequest(f"planned: no request is made of a {resource.resource_type}")
    try:
        planned = parse_details(resource.resource_type, mapping(document))
    except InvalidRequest as error:
        raise InvalidRequest(f"planned: {error.message}") from error
    if planned.resource_id != resource.text:
        raise InvalidRequest("planned: names another resource than resourceId")
    return planned
