"""Block Volume by the SDK's typed clients: what it takes, the states and events it goes through, what it refuses."""

from __future__ import annotations

from typing import Any

import oci
import pytest
from oci.core import models

from tests.sdk_clients import client_of, refusal, wait_for
from tests.world import World, world

KEY = "ocid1.key.oc1.iad.vault.key"
OTHER = "ocid1.compartment.oc1..aaaaother"
BLOCK = "com.oraclecloud.blockvolumes."


@pytest.fixture
def block(cloud: World) -> Any:
    return client_of(oci.core.BlockstorageClient, cloud)


def new_volume(cloud: World, **details: Any) -> Any:
    return models.CreateVolumeDetails(compartment_id=cloud.oci.compartment_id, availability_domain="AD-1", **details)


def from_backup(kind: str, ocid: str) -> Any:
    made_from = {
        "volume": models.VolumeSourceFromVolumeBackupDetails,
        "bootvolume": models.BootVolumeSourceFromBootVolumeBackupDetails,
    }
    return made_from[kind](id=ocid)


def events_of(cloud: World, ocid: str) -> list[str]:
    entries = cloud.oci.journal.entries("event", resource=ocid)
    return [entry.details["type"].removeprefix(BLOCK) for entry in entries]


def test_a_volume_takes_all_that_the_api_takes_and_shows_it(cloud: World, block: Any) -> None:
    policy = block.list_volume_backup_policies().data[0]
    details = new_volume(
        cloud,
        backup_policy_id=policy.id,
        size_in_mbs=61440,
        vpus_per_gb=0,
        kms_key_id=KEY,
        is_auto_tune_enabled=True,
        is_reservations_enabled=True,
        cluster_placement_group_id="ocid1.clusterplacementgroup.oc1.iad.a",
        autotune_policies=[models.PerformanceBasedAutotunePolicy(max_vpus_per_gb=30)],
        defined_tags={"n": {"k": "v"}},
    )
    volume = block.create_volume(details).data
    assert (volume.size_in_gbs, volume.size_in_mbs, volume.vpus_per_gb) == (60, 61440, 0)
    assert (volume.kms_key_id, volume.autotune_policies[0].max_vpus_per_gb) == (KEY, 30)
    [assignment] = block.get_volume_backup_policy_asset_assignment(volume.id).data
    assert assignment.policy_id == policy.id


