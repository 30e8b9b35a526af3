"""Reports: which of the tagged volumes have no fresh backup?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator.services.block_volume.volume_backups import VolumeBackups
from tests.test_deferral import cloud_with_queue, put_messages
from tests.test_selections import TAGGED, compartment, only_reason
from tests.world import NOT_NOW, World, payload, world


@pytest.fixture
def estate(isolated_cloud: World) -> World:
    return isolated_cloud


def backed_up(cloud: World, hours: float, **details: Any) -> str:
    """A tagged volume whose newest backup is so many hours old."""
    volume = cloud.volume(**{**TAGGED, **details})
    age(cloud, cloud.backup(volume), hours)
    return volume


def age(cloud: World, backup: str, hours: float) -> None:
    moment = (datetime.now(UTC) - timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
    change(cloud, backup, timeCreated=moment, timeRequestReceived=moment)


def change(cloud: World, backup: str, **fields: Any) -> None:
    document = cloud.oci.service(VolumeBackups).collection.documents[backup]
    cloud.oci.run(lambda: document.update(fields))


def report(**fields: Any) -> dict[str, Any]:
    return {"report": fields}


def test_every_tagged_volume_without_a_fresh_backup_is_told_the_oldest_first(estate: World) -> None:
    backed_up(estate, 1, displayName="fresh")
    stale = backed_up(estate, 30, displayName="stale")
    older = backed_up(estate, 100, displayName="older")
    never = estate.volume(displayName="never", **TAGGED)
    estate.volume(displayName="not asked for")
    estate.volume(displayName="opted out", freeformTags={"backup": "no"})
    answer = estate.answer(payload("report_of_a_day.json"))
    assert answer["outcome"] == "unprotected"
    assert [result["resourceId"] for result in answer["results"]] == [never, older, stale]
    assert [result["lookedAt"] for result in answer["results"]] == [4] * 3
    assert answer["results"][0]["newestBackup"] == "never"
    newest = estate.backups_of(stale)[0]
    assert answer["results"][2]["newestBackup"] == {"id": newest["id"], "time": newest["timeRequestReceived"]}
    assert estate.titles() == ["3 unprotected: never and 2 more"]
    assert {event["type"] for event in estate.events()} == {"volumebackup.unprotected"}
    assert estate.events()[1]["data"]["newestBackup"]["id"] == estate.backups_of(older)[0]["id"]
    assert estate.requests("CreateVolumeBackup") == []


def test_nothing_is_told_when_all_are_protected(estate: World) -> None:
    backed_up(estate, 1)
    backed_up(estate, 25)
    assert only_reason(estate, report()) == "all 2 volumes and boot volumes with the tag backup are protected"
    assert estate.events() == []


def test_a_backup_that_cannot_be_restored_from_protects_nobody(estate: World) -> None:
    volume = backed_up(estate, 1)
    backup = estate.backups_of(volume)[0]
    for state in ("FAULTY", "CREATING", "TERMINATED"):
        change(estate, backup["id"], lifecycleState=state)
        result = estate.invoke_one(report())
        assert (result["outcome"], result["newestBackup"]) == ("unprotected", "never"), state


def test_boot_volumes_and_volume_groups_are_reported_on_too(estate: World) -> None:
    boot = estate.boot_volume(**TAGGED)
    group = estate.volume_group(estate.volume(), **TAGGED)
    types = ["volume", "bootvolume", "volumegroup"]
    answer = estate.answer(report(resourceTypes=types))
    assert {result["resourceId"] for result in answer["results"]} == {boot, group}
    estate.boot_backup(boot)
    estate.group_backup(group)
    assert only_reason(estate, report(resourceTypes=types)).startswith("all 2 volumes, boot volumes and volume groups")


def test_backups_are_listed_by_compartment_page_by_page_and_only_as_far_as_needed() -> None:
    with world(page_size=2) as cloud:
        other = compartment(cloud, "other")
        volumes = [backed_up(cloud, 50), backed_up(cloud, 1), backed_up(cloud, 2, compartmentId=other)]
        for volume in volumes[1:2] * 5:
            age(cloud, cloud.backup(volume), 3)
        result = cloud.invoke_one(report(maxAgeHours=4.5))
        assert (result["resourceId"], result["lookedAt"]) == (volumes[0], 3)
        assert len(cloud.requests("SearchResources")) == 2
        assert len(cloud.requests("ListVolumeBackups")) == 5


def test_a_volume_that_has_been_moved_is_protected_by_its_backups_where_it_was(estate: World) -> None:
    other = compartment(estate, "other")
    moved = backed_up(estate, 1)
    backed_up(estate, 1)
    path = f"/20160918/volumes/{moved}/actions/changeCompartment"
    estate.oci.operator.call("POST", path, {"compartmentId": other})
    assert only_reason(estate, report()).startswith("all 2 ")


def test_a_moved_volumes_backup_is_found_behind_those_of_all_that_stayed() -> None:
    with world(page_size=2) as cloud:
        other = compartment(cloud, "other")
        moved, stays = backed_up(cloud, 20), backed_up(cloud, 1)
        for _ in range(3):
            age(cloud, cloud.backup(stays), 2)
        path = f"/20160918/volumes/{moved}/actions/changeCompartment"
        cloud.oci.operator.call("POST", path, {"compartmentId": other})
        assert only_reason(cloud, report()).startswith("all 2 ")
        assert cloud.invoke_one(report(maxAgeHours=10))["resourceId"] == moved


def test_a_report_that_cannot_be_made_is_told_and_never_half(estate: World) -> None:
    estate.volume(**TAGGED)
    estate.oci.deny("inspect volume-backups")
    status, answer = estate.invoke(report())
    [result] = answer["results"]
    assert (status, result["outcome"]) == (200, "failed")
    assert "that a policy allows ListVolumeBackups" in result["error"]["hint"]
    assert [event["type"] for event in estate.events()] == ["volumebackup.failed"]


def test_a_report_that_cannot_be_made_now_is_made_when_the_queue_brings_it_back() -> None:
    with cloud_with_queue() as cloud:
        volume = cloud.volume(**TAGGED)
        cloud.oci.fault("SearchResources", **NOT_NOW)
        [deferred] = cloud.answer(report(maxAgeHours=5))["results"]
        assert deferred["outcome"] == "deferred"
        [work] = put_messages(cloud)
        assert work["targets"][0]["report"]["maxAgeHours"] == 5
        cloud.oci.reset()
        assert cloud.oci.journal.wait_until(
            lambda _: any(event["type"].endswith(".unprotected") for event in cloud.events())
        )
        assert [event["subject"] for event in cloud.events() if event["type"].endswith(".unprotected")] == [volume]
