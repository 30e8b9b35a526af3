"""Nothing lost, nothing made twice: the real process is killed, hammered and fed with anything, and comes out right."""

from __future__ import annotations

import json
import random
import string
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import ServiceError
from tests.world import World, payload, payload_names, world

CREATE, PUBLISH = "CreateVolumeBackup", "PublishMessage"
STEPS: dict[str, tuple[str, Literal["before", "after"]]] = {
    "before the backup is made": (CREATE, "before"),
    "after the backup is made": (CREATE, "after"),
    "before it is published": (PUBLISH, "before"),
    "after it is published": (PUBLISH, "after"),
}


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_and_delivered_again_there_is_one_backup_and_it_is_told(step: str) -> None:
    operation, moment = STEPS[step]
    with world() as cloud:
        cloud.oci.fault(operation, kill=moment)
        event = cloud.payload("event_updatevolume_tagged.json")
        with pytest.raises(ServiceError) as caught:
            cloud.invoke(event)
        assert (caught.value.status, caught.value.code) == (502, "FunctionInvokeContainerFailed")
        again = cloud.invoke_one(event)
        assert again["outcome"] == "accepted"
        assert len(cloud.backups_of(again["resourceId"])) == 1
        assert {told["id"] for told in cloud.events()} == {f"{again['retryToken']}:accepted"}


def test_killed_amid_an_alarm_and_delivered_again_every_disk_has_one_backup() -> None:
    with world() as cloud:
        instance = cloud.instance(disks=5)
        cloud.oci.fault(CREATE, after=2, kill="after")
        alarm = payload("alarm_v1_5_split.json", instance=instance)
        with pytest.raises(ServiceError):
            cloud.invoke(alarm)
        status, answer = cloud.invoke(alarm)
        assert (status, answer["outcome"], len(answer["results"])) == (200, "accepted", 6)
        assert all(len(cloud.backups_of(result["resourceId"])) == 1 for result in answer["results"])
        assert {told["subject"] for told in cloud.events()} == {result["resourceId"] for result in answer["results"]}


def test_a_storm_of_deliveries_makes_one_backup_per_trigger_and_tells_every_one() -> None:
    triggers, deliveries, containers = 24, 10, 4
    shuffled = random.Random(7)
    with world(publishes_per_minute=10_000, lifecycle_seconds=0.05) as cloud:
        for operation in (CREATE, PUBLISH):
            cloud.oci.fault(operation, times=10_000, after=5, every=20, status=503, code="ServiceUnavailable")
            cloud.oci.fault(operation, times=10_000, after=9, every=20, close="after")
        events = [cloud.payload("event_updatevolume_tagged.json") for _ in range(triggers)]
        volumes = [json.loads(event)["data"]["resourceId"] for event in events]
        named = [{**json.loads(event), "eventID": f"storm-{number}"} for number, event in enumerate(events)]
        storm = [event for event in named for _ in range(deliveries)]
        shuffled.shuffle(storm)
        with ThreadPoolExecutor(containers) as pool:
            answers = list(pool.map(cloud.invoke, storm))
        assert all(status == 200 and answer["outcome"] == "accepted" for status, answer in answers)
        assert all(len(cloud.backups_of(volume)) == 1 for volume in volumes)
        assert {told["subject"] for told in cloud.events()} == set(volumes)
        failed = [entry for entry in cloud.requests(CREATE, PUBLISH) if entry.details["status"] == 503]
        assert len(failed) > len(storm) // 20
        assert len(cloud.oci.pool.containers) <= containers


# Values that the parsers look at, beside arbitrary ones.
OCIDS = st.builds(
    "ocid1.{}.oc1.{}.{}".format,
    st.sampled_from(["volume", "bootvolume", "volumegroup", "instance", "volumebackup", "bucket", ""]),
    st.sampled_from(["iad", "", "phx", "evil.example.com", "../.."]),
    st.text(string.ascii_lowercase + "./%\n", max_size=12),
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30) | OCIDS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.sampled_from([name for name in payload_names() if name.endswith(".json")])
NO_SUCH = {
    "volume": "ocid1.volume.oc1.iad.none",
    "bootvolume": "ocid1.bootvolume.oc1.iad.none",
    "volumegroup": "ocid1.volumegroup.oc1.iad.none",
    "instance": "ocid1.instance.oc1.iad.none",
    "backup": "ocid1.volumebackup.oc1.iad.none",
    "compartment": "ocid1.compartment.oc1..none",
    "tenancy": "ocid1.tenancy.oc1..none",
}


def places_in(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in a document."""
    keys = document.keys() if isinstance(document, dict) else range(len(document) if isinstance(document, list) else 0)
    return [path, *(place for key in keys for place in places_in(document[key], (*path, key)))]


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = replaced(copy[path[0]], path[1:], value)
    return copy


@st.composite
def spoiled_payloads(draw: st.DrawFn) -> str:
    """A payload of a known kind with some of its values replaced by anything."""
    document = json.loads(payload(draw(DOCUMENTS), **NO_SUCH))
    for _ in range(draw(st.integers(1, 4))):
        document = replaced(document, draw(st.sampled_from(places_in(document))), draw(VALUES))
    return json.dumps(document)


def check_answer(cloud: World, body: bytes | str, **headers: str) -> None:
    """Whatever the body is: a well-formed answer, and nothing sent but well-formed requests to the one endpoint."""
    cloud.forget()
    status, answer = cloud.invoke(body, **headers)
    assert status in {200, 502}
    assert answer.keys() <= {"outcome", "results", "error"}
    outcomes = {"accepted", "duplicate", "skipped", "planned", "completed", "failed"}
    assert answer["outcome"] in {*outcomes, "mixed"}
    for result in answer["results"]:
        assert result["outcome"] in outcomes
        assert result["trigger"].keys() <= {"kind", "id", "type"}
        assert ("reason" in result) == (result["outcome"] == "skipped")
        assert ("error" in result) == (result["outcome"] == "failed")
        assert 1 <= len(result.get("retryToken", "x")) <= 64
    for entry in cloud.requests():
        headers_sent = entry.details["headers"]
        assert entry.details["status"] < 500
        assert headers_sent["host"] == cloud.oci.base_url.removeprefix("http://")
        if entry.details["operation"].startswith("Create"):
            assert 1 <= len(headers_sent["opc-retry-token"]) <= 64
    assert all(line.startswith("{") and len(line) < 4000 for line in cloud.log(least=len(answer["results"]) + 1))


FUZZ = settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=True
)


@FUZZ
@given(body=spoiled_payloads(), through_topic=st.booleans())
def test_a_spoiled_payload_of_any_kind_is_answered_in_good_order(cloud: World, body: str, through_topic: bool) -> None:  # noqa: FBT001
    check_answer(cloud, body, **({"x_oci_ns_messageid": "message-1"} if through_topic else {}), seconds="20")


@FUZZ
@given(body=st.binary(max_size=200) | VALUES.map(json.dumps).map(str.encode))
def test_any_bytes_at_all_are_answered_in_good_order(cloud: World, body: bytes) -> None:
    check_answer(cloud, body)
