"""``make estates``: what whole estates take, written to bench/estates.md and its plot."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pygal

from bench.held import cpu_of, held
from bench.measure import image_of
from bench.report import machine
from emulator import Estate, Image, LocalOci, local_oci
from emulator.services.block_volume.volume_backups import VolumeBackups
from emulator.services.block_volume.volumes import Volumes
from emulator.services.identity.compartments import Compartments

_FOLDER = Path(__file__).parent
_TENTH = 0.1
_TAG = {"app": "shop"}
_SELECT = {"select": {"tag": "app"}}
_INVOCATION_SECONDS = 300
_LATENCY = 0.1  # of an API call, where that matters
_CONNECTORS = (1, 2, 4, 8)
_CONCURRENCY = (1, 4, 8, 16, 32)
_DEFAULT_CONCURRENCY = 8
_SIZES = (1000, 2000, 5000)  # and the largest estate
_FAILING_EVERY = 20


@dataclass(frozen=True, slots=True)
class Run:
    """Something done to an estate.

    Attributes:
        volumes: How many volumes it was about.
        wall: How many seconds it took.
        function: The CPU seconds of the function's processes.
        local_oci: The CPU seconds of the local OCI, with what watches it here.
        calls: How often each operation was called.
    """

    volumes: int
    wall: float
    function: float
    local_oci: float
    calls: Counter[str]

    @property
    def publishes(self) -> int:
        return self.calls["PublishMessage"]

    @property
    def all_calls(self) -> int:
        return sum(self.calls.values())


@contextmanager
def estate(image: Image, volumes: int, *, compartments: int = 1, **options: Any) -> Iterator[Estate]:
    """An estate of so many tagged volumes, in so many compartments, whose function has a queue."""
    known = {"wired": False, "second_region": "", "lifecycle_seconds": 0.0, "publishes_per_minute": 10**9}
    chosen = {**known, "page_size": 1000, "queue_second_seconds": 0.05, **options}
    with local_oci(image=image, **chosen) as oci:
        found = Estate(oci)
        oci.configure(WORK_QUEUE_ID=found.queue(visibilityInSeconds=900, deadLetterQueueDeliveryCount=20))
        oci.run(lambda: oci.function.update(timeoutInSeconds=_INVOCATION_SECONDS))
        oci.run(lambda: _fill(oci, volumes, compartments))
        found.forget()
        yield found


def _fill(oci: LocalOci, volumes: int, compartments: int) -> None:
    parent = {"compartmentId": oci.compartment_id, "description": "of the measurement"}
    made = [
        oci.service(Compartments).add({**parent, "name": f"part-{number}"})["id"] for number in range(compartments - 1)
    ]
    places = [oci.compartment_id, *made]
    for number in range(volumes):
        details = {"compartmentId": places[number % compartments], "displayName": f"db-{number}"}
        volume = oci.service(Volumes).add({**details, "availabilityDomain": "AD-1", "freeformTags": _TAG})
        volume.update(lifecycleState="AVAILABLE")


def select(volumes: int) -> Run:
    """Find so many volumes and put them into the queue, in one cold invocation held to a tenth of a CPU."""
    with held(image_of("ours"), _TENTH) as slow, estate(slow, volumes, latency_seconds=_LATENCY) as found:
        return _invocation(found, _SELECT, volumes)


def report(volumes: int, compartments: int) -> Run:
    """Report on so many volumes, each but a hundredth with a fresh backup, in the same way."""
    with (
        held(image_of("ours"), _TENTH) as slow,
        estate(slow, volumes, compartments=compartments, latency_seconds=_LATENCY) as found,
    ):
        found.oci.run(
            lambda: _back_up(found.oci, list(found.oci.service(Volumes).collection.documents)[volumes // 100 :])
        )
        found.forget()
        return _invocation(found, {"report": {"tag": "app"}}, volumes)


def _back_up(oci: LocalOci, volumes: Sequence[str]) -> None:
    for volume in volumes:
        oci.service(VolumeBackups).add({"volumeId": volume, "displayName": "nightly"}).update(
            lifecycleState="AVAILABLE"
        )


def _invocation(found: Estate, body: dict[str, Any], volumes: int) -> Run:
    started = time.monotonic()
    container = found.oci.wait(found.oci.pool.warm())
    found.answer(body, seconds=str(_INVOCATION_SECONDS))
    wall = time.monotonic() - started
    return Run(volumes, wall, cpu_of(container.pid or 0), 0.0, _calls(found))


def carry(concurrency: int, seconds: int) -> tuple[int, float]:
    """Return how many volumes one invocation of at most so many seconds backs up, held to a tenth of a CPU, and the wall time."""
    with (
        held(image_of("ours"), _TENTH) as slow,
        estate(slow, 30 * seconds, latency_seconds=_LATENCY) as found,
    ):
        # Without a queue nothing is split, and what is not reached is told.
        found.oci.configure(WORK_QUEUE_ID=None, MAX_CONCURRENCY=str(concurrency))
        found.oci.wait(found.oci.pool.warm())
        started = time.monotonic()
        _, answer = found.invoke(_SELECT, seconds=str(seconds))
        return sum(result["outcome"] == "accepted" for result in answer["results"]), time.monotonic() - started


def work_off(volumes: int, connectors: int, *, failing: bool = False) -> Run:
    """Select so many volumes and work them off by so many connectors, with one create in twenty failing."""
    with estate(image_of("ours"), volumes, max_containers=connectors + 1) as found:
        queue = found.oci.config["WORK_QUEUE_ID"]
        source = {"kind": "plugin", "pluginName": "QueueSource", "configMap": {"queueId": queue}}
        for _ in range(connectors):
            found.connector(source, batchSizeInNum=1, batchTimeInSec=60)
        if failing:
            found.oci.fault("CreateVolumeBackup", times=10**9, every=_FAILING_EVERY, status=503)
        own, started = time.process_time(), time.monotonic()
        found.answer(_SELECT, seconds=str(_INVOCATION_SECONDS))
        messages = -(-volumes // 100)
        found.oci.journal.wait_for("queue", what="deleted", count=messages, seconds=600)
        wall, local = time.monotonic() - started, time.process_time() - own
        function = sum(cpu_of(container.pid or 0) for container in found.oci.pool.containers)
        made = Counter(backup["volumeId"] for backup in found.oci.service(VolumeBackups).collection.documents.values())
        if len(made) != volumes or set(made.values()) != {1}:
            raise RuntimeError(f"{len(made)} of {volumes} volumes were backed up, up to {max(made.values())} times")
        return Run(volumes, wall, function, local, _calls(found))


def _calls(found: Estate) -> Counter[str]:
    return Counter(found.operations())


def page(
    selected: Run,
    reported: Run,
    carried: dict[int, int],
    seconds: int,
    whole: tuple[int, float],
    worked: dict[str, Run],
) -> str:
    """Return the measurements as a page."""
    return f"""# What an estate costs

