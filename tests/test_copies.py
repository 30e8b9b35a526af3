"""Backups are copied into the second region: asked for in the first, read in the second, and nowhere else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import oci
import pytest
from oci.core.models import (
    CopyBootVolumeBackupDetails,
    CopyVolumeBackupDetails,
    CopyVolumeGroupBackupDetails,
    UpdateVolumeBackupDetails,
)

from emulator import LocalOci, local_oci
from emulator.options import Options
from tests.function_client import FunctionClient
from tests.sdk_clients import client_of, refusal, wait_for
from tests.world import World

SECOND = "us-phoenix-1"
FAULTY = {"emulator-copy-ends": "FAULTY"}
KEY = "ocid1.key.oc1.phx.vault.aaaakey"
EVENTS = "com.oraclecloud.blockvolumes.copy"


class Both(NamedTuple):
    """The SDK's client of each region, and the world that they see."""

    cloud: World
    first: Any
    second: Any


@pytest.fixture
def both(cloud: World) -> Both:
    clients = (client_of(oci.core.BlockstorageClient, estate) for estate in (cloud, cloud.second))
    return Both(cloud, *clients)


def details(**fields: Any) -> CopyVolumeBackupDetails:
    return CopyVolumeBackupDetails(**{"destination_region": SECOND, **fields})


def test_a_copy_lives_in_the_other_region_and_nowhere_else(both: Both) -> None:
    volume = both.cloud.volume()
    backup = both.cloud.backup(volume, freeformTags={"kept": "no"}, kmsKeyId="ocid1.key.oc1.iad.vault.aaaakey")
    answer = both.first.copy_volume_backup(backup, details())
    copy = answer.data
    assert copy.id.startswith("ocid1.volumebackup.oc1.phx.")
    assert (copy.lifecycle_state, copy.source_volume_backup_id, copy.volume_id) == ("CREATING", backup, volume)
    assert (copy.display_name, copy.freeform_tags, copy.kms_key_id) == ("nightly", {}, None)
    assert answer.headers["etag"]
    assert refusal(both.first.get_volume_backup, copy.id)[:2] == (404, "NotAuthorizedOrNotFound")
    wait_for(both.second.get_volume_backup, copy.id, "AVAILABLE")

    compartment = both.cloud.oci.compartment_id
    found = both.second.list_volume_backups(compartment, source_volume_backup_id=backup).data
    assert [item.id for item in found] == [copy.id]
    assert both.first.list_volume_backups(compartment, source_volume_backup_id=backup).data == []
    assert refusal(both.second.get_volume_backup, backup)[0] == 404
    assert both.first.get_volume_backup(backup).data.source_volume_backup_id is None


def test_a_copy_has_the_name_and_the_key_that_its_request_says_and_not_what_retained_its_source(both: Both) -> None:
    period = {"retentionTimeUnit": "DAYS", "retentionTimeAmount": 1}
    backup = both.cloud.backup(both.cloud.volume(), retentionPeriod=period, isPreventDeletionEnabled=True)
    copy = both.first.copy_volume_backup(backup, details(display_name="far away", kms_key_id=KEY)).data
    assert (copy.display_name, copy.kms_key_id) == ("far away", KEY)
    copy = wait_for(both.second.get_volume_backup, copy.id, "AVAILABLE")
    assert (copy.retention_period, copy.time_retention_expires_at) == (None, None)
    both.second.delete_volume_backup(copy.id)
    wait_for(both.second.get_volume_backup, copy.id, "TERMINATED")


def test_a_copy_is_a_backup_of_its_region_like_any_other(both: Both) -> None:
    copy = both.first.copy_volume_backup(both.cloud.backup(both.cloud.volume(sizeInGBs=64)), details()).data
    wait_for(both.second.get_volume_backup, copy.id, "AVAILABLE")
    both.second.update_volume_backup(copy.id, UpdateVolumeBackupDetails(freeform_tags={"checked": "yes"}))
    source = {"type": "volumeBackup", "id": copy.id}
    restored = both.second.get_volume(both.cloud.second.volume(sourceDetails=source)).data
    assert (restored.size_in_gbs, restored.availability_domain) == (64, "Iocq:PHX-AD-1")
    assert restored.id.split(".")[3] == "phx"
    assert refusal(both.first.get_volume, restored.id)[0] == 404


