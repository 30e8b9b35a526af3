"""An event of the Events service (CloudEvents 0.1): something was done to a resource.

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventenvelopereference.htm
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from handlers.domain.result import Result
from handlers.domain.trigger import Target
from handlers.domain.untrusted import mapping
from handlers.triggers.context import Context
from handlers.triggers.refusals import NotBackedUp
from handlers.triggers.resource_change import changed_resource, not_backed_up, read_trigger


def parse(document: dict[str, Any], context: Context) -> Iterator[Target | Result]:
    """Yield the event's resource. Raises InvalidRequest where it has no id, which tells a repeat from another event."""
    trigger = read_trigger("event", document, id_field="eventID")
    data = mapping(document["data"])
    try:
        yield changed_resource(trigger, data, context)
    except NotBackedUp as error:
        yield not_backed_up(trigger, data, error)
