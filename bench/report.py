"""The measurements as a page with tables and plots."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pygal

from bench.imports import GROUPS
from bench.long_life import Holdings, Sample
from bench.measure import VARIANTS, Cost

_FOLDER = Path(__file__).parent
# Per target: what it is, and how much of the documented way (or which seconds) it may be.
_COLD_TARGET, _WARM_TARGET, _PLAIN_WARM_TARGET, _MEMORY_TARGET = 0.55, 0.07, 0.06, 0.8
_TENTH_SECONDS, _FAN_OUT_SECONDS = 2.0, 0.7
_SETTLED_AFTER = 1000  # invocations; what is held then is what is held for good


@dataclass(frozen=True, slots=True)
class Report:
    """`cold`, `warm` and `tenth` are per function; the `plain` ones were measured over http. `imports` in milliseconds.

    `held_by` says what held a process to the tenth, and `life` is a container's long life.
    """

    runs: int
    cold: dict[str, Cost]
    warm: dict[str, Cost]
    tenth: dict[str, Cost]
    held_by: str
    plain_cold: dict[str, Cost]
    plain_warm: dict[str, Cost]
    imports: dict[str, dict[str, float]]
    fan_out: dict[int, Cost]
    batches: dict[int, Cost]
    life: list[Sample]


def write(report: Report) -> str:
    """Write bench/README.md and the plots; the text of the former."""
    _plot_cold(report).render_to_file(str(_FOLDER / "cold.svg"))
    _plot_batches(report).render_to_file(str(_FOLDER / "batches.svg"))
    _plot_life(report).render_to_file(str(_FOLDER / "long-life.svg"))
    text = page(report)
    (_FOLDER / "README.md").write_text(text)
    return text


def _plot_cold(report: Report) -> pygal.HorizontalBar:
    chart = pygal.HorizontalBar(title="CPU seconds from start to first answer", print_values=True, js=())
    chart.value_formatter = lambda seconds: f"{seconds:.2f} s"
    for variant in VARIANTS:
        chart.add(variant, report.cold[variant].cpu)
    return chart


def _plot_batches(report: Report) -> pygal.XY:
    chart = pygal.XY(title="CPU seconds by events in a batch", show_legend=False, js=())
    chart.add("batch", [(count, cost.cpu) for count, cost in report.batches.items()])
    return chart


def _plot_life(report: Report) -> pygal.XY:
    chart = pygal.XY(title="What a container holds, by invocations", js=(), dots_size=1)
    held = [(sample.invocations, sample.holdings) for sample in report.life]
    chart.add("memory (MB)", [(count, holdings.memory) for count, holdings in held])
    chart.add("file descriptors", [(count, holdings.descriptors) for count, holdings in held])
    chart.add("sockets", [(count, holdings.sockets) for count, holdings in held])
    chart.add("threads", [(count, holdings.threads) for count, holdings in held])
    return chart


def page(report: Report) -> str:
    empty, signer, ours = (report.cold[name] for name in ("empty", "signer", "ours"))
    return f"""# What an invocation costs

Made by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {machine()}. Each function runs under the real FDK from an image laid out as
`fn build` does it, with the packages of requirements.txt and nothing else, and speaks TLS to the local OCI, as the real
services demand. Interleaved in one run; medians of {report.runs} cold starts each, and of as many means of warm calls. CPU and memory are
those of the function's own process, so the local OCI is not in them; its share of the wall time stands beside. At a tenth of a CPU,
a process gets 10 ms of each 100 ms from its first instruction on, as the platform's scheduler gives them; here {report.held_by} saw to that.

{chr(10).join(f"* **{name}**: {what}" for name, what in VARIANTS.items())}

All but the first two do the same work: an event becomes a backup and a message.

| function | cold CPU | cold wall | local OCI's share | cold wall at a tenth of a CPU | warm CPU | warm wall | peak memory |
| --- | --- | --- | --- | --- | --- | --- | --- |
{chr(10).join(_row(report, variant) for variant in VARIANTS)}

![CPU seconds from start to first answer](cold.svg)

| target | allowed | measured |
| --- | --- | --- |
{chr(10).join(f"| {what} | {allowed} | {measured} |" for what, allowed, measured in _targets(report))}

What else happens on this machine's host takes more from a call of milliseconds, which finds the caches cold, than from one of tens of them;
so the ratio of each function's least disturbed run stands beside that of the medians.

Without TLS, which no real endpoint offers, {_shares(report.plain_cold, report.plain_warm)}.

## Where the imports of a cold start go

Milliseconds, as `-X importtime` counts them, which itself slows them down.

