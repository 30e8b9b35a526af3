"""The message that an alarm publishes, version 1.5.

https://docs.oracle.com/en-us/iaas/Content/Monitoring/alarm-message-format.htm
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from ...core.identifiers import Region, now
from ...core.operations import Document

_MOST_LISTED = 100
_FIRING = frozenset({"OK_TO_FIRING", "REPEAT"})
TRANSITIONS = ("OK_TO_FIRING", "FIRING_TO_OK", "REPEAT", "RESET")


@dataclass(frozen=True, slots=True)
class Transition:
    """What an alarm goes through.

    Attributes:
        alarm: the alarm, with the values of the override that applies.
        kind: OK_TO_FIRING, FIRING_TO_OK, REPEAT or RESET.
        total: how many metric streams of it fire.
        is_split: whether each metric stream has a message of its own.
    """

    alarm: Document
    kind: str
    total: int
    is_split: bool

    @property
    def status(self) -> str:
        """The state that it leads to: FIRING or OK."""
        return "FIRING" if self.kind in _FIRING else "OK"

    @property
    def title(self) -> str:
        """The title of its messages."""
        return self.alarm.get("notificationTitle") or str(self.alarm["displayName"])

    @property
    def summary(self) -> str:
        """Its summary, the alarm's own or a sentence."""
        return self.alarm.get("alarmSummary") or f'Alarm "{self.alarm["displayName"]}" is in a "{self.status}" state'


def write_message(region: Region, transition: Transition, dimensions: list[dict[str, Any]]) -> str:
    """Return the message about the metric streams with these dimensions, in the alarm's message format."""
    alarm, listed = transition.alarm, dimensions[:_MOST_LISTED]
    stream = json.dumps(dimensions) if transition.is_split else ""
    message = {
        "dedupeKey": str(uuid.uuid5(uuid.NAMESPACE_OID, alarm["id"] + stream)),
        "title": transition.title,
        "body": alarm.get("body"),
        "type": transition.kind,
        "severity": alarm["severity"],
        "timestampEpochMillis": int(time.time() * 1000),
        "timestamp": now(),
        "alarmMetaData": [
            {
                "id": alarm["id"],
                "status": transition.status,
                "severity": alarm["severity"],
                "namespace": alarm["namespace"],
                "query": alarm["query"],
                "totalMetricsFiring": transition.total if transition.status == "FIRING" else 0,
                "dimensions": listed,
                "alarmUrl": f"https://cloud.oracle.com/monitoring/alarms/{alarm['id']}?region={region.name}",
                "alarmSummary": transition.summary,
                "metricValues": [{alarm["query"]: "1.00"} for _ in listed],
            }
        ],
        "notificationType": "Split messages per metric stream"
        if transition.is_split
        else "Grouped messages across metric streams",
        "version": 1.5,
    }
    return json.dumps(message, indent=2 if alarm["messageFormat"] == "PRETTY_JSON" else None)
