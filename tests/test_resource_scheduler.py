"""Schedules that invoke the function, through the SDK's own client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import oci
import pytest
from oci.resource_scheduler import models

from emulator.core.identifiers import new_ocid
from emulator.services.resource_scheduler.parameters import build_request
from emulator.services.resource_scheduler.recurrence import next_time
from tests.sdk_clients import client_of, refusal, wait_for
from tests.world import World


class Scheduler:
    """A client, and the schedules that it makes."""

    def __init__(self, cloud: World) -> None:
        self.client = client_of(oci.resource_scheduler.ScheduleClient, cloud)
        self.cloud = cloud

    def details(self, body: Any = None, **other: Any) -> Any:
        parameters = [models.BodyParameter(parameter_type="BODY", value=body)]
        resource = models.Resource(id=self.cloud.oci.function["id"], parameters=parameters if body else [])
        given = {
            "compartment_id": self.cloud.oci.compartment_id,
            "action": "START_RESOURCE",
            "recurrence_type": "CRON",
            "recurrence_details": "0 2 * * *",
            "resources": [resource],
        }
        return models.CreateScheduleDetails(**{**given, **other})

    def make(self, body: Any = None, **other: Any) -> Any:
        made = self.client.create_schedule(self.details(body, **other))
        assert (made.status, made.data.lifecycle_state, made.data.system_tags) == (201, "CREATING", {})
        self.done(made)
        return self.client.get_schedule(made.data.id).data

    def done(self, response: Any) -> tuple[str, str]:
        """The operation type and the action type of what an accepted change has done in the end."""
        finished = wait_for(
            self.client.get_work_request, response.headers["opc-work-request-id"], "SUCCEEDED", "status"
        )
        [affected] = finished.resources
        assert affected.entity_type == "resourceschedule"
        return finished.operation_type, affected.action_type

    def fire(self, schedule_id: str) -> Any:
        started = self.cloud.oci.operator.call("POST", f"/emulator/schedules/{schedule_id}/fire")
        assert started["operationType"] == "START_RESOURCE"
        return started["id"]


@pytest.fixture
def scheduler(cloud: World) -> Scheduler:
    return Scheduler(cloud)


def test_a_schedule_backs_a_volume_up_when_it_is_fired(scheduler: Scheduler) -> None:
    volume_id = scheduler.cloud.volume()
    schedule = scheduler.make({"volumeId": volume_id})
    assert schedule.lifecycle_state == "ACTIVE"
    run_id = scheduler.fire(schedule.id)
    scheduler.cloud.wait_for_backup_of(volume_id)
    wait_for(scheduler.client.get_work_request, run_id, "SUCCEEDED", "status")
    ran = scheduler.client.get_schedule(schedule.id).data
    assert (ran.last_run_status, ran.time_last_run is not None) == ("SUCCEEDED", True)
    scheduler.client.delete_schedule(schedule.id)


def test_a_schedule_has_the_function_find_what_it_backs_up(scheduler: Scheduler) -> None:
    tagged, other = (scheduler.cloud.volume(freeformTags={"night": value}) for value in ("yes", "no"))
    schedule = scheduler.make({"select": {"tag": "night", "resourceTypes": ["volume", "bootvolume"]}})
    scheduler.fire(schedule.id)
    scheduler.cloud.wait_for_backup_of(tagged)
    assert scheduler.cloud.backups_of(other) == []
    scheduler.client.delete_schedule(schedule.id)


def test_a_schedule_runs_at_its_time_and_again_at_the_next(scheduler: Scheduler) -> None:
    volume_id = scheduler.cloud.volume()
    # Without an end: a time that was missed is not made up for.
    made = scheduler.make(
        {"volumeId": volume_id}, recurrence_type="ICAL", recurrence_details="FREQ=SECONDLY;INTERVAL=1"
    )
    cloud = scheduler.cloud
    try:
        cloud.wait_for_backup_of(volume_id)
        assert cloud.oci.journal.wait_until(lambda _: len(cloud.entries("invocation", status=200)) > 1)
    finally:
        scheduler.client.deactivate_schedule(made.id)


def test_headers_go_with_the_body_and_without_parameters_the_body_is_empty() -> None:
    header = {"parameterType": "HEADER", "value": {"X-Source": "schedule"}}
    body = {"parameterType": "BODY", "value": {"volumeId": "v"}}
    request = build_request({"id": "f", "parameters": [header, body]})
    assert (request.body, request.headers["X-Source"]) == (b'{"volumeId": "v"}', "schedule")
    bare = build_request({"id": "f"})
    assert (bare.body, "X-Source" in bare.headers) == (b"", False)


def test_a_run_whose_function_is_gone_has_failed(scheduler: Scheduler) -> None:
    schedule = scheduler.make(resources=[models.Resource(id=new_ocid("fnfunc"))])
    failed = wait_for(scheduler.client.get_work_request, scheduler.fire(schedule.id), "FAILED", "status")
    [error] = scheduler.client.list_work_request_errors(failed.id).data.items
    assert error.code == "NotAuthorizedOrNotFound"
    assert scheduler.client.get_schedule(schedule.id).data.last_run_status == "FAILED"


def test_a_schedule_is_changed_turned_off_and_on_moved_and_deleted(scheduler: Scheduler) -> None:
    client, schedule = scheduler.client, scheduler.make(display_name="nightly")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert datetime.now(UTC) < schedule.time_next_run <= tomorrow
    change = models.UpdateScheduleDetails(recurrence_details="30 4 * * 0")
    assert scheduler.done(client.update_schedule(schedule.id, change)) == ("UPDATE_SCHEDULE", "UPDATED")
    changed = client.get_schedule(schedule.id).data
    assert (changed.time_next_run.hour, changed.time_next_run.isoweekday()) == (4, 7)
    off = client.deactivate_schedule(schedule.id).data
    assert (off.lifecycle_state, off.time_next_run) == ("INACTIVE", None)
    assert client.activate_schedule(schedule.id).data.lifecycle_state == "ACTIVE"
    tenancy_id = scheduler.cloud.oci.cloud.tenancy_id
    destination = models.ChangeScheduleCompartmentDetails(compartment_id=tenancy_id)
    moved = scheduler.done(client.change_schedule_compartment(schedule.id, destination))
    assert moved == ("CHANGE_SCHEDULE_COMPARTMENT", "UPDATED")
    assert [found.id for found in client.list_schedules(compartment_id=tenancy_id).data.items] == [schedule.id]
    assert [found.id for found in client.list_schedules(schedule_id=schedule.id).data.items] == [schedule.id]
    assert scheduler.done(client.delete_schedule(schedule.id))[1] == "DELETED"
    gone = client.get_schedule(schedule.id).data
    assert (gone.lifecycle_state, gone.time_next_run) == ("DELETED", None)
    assert refusal(client.update_schedule, schedule.id, change)[:2] == (409, "IncorrectState")


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "four fields": ({"recurrence_details": "0 2 * *"}, "recurrenceDetails"),
    "six fields": ({"recurrence_details": "0 0 2 * * *"}, "recurrenceDetails"),
    "an hour that is none": ({"recurrence_details": "0 25 * * *"}, "recurrenceDetails"),
    "a rule that is none": ({"recurrence_type": "ICAL", "recurrence_details": "FREQ=OFTEN"}, "recurrenceDetails"),
    "a zone that is none": ({"local_time_zone": "Mars/Base"}, "localTimeZone"),
    "another action": ({"action": "STOP_RESOURCE"}, "action must be START_RESOURCE"),
    "an instance": ({"resources": [models.Resource(id=new_ocid("instance"))]}, "invokes functions"),
    "no resource": ({"resources": []}, "resources"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_schedule_that_could_never_run_is_refused(scheduler: Scheduler, case: str) -> None:
    wrong, words = REFUSED[case]
    status, _, message = refusal(scheduler.client.create_schedule, scheduler.details(**wrong))
    assert status == 400
    assert words in message


def test_a_recurrence_type_that_the_api_has_not_is_refused(cloud: World) -> None:
    resource = {"id": cloud.oci.function["id"]}
    body = {"action": "START_RESOURCE", "recurrenceType": "ONE_TIME", "recurrenceDetails": "now"}
    sent = {"compartmentId": cloud.oci.compartment_id, "resources": [resource], **body}
    status, _, message = refusal(cloud.oci.operator.call, "POST", "/20240430/schedules", sent)
    assert (status, message) == (400, "recurrenceType must be one of CRON, ICAL")


AFTER = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
TIMES: dict[str, tuple[dict[str, str], str | None]] = {
    "cron": ({"recurrenceDetails": "0 2 * * *"}, "2026-03-02T02:00:00+00:00"),
    "cron in a zone": (
        {"recurrenceDetails": "0 2 * * *", "localTimeZone": "America/New_York"},
        "2026-03-01T07:00:00+00:00",
    ),
    "cron from a time on": (
        {"recurrenceDetails": "0 2 * * *", "timeStarts": "2026-04-01T00:00:00Z"},
        "2026-04-01T02:00:00+00:00",
    ),
    "cron that has ended": ({"recurrenceDetails": "0 2 * * *", "timeEnds": "2026-03-02T01:00:00Z"}, None),
    "a rule": (
        {"recurrenceType": "ICAL", "recurrenceDetails": "FREQ=WEEKLY;BYDAY=TU;BYHOUR=9;BYMINUTE=0;BYSECOND=0"},
        "2026-03-03T09:00:00+00:00",
    ),
    "once": (
        {"recurrenceType": "ICAL", "recurrenceDetails": "FREQ=DAILY;COUNT=1", "timeStarts": "2026-03-05T00:00:00Z"},
        "2026-03-05T00:00:00+00:00",
    ),
}


@pytest.mark.parametrize("case", TIMES)
def test_a_schedule_is_due(case: str) -> None:
    fields, expected = TIMES[case]
    known = {"recurrenceType": "CRON", "timeCreated": "2026-02-01T00:00:00Z"}
    due = next_time({**known, **fields}, AFTER)
    assert (due.isoformat() if due else None) == expected
