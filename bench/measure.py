"""One function under the real FDK against the local OCI, measured from outside its process."""

from __future__ import annotations

import atexit
import json
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from bench.held import cpu_of, held
from bench.image import image_in, lay_out
from deploy.image.slim import write_authorities
from emulator import Image, LocalOci
from emulator.core.events import build_event
from emulator.services.block_volume.volumes import Volumes

VARIANTS = {
    "empty": "an empty FDK function",
    "signer": "the same with the SDK's signer, which is made and signs two requests that are not sent",
    "documented": "the documented way: signer and typed clients made in the handler",
    "kept": "typed clients kept between calls",
    "ours": "this function in the image that `fn build` makes",
    "slim": "this function in the image of `deploy/image`",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU and wall seconds, the peak of resident memory in MB; where it is a median, also the least CPU seconds."""

    cpu: float
    wall: float
    memory: float = 0.0
    local_oci: float = 0.0
    least_cpu: float = 0.0


@cache
def _laid_out(*, slim: bool) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="image-"))
    atexit.register(shutil.rmtree, folder)
    lay_out(folder, slim=slim, compiled=not slim)
    return folder


@cache
def image_of(variant: str) -> Image:
    """The image that one of the variants runs from; all but the slim one have the same packages."""
    image = image_in(_laid_out(slim=variant == "slim"))
    if variant in {"ours", "slim"}:
        return image
    return replace(image, function_file=Path(__file__).parent / "functions" / variant / "func.py")


def median(costs: list[Cost]) -> Cost:
    def middle(part: Callable[[Cost], float]) -> float:
        return statistics.median(map(part, costs))

    return Cost(
        middle(lambda c: c.cpu),
        middle(lambda c: c.wall),
        middle(lambda c: c.memory),
        middle(lambda c: c.local_oci),
        min(cost.cpu for cost in costs),
    )


def tagged_event(oci: LocalOci) -> dict[str, Any]:
    """A fresh event about a fresh volume that is tagged."""
    details = {"compartmentId": oci.compartment_id, "displayName": "db-data-1", "freeformTags": {"backup": "full"}}
    volume = oci.run(lambda: oci.service(Volumes).add(details))
    oci.run(lambda: volume.update(lifecycleState="AVAILABLE"))
    event = build_event("BlockVolumes", "blockvolumes.updatevolume", volume)
    return {**event, "eventID": str(uuid.uuid4())}


def cold(oci: LocalOci, variant: str, share: float = 1.0) -> Cost:
    """From the process's first instruction to its first answer, the process held to a `share` of one CPU."""
    body = tagged_event(oci)
    with held(trusting(oci, variant), share) as image:
        oci.deploy(image)
        started = time.monotonic()
        container = oci.wait(oci.pool.warm())
        cost = _invoke(oci, container.pid or 0, body)
        return Cost(cpu_of(container.pid or 0), time.monotonic() - started, cost.memory, cost.local_oci)


def trusting(oci: LocalOci, variant: str) -> Image:
    """Return the image of a variant, and have it trust the local OCI's authority beside the public ones.

    The slim image has all of them in a folder; the others read the file that the configuration names.
    """
    image, bundle = image_of(variant), oci.state / "ca-bundle.pem"
    if bundle.exists():
        if variant == "slim":
            write_authorities(bundle, image.libraries[0] / "certifi" / "authorities")
        oci.configure(REQUESTS_CA_BUNDLE=None if variant == "slim" else str(bundle))
    return image


def warm(oci: LocalOci, calls: int) -> Cost:
    """One call of the function that runs, the mean of so many."""
    [container] = oci.pool.containers
    bodies = [tagged_event(oci) for _ in range(calls)]
    before, started = cpu_of(container.pid or 0), time.monotonic()
    costs = [_invoke(oci, container.pid or 0, body) for body in bodies]
    wall = (time.monotonic() - started) / calls
    return Cost((cpu_of(container.pid or 0) - before) / calls, wall, 0.0, statistics.fmean(c.local_oci for c in costs))


def one_call(oci: LocalOci, body: Any) -> Cost:
    """One call with this body of the function that runs."""
    [container] = oci.pool.containers
    before = cpu_of(container.pid or 0)
    cost = _invoke(oci, container.pid or 0, body)
    return Cost(cpu_of(container.pid or 0) - before, cost.wall, cost.memory, cost.local_oci)


def _invoke(oci: LocalOci, pid: int, body: Any) -> Cost:
    served = len(oci.journal)
    started = time.monotonic()
    status, answer = oci.invoke(json.dumps(body))
    wall = time.monotonic() - started
    if status != 200 or (answer and answer.get("outcome", "accepted") not in {"accepted", "skipped"}):
        raise RuntimeError(f"the function failed: {answer}")
    requests = [entry for entry in oci.journal.since(served) if entry.kind == "request"]
    return Cost(0.0, wall, _peak_memory_of(pid), sum(entry.details["milliseconds"] for entry in requests) / 1000)


def _peak_memory_of(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
