"""Alarms, which fire on request: no query is evaluated."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from oci.monitoring import models

from ...core.cloud import Cloud
from ...core.collection import display_name, page_of, tagged
from ...core.errors import incorrect_state, invalid, malformed, related_not_found
from ...core.identifiers import now, resource_type
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import Resources
from ..identity.compartments import Compartments
from ..notifications.topics import Topics
from ..streaming.streams import Streams
from .alarm_history import STATES, TRANSITIONS, AlarmHistory
from .alarm_messages import TRANSITIONS as KINDS
from .alarm_messages import Transition, write_message
from .durations import check_duration

_PATH = "/20180401/alarms"
_ONE = f"{_PATH}/{{alarmId}}"
_SEVERITIES = ("CRITICAL", "ERROR", "WARNING", "INFO")
_DESTINATIONS = {"onstopic": "Notifications", "stream": "Streaming"}
_VERSION = re.compile(r"\d{1,4}\.X")
_BASE = "BASE"
_DURATIONS = {
    "pendingDuration": ("PT1M", "PT1H"),
    "repeatNotificationDuration": ("PT1M", "P30D"),
    "evaluationSlackDuration": ("PT3M", "PT2H"),
}


class Alarms(Resources):
    """Alarms publish the real message, version 1.5, to their destinations."""

    resource_type = "alarm"
    parameter = "alarmId"
    create_model = models.CreateAlarmDetails
    update_model = models.UpdateAlarmDetails
    model = models.Alarm
    summary_model = models.AlarmSummary
    is_instant = True

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._histories: dict[str, AlarmHistory] = {}

    @operation("POST", _PATH)
    async def create_alarm(self, call: Call) -> Reply:
        """CreateAlarm. Evaluates no query."""
        return self.create(call)

    def build(self, details: Document) -> Document:
        alarm = {
            "evaluationSlackDuration": "PT3M",
            "isNotificationsPerMetricDimensionEnabled": False,
            "messageFormat": "RAW",
            "metricCompartmentIdInSubtree": False,
            "overrides": [],
            "pendingDuration": "PT1M",
            "resolution": "1m",
            "ruleName": _BASE,
            **{name: value for name, value in details.items() if value is not None},
            **tagged(details),
            "displayName": display_name(details, ""),
            "lifecycleState": "ACTIVE",
            "timeCreated": now(),
            "timeUpdated": now(),
        }
        self._check(alarm)
        return alarm

    def _check(self, alarm: Document) -> None:
        """Raise ServiceError 400 for an alarm that the API would not take."""
        for name, (least, most) in _DURATIONS.items():
            check_duration(alarm, name, least, most)
        for override in (alarm, *alarm["overrides"]):
            check_duration(override, "pendingDuration", *_DURATIONS["pendingDuration"])
            if override.get("severity", _SEVERITIES[0]) not in _SEVERITIES:
                raise invalid(f"severity must be one of {', '.join(_SEVERITIES)}")
        if alarm["resolution"] != "1m":
            raise invalid("resolution must be 1m")
        if alarm.get("notificationVersion") and not _VERSION.fullmatch(alarm["notificationVersion"]):
            raise malformed("notificationVersion")
        if alarm["metricCompartmentIdInSubtree"] and alarm["metricCompartmentId"] != self.cloud.tenancy_id:
            raise invalid("metricCompartmentIdInSubtree can be true only where metricCompartmentId is the tenancy")
        _check_destinations(alarm["destinations"])

    def add(self, details: Document) -> Document:
        alarm = super().add(details)
        self._histories[alarm["id"]] = AlarmHistory(summary=Transition(alarm, "RESET", 0, is_split=False).summary)
        return alarm

    @operation("GET", _ONE)
    async def get_alarm(self, call: Call) -> Reply:
        """GetAlarm. 404 for an alarm of another region, and for the OCID of anything else."""
        return self.reply(call, self.collection.get(call.path[self.parameter]))

    @operation("GET", _PATH)
    async def list_alarms(self, call: Call) -> Reply:
        """ListAlarms, as AlarmSummary. `compartmentIdInSubtree` lists those of compartments below."""
        found = page_of(self._listed(call), call, self.cloud.options.page_size)
        return replace(found, document=[self.summarize(alarm, call) for alarm in found.document])

    def _listed(self, call: Call) -> Iterable[Document]:
        compartments, compartment_id = self.cloud.service(Compartments), call.required("compartmentId")
        below = call.query.get("compartmentIdInSubtree", "").lower() == "true"
        for alarm in self.collection.select(call, "displayName", "lifecycleState"):
            owner = alarm["compartmentId"]
            if owner == compartment_id or (below and compartments.is_at_or_below(owner, compartment_id)):
                yield alarm

    @operation("PUT", _ONE)
    async def update_alarm(self, call: Call) -> Reply:
        """UpdateAlarm."""
        return self.update(call)

    def check_update(self, document: Document, details: Document) -> None:
        self._check({**document, **details})

    def change(self, document: Document, fields: Document) -> None:
        super().change(document, {**fields, "timeUpdated": now()})

    @operation("DELETE", _ONE)
    async def delete_alarm(self, call: Call) -> Reply:
        """DeleteAlarm, at once."""
        return self.delete(call)

    def remove(self, document: Document) -> None:
        """Delete an alarm and its history."""
        super().remove(document)
        del self._histories[document["id"]]

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_alarm_compartment(self, call: Call) -> Reply:
        """ChangeAlarmCompartment."""
        return self.move(call)

    @operation("POST", f"{_ONE}/actions/removeSuppression")
    async def remove_alarm_suppression(self, call: Call) -> Reply:
        """RemoveAlarmSuppression: of the alarm's own `suppression`; there are no others."""
        alarm = self.collection.from_path(call, self.parameter)
        self.collection.check_etag(call, alarm)
        alarm.pop("suppression", None)
        self.collection.touch(alarm)
        return Reply(status=204)

    @operation("GET", f"{_PATH}/status")
    async def list_alarms_status(self, call: Call) -> Reply:
        """ListAlarmsStatus: as they were told to fire. Leaves out filters by resource and service."""
        found = [self._status(alarm) for alarm in self._listed(call)]
        status = call.query.get("status")
        return page_of([one for one in found if status in {None, one["status"]}], call, self.cloud.options.page_size)

    def _status(self, alarm: Document) -> Document:
        history = self._histories[alarm["id"]]
        return {
            "id": alarm["id"],
            "displayName": alarm["displayName"],
            "severity": _with_override(alarm, history.rule_name)["severity"],
            "ruleName": history.rule_name,
            "timestampTriggered": history.triggered,
            "alarmSummary": history.summary,
            "status": history.status if alarm["isEnabled"] else "SUSPENDED",
            "suppression": alarm.get("suppression"),
        }

    @operation("GET", f"{_ONE}/history")
    async def get_alarm_history(self, call: Call) -> Reply:
        """GetAlarmHistory: what the alarm was told to go through, newest first. Leaves out RULE_HISTORY."""
        alarm = self.collection.from_path(call, self.parameter)
        kind = call.query.get("alarmHistorytype", TRANSITIONS)
        if kind not in {STATES, TRANSITIONS}:
            raise invalid(f"alarmHistorytype must be one of {STATES}, {TRANSITIONS}")
        reply = page_of(self._histories[alarm["id"]].entries[kind][::-1], call, self.cloud.options.page_size)
        answer = {"alarmId": alarm["id"], "isEnabled": alarm["isEnabled"], "entries": reply.document}
        return replace(reply, document=answer)

    @operation("POST", "/emulator/alarms/{alarmId}/fire", signed=False)
    async def fire_alarm(self, call: Call) -> Reply:
        """Not an API operation: the alarm goes through a transition (`type`, OK_TO_FIRING) for its `dimensions`.

        With `split`, or where the alarm notifies per metric stream, each dimension comes in a message of its own;
        `ruleName` says which of the alarm's overrides applies. While it is suppressed, nothing is published.
        """
        alarm, details = self.collection.from_path(call, self.parameter), call.body
        if not alarm["isEnabled"]:
            raise incorrect_state(f"The alarm {alarm['displayName']} is not enabled.")
        dimensions = details.get("dimensions") or []
        split = bool(details.get("split", alarm["isNotificationsPerMetricDimensionEnabled"]))
        kind = details.get("type", KINDS[0])
        if kind not in KINDS:
            raise invalid(f"type must be one of {', '.join(KINDS)}")
        effective = _with_override(alarm, details.get("ruleName", _BASE))
        transition = Transition(effective, kind, len(dimensions), split)
        groups = [[dimension] for dimension in dimensions] if split else [dimensions]
        texts = (
            [] if _is_suppressed(alarm) else [write_message(self.cloud.region, transition, group) for group in groups]
        )
        published = [self._publish(alarm, transition.title, text) for text in texts]
        self._histories[alarm["id"]].record(transition)
        return Reply(published)

    def _publish(self, alarm: Document, title: str, text: str) -> list[Document]:
        topics, streams = self.cloud.service(Topics), self.cloud.service(Streams)
        by_service = {resource_type(destination): destination for destination in alarm["destinations"]}
        topic_id = by_service.get("onstopic")
        if topic_id and topic_id not in topics.collection.documents:
            raise related_not_found(f"topic {topic_id} not found")
        if "stream" in by_service:
            streams.put(by_service["stream"], text)
        return [topics.publish_text(topic_id, title, text, alarm["id"])] if topic_id else []


def _check_destinations(destinations: list[str]) -> None:
    """Raise ServiceError 400 beyond one destination of each service."""
    for kind, count in Counter(map(resource_type, destinations)).items():
        if kind not in _DESTINATIONS:
            raise malformed("destinations")
        if count > 1:
            raise invalid(f"destinations must not hold more than one of the service {_DESTINATIONS[kind]}")


def _with_override(alarm: Document, rule_name: str) -> Document:
    """Return an alarm with the values of the override of this name. Raises ServiceError 400 where it has none."""
    if rule_name == alarm["ruleName"]:
        return alarm
    for override in alarm["overrides"]:
        if override.get("ruleName") == rule_name:
            return {**alarm, **{name: value for name, value in override.items() if value is not None}}
    raise invalid(f"The alarm {alarm['displayName']} has no override {rule_name}.")


def _is_suppressed(alarm: Document) -> bool:
    suppression: dict[str, Any] | None = alarm.get("suppression")
    if not suppression:
        return False
    begin, end = (_moment(suppression[name]) for name in ("timeSuppressFrom", "timeSuppressUntil"))
    return begin <= datetime.now(UTC) <= end


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
