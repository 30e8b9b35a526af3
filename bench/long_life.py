"""A container's long life: what a function's process holds after thousands of invocations, failures among them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bench.measure import tagged_event
from emulator import LocalOci

_VOLUMES = 100
_ALWAYS = 10**9
# One invocation in so many has a body that is no JSON.
_NO_JSON = 20
_FAULTS: tuple[dict[str, Any], ...] = (
    {"operation": "CreateVolumeBackup", "every": 10, "status": 400, "code": "LimitExceeded"},
    {"operation": "CreateVolumeBackup", "every": 200, "close": "before"},
    {"operation": "PublishMessage", "every": 25, "status": 404, "code": "NotAuthorizedOrNotFound"},
    {"operation": "PublishMessage", "every": 500, "close": "within"},
)


class Holdings(NamedTuple):
    """What a process holds: resident memory in MB, threads, sockets, and file descriptors, sockets among them."""

    memory: float
    threads: int
    sockets: int
    descriptors: int


class Sample(NamedTuple):
    """What the process held after so many invocations, of which so many had failed."""

    invocations: int
    failures: int
    holdings: Holdings


def live(oci: LocalOci, invocations: int, each: int) -> Iterator[Sample]:
    """Yield a sample after `each` so many invocations of the function that runs. The faults stay scripted."""
    for fault in _FAULTS:
        oci.fault(times=_ALWAYS, **fault)
    events = [tagged_event(oci) for _ in range(min(_VOLUMES, invocations))]
    failures = 0
    for number in range(1, invocations + 1):
        event = {**events[number % len(events)], "eventID": str(uuid.uuid4())}
        status, answer = oci.invoke("no JSON" if number % _NO_JSON == 0 else event)
        failures += status != 200 or answer["outcome"] == "failed"
        if number % each == 0:
            [container] = oci.pool.containers
            yield Sample(number, failures, holdings_of(container.pid or 0))


def holdings_of(pid: int) -> Holdings:
    """Return what a process holds now."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    descriptors = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    sockets = sum(target.startswith("socket:") for target in descriptors)
    return Holdings(int(status["VmRSS"].split()[0]) / 1024, int(status["Threads"]), sockets, len(descriptors))
