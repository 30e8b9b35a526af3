"""Compute by the SDK's typed clients: instances with their actions and boot volumes, and attachments of every type."""

from __future__ import annotations

from typing import Any

import oci
import pytest
from oci.core import models

from tests.sdk_clients import client_of, refusal, wait_for
from tests.world import World, world

COMPUTE = "com.oraclecloud.computeapi."


@pytest.fixture
def compute(cloud: World) -> Any:
    return client_of(oci.core.ComputeClient, cloud)


def launched(cloud: World, compute: Any, **details: Any) -> Any:
    located = {"compartment_id": cloud.oci.compartment_id, "availability_domain": "AD-1"}
    shape = {"shape": "VM.Standard.E4.Flex"}
    made = compute.launch_instance(models.LaunchInstanceDetails(**{**located, **shape, **details}))
    assert made.headers["opc-work-request-id"].startswith("ocid1.coreservicesworkrequest.")
    return wait_for(compute.get_instance, made.data.id, "RUNNING")


def boot_volume_of(cloud: World, compute: Any, instance_id: str) -> Any:
    attachment = compute.get_boot_volume_attachment(instance_id).data
    return client_of(oci.core.BlockstorageClient, cloud).get_boot_volume(attachment.boot_volume_id).data


def test_an_instance_shows_what_it_was_launched_with_and_what_it_was_not(cloud: World, compute: Any) -> None:
    bare = launched(cloud, compute)
    assert bare.launch_options.boot_volume_type == "PARAVIRTUALIZED"
    assert bare.source_details.source_type == "image"
    assert (bare.extended_metadata, bare.ipxe_script, bare.time_maintenance_reboot_due) == ({}, None, None)
    assert bare.agent_config.is_monitoring_disabled is False
    told = launched(
        cloud,
        compute,
        shape_config=models.LaunchInstanceShapeConfigDetails(ocpus=4, memory_in_gbs=64),
        source_details=models.InstanceSourceViaImageDetails(
            image_id="ocid1.image.oc1.iad.a", boot_volume_size_in_gbs=90
        ),
        agent_config=models.LaunchInstanceAgentConfigDetails(is_monitoring_disabled=True),
        metadata={"ssh_authorized_keys": "key"},
        extended_metadata={"nested": {"a": 1}},
        ipxe_script="#!ipxe",
        fault_domain="FAULT-DOMAIN-3",
    )
    assert (told.shape_config.ocpus, told.shape_config.memory_in_gbs, told.fault_domain) == (4, 64, "FAULT-DOMAIN-3")
    assert (told.agent_config.is_monitoring_disabled, told.agent_config.is_management_disabled) == (True, False)
    assert (told.extended_metadata, told.ipxe_script) == ({"nested": {"a": 1}}, "#!ipxe")
    boot_volume = boot_volume_of(cloud, compute, told.id)
    assert (boot_volume.size_in_gbs, boot_volume.image_id) == (90, told.image_id)


def test_the_work_request_of_a_launch_is_read_by_its_own_api(cloud: World, compute: Any) -> None:
    located = {"compartment_id": cloud.oci.compartment_id, "availability_domain": "AD-1"}
    made = compute.launch_instance(models.LaunchInstanceDetails(**located, shape="VM.Standard.E4.Flex"))
    work_requests = client_of(oci.work_requests.WorkRequestClient, cloud)
    ended = wait_for(work_requests.get_work_request, made.headers["opc-work-request-id"], "SUCCEEDED", "status")
    assert (ended.operation_type, ended.resources[0].identifier) == ("LaunchInstance", made.data.id)


