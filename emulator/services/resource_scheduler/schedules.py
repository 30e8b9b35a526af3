"""Schedules, which invoke functions at their times."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from ...core.cloud import Cloud
from ...core.collection import display_name, require, tagged
from ...core.errors import ServiceError, incorrect_state, invalid
from ...core.identifiers import now
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import COMMON_FIELDS, Resources
from ...core.tracked_resources import TrackedResources
from ...core.ways import begin_way, following
from ...core.work_requests import RESOURCE_SCHEDULER, accepted
from ..functions.functions import Functions
from ..functions.invocations import Invocations
from ..identity.authorization import Authorization
from .parameters import build_request, check_resources
from .recurrence import check_recurrence, next_time

_PATH = "/20240430/schedules"
_ONE = f"{_PATH}/{{scheduleId}}"
_TIMES = ("timeStarts", "timeEnds", "localTimeZone")
_CHANGEABLE = ("action", "recurrenceType", "recurrenceDetails", "resources", "description", *_TIMES, *COMMON_FIELDS)
_FILTERS = ("compartmentId", "displayName", "lifecycleState")
# DeleteSchedule has a work request, for which the API's operation types have no name of its own.
_OPERATION_TYPES = {
    "CREATE": "CREATE_SCHEDULE",
    "UPDATE": "UPDATE_SCHEDULE",
    "DELETE": "UPDATE_SCHEDULE",
    "MOVE": "CHANGE_SCHEDULE_COMPARTMENT",
}


class Schedules(TrackedResources):
    """Schedules go CREATING → ACTIVE, and are INACTIVE while they are told to be; DELETING → DELETED.

    Each run is a work request of type START_RESOURCE, which has SUCCEEDED once the functions are invoked: detached,
    so that nobody waits for what they answer.
    """

    resource_type = "resourceschedule"
    parameter = "scheduleId"
    created_with = ("compartmentId", *_CHANGEABLE)
    updated_with = _CHANGEABLE
    work_request_api = RESOURCE_SCHEDULER
    entity_type = "resourceschedule"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._clocks: dict[str, asyncio.Task[object]] = {}

    def operation_type(self, verb: str) -> str:
        return _OPERATION_TYPES.get(verb, verb)

    def build(self, details: Document) -> Document:
        require(details, "compartmentId", "action", "recurrenceType", "recurrenceDetails", "resources")
        schedule = {
            **tagged(details),
            **{name: details.get(name) for name in _CHANGEABLE if name not in COMMON_FIELDS},
            "compartmentId": details["compartmentId"],
            "displayName": display_name(details, f"schedule{now()}"),
            "lastRunStatus": None,
            "lifecycleState": "CREATING",
            "systemTags": {},
            "timeCreated": now(),
            "timeLastRun": None,
            "timeNextRun": None,
            "timeUpdated": now(),
        }
        self.check_update(schedule, {})
        return schedule

    def check_update(self, document: Document, details: Document) -> None:
        schedule = {**document, **details}
        require(schedule, "recurrenceType", "recurrenceDetails", "resources")
        if schedule["action"] != "START_RESOURCE":
            raise invalid("action must be START_RESOURCE, the one that functions have")
        check_resources(schedule["resources"])
        check_recurrence(schedule)

    def check_available(self, document: Document) -> None:
        state = document["lifecycleState"]
        if state not in {"ACTIVE", "INACTIVE"}:
            raise incorrect_state(f"The schedule {document['id']} is in state {state}, neither ACTIVE nor INACTIVE.")

    def become_ready(self, document: Document) -> None:
        super().become_ready(document)
        self._start_clock(document)

    def change(self, document: Document, fields: Document) -> None:
        super().change(document, {**fields, "timeUpdated": now()})
        self._start_clock(document)

    def remove(self, document: Document) -> None:
        super().remove(document)
        self._start_clock(document)

    def _start_clock(self, schedule: Document) -> None:
        """Wait for a schedule's next time as it is now, or for none where it is not ACTIVE."""
        if schedule["id"] in self._clocks:
            self._clocks.pop(schedule["id"]).cancel()
        schedule["timeNextRun"] = None
        if schedule["lifecycleState"] == "ACTIVE":
            self._clocks[schedule["id"]] = self.cloud.in_background(self._keep_time(schedule))

    async def _keep_time(self, schedule: Document) -> None:
        due = next_time(schedule, datetime.now(UTC))
        while due:
            schedule["timeNextRun"] = _text(due)
            await asyncio.sleep((due - datetime.now(UTC)).total_seconds())
            with following(begin_way()):
                self.run(schedule)
            # Timers may be early: a time that has been is never due again.
            due = next_time(schedule, max(due, datetime.now(UTC)))
        schedule["timeNextRun"] = None

    def run(self, schedule: Document) -> Document:
        """Run a schedule now, and return the work request of that."""
        schedule.update(timeLastRun=now(), lastRunStatus="ACCEPTED")
        self.cloud.journal.add("schedule", f"{schedule['displayName']} runs", schedule=schedule["id"])
        return self.track("START_RESOURCE", schedule, "RELATED", lambda: self._invoke_functions(schedule))

    def _invoke_functions(self, schedule: Document) -> None:
        """Invoke a schedule's functions. Raises ServiceError 404 where one is gone or may not be invoked."""
        functions, invocations = self.cloud.service(Functions), self.cloud.service(Invocations)
        authorization = self.cloud.service(Authorization)
        requests = [build_request(resource) for resource in schedule["resources"]]
        try:
            for request in requests:
                function = functions.collection.get(request.function_id)
                authorization.check(schedule["id"], "InvokeFunction", function)
        except ServiceError:
            schedule["lastRunStatus"] = "FAILED"
            raise
        for request in requests:
            self.cloud.in_background(invocations.invoke_detached(request.function_id, request.body, request.headers))
        schedule["lastRunStatus"] = "SUCCEEDED"

    @operation("POST", _PATH)
    async def create_schedule(self, call: Call) -> Reply:
        """CreateSchedule, of functions, by CRON or ICAL. Leaves out resource filters, and other resources."""
        return self.create(call)

    def create(self, call: Call, **given: Any) -> Reply:
        """Answer Create…, with the schedule in the body, too."""
        created = Resources.create(self, call, **given)
        headers = {**created.headers, **accepted(self.creation_of(created.document)).headers}
        return Reply(created.document, 201, headers)

    @operation("GET", _ONE)
    async def get_schedule(self, call: Call) -> Reply:
        """GetSchedule."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_schedules(self, call: Call) -> Reply:
        """ListSchedules. Leaves out `resourceId`."""
        if call.query.get("scheduleId"):
            found = self.collection.documents.get(call.query["scheduleId"])
            return Reply({"items": [found] if found else []})
        page = self.collection.page(call, *_FILTERS)
        return Reply({"items": page.document}, headers=page.headers)

    @operation("PUT", _ONE)
    async def update_schedule(self, call: Call) -> Reply:
        """UpdateSchedule."""
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_schedule(self, call: Call) -> Reply:
        """DeleteSchedule."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/activateSchedule")
    async def activate_schedule(self, call: Call) -> Reply:
        """ActivateSchedule. At once."""
        return self._turn(call, "ACTIVE")

    @operation("POST", f"{_ONE}/actions/deactivateSchedule")
    async def deactivate_schedule(self, call: Call) -> Reply:
        """DeactivateSchedule. At once."""
        return self._turn(call, "INACTIVE")

    def _turn(self, call: Call, state: str) -> Reply:
        schedule = self.collection.from_path(call, self.parameter)
        self.collection.check_etag(call, schedule)
        self.check_available(schedule)
        self.change(schedule, {"lifecycleState": state})
        return self.collection.reply(schedule)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_schedule_compartment(self, call: Call) -> Reply:
        """ChangeScheduleCompartment."""
        return self.move(call)

    @operation("POST", "/emulator/schedules/{scheduleId}/fire", signed=False)
    async def fire_schedule(self, call: Call) -> Reply:
        """Not an API operation: the schedule runs now, whatever its times; answers with the work request."""
        schedule = self.collection.from_path(call, self.parameter)
        self.check_available(schedule)
        return Reply(self.run(schedule))


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
