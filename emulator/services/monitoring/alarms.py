"""Alarms, which fire on request: there are no metrics here."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from emulator.core.collection import display_name, require, tagged
from emulator.core.errors import related_not_found
from emulator.core.identifiers import REGION, now
from emulator.core.operations import Call, Document, Reply, operation
from emulator.core.resources import Resources
from emulator.services.notifications.topics import Topics

_PATH = "/20180401/alarms"
_ONE = f"{_PATH}/{{alarmId}}"
_REQUIRED = ("displayName", "compartmentId", "metricCompartmentId", "namespace", "query", "severity", "destinations")
_FIELDS = (*_REQUIRED, "isEnabled", "body", "messageFormat", "isNotificationsPerMetricDimensionEnabled")


class Alarms(Resources):
    """Alarms publish the real message, version 1.5, to their destinations."""

    resource_type = "alarm"
    parameter = "alarmId"
    is_instant = True

    @operation("POST", _PATH, permission="manage alarms")
    async def create_alarm(self, call: Call) -> Reply:
        """CreateAlarm. Evaluates no query."""
        return self.create(call)

    def build(self, details: Document) -> Document:
        require(details, *_REQUIRED, "isEnabled")
        return {
            **{name: details[name] for name in _FIELDS if name in details},
            **tagged(details),
            "displayName": display_name(details, ""),
            "isEnabled": bool(details["isEnabled"]),
            "lifecycleState": "ACTIVE",
            "messageFormat": details.get("messageFormat") or "RAW",
            "timeCreated": now(),
            "timeUpdated": now(),
        }

    @operation("GET", _ONE, permission="read alarms")
    async def get_alarm(self, call: Call) -> Reply:
        """GetAlarm."""
        return self.get(call)

    @operation("GET", _PATH, permission="read alarms")
    async def list_alarms(self, call: Call) -> Reply:
        """ListAlarms. Leaves out the alarms of compartments below."""
        return self.page(call)

    @operation("POST", "/emulator/alarms/{alarmId}/fire", signed=False)
    async def fire_alarm(self, call: Call) -> Reply:
        """Not an API operation: the alarm goes through a transition (`type`, OK_TO_FIRING) for its `dimensions`.

        With `split`, or where the alarm notifies per metric stream, each dimension comes in a message of its own.
        """
        alarm, details = self.collection.from_path(call, self.parameter), call.body
        dimensions = details.get("dimensions") or []
        split = bool(details.get("split", alarm.get("isNotificationsPerMetricDimensionEnabled")))
        groups = [[dimension] for dimension in dimensions] if split else [dimensions]
        total = len(dimensions)
        texts = [
            self._message(alarm, details.get("type", "OK_TO_FIRING"), group, total, split=split) for group in groups
        ]
        return Reply([self._publish(alarm, text) for text in texts])

    def _publish(self, alarm: Document, text: str) -> list[Document]:
        topics = self.cloud.service(Topics)
        for destination in alarm["destinations"]:
            if destination not in topics.collection.documents:
                raise related_not_found(f"topic {destination} not found")
        return [topics.publish_text(destination, alarm["displayName"], text) for destination in alarm["destinations"]]

    def _message(
        self, alarm: Document, transition: str, dimensions: list[dict[str, Any]], total: int, *, split: bool
    ) -> str:
        firing = transition in {"OK_TO_FIRING", "REPEAT"}
        stream = json.dumps(dimensions) if split else ""
        message = {
            "dedupeKey": str(uuid.uuid5(uuid.NAMESPACE_OID, alarm["id"] + stream)),
            "title": alarm["displayName"],
            "body": alarm.get("body"),
            "type": transition,
            "severity": alarm["severity"],
            "timestampEpochMillis": int(time.time() * 1000),
            "timestamp": now(),
            "alarmMetaData": [
                {
                    "id": alarm["id"],
                    "status": "FIRING" if firing else "OK",
                    "severity": alarm["severity"],
                    "namespace": alarm["namespace"],
                    "query": alarm["query"],
                    "totalMetricsFiring": total if firing else 0,
                    "dimensions": dimensions[:100],
                    "alarmUrl": f"https://cloud.oracle.com/monitoring/alarms/{alarm['id']}?region={REGION}",
                    "alarmSummary": f'Alarm "{alarm["displayName"]}" is in a "{"FIRING" if firing else "OK"}" state',
                    "metricValues": [{alarm["query"]: "1.00"} for _ in dimensions[:100]],
                }
            ],
            "notificationType": "Split messages per metric stream"
            if split
            else "Grouped messages across metric streams",
            "version": 1.5,
        }
        return json.dumps(message, indent=2 if alarm["messageFormat"] == "PRETTY_JSON" else None)
