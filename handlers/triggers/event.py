"""An event of the Events service (CloudEvents 0.1): something was done to a resource, or a backup ended.

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventenvelopereference.htm
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from handlers.domain.errors import InvalidRequest
from handlers.domain.ocids import parse_ocid
from handlers.domain.result import Result, skipped
from handlers.domain.trigger import Target, Trigger
from handlers.domain.untrusted import identity, mapping, one_line, text, timestamp
from handlers.triggers.context import Context
from handlers.triggers.resource_change import targets

BACKUP_ENDED = re.compile(r"com\.oraclecloud\.blockvolumes\.create(boot)?volume(group)?backup\.end", re.IGNORECASE)


def parse(document: dict[str, Any], context: Context) -> Iterator[Target | Result]:
    """Raises InvalidRequest where the event has no id, without which two deliveries cannot be told from two events."""
    event_id = text(document["eventID"])
    event_type = text(document["eventType"])
    if event_id is None or event_type is None:
        raise InvalidRequest("eventID and eventType: expected texts that are not empty")
    ended = BACKUP_ENDED.fullmatch(event_type)
    trigger = Trigger(
        "completion" if ended else "event",
        identity(event_id),
        one_line(event_type, 100),
        timestamp(document.get("eventTime")),
    )
    data = mapping(document["data"])
    if not ended:
        yield from targets(trigger, data, context)
        return
    backup = parse_ocid(data.get("resourceId"))
    if backup is None or not backup.resource_type.endswith("backup"):
        yield skipped(trigger, "the event names no backup")
    else:
        yield Target(trigger, backup, name=text(data.get("resourceName")))
