"""`make samples`: bodies to send, made of the payloads of these tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.samples import SAMPLES, write_samples
from tests.world import World, world

NAMES = {
    "request.json": "accepted",
    "tag-set.json": "accepted",
    "volume-created.json": "accepted",
    "boot-volume-tagged.json": "accepted",
    "group-tagged.json": "accepted",
    "alarm.json": "accepted",
    "alarm-repeats.json": "skipped",
    "terminate.json": "accepted",
    "audit.json": "accepted",
    "batch.json": "mixed",
    "backup-ended.json": "completed",
}


def ocids(cloud: World) -> dict[str, str]:
    volume = cloud.volume()
    return {
        "volume": volume,
        "bootvolume": cloud.boot_volume(),
        "volumegroup": cloud.volume_group(cloud.volume()),
        "instance": cloud.instance(),
        "backup": cloud.backup(volume),
    }


@pytest.fixture(scope="module")
def terminating() -> Iterator[World]:
    """A world whose function acts on instances that are about to be terminated, too."""
    with world(publishes_per_minute=100_000) as cloud:
        cloud.oci.configure(EVENT_TYPES="com.oraclecloud.computeapi.terminateinstance.begin")
        yield cloud


@pytest.mark.parametrize("file", NAMES)
def test_a_sample_is_a_trigger_that_the_function_acts_on_or_says_why_not(
    terminating: World, tmp_path: Path, file: str
) -> None:
    write_samples(tmp_path, ocids(terminating))
    status, answer = terminating.invoke((tmp_path / file).read_text())
    assert (status, answer["outcome"]) == (200, NAMES[file])


def test_every_sample_is_written_and_nothing_else(tmp_path: Path) -> None:
    kinds = ("volume", "bootvolume", "volumegroup", "instance", "backup", "compartment")
    write_samples(tmp_path, {kind: f"ocid1.{kind}.oc1.iad.a" for kind in kinds})
    assert {path.name for path in tmp_path.iterdir()} == set(NAMES) == {sample.file for sample in SAMPLES}
    assert [path.name for path in tmp_path.iterdir() if "$" in path.read_text()] == []


def test_a_sample_sent_twice_is_one_trigger_and_a_sample_written_anew_is_another(cloud: World, tmp_path: Path) -> None:
    names = {"volume": cloud.volume()}
    write_samples(tmp_path, names)
    first = (tmp_path / "tag-set.json").read_text()
    again = [cloud.invoke_one(first)["volumeBackup"]["id"] for _ in range(2)]
    assert len(set(again)) == 1
    write_samples(tmp_path, names)
    assert json.loads((tmp_path / "tag-set.json").read_text())["eventID"] != json.loads(first)["eventID"]


def test_what_a_sample_needs_is_said_where_it_is_not_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_samples(tmp_path, {"volume": "ocid1.volume.oc1.iad.a"})
    told = capsys.readouterr().out
    assert "an alarm about an instance; needs INSTANCE=OCID" in told
    assert "an event: a boot volume was tagged; needs BOOT_VOLUME=OCID" in told
    assert not (tmp_path / "alarm.json").exists()