def test_a_copy_of_a_boot_volumes_backup_knows_its_source(both: Both) -> None:
    backup = both.cloud.boot_backup(both.cloud.boot_volume())
    asked = CopyBootVolumeBackupDetails(destination_region=SECOND)
    copy = both.first.copy_boot_volume_backup(backup, asked).data
    assert (copy.source_boot_volume_backup_id, copy.lifecycle_state) == (backup, "CREATING")
    wait_for(both.second.get_boot_volume_backup, copy.id, "AVAILABLE")
    compartment = both.cloud.oci.compartment_id
    found = both.second.list_boot_volume_backups(compartment, source_boot_volume_backup_id=backup).data
    assert [item.id for item in found] == [copy.id]


def test_the_copy_of_a_groups_backup_holds_copies_of_the_backups_in_it(both: Both) -> None:
    backup = both.cloud.group_backup(both.cloud.volume_group(both.cloud.volume(), both.cloud.boot_volume()))
    asked = CopyVolumeGroupBackupDetails(destination_region=SECOND, kms_key_id=KEY)
    answer = both.first.copy_volume_group_backup(backup, asked)
    assert "opc-work-request-id" not in answer.headers
    assert answer.data.source_volume_group_backup_id == backup
    copy = wait_for(both.second.get_volume_group_backup, answer.data.id, "AVAILABLE")
    volume_backup, boot_volume_backup = copy.volume_backup_ids
    of_volume = both.second.get_volume_backup(volume_backup).data
    of_boot_volume = both.second.get_boot_volume_backup(boot_volume_backup).data
    members = both.first.get_volume_group_backup(backup).data.volume_backup_ids
    assert [of_volume.source_volume_backup_id, of_boot_volume.source_boot_volume_backup_id] == members
    for member in (of_volume, of_boot_volume):
        expected = ("AVAILABLE", copy.id, KEY)
        assert (member.lifecycle_state, member.volume_group_backup_id, member.kms_key_id) == expected


def test_only_what_is_available_is_copied_and_only_into_another_region_of_the_tenancy(both: Both) -> None:
    copy_to = both.first.copy_volume_backup
    backup = both.cloud.backup(both.cloud.volume())
    for region in ("us-ashburn-1", "eu-frankfurt-1", "phx", "nowhere"):
        status, code, message = refusal(copy_to, backup, details(destination_region=region))
        assert (status, code) == (400, "InvalidParameter")
        assert f"destinationRegion {region} is not another region" in message
    assert refusal(copy_to, backup, details(destination_region=None))[:2] == (400, "MissingParameter")
    assert refusal(copy_to, backup, details(kms_key_id="ocid1.volume.oc1.phx.a"))[:2] == (400, "InvalidParameter")
    assert refusal(copy_to, "ocid1.volumebackup.oc1.iad.aaaagone", details())[0] == 404
    faulty = both.cloud.backup(both.cloud.volume(freeformTags={"emulator-backup-ends": "FAULTY"}))
    assert refusal(copy_to, faulty, details())[:2] == (409, "IncorrectState")
    both.first.delete_volume_backup(backup)
    assert refusal(copy_to, backup, details())[:2] == (409, "IncorrectState")
    assert both.cloud.second.copies_of(backup) == []