| | documented | ours |
| --- | --- | --- |
{chr(10).join(f"| {group} | {report.imports['documented'][group]:.0f} | {report.imports['ours'][group]:.0f} |" for group in GROUPS)}

## Fan-out: an alarm on a machine with so many volumes, every API call taking 50 ms

| volumes | wall | CPU |
| --- | --- | --- |
{chr(10).join(f"| {count} | {cost.wall:.2f} s | {cost.cpu * 1000:.0f} ms |" for count, cost in report.fan_out.items())}

## Batches of events, each about another volume

| events | CPU | CPU an event |
| --- | --- | --- |
{chr(10).join(f"| {count} | {cost.cpu * 1000:.0f} ms | {cost.cpu / count * 1000:.1f} ms |" for count, cost in report.batches.items())}

![CPU seconds by events in a batch](batches.svg)

## A long life

{_long_life(report.life)}

![What a container holds, by invocations](long-life.svg)

## Where the limit is

An empty function takes {empty.cpu:.2f} s of CPU before its first answer, one that does no more than sign with the SDK's signer {signer.cpu:.2f} s.
This one takes {ours.cpu:.2f} s and validates, sends and tells besides.

{(_FOLDER / "limits.md").read_text().strip()}
"""


def _targets(report: Report) -> list[tuple[str, object, str]]:
    ours, slim, documented = (report.cold[name] for name in ("ours", "slim", "documented"))
    above_empty = report.tenth["slim"].wall - report.tenth["empty"].wall
    small, *_, large = (report.batches[count].cpu / count for count in sorted(report.batches)[2:])
    return [
        ("cold CPU of the slim image, of the documented way", _COLD_TARGET, f"{slim.cpu / documented.cpu:.2f}"),
        (
            "cold start of it at a tenth of a CPU, above the empty function",
            f"{_TENTH_SECONDS} s",
            f"{above_empty:.1f} s",
        ),
        ("warm CPU, of the documented way", _WARM_TARGET, _share(report.warm)),
        ("the same without TLS", _PLAIN_WARM_TARGET, _share(report.plain_warm)),
        ("peak memory, of the documented way", _MEMORY_TARGET, f"{ours.memory / documented.memory:.2f}"),
        ("an alarm on 31 volumes at 50 ms a call", f"{_FAN_OUT_SECONDS} s", f"{report.fan_out[31].wall:.2f} s"),
        ("CPU an event in the largest batch, of that in one of 100", "about 1", f"{large / small:.2f}"),
    ]


def _long_life(life: list[Sample]) -> str:
    last = life[-1]
    settled = next((sample for sample in life if sample.invocations >= _SETTLED_AFTER), last)
    then, now = settled.holdings, last.holdings
    return (
        f"One container, {last.invocations:,} warm invocations, {last.failures:,} of them failures: bodies that are no JSON, refused "
        "backups, refused messages, connections that are reset. "
        f"After {settled.invocations:,} of them it held {_held(then)}; after the last, {_held(now)}."
    )


def _held(holdings: Holdings) -> str:
    threads = "1 thread" if holdings.threads == 1 else f"{holdings.threads} threads"
    descriptors = f"{holdings.descriptors} file descriptors, {holdings.sockets} of them sockets"
    return f"{holdings.memory:.1f} MB of memory, {threads} and {descriptors}"


def _share(warm: dict[str, Cost]) -> str:
    ours, documented = warm["ours"], warm["documented"]
    return f"{ours.cpu / documented.cpu:.3f}; {ours.least_cpu / documented.least_cpu:.3f} in the least disturbed runs"


def _shares(cold: dict[str, Cost], warm: dict[str, Cost]) -> str:
    first, again = (costs["ours"].cpu / costs["documented"].cpu for costs in (cold, warm))
    return (
        f"the same are {first:.2f} of the documented way's CPU cold ({cold['ours'].cpu:.2f} s of {cold['documented'].cpu:.2f} s) "
        f"and {again:.3f} warm ({warm['ours'].cpu * 1000:.1f} ms of {warm['documented'].cpu * 1000:.1f} ms)"
    )


def _row(report: Report, variant: str) -> str:
    cold, warm, tenth = report.cold[variant], report.warm[variant], report.tenth[variant]
    return (
        f"| {variant} | {cold.cpu:.2f} s | {cold.wall:.2f} s | {cold.local_oci / cold.wall:.1%} | {tenth.wall:.1f} s "
        f"| {warm.cpu * 1000:.1f} ms | {warm.wall * 1000:.1f} ms | {cold.memory:.0f} MB |"
    )


def machine() -> str:
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = models[0].partition(":")[2].strip() if models else platform.machine()
    return f"{len(models)} x {model}, Python {platform.python_version()}, {platform.system()}"
