"""Work that this function leaves for later, as it is written into a message of its queue.

A message holds all that a later try takes: the trigger's identity, so that retry token and bytes are those of the first
try, and when that was, so that giving up needs no state anywhere else. ``handlers.triggers.work`` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from handlers.domain.json_values import rfc3339, without_none
from handlers.domain.search import Search, Task
from handlers.domain.selection import TagCondition
from handlers.domain.tags import Tags
from handlers.domain.trigger import Target, Trigger

# A function that is rolled back must not take what a later one wrote for something else.
VERSION = 1
# In one message. At a tenth of a CPU an invocation backs up about 30 resources a second (bench/estates.md), so that a
# part is done within the platform's default timeout of 30 seconds, too, and little is repeated when it comes again.
MAX_TARGETS = 100


def write_work(tasks: Sequence[Task], first_tried: datetime, reason: str) -> str:
    """Return the message that holds `tasks`, at least one, of one trigger."""
    trigger = tasks[0].trigger
    work = {
        "version": VERSION,
        "firstTried": rfc3339(first_tried),
        "reason": reason,
        "trigger": without_none(_trigger_document(trigger)),
        "targets": [without_none(_document(task)) for task in tasks],
    }
    return json.dumps({"work": work}, separators=(",", ":"))


def _trigger_document(trigger: Trigger) -> dict[str, Any]:
    return {
        "kind": trigger.kind,
        "id": trigger.id,
        "type": trigger.type,
        "time": rfc3339(trigger.time) if trigger.time else None,
        "title": trigger.title,
        "source": trigger.source,
    }


def _document(task: Task) -> dict[str, Any]:
    """A resource as this module writes it; a selection or a report as the body that asks for it."""
    if isinstance(task, Target):
        return _target_document(task)
    if isinstance(task, Search):
        return {**task.document(), "tagRequired": task.tag_required or None}
    return task.document()


def _target_document(target: Target) -> dict[str, Any]:
    """Once its request is built, a later try looks at the tags anew, for somebody may have opted out since."""
    return {
        "resourceId": target.resource.text,
        "name": target.name,
        "compartmentId": target.compartment_id,
        "tags": _tags_document(target.tags) if target.tags and not target.planned else None,
        "tagRequired": target.tag_required or None,
        "selectedBy": _condition_document(target.condition) if target.condition else None,
        "request": target.request.document() if target.request else None,
        "isToCopy": target.is_to_copy or None,
        "isCopy": target.is_copy or None,
        "planned": target.planned.document() if target.planned else None,
    }


def _condition_document(condition: TagCondition) -> dict[str, Any]:
    return without_none({"tag": str(condition.name), "value": condition.value})


def _tags_document(tags: Tags) -> dict[str, Any]:
    return without_none({"freeformTags": tags.freeform, "definedTags": tags.defined})
