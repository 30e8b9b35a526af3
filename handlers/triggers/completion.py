"""An event of the Events service that a backup, or a copy of one, has ended, well or not.

https://docs.oracle.com/en-us/iaas/Content/Block/Tasks/backupstatusevents.htm
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from handlers.domain.ocids import parse_ocid
from handlers.domain.resource_kinds import BACKUP_KINDS
from handlers.domain.result import Result
from handlers.domain.trigger import Target
from handlers.domain.untrusted import mapping, short_text
from handlers.triggers.context import Context
from handlers.triggers.refusals import NotBackedUp
from handlers.triggers.resource_change import not_backed_up, read_trigger

# Oracle does not say in which region the end of a copy is told, nor whether the event names the copy or its source:
# what it names is read, and either leads to the copy.
BACKUP_ENDED = re.compile(
    r"com\.oraclecloud\.blockvolumes\.(create(boot)?volume(group)?backup|copy(boot)?volumebackup)\.end", re.IGNORECASE
)


def is_backup_end(event_type: object) -> bool:
    """Return whether events of this type tell that a backup has ended."""
    return isinstance(event_type, str) and BACKUP_ENDED.fullmatch(event_type) is not None


def parse(document: dict[str, Any], _: Context) -> Iterator[Target | Result]:
    """Yield the backup. Raises InvalidRequest where the event has no id."""
    trigger = read_trigger("completion", document, id_field="eventID")
    data = mapping(document["data"])
    backup = parse_ocid(data.get("resourceId"))
    if backup is None or backup.resource_type not in BACKUP_KINDS:
        yield not_backed_up(trigger, data, NotBackedUp("the event names no backup"))
    else:
        yield Target(trigger, backup, name=short_text(data.get("resourceName")))
