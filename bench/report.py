"""The measurements as a page with tables and a plot."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pygal

from bench.measure import VARIANTS, Cost

_FOLDER = Path(__file__).parent
# Per target: what it is, and how much of the documented way (or which seconds) it may be.
_COLD_TARGET, _WARM_TARGET, _MEMORY_TARGET, _FAN_OUT_SECONDS = 0.75, 0.07, 0.8, 0.6


@dataclass(frozen=True, slots=True)
class Report:
    runs: int
    cold: dict[str, Cost]
    warm: dict[str, Cost]
    held: dict[str, Cost]
    fan_out: dict[int, Cost]
    batches: dict[int, Cost]


def write(report: Report) -> str:
    """Write bench/README.md and bench/cold.svg; the text of the former."""
    _plot(report).render_to_file(str(_FOLDER / "cold.svg"))
    text = page(report)
    (_FOLDER / "README.md").write_text(text)
    return text


def _plot(report: Report) -> pygal.HorizontalBar:
    chart = pygal.HorizontalBar(title="CPU seconds from start to first answer", print_values=True, js=())
    chart.value_formatter = lambda seconds: f"{seconds:.2f} s"
    for variant in VARIANTS:
        chart.add(variant, report.cold[variant].cpu)
    return chart


def page(report: Report) -> str:
    rows = [_row(report, variant) for variant in VARIANTS]
    ours, documented, empty = (report.cold[name] for name in ("ours", "documented", "empty"))
    warm_share = report.warm["ours"].cpu / report.warm["documented"].cpu
    per_event = {count: cost.cpu / count * 1000 for count, cost in report.batches.items()}
    return f"""# What an invocation costs

Made by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {_machine()}. The four functions do the same work (an event becomes a
backup and a message) under the real FDK against the local OCI, interleaved; medians of {report.runs} cold starts each. CPU and
memory are those of the function's own process, so the local OCI is not in them; its share of the wall time stands beside.

{chr(10).join(f"* **{name}**: {what}" for name, what in VARIANTS.items())}

| function | cold CPU | cold wall | local OCI's share | cold wall at a tenth of a CPU | warm CPU | warm wall | peak memory |
| --- | --- | --- | --- | --- | --- | --- | --- |
{chr(10).join(rows)}

![CPU seconds from start to first answer](cold.svg)

| target | allowed | measured |
| --- | --- | --- |
| cold CPU, of the documented way | {_COLD_TARGET} | {ours.cpu / documented.cpu:.2f} |
| warm CPU, of the documented way | {_WARM_TARGET} | {warm_share:.3f} |
| peak memory, of the documented way | {_MEMORY_TARGET} | {ours.memory / documented.memory:.2f} |
| an alarm on 31 volumes at 50 ms a call | {_FAN_OUT_SECONDS} s | {report.fan_out[31].wall:.2f} s |

## Fan-out: an alarm on a machine with so many volumes, every API call taking 50 ms

| volumes | wall | CPU |
| --- | --- | --- |
{chr(10).join(f"| {count} | {cost.wall:.2f} s | {cost.cpu * 1000:.0f} ms |" for count, cost in report.fan_out.items())}

## Batches of events, each about another volume

| events | CPU | CPU an event |
| --- | --- | --- |
{chr(10).join(f"| {count} | {cost.cpu * 1000:.0f} ms | {per_event[count]:.1f} ms |" for count, cost in report.batches.items())}

## Where the limit is

The empty function takes {empty.cpu:.2f} s of CPU before its first answer; that is the floor of the interpreter and the FDK. The
rest is the SDK with its signer, pydantic, and this project's own modules:

{(_FOLDER / "limits.md").read_text().strip()}
"""


def _row(report: Report, variant: str) -> str:
    cold, warm, held = report.cold[variant], report.warm[variant], report.held[variant]
    return (
        f"| {variant} | {cold.cpu:.2f} s | {cold.wall:.2f} s | {cold.local_oci / cold.wall:.1%} | {held.wall:.1f} s "
        f"| {warm.cpu * 1000:.1f} ms | {warm.wall * 1000:.1f} ms | {cold.memory:.0f} MB |"
    )


def _machine() -> str:
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = models[0].partition(":")[2].strip() if models else platform.machine()
    return f"{len(models)} x {model}, Python {platform.python_version()}, {platform.system()}"
