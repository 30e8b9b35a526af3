"""The Logging service's management API, through the SDK's own client."""

from __future__ import annotations

import secrets
from typing import Any

import oci
import pytest
from oci.logging import models

from tests.sdk_clients import client_of, refusal, wait_for
from tests.world import World, world


class Logging:
    """A client, and what became of its work requests."""

    def __init__(self, cloud: World) -> None:
        self.client = client_of(oci.logging.LoggingManagementClient, cloud)
        self.cloud = cloud

    def done(self, response: Any) -> tuple[str, str, str, str]:
        """What an accepted change has done in the end: operation type, entity type, action type, identifier."""
        assert (response.status, response.data) == (202, None)
        work_request_id = response.headers["opc-work-request-id"]
        finished = wait_for(self.client.get_work_request, work_request_id, "SUCCEEDED", "status")
        [affected] = finished.resources
        return finished.operation_type, affected.entity_type, affected.action_type, affected.identifier

    def group(self, **details: Any) -> str:
        named = {"compartment_id": self.cloud.oci.compartment_id, "display_name": f"g-{secrets.token_hex(4)}"}
        response = self.client.create_log_group(models.CreateLogGroupDetails(**{**named, **details}))
        return self.done(response)[3]

    def log(self, group_id: str) -> str:
        return self.done(self.client.create_log(group_id, log_details()))[3]


def log_details(**other: Any) -> Any:
    source = models.OciService(
        source_type="OCISERVICE", service="functions", resource="ocid1.fnapp.oc1.iad.a", category="invoke"
    )
    named = {"display_name": "invocations", "log_type": "SERVICE", "retention_duration": 30}
    return models.CreateLogDetails(**{**named, "configuration": models.Configuration(source=source), **other})


@pytest.fixture
def logging(cloud: World) -> Logging:
    return Logging(cloud)


def test_a_log_group_and_its_log_are_made_changed_and_deleted_by_work_requests(logging: Logging) -> None:
    client, group_id = logging.client, logging.group()
    accepted = client.create_log(group_id, log_details())
    operation, entity, action, log_id = logging.done(accepted)
    assert (operation, entity, action) == ("CREATE_LOG", "log", "CREATED")
    log = client.get_log(group_id, log_id).data
    assert (log.lifecycle_state, log.log_group_id, log.retention_duration) == ("ACTIVE", group_id, 30)
    assert (log.tenancy_id, log.is_enabled) == (logging.cloud.oci.cloud.tenancy_id, True)
    assert [found.id for found in client.list_logs(group_id, display_name="invocations").data] == [log_id]
    change = models.UpdateLogDetails(
        retention_duration=60,
        configuration=models.UpdateConfigurationDetails(source=models.SourceUpdateDetails(parameters={"a": "b"})),
    )
    changed = logging.done(client.update_log(group_id, log_id, change))
    assert changed == ("UPDATE_LOG", "log", "UPDATED", log_id)
    source = client.get_log(group_id, log_id).data.configuration.source
    assert (source.service, source.category, source.parameters) == ("functions", "invoke", {"a": "b"})
    assert refusal(client.delete_log_group, group_id)[:2] == (409, "Conflict")
    deleted = logging.done(client.delete_log(group_id, log_id))
    assert deleted == ("DELETE_LOG", "log", "DELETED", log_id)
    assert refusal(client.get_log, group_id, log_id)[0] == 404
    renamed = logging.done(client.update_log_group(group_id, models.UpdateLogGroupDetails(description="d")))
    assert renamed == ("UPDATE_LOG_GROUP", "loggroup", "UPDATED", group_id)
    assert client.get_log_group(group_id).data.description == "d"
    removed = logging.done(client.delete_log_group(group_id))
    assert removed == ("DELETE_LOG_GROUP", "loggroup", "DELETED", group_id)
    assert refusal(client.get_log_group, group_id)[0] == 404


def test_the_same_retry_token_is_answered_with_the_same_work_request(logging: Logging) -> None:
    named = models.CreateLogGroupDetails(compartment_id=logging.cloud.oci.compartment_id, display_name="once")
    first, second = (logging.client.create_log_group(named, opc_retry_token="once") for _ in range(2))
    assert first.headers["opc-work-request-id"] == second.headers["opc-work-request-id"]
    assert refusal(logging.client.create_log_group, named, opc_retry_token="twice")[:2] == (409, "Conflict")


def test_a_log_group_is_left_alone_while_it_is_being_made() -> None:
    with world(lifecycle_seconds=3600) as slow:
        client = client_of(oci.logging.LoggingManagementClient, slow)
        named = models.CreateLogGroupDetails(compartment_id=slow.oci.compartment_id, display_name="early")
        work_request_id = client.create_log_group(named).headers["opc-work-request-id"]
        creation = client.get_work_request(work_request_id).data
        group_id = creation.resources[0].identifier
        assert (creation.status, client.get_log_group(group_id).data.lifecycle_state) == ("ACCEPTED", "CREATING")
        assert refusal(client.delete_log_group, group_id)[:2] == (409, "IncorrectState")


def test_log_groups_move_with_compartments_and_are_listed_with_those_below(logging: Logging) -> None:
    client, group_id, tenancy_id = logging.client, logging.group(), logging.cloud.oci.cloud.tenancy_id
    log_id = logging.log(group_id)
    assert client.list_log_groups(tenancy_id).data == []
    below = oci.pagination.list_call_get_all_results(
        client.list_log_groups, tenancy_id, is_compartment_id_in_subtree=True
    ).data
    assert group_id in {group.id for group in below}
    destination = models.ChangeLogGroupCompartmentDetails(compartment_id=tenancy_id)
    moved = logging.done(client.change_log_group_compartment(group_id, destination))
    assert moved == ("MOVE_LOG_GROUP", "loggroup", "RELATED", group_id)
    assert [group.id for group in client.list_log_groups(tenancy_id).data] == [group_id]
    assert client.get_log(group_id, log_id).data.compartment_id == tenancy_id
    logging.done(client.delete_log(group_id, log_id))
    logging.done(client.delete_log_group(group_id))


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "a retention of 31 days": ({"retention_duration": 31}, 400, "retentionDuration must be 30"),
    "a service's log without a source": ({"configuration": None}, 400, "configuration"),
    "no name": ({"display_name": None}, 400, "displayName"),
    "a name that the group has": ({"display_name": "invocations"}, 409, "has a log invocations"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_log_is_refused(logging: Logging, case: str) -> None:
    wrong, expected, words = REFUSED[case]
    group_id = logging.group()
    logging.log(group_id)
    status, _, message = refusal(logging.client.create_log, group_id, log_details(**{"display_name": "other", **wrong}))
    assert status == expected
    assert words in message


def test_a_log_is_found_in_its_own_group_alone(logging: Logging) -> None:
    log_id, other_id = logging.log(logging.group()), logging.group()
    assert refusal(logging.client.get_log, other_id, log_id)[0] == 404