def test_a_retry_token_makes_one_copy_of_one_backup(both: Both) -> None:
    backup, other = (both.cloud.backup(both.cloud.volume()) for _ in range(2))
    token = f"copy-{backup[-20:]}"
    first, again = (both.first.copy_volume_backup(backup, details(), opc_retry_token=token) for _ in range(2))
    assert first.data.id == again.data.id
    assert first.headers["opc-work-request-id"] == again.headers["opc-work-request-id"]
    differently = [(backup, details(display_name="other")), (other, details())]
    for asked in differently:
        assert refusal(both.first.copy_volume_backup, *asked, opc_retry_token=token)[:2] == (400, "InvalidParameter")
    wait_for(both.second.get_volume_backup, first.data.id, "AVAILABLE")
    both.second.delete_volume_backup(first.data.id)
    gone = refusal(both.first.copy_volume_backup, backup, details(), opc_retry_token=token)
    assert gone[:2] == (409, "InvalidatedRetryToken")


@pytest.mark.parametrize(
    ("tags", "state", "status", "told"),
    [({}, "AVAILABLE", "SUCCEEDED", "operationSucceed"), (FAULTY, "FAULTY", "FAILED", "operationFailed")],
)
def test_a_copy_ends_as_its_volume_says_and_its_work_request_and_events_say_it(
    both: Both, tags: dict[str, str], state: str, status: str, told: str
) -> None:
    volume = both.cloud.volume(freeformTags=tags)
    answer = both.first.copy_volume_backup(both.cloud.backup(volume), details())
    wait_for(both.second.get_volume_backup, answer.data.id, state)
    requests = client_of(oci.work_requests.WorkRequestClient, both.cloud)
    work_request = wait_for(requests.get_work_request, answer.headers["opc-work-request-id"], status, field="status")
    assert (work_request.operation_type, work_request.resources[0].identifier) == ("COPY_VOLUME_BACKUP", answer.data.id)
    begin, end = both.cloud.oci.journal.wait_for("event", count=2, resource=answer.data.id)
    assert (begin.details["type"], begin.details["region"]) == (f"{EVENTS}volumebackup.begin", "us-ashburn-1")
    assert (end.details["type"], end.details["region"]) == (f"{EVENTS}volumebackup.end", SECOND)
    known = end.details["event"]["data"]["additionalDetails"]
    assert (known["volumeId"], known["backupState"], known["status"]) == (volume, state, told)


def test_a_rule_of_the_second_region_meets_what_happens_there(both: Both) -> None:
    second = both.cloud.second
    topic = second.region.operator.call(
        "POST", "/20181201/topics", {"compartmentId": both.cloud.oci.compartment_id, "name": "copies"}
    )
    rule = {
        "compartmentId": both.cloud.oci.compartment_id,
        "displayName": "copies",
        "isEnabled": True,
        "condition": json.dumps({"eventType": [f"{EVENTS}volumebackup.*"]}),
        "actions": {"actions": [{"actionType": "ONS", "isEnabled": True, "topicId": topic["topicId"]}]},
    }
    second.region.operator.call("POST", "/20181201/rules", rule)
    copy = both.first.copy_volume_backup(both.cloud.backup(both.cloud.volume()), details()).data
    both.cloud.oci.journal.wait_for("message", topic="copies")
    [message] = both.cloud.published("copies")
    event = json.loads(message.details["body"])
    assert (event["eventType"], event["data"]["resourceId"]) == (f"{EVENTS}volumebackup.end", copy.id)


def test_compartments_and_policies_are_those_of_the_tenancy_in_both_regions(cloud: World) -> None:
    first, second = (client_of(oci.identity.IdentityClient, estate) for estate in (cloud, cloud.second))
    tenancy_id = cloud.oci.cloud.tenancy_id
    named = oci.identity.models.CreateCompartmentDetails(compartment_id=tenancy_id, name="seen", description="d")
    compartment = first.create_compartment(named).data
    assert second.get_compartment(compartment.id).data.name == "seen"
    assert [policy.id for policy in second.list_policies(tenancy_id).data] == [
        policy.id for policy in first.list_policies(tenancy_id).data
    ]
    wait_for(first.get_compartment, compartment.id, "ACTIVE")
    cloud.second.volume(compartmentId=compartment.id)
    assert refusal(first.delete_compartment, compartment.id)[:2] == (409, "Conflict")