Made by `make estates`: {machine()}. The function runs in the image that `fn build` makes, over plain HTTP.

## In one invocation

Cold, held to a tenth of a CPU from its first instruction on, every API call taking {_LATENCY * 1000:.0f} ms. An invocation may take
{_INVOCATION_SECONDS} seconds.

| what | volumes | wall | calls |
| --- | --- | --- | --- |
| a selection: found, checked, and put into the queue in parts of 100 | {selected.volumes:,} | {selected.wall:.0f} s | {_list(selected.calls)} |
| a report, with one in a hundred unprotected, in 20 compartments | {reported.volumes:,} | {reported.wall:.0f} s | {_list(reported.calls)} |

One warm invocation that may take {_INVOCATION_SECONDS} seconds backed up {whole[0]:,} volumes by itself, each with two calls, in {whole[1]:.0f} seconds,
{whole[0] / whole[1]:.0f} a second, with `MAX_CONCURRENCY` {_DEFAULT_CONCURRENCY}, which is the default. Those that may take {seconds} seconds, of which six are kept back
for telling and answering, by `MAX_CONCURRENCY`:

| `MAX_CONCURRENCY` | {" | ".join(map(str, carried))} |
| --- |{" --- |" * len(carried)}
| volumes | {" | ".join(map(str, carried.values()))} |

## Worked off from the queue

A selection in parts of 100, brought back by so many connectors, one message at a time; at full speed, for the local OCI shares the
machine's cores with the function. Each volume had exactly one backup in the end, or the measurement would have failed.
Calls, publishes and CPU are the same for a volume however many there are, less the function's cold starts. Of all CPU that the
largest estate took, the local OCI took {_share_of_local_oci(worked):.0%}. More connectors win little here, where both cores are busy already.

| what | volumes | wall | calls | publishes | function's CPU a volume | local OCI's CPU a volume |
| --- | --- | --- | --- | --- | --- | --- |
{chr(10).join(_row(what, run) for what, run in worked.items())}

![Seconds by volumes](estates.svg)
"""


def _share_of_local_oci(worked: dict[str, Run]) -> float:
    largest = max(worked.values(), key=lambda run: run.volumes)
    return largest.local_oci / (largest.local_oci + largest.function)


def _list(calls: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in calls.most_common())


def _row(what: str, run: Run) -> str:
    function, local = (1000 * seconds / run.volumes for seconds in (run.function, run.local_oci))
    return (
        f"| {what} | {run.volumes:,} | {run.wall:.1f} s | {run.all_calls:,} | {run.publishes} "
        f"| {function:.1f} ms | {local:.1f} ms |"
    )


def _plot(runs: Sequence[Run]) -> pygal.XY:
    chart = pygal.XY(title="Seconds until all volumes are backed up, by 4 connectors", js=())
    chart.add("wall", [(run.volumes, run.wall) for run in runs])
    chart.add("CPU of the function", [(run.volumes, run.function) for run in runs])
    chart.add("CPU of the local OCI", [(run.volumes, run.local_oci) for run in runs])
    return chart


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.estates", description=__doc__)
    parser.add_argument("--volumes", type=int, default=10_000, help="of the largest estate (%(default)s)")
    parser.add_argument("--seconds", type=int, default=20, help="of the invocations that are compared (%(default)s)")
    arguments = parser.parse_args()
    selected, reported = select(10_000), report(5_000, 20)
    print(selected, reported, sep="\n", flush=True)
    carried = {concurrency: carry(concurrency, arguments.seconds)[0] for concurrency in _CONCURRENCY}
    print(carried, flush=True)
    whole = carry(_DEFAULT_CONCURRENCY, _INVOCATION_SECONDS)
    print(whole, flush=True)
    by_size = {size: work_off(size, 4) for size in _SIZES}
    by_connectors = {count: work_off(arguments.volumes, count) for count in _CONNECTORS}
    failing = work_off(arguments.volumes, 4, failing=True)
    _plot([*by_size.values(), by_connectors[4]]).render_to_file(str(_FOLDER / "estates.svg"))
    worked = {f"{count} connector{'s' if count > 1 else ''}": run for count, run in by_connectors.items()}
    worked["4 connectors, one create in 20 failing"] = failing
    worked |= {f"4 connectors, {size:,} volumes": run for size, run in by_size.items()}
    text = page(selected, reported, carried, arguments.seconds, whole, worked)
    (_FOLDER / "estates.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
