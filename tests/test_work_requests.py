"""Work requests, as each service's own client reads them."""

from __future__ import annotations

from typing import Any

import oci
import pytest

from emulator.core import work_requests
from emulator.core.errors import incorrect_state
from emulator.core.identifiers import new_ocid
from emulator.core.work_requests import WorkRequestApi, WorkRequests
from tests.sdk_clients import client_of, refusal, wait_for
from tests.world import World

CLIENTS: dict[WorkRequestApi, Any] = {
    work_requests.CORE: oci.work_requests.WorkRequestClient,
    work_requests.LOGGING: oci.logging.LoggingManagementClient,
    work_requests.CONNECTOR_HUB: oci.sch.ServiceConnectorClient,
    work_requests.QUEUE: oci.queue.QueueAdminClient,
    work_requests.RESOURCE_SCHEDULER: oci.resource_scheduler.ScheduleClient,
}
OPERATION_TYPES = {
    work_requests.CORE: "LaunchInstance",
    work_requests.LOGGING: "CREATE_LOG_GROUP",
    work_requests.CONNECTOR_HUB: "CREATE_SERVICE_CONNECTOR",
    work_requests.QUEUE: "CREATE_QUEUE",
    work_requests.RESOURCE_SCHEDULER: "CREATE_SCHEDULE",
}
BY_VERSION = pytest.mark.parametrize("api", CLIENTS, ids=lambda api: api.version)


def start(cloud: World, api: WorkRequestApi, finish: Any = lambda: None) -> str:
    resource = {"id": new_ocid("queue"), "compartmentId": cloud.oci.compartment_id}
    service = cloud.oci.service(WorkRequests)

    def run() -> str:
        started = service.start(
            api, OPERATION_TYPES[api], resource, entity_type="queue", action_type="CREATED", finish=finish
        )
        assert (started["status"], started["resources"][0]["actionType"]) == ("ACCEPTED", "IN_PROGRESS")
        return str(started["id"])

    return cloud.oci.run(run)


def items(answer: Any) -> list[Any]:
    return list(getattr(answer.data, "items", answer.data))


@BY_VERSION
def test_a_work_request_succeeds_and_names_what_it_made(cloud: World, api: WorkRequestApi) -> None:
    client, made = client_of(CLIENTS[api], cloud), []
    work_request_id = start(cloud, api, lambda: made.append("queue"))
    done = wait_for(client.get_work_request, work_request_id, "SUCCEEDED", "status")
    [affected] = done.resources
    assert (affected.entity_type, affected.action_type, made) == ("queue", "CREATED", ["queue"])
    assert (done.percent_complete, done.compartment_id) == (100.0, cloud.oci.compartment_id)
    assert done.time_accepted <= done.time_started <= done.time_finished
    assert items(client.list_work_request_errors(work_request_id)) == []
    assert len(items(client.list_work_request_logs(work_request_id))) == 2
    listed = items(client.list_work_requests(compartment_id=cloud.oci.compartment_id))
    assert listed[0].id == work_request_id


@BY_VERSION
def test_a_work_request_fails_with_the_error_of_what_it_does(cloud: World, api: WorkRequestApi) -> None:
    def fail() -> None:
        raise incorrect_state("The queue is in use.")

    client, work_request_id = client_of(CLIENTS[api], cloud), start(cloud, api, fail)
    failed = wait_for(client.get_work_request, work_request_id, "FAILED", "status")
    assert failed.resources[0].action_type == "IN_PROGRESS"
    [error] = items(client.list_work_request_errors(work_request_id))
    assert (error.code, error.message) == ("IncorrectState", "The queue is in use.")


def test_a_work_request_of_one_service_is_unknown_to_another(cloud: World) -> None:
    work_request_id = start(cloud, work_requests.QUEUE)
    client = client_of(CLIENTS[work_requests.LOGGING], cloud)
    assert refusal(client.get_work_request, work_request_id)[:2] == (400, "InvalidParameter")