def test_the_second_region_is_empty_of_what_the_first_one_has(cloud: World) -> None:
    cloud.volume()
    operator, query = cloud.second.region.operator, {"compartmentId": cloud.oci.compartment_id}
    assert operator.call("GET", "/20160918/instances", **query) == []
    assert operator.call("GET", "/20181201/topics", **query, name="backup-results") == []
    assert operator.call("GET", "/20181201/rules", **query, displayName="volume-backups") == []
    assert operator.call("GET", "/20181201/applications", **query) == []
    assert refusal(operator.call, "GET", f"/20181201/functions/{cloud.oci.function['id']}")[0] == 404


def test_a_permission_can_be_missing_in_one_region_alone(cloud: World) -> None:
    client = FunctionClient(cloud.oci)
    volume = cloud.volume()
    path = f"/20160918/volumeBackups/{cloud.backup(volume)}/actions/copy"
    cloud.oci.deny("manage volume-backups", region=SECOND)
    assert client.status("POST", path, {"destinationRegion": SECOND}) == 404
    [refused] = cloud.entries("refused", operation="CopyVolumeBackup")
    assert "VOLUME_BACKUP_CREATE" in refused.line
    assert client.status("POST", "/20160918/volumeBackups", {"volumeId": volume}) == 200


def test_a_fault_can_hit_one_region_alone(both: Both) -> None:
    copy = both.first.copy_volume_backup(both.cloud.backup(both.cloud.volume()), details()).data
    both.cloud.oci.fault("GetVolumeBackup", region=SECOND, status=503)
    assert refusal(both.first.get_volume_backup, copy.id)[0] == 404
    assert refusal(both.second.get_volume_backup, copy.id)[0] == 503
    assert both.second.get_volume_backup(copy.id).data.id == copy.id
    with pytest.raises(ValueError, match="a fault names one of us-ashburn-1, us-phoenix-1, and not 'mars'"):
        both.cloud.oci.fault("GetVolumeBackup", region="mars")


def test_the_function_reaches_each_region_by_the_resources_ocid(cloud: World) -> None:
    home, second = (cloud.oci.regions[name].base_url for name in ("us-ashburn-1", SECOND))
    assert cloud.oci.config["OCI_ENDPOINT"] == f"{home},{SECOND}={second}"
    volume = cloud.second.volume()
    result = cloud.invoke_one({"volumeId": volume})
    assert result["volumeBackup"]["id"].split(".")[3] == "phx"
    [created] = cloud.entries("request", operation="CreateVolumeBackup")
    assert created.details["region"] == SECOND


def test_a_region_can_be_chosen_or_left_out() -> None:
    with local_oci(own_stack=False, second_region="eu-frankfurt-1") as oci:
        volumes = oci.second.operator.call("GET", "/20160918/volumes", compartmentId=oci.compartment_id)
        assert (volumes, oci.second.cloud.region.in_ocids) == ([], "eu-frankfurt-1")
        assert oci.second.cloud.region.availability_domain == "Iocq:EU-FRANKFURT-1-AD-1"
        assert f"export SECOND_ENDPOINT={oci.second.base_url}" in (oci.state / "env").read_text()
    with local_oci(second_region="") as oci:
        assert oci.config["OCI_ENDPOINT"] == oci.base_url
        assert "SECOND" not in oci.environment
        with pytest.raises(LookupError, match="started without a second region"):
            _ = oci.second


@pytest.mark.parametrize("name", ["nowhere", "us-ashburn-1", "us-gov-phoenix-1"])
def test_a_region_that_cannot_be_the_second_one_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        LocalOci(Options(own_stack=False, second_region=name))


def test_the_cli_reaches_the_second_region_by_its_profile_and_endpoint(both: Both) -> None:
    backup = both.cloud.backup(both.cloud.volume())
    copy = both.first.copy_volume_backup(backup, details()).data
    script = f"""
        . {both.cloud.oci.state}/env
        oci --profile $SECOND_REGION --endpoint $SECOND_ENDPOINT bv backup get --volume-backup-id {copy.id}
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-ec", script],
        env={**environment, "PATH": path, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data"]["source-volume-backup-id"] == backup
