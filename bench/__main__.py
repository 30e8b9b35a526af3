"""``make bench``: measure, and write bench/README.md and its plot."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from bench.held import held_by
from bench.imports import milliseconds
from bench.long_life import Sample, live
from bench.measure import VARIANTS, Cost, cold, median, one_call, tagged_event, warm
from bench.report import Report, write
from emulator import LocalOci, local_oci
from emulator.services.compute.volume_attachments import VolumeAttachments

_WARM_CALLS = 50
_FAN_OUT = (1, 10, 31, 100)
_BATCH = (1, 10, 100, 300, 1000)
_TENTH = 0.1
_LIFE, _SAMPLES = 20_000, 80
# Does nothing of its own accord, and throttles nobody.
quiet_oci = partial(local_oci, second_region="", wired=False, lifecycle_seconds=0.0, publishes_per_minute=10**9)
T = TypeVar("T")


def measure(runs: int, held_runs: int) -> Report:
    """All measurements, the variants interleaved so that none has the quieter machine."""
    with quiet_oci(tls=True) as oci:
        cold_starts, warm_calls = cold_and_warm(oci, list(VARIANTS), runs)
        at_a_tenth = interleaved(list(VARIANTS), held_runs, lambda variant: cold(oci, variant, _TENTH))
        imports = {variant: milliseconds(oci, variant) for variant in ("documented", "ours")}
    with quiet_oci() as oci:
        plain_cold, plain_warm = cold_and_warm(oci, ["documented", "ours"], runs)
    return Report(
        runs,
        cold_starts,
        warm_calls,
        {variant: median(costs) for variant, costs in at_a_tenth.items()},
        held_by(),
        plain_cold,
        plain_warm,
        imports,
        fan_out(),
        batches(),
        long_life(),
    )


def cold_and_warm(oci: LocalOci, variants: list[str], runs: int) -> tuple[dict[str, Cost], dict[str, Cost]]:
    """Of each variant a cold start, and a warm call."""
    costs = interleaved(variants, runs, lambda variant: (cold(oci, variant), warm(oci, _WARM_CALLS)))
    return (
        {variant: median([one for one, _ in pairs]) for variant, pairs in costs.items()},
        {variant: median([more for _, more in pairs]) for variant, pairs in costs.items()},
    )


def interleaved(variants: list[str], runs: int, measured: Callable[[str], T]) -> dict[str, list[T]]:
    """So many measurements of each variant, in turn, after a first one that reads files into the page cache."""
    found: dict[str, list[T]] = {variant: [] for variant in variants}
    for number in range(runs + 1):
        for variant in variants:
            one = measured(variant)
            if number:
                found[variant].append(one)
    return found


def fan_out() -> dict[int, Cost]:
    """An alarm on a machine with so many disks, each API call taking 50 ms."""
    costs = {}
    with quiet_oci(tls=True, latency_seconds=0.05) as oci:
        cold(oci, "ours")
        for count in _FAN_OUT:
            instance = oci.operator.call(
                "POST",
                "/20160918/instances",
                {
                    "compartmentId": oci.compartment_id,
                    "availabilityDomain": "AD-1",
                    "shape": "VM",
                    "displayName": "web",
                },
            )
            for _ in range(count - 1):
                volume = tagged_event(oci)["data"]["resourceId"]
                details = {"instanceId": instance["id"], "volumeId": volume, "type": "iscsi"}
                oci.run(partial(oci.service(VolumeAttachments).add, details))
            time.sleep(0.2)
            dimension = {"resourceId": instance["id"], "resourceDisplayName": "web"}
            entry = {"status": "FIRING", "dimensions": [dimension]}
            runs = []
            for number in range(5):
                moment = 1772330584000 + number
                alarm = {"alarmMetaData": [entry], "type": "OK_TO_FIRING", "dedupeKey": str(count)}
                runs.append(one_call(oci, {**alarm, "timestampEpochMillis": moment}))
                time.sleep(0.1)
            costs[count] = median(runs)
    return costs


def batches() -> dict[int, Cost]:
    """A batch of so many events, each about a volume of its own."""
    costs = {}
    with quiet_oci(tls=True) as oci:
        cold(oci, "ours")
        for count in _BATCH:
            runs = [one_call(oci, [tagged_event(oci) for _ in range(count)]) for _ in range(3)]
            costs[count] = median(runs)
    return costs


def long_life() -> list[Sample]:
    """One container, from its first warm invocation to its last."""
    with quiet_oci(tls=True) as oci:
        cold(oci, "slim")
        return list(live(oci, _LIFE, _LIFE // _SAMPLES))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="cold starts of each function (%(default)s)")
    parser.add_argument("--held-runs", type=int, default=5, help="the same at a tenth of a CPU (%(default)s)")
    arguments = parser.parse_args()
    print(write(measure(arguments.runs, arguments.held_runs)))


if __name__ == "__main__":
    main()