ACTIONS = {
    "STOP": ("STOPPING", "STOPPED"),
    "SOFTRESET": ("STARTING", "RUNNING"),
    "SENDDIAGNOSTICINTERRUPT": ("RUNNING", "RUNNING"),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_goes_through_its_states_with_its_events(action: str) -> None:
    with world(lifecycle_seconds=0.1) as cloud:
        compute = client_of(oci.core.ComputeClient, cloud)
        instance = cloud.instance()
        passed, final = ACTIONS[action]
        assert compute.instance_action(instance, action).data.lifecycle_state == passed
        [ended] = cloud.oci.journal.wait_for("event", type=f"{COMPUTE}instanceaction.end", resource=instance)
        assert compute.get_instance(instance).data.lifecycle_state == final
        told = ended.details["event"]["data"]["additionalDetails"]
        assert (told["instanceActionType"], told["type"]) == (action.lower(), "CustomerVmi")
        assert len(cloud.oci.journal.entries("event", type=f"{COMPUTE}instanceaction.begin")) == 1


def test_an_action_that_does_not_fit_is_refused(cloud: World, compute: Any) -> None:
    instance = cloud.instance()
    assert refusal(compute.instance_action, instance, "START")[:2] == (409, "IncorrectState")
    assert refusal(compute.instance_action, instance, "DANCE")[:2] == (400, "InvalidParameter")
    compute.instance_action(instance, "STOP")
    wait_for(compute.get_instance, instance, "STOPPED")
    assert refusal(compute.instance_action, instance, "STOP")[:2] == (409, "IncorrectState")
    compute.instance_action(instance, "START")
    wait_for(compute.get_instance, instance, "RUNNING")


def test_an_instance_is_changed_also_while_it_is_stopped(cloud: World, compute: Any) -> None:
    instance = cloud.instance()
    compute.instance_action(instance, "STOP")
    wait_for(compute.get_instance, instance, "STOPPED")
    change = models.UpdateInstanceDetails(
        display_name="renamed",
        freeform_tags={"a": "b"},
        shape_config=models.UpdateInstanceShapeConfigDetails(ocpus=8),
        update_operation_constraint="ALLOW_DOWNTIME",
    )
    changed = compute.update_instance(instance, change)
    assert changed.headers["opc-work-request-id"]
    assert (changed.data.display_name, changed.data.freeform_tags) == ("renamed", {"a": "b"})
    assert (changed.data.shape_config.ocpus, changed.data.shape_config.memory_in_gbs) == (8, 16)
    assert cloud.oci.journal.entries("event", type=f"{COMPUTE}updateinstance", resource=instance)


@pytest.mark.parametrize("preserve", [True, False])
def test_a_termination_takes_the_boot_volume_along_unless_it_is_preserved(
    cloud: World, compute: Any, *, preserve: bool
) -> None:
    instance = launched(cloud, compute)
    boot_volume = boot_volume_of(cloud, compute, instance.id)
    attachment = cloud.attach(instance.id, cloud.volume())
    assert compute.terminate_instance(instance.id, preserve_boot_volume=preserve).status == 204
    wait_for(compute.get_instance, instance.id, "TERMINATED")
    wait_for(compute.get_volume_attachment, attachment, "DETACHED")
    assert compute.get_boot_volume_attachment(instance.id).data.lifecycle_state == "DETACHED"
    block = client_of(oci.core.BlockstorageClient, cloud)
    wait_for(block.get_boot_volume, boot_volume.id, "AVAILABLE" if preserve else "TERMINATED")


def test_an_instance_boots_from_a_boot_volume_that_exists(cloud: World, compute: Any) -> None:
    boot_volume = cloud.boot_volume()
    source = models.InstanceSourceViaBootVolumeDetails(boot_volume_id=boot_volume)
    instance = launched(cloud, compute, source_details=source)
    assert boot_volume_of(cloud, compute, instance.id).id == boot_volume
    gone = models.InstanceSourceViaBootVolumeDetails(boot_volume_id="ocid1.bootvolume.oc1.iad.gone")
    located = {"compartment_id": cloud.oci.compartment_id, "availability_domain": "AD-1", "shape": "VM"}
    assert refusal(compute.launch_instance, models.LaunchInstanceDetails(**located, source_details=gone))[0] == 404


ATTACHMENTS: dict[str, tuple[Any, str]] = {
    "iscsi": (models.AttachIScsiVolumeDetails, "iscsi"),
    "paravirtualized": (models.AttachParavirtualizedVolumeDetails, "paravirtualized"),
    "emulated": (models.AttachEmulatedVolumeDetails, "emulated"),
    "what the service decides": (models.AttachServiceDeterminedVolumeDetails, "paravirtualized"),
}


@pytest.mark.parametrize("case", ATTACHMENTS)
def test_a_volume_is_attached_in_each_way(cloud: World, compute: Any, case: str) -> None:
    details, expected = ATTACHMENTS[case]
    attached = compute.attach_volume(details(instance_id=cloud.instance(), volume_id=cloud.volume())).data
    assert attached.attachment_type == expected
    assert attached.is_pv_encryption_in_transit_enabled is False
    if expected == "iscsi":
        assert (attached.port, attached.chap_secret, attached.chap_username) == (3260, None, None)
        assert attached.ipv4.startswith("169.254.2.")
        assert attached.iqn.startswith("iqn.2015-12.com.oracleiaas:")


def test_an_attachment_has_a_chap_secret_and_encryption_where_they_are_asked_for(cloud: World, compute: Any) -> None:
    named = {"instance_id": cloud.instance(), "volume_id": cloud.volume()}
    chap = compute.attach_volume(models.AttachIScsiVolumeDetails(**named, use_chap=True)).data
    assert len(chap.chap_secret) == 16
    assert chap.chap_username
    encrypted = models.AttachParavirtualizedVolumeDetails(**named, is_pv_encryption_in_transit_enabled=True)
    assert compute.attach_volume(encrypted).data.is_pv_encryption_in_transit_enabled is True
