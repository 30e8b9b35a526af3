"""Alarms, which fire when they are told to: there are no metrics here."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from emulator.core.cloud import Cloud
from emulator.core.collection import Collection, display_name, tagged
from emulator.core.errors import missing, related_not_found
from emulator.core.identifiers import REGION, now
from emulator.core.operations import Call, Document, Reply, operation
from emulator.services.notifications.topics import Topics

_PATH = "/20180401/alarms"
_ONE = f"{_PATH}/{{alarmId}}"
_NEEDED = ("displayName", "compartmentId", "metricCompartmentId", "namespace", "query", "severity", "destinations")
_CHANGED = (*_NEEDED, "isEnabled", "body", "messageFormat", "isNotificationsPerMetricDimensionEnabled")


class Alarms:
    """Alarms publish the real message, version 1.5, to their destinations."""

    def __init__(self, cloud: Cloud, topics: Topics) -> None:
        self._topics = topics
        self.collection = Collection("alarm", page_size=cloud.page_size)

    @operation("POST", _PATH, permission="manage alarms")
    async def create_alarm(self, call: Call) -> Reply:
        """CreateAlarm. Evaluates no query."""
        return self.collection.create(call, self.add)

    def add(self, details: Document) -> Document:
        """A new alarm from CreateAlarmDetails. Raises ServiceError 400."""
        for name in (*_NEEDED, "isEnabled"):
            if details.get(name) is None:
                raise missing(name)
        alarm = {
            **{name: details[name] for name in _CHANGED if name in details},
            **tagged(details),
            "displayName": display_name(details, ""),
            "isEnabled": bool(details["isEnabled"]),
            "lifecycleState": "ACTIVE",
            "messageFormat": details.get("messageFormat") or "RAW",
            "timeCreated": now(),
            "timeUpdated": now(),
        }
        return self.collection.add(alarm)

    @operation("GET", _ONE, permission="read alarms")
    async def get_alarm(self, call: Call) -> Reply:
        """GetAlarm."""
        return self.collection.reply(self.collection.named(call, "alarmId"))

    @operation("GET", _PATH, permission="read alarms")
    async def list_alarms(self, call: Call) -> Reply:
        """ListAlarms. Leaves out the alarms of compartments below."""
        call.required("compartmentId")
        return self.collection.page(call, "compartmentId", "displayName", "lifecycleState")

    @operation("POST", "/emulator/alarms/{alarmId}/fire", signed=False)
    async def fire_alarm(self, call: Call) -> Reply:
        """Not an API operation: the alarm goes through a transition (`type`, OK_TO_FIRING) for its `dimensions`.

        With `split`, or where the alarm notifies per metric stream, each dimension comes in a message of its own.
        """
        alarm, details = self.collection.named(call, "alarmId"), call.body
        dimensions = details.get("dimensions") or []
        split = bool(details.get("split", alarm.get("isNotificationsPerMetricDimensionEnabled")))
        groups = [[dimension] for dimension in dimensions] if split else [dimensions]
        total = len(dimensions)
        texts = [
            self._message(alarm, details.get("type", "OK_TO_FIRING"), group, total, split=split) for group in groups
        ]
        return Reply([self._publish(alarm, text) for text in texts])

    def _publish(self, alarm: Document, text: str) -> list[Document]:
        results = []
        for destination in alarm["destinations"]:
            if destination not in self._topics.collection.documents:
                raise related_not_found(f"topic {destination} not found")
            topic = self._topics.collection.documents[destination]
            results.append(self._topics.publish(topic, alarm["displayName"], text))
        return results

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