def test_what_is_being_provisioned_does_not_know_yet_whether_it_is_hydrated() -> None:
    with world(lifecycle_seconds=0.2) as cloud:
        block = client_of(oci.core.BlockstorageClient, cloud)
        made = block.create_volume(new_volume(cloud)).data
        assert (made.lifecycle_state, made.is_hydrated, made.size_in_gbs) == ("PROVISIONING", None, 1024)
        assert wait_for(block.get_volume, made.id, "AVAILABLE").is_hydrated is True


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a text for a size": ({"sizeInGBs": "x"}, "InvalidParameter", "sizeInGBs"),
    "a truth for a size": ({"sizeInGBs": True}, "InvalidParameter", "sizeInGBs"),
    "a text for tags": ({"freeformTags": "x"}, "InvalidParameter", "freeformTags"),
    "a number for a tag": ({"freeformTags": {"a": 1}}, "InvalidParameter", "freeformTags.a"),
    "an unknown field": ({"sizeInTBs": 1}, "InvalidParameter", "Unrecognized field: sizeInTBs"),
    "an unknown field within": (
        {"sourceDetails": {"type": "volume", "id": "x", "name": "y"}},
        "InvalidParameter",
        "sourceDetails.name",
    ),
    "a source of no type": ({"sourceDetails": {"id": "x"}}, "MissingParameter", "sourceDetails.type"),
    "a source without its id": ({"sourceDetails": {"type": "volume"}}, "MissingParameter", "sourceDetails.id"),
    "a malformed key": ({"kmsKeyId": "key"}, "InvalidParameter", "kmsKeyId"),
    "a malformed policy": ({"backupPolicyId": "gold"}, "InvalidParameter", "backupPolicyId"),
    "too small": ({"sizeInGBs": 49}, "InvalidParameter", "sizeInGBs must be between 50 and 32768"),
    "too large": ({"sizeInGBs": 32769}, "InvalidParameter", "sizeInGBs must be between 50 and 32768"),
    "half a GB": ({"sizeInMBs": 51201}, "InvalidParameter", "sizeInMBs must be a multiple of 1024"),
    "no compartment": ({"compartmentId": None}, "MissingParameter", "compartmentId"),
    "replicas": (
        {"blockVolumeReplicas": [{"availabilityDomain": "AD-2"}]},
        "NotImplemented",
        "blockVolumeReplicas are not served",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_volume_that_cannot_be_is_refused_with_400_and_the_name_of_the_field(cloud: World, case: str) -> None:
    details, code, words = REFUSED[case]
    body = {"compartmentId": cloud.oci.compartment_id, **details}
    status, told, message = refusal(cloud.oci.operator.call, "POST", "/20160918/volumes", body)
    assert (status, told) == (400, code)
    assert words in message


@pytest.mark.parametrize("kind", ["volume", "bootvolume"])
def test_a_resize_goes_through_provisioning_and_the_group_follows(kind: str) -> None:
    with world(lifecycle_seconds=0.2) as cloud:
        block = client_of(oci.core.BlockstorageClient, cloud)
        update, get, details = {
            "volume": (block.update_volume, block.get_volume, models.UpdateVolumeDetails),
            "bootvolume": (block.update_boot_volume, block.get_boot_volume, models.UpdateBootVolumeDetails),
        }[kind]
        ocid = cloud.volume(sizeInGBs=50) if kind == "volume" else cloud.boot_volume()
        group = cloud.volume_group(ocid)
        with cloud.held():
            resized = update(ocid, details(size_in_gbs=80)).data
            assert (resized.lifecycle_state, resized.size_in_gbs, resized.size_in_mbs) == ("PROVISIONING", 80, 81920)
            assert refusal(update, ocid, details(display_name="x"))[:2] == (409, "IncorrectState")
        wait_for(get, ocid, "AVAILABLE")
        assert events_of(cloud, ocid)[2:] == [f"update{kind}.begin", f"update{kind}.end"]
        shown = block.get_volume_group(group).data
        assert (shown.size_in_gbs, shown.size_in_mbs) == (80, 81920)
        assert refusal(update, ocid, details(size_in_gbs=79))[:2] == (400, "InvalidParameter")


def test_a_change_of_tags_is_told_by_one_event_without_a_suffix(cloud: World, block: Any) -> None:
    volume = cloud.volume()
    block.update_volume(volume, models.UpdateVolumeDetails(freeform_tags={"a": "b"}))
    assert events_of(cloud, volume) == ["createvolume.begin", "createvolume.end", "updatevolume"]


@pytest.mark.parametrize("kind", ["volume", "bootvolume"])
def test_a_backup_is_restored_by_way_of_restoring_with_the_events_and_tags_of_a_creation(kind: str) -> None:
    with world() as cloud:
        block = client_of(oci.core.BlockstorageClient, cloud)
        states = cloud.states_from_now_on()
        ocid = cloud.volume(sizeInGBs=60, freeformTags={"of": "source"}) if kind == "volume" else cloud.boot_volume()
        backup = cloud.backup(ocid) if kind == "volume" else cloud.boot_backup(ocid)
        common = {"compartment_id": cloud.oci.compartment_id, "source_details": from_backup(kind, backup)}
        create, get, details = {
            "volume": (block.create_volume, block.get_volume, models.CreateVolumeDetails),
            "bootvolume": (block.create_boot_volume, block.get_boot_volume, models.CreateBootVolumeDetails),
        }[kind]
        made = create(details(**common, freeform_tags={"backup": "full"})).data
        assert made.size_in_gbs == get(ocid).data.size_in_gbs
        assert (made.source_details.id, made.freeform_tags) == (backup, {"backup": "full"})
        wait_for(get, made.id, "AVAILABLE")
        assert states[made.id] == ["PROVISIONING", "RESTORING", "AVAILABLE"]
        [ended] = cloud.oci.journal.wait_for("event", type=f"{BLOCK}create{kind}.end", resource=made.id)
        assert ended.details["event"]["data"]["freeformTags"] == {"backup": "full"}
        assert events_of(cloud, made.id) == [f"create{kind}.begin", f"create{kind}.end"]


def test_a_restored_volume_may_grow_and_not_shrink(cloud: World, block: Any) -> None:
    backup = cloud.backup(cloud.volume(sizeInGBs=60))
    source = from_backup("volume", backup)
    assert block.create_volume(new_volume(cloud, source_details=source, size_in_gbs=70)).data.size_in_gbs == 70
    smaller = new_volume(cloud, source_details=source, size_in_gbs=50)
    assert refusal(block.create_volume, smaller)[:2] == (400, "InvalidParameter")
    old = block.create_volume(new_volume(cloud, volume_backup_id=backup)).data
    assert (old.source_details.type, old.source_details.id, old.size_in_gbs) == ("volumeBackup", backup, 60)
    delta = models.VolumeSourceFromVolumeBackupDeltaDetails(first_backup_id=backup, second_backup_id=backup)
    assert block.create_volume(new_volume(cloud, source_details=delta)).data.size_in_gbs == 60
    gone = from_backup("volume", "ocid1.volumebackup.oc1.iad.gone")
    assert refusal(block.create_volume, new_volume(cloud, source_details=gone))[0] == 404
    replica = models.VolumeSourceFromBlockVolumeReplicaDetails(id="ocid1.blockvolumereplica.oc1.iad.a")
    assert refusal(block.create_volume, new_volume(cloud, source_details=replica))[0] == 404


def test_a_volume_is_not_made_of_what_is_not_ready() -> None:
    with world(lifecycle_seconds=60) as cloud:
        block = client_of(oci.core.BlockstorageClient, cloud)
        busy = block.create_volume(new_volume(cloud)).data
        clone = new_volume(cloud, source_details=models.VolumeSourceFromVolumeDetails(id=busy.id))
        assert refusal(block.create_volume, clone)[:2] == (409, "IncorrectState")


def test_a_boot_volume_is_made_of_another_and_deleted_with_202(cloud: World, block: Any) -> None:
    source = models.BootVolumeSourceFromBootVolumeDetails(id=cloud.boot_volume())
    bronze = next(policy for policy in block.list_volume_backup_policies().data if policy.display_name == "bronze")
    details = models.CreateBootVolumeDetails(
        compartment_id=cloud.oci.compartment_id, source_details=source, backup_policy_id=bronze.id
    )
    made = block.create_boot_volume(details).data
    assert block.get_volume_backup_policy_asset_assignment(made.id).data[0].policy_id == bronze.id
    assert block.delete_boot_volume(made.id).status == 202
    details.source_details = None
    assert refusal(block.create_boot_volume, details)[:2] == (400, "MissingParameter")


def group_details(cloud: World, source: Any, **details: Any) -> Any:
    located = {"compartment_id": cloud.oci.compartment_id, "availability_domain": "AD-1"}
    return models.CreateVolumeGroupDetails(**located, source_details=source, **details)


def test_a_group_of_volumes_is_available_at_once_and_knows_its_members(cloud: World, block: Any) -> None:
    first, second = cloud.volume(sizeInGBs=50), cloud.boot_volume()
    source = models.VolumeGroupSourceFromVolumesDetails(volume_ids=[first, second])
    answer = block.create_volume_group(group_details(cloud, source))
    group = answer.data
    assert (answer.status, group.lifecycle_state, group.size_in_gbs) == (202, "AVAILABLE", 97)
    assert block.get_volume(first).data.volume_group_id == group.id
    block.update_volume_group(group.id, models.UpdateVolumeGroupDetails(volume_ids=[second]))
    assert block.get_volume(first).data.volume_group_id is None
    assert block.get_volume_group(group.id).data.size_in_gbs == 47
    assert events_of(cloud, group.id) == ["createvolumegroup.begin", "createvolumegroup.end", "updatevolumegroup"]
    unknown = models.UpdateVolumeGroupDetails(volume_ids=["ocid1.volume.oc1.iad.gone"])
    assert refusal(block.update_volume_group, group.id, unknown)[1] == "RelatedResourceNotAuthorizedOrNotFound"
    block.delete_volume_group(group.id)
    wait_for(block.get_volume_group, group.id, "TERMINATED")
    assert block.get_boot_volume(second).data.volume_group_id is None


@pytest.mark.parametrize("kind", ["a clone", "a restore"])
def test_a_group_is_cloned_or_restored_with_new_members(cloud: World, block: Any, kind: str) -> None:
    original = cloud.volume_group(cloud.volume(sizeInGBs=50, displayName="data"), cloud.boot_volume())
    source = (
        models.VolumeGroupSourceFromVolumeGroupDetails(volume_group_id=original)
        if kind == "a clone"
        else models.VolumeGroupSourceFromVolumeGroupBackupDetails(volume_group_backup_id=cloud.group_backup(original))
    )
    made = block.create_volume_group(group_details(cloud, source)).data
    assert made.lifecycle_state == "PROVISIONING"
    ready = wait_for(block.get_volume_group, made.id, "AVAILABLE")
    assert set(ready.volume_ids).isdisjoint(block.get_volume_group(original).data.volume_ids)
    volume, boot_volume = block.get_volume(ready.volume_ids[0]).data, block.get_boot_volume(ready.volume_ids[1]).data
    assert {volume.lifecycle_state, boot_volume.lifecycle_state} == {"AVAILABLE"}
    assert {volume.volume_group_id, boot_volume.volume_group_id} == {made.id}
    assert volume.source_details.type == ("volume" if kind == "a clone" else "volumeBackup")


def test_a_groups_backup_is_committed_before_it_is_available() -> None:
    with world() as cloud:
        block = client_of(oci.core.BlockstorageClient, cloud)
        states = cloud.states_from_now_on()
        group = cloud.volume_group(cloud.volume())
        made = block.create_volume_group_backup(models.CreateVolumeGroupBackupDetails(volume_group_id=group)).data
        wait_for(block.get_volume_group_backup, made.id, "AVAILABLE")
        assert states[made.id] == ["CREATING", "COMMITTED", "AVAILABLE"]
        member = block.get_volume_backup(made.volume_backup_ids[0]).data
        assert member.volume_group_backup_id == made.id


def test_a_key_is_shown_changed_and_taken_away(cloud: World, block: Any) -> None:
    volume = cloud.volume()
    assert block.get_volume_kms_key(volume).data.kms_key_id is None
    changed = block.update_volume_kms_key(volume, models.UpdateVolumeKmsKeyDetails(kms_key_id=KEY))
    assert changed.data.kms_key_id == block.get_volume(volume).data.kms_key_id == KEY
    wrong = models.UpdateVolumeKmsKeyDetails(kms_key_id="ocid1.vault.oc1.iad.a")
    assert refusal(block.update_volume_kms_key, volume, wrong)[:2] == (400, "InvalidParameter")
    assert refusal(block.delete_volume_kms_key, volume, if_match="stale")[:2] == (412, "NoEtagMatch")
    block.delete_volume_kms_key(volume)
    assert block.get_volume(volume).data.kms_key_id is None
    told = ["updatevolumekmskey.begin", "updatevolumekmskey.end", "deletevolumekmskey.begin"]
    assert events_of(cloud, volume)[2:] == told


def test_all_that_keeps_data_moves_into_another_compartment_with_its_own_events(cloud: World, block: Any) -> None:
    volume, boot_volume = cloud.volume(), cloud.boot_volume()
    group = cloud.volume_group(cloud.volume())
    moved = {
        "volume": (volume, [".begin", ".end"]),
        "boot_volume": (boot_volume, [".begin", ".end"]),
        "volume_group": (group, [""]),
        "volume_backup": (cloud.backup(volume), [""]),
        "boot_volume_backup": (cloud.boot_backup(boot_volume), [""]),
        "volume_group_backup": (cloud.group_backup(group), [""]),
    }
    for kind, (ocid, suffixes) in moved.items():
        title = "".join(word.capitalize() for word in kind.split("_"))
        details = getattr(models, f"Change{title}CompartmentDetails")(compartment_id=OTHER)
        assert getattr(block, f"change_{kind}_compartment")(ocid, details).status == 204
        assert getattr(block, f"get_{kind}")(ocid).data.compartment_id == OTHER
        told = [f"change{kind.replace('_', '')}compartment{suffix}" for suffix in suffixes]
        assert events_of(cloud, ocid)[-len(told) :] == told


def test_oracles_own_policies_are_there_and_stay(block: Any) -> None:
    policies = {policy.display_name: policy for policy in block.list_volume_backup_policies().data}
    periods = {name: [schedule.period for schedule in policy.schedules] for name, policy in policies.items()}
    assert periods == {
        "gold": ["ONE_DAY", "ONE_WEEK", "ONE_MONTH", "ONE_YEAR"],
        "silver": ["ONE_WEEK", "ONE_MONTH", "ONE_YEAR"],
        "bronze": ["ONE_MONTH", "ONE_YEAR"],
    }
    gold = policies["gold"].id
    renamed = models.UpdateVolumeBackupPolicyDetails(display_name="mine")
    assert refusal(block.update_volume_backup_policy, gold, renamed)[0] == 404
    assert refusal(block.delete_volume_backup_policy, gold)[0] == 404


def test_a_policy_is_made_changed_assigned_and_deleted(cloud: World, block: Any) -> None:
    hourly = models.VolumeBackupSchedule(backup_type="INCREMENTAL", period="ONE_HOUR", retention_seconds=3600)
    details = models.CreateVolumeBackupPolicyDetails(
        compartment_id=OTHER, display_name="hourly", schedules=[hourly], destination_region="us-phoenix-1"
    )
    policy = block.create_volume_backup_policy(details).data
    assert [found.id for found in block.list_volume_backup_policies(compartment_id=OTHER).data] == [policy.id]
    renamed = models.UpdateVolumeBackupPolicyDetails(display_name="each hour")
    assert block.update_volume_backup_policy(policy.id, renamed).data.display_name == "each hour"
    volume, gold = cloud.volume(), block.list_volume_backup_policies().data[0].id
    assigned = {}
    for policy_id in (gold, policy.id):
        assignment = models.CreateVolumeBackupPolicyAssignmentDetails(asset_id=volume, policy_id=policy_id)
        assigned[policy_id] = block.create_volume_backup_policy_assignment(assignment).data.id
    [current] = block.get_volume_backup_policy_asset_assignment(volume).data
    assert (current.id, current.policy_id) == (assigned[policy.id], policy.id)
    assert refusal(block.get_volume_backup_policy_assignment, assigned[gold])[0] == 404
    assert events_of(cloud, assigned[gold]) == [
        "createvolumebackuppolicyassignment",
        "deletevolumebackuppolicyassignment",
    ]
    block.delete_volume_backup_policy(policy.id)
    assert block.get_volume_backup_policy_asset_assignment(volume).data == []
    told = ["createvolumebackuppolicy", "updatevolumebackuppolicy", "deletevolumebackuppolicy"]
    assert events_of(cloud, policy.id) == told


def test_an_assignment_ends_with_its_volume_and_needs_one(cloud: World, block: Any) -> None:
    volume, gold = cloud.volume(), block.list_volume_backup_policies().data[0].id
    details = models.CreateVolumeBackupPolicyAssignmentDetails(asset_id=volume, policy_id=gold)
    assignment = block.create_volume_backup_policy_assignment(details).data
    block.delete_volume(volume)
    assert refusal(block.get_volume_backup_policy_assignment, assignment.id)[0] == 404
    details.asset_id = "ocid1.volume.oc1.iad.gone"
    assert refusal(block.create_volume_backup_policy_assignment, details)[0] == 404
    details.asset_id = "ocid1.instance.oc1.iad.a"
    assert refusal(block.create_volume_backup_policy_assignment, details)[:2] == (400, "InvalidParameter")
    assert refusal(block.get_volume_backup_policy_asset_assignment, "ocid1.instance.oc1.iad.a")[0] == 400
    assert refusal(block.get_volume_backup_policy_asset_assignment, "ocid1.volume.oc1.iad.gone")[0] == 404


def days(amount: int) -> Any:
    return models.RetentionDuration(retention_time_unit="DAYS", retention_time_amount=amount)


RETAINED: dict[str, tuple[dict[str, Any], bool]] = {
    "a period alone": ({"retention_period": days(1)}, True),
    "a prevented deletion": ({"is_prevent_deletion_enabled": True}, False),
    "a prevented deletion for a period": ({"retention_period": days(1), "is_prevent_deletion_enabled": True}, False),
    "a lock": ({"retention_period": days(1), "is_retention_lock_enabled": True}, False),
    "a lock without a period": ({"is_retention_lock_enabled": True}, False),
    "an indefinite hold": ({"is_indefinite_retention_enabled": True}, False),
}


@pytest.mark.parametrize("case", RETAINED)
def test_a_backup_is_deleted_only_where_its_retention_lets_it(cloud: World, block: Any, case: str) -> None:
    retention, can_be_deleted = RETAINED[case]
    details = models.CreateVolumeBackupDetails(volume_id=cloud.volume(), **retention)
    made = block.create_volume_backup(details).data
    backup = wait_for(block.get_volume_backup, made.id, "AVAILABLE")
    if "retention_period" in retention:
        assert (backup.time_retention_expires_at - backup.time_created).days == 1
    else:
        assert backup.time_retention_expires_at is None
    if can_be_deleted:
        assert block.delete_volume_backup(made.id).status == 204
    else:
        assert refusal(block.delete_volume_backup, made.id)[:2] == (409, "Conflict")


def test_a_prevention_can_be_taken_back_and_a_lock_only_lengthened(cloud: World, block: Any) -> None:
    update, change = block.update_volume_backup, models.UpdateVolumeBackupDetails
    backup = cloud.backup(cloud.volume(), isPreventDeletionEnabled=True)
    update(backup, change(is_prevent_deletion_enabled=False))
    update(backup, change(is_retention_lock_enabled=True, retention_period=days(2)))
    for refused in (
        {"is_retention_lock_enabled": False},
        {"retention_period": days(1)},
        {"display_name": "x"},
        {"freeform_tags": {"a": "b"}},
    ):
        assert refusal(update, backup, change(**refused))[:2] == (409, "Conflict")
    longer = update(backup, change(retention_period=days(3))).data
    assert (longer.time_retention_expires_at - longer.time_created).days == 3
    assert update(backup, change(is_indefinite_retention_enabled=True)).data.is_indefinite_retention_enabled


@pytest.mark.parametrize(
    "details",
    [
        {"retentionPeriod": {"retentionTimeUnit": "DAYS", "retentionTimeAmount": 0}},
        {"retentionPeriod": {"retentionTimeUnit": "WEEKS", "retentionTimeAmount": 1}},
        {"retentionPeriod": {"retentionTimeAmount": 1}},
        {"kmsKeyId": "key"},
    ],
    ids=str,
)
def test_a_retention_that_makes_no_sense_is_refused(cloud: World, details: dict[str, Any]) -> None:
    body = {"volumeId": cloud.volume(), **details}
    assert refusal(cloud.oci.operator.call, "POST", "/20160918/volumeBackups", body)[0] == 400


def test_a_backup_is_found_by_what_it_is_a_copy_of(cloud: World, block: Any) -> None:
    cloud.backup(cloud.volume())
    copies = {"source_volume_backup_id": "ocid1.volumebackup.oc1.phx.a"}
    assert block.list_volume_backups(cloud.oci.compartment_id, **copies).data == []
