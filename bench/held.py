"""Hold a process to a share of one CPU from its first instruction on, as the platform's scheduler does.

A container's quota is what it may use of each period of 100 ms; when it is used up, the container stands still until
the next one. Where a cgroup can be made, the kernel does just that. Else the process is stopped and continued.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shlex
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from emulator import Image

_PERIOD_SECONDS = 0.1
_MICROSECONDS = 1_000_000
_POLL_SECONDS = 0.001
# Where the controller of CPU time is mounted: version 1, alone or with its twin, and version 2.
_MOUNTS = (Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup/cpu,cpuacct"), Path("/sys/fs/cgroup"))
_LIBC = ctypes.CDLL(None)


def cpu_of(pid: int) -> float:
    """Return seconds in user and system mode, of all threads that there are and were: the process's own clock."""
    clock = ctypes.c_int()
    if _LIBC.clock_getcpuclockid(pid, ctypes.byref(clock)):
        raise ProcessLookupError(pid)
    return time.clock_gettime(clock.value)


def held_by() -> str:
    """Return what holds a process on this machine, in words."""
    return "a cgroup's quota" if _can_make_cgroups() else "stopping and continuing it"


@contextlib.contextmanager
def held(image: Image, share: float) -> Iterator[Image]:
    """Give an image whose processes, started inside this block, are held to a `share` of one CPU until it ends."""
    if share >= 1.0:
        yield image
        return
    with tempfile.TemporaryDirectory(prefix="held-") as folder:
        hold = _held_by_cgroup if _can_make_cgroups() else held_by_signals
        with hold(image, share, Path(folder)) as slow:
            yield slow


@contextlib.contextmanager
def _held_by_cgroup(image: Image, share: float, folder: Path) -> Iterator[Image]:
    with _cgroup(share) as cgroup:
        yield _started_by(image, folder, f"echo $$ > {shlex.quote(str(cgroup / 'cgroup.procs'))}")


@contextlib.contextmanager
def held_by_signals(image: Image, share: float, folder: Path) -> Iterator[Image]:
    """The same without a cgroup. The process tells its number and stops itself before it becomes the function."""
    told, over = folder / "pid", threading.Event()
    holder = threading.Thread(target=_hold, args=(told, share, over))
    holder.start()
    try:
        yield _started_by(image, folder, f"echo $$ > {shlex.quote(str(told))}; kill -STOP $$")
    finally:
        over.set()
        holder.join()


def _started_by(image: Image, folder: Path, first: str) -> Image:
    """Let a shell do something first, and then become the interpreter."""
    script = folder / "python"
    script.write_text(f'#!/bin/sh\n{first}\nexec {shlex.quote(image.python)} "$@"\n')
    script.chmod(0o755)
    return replace(image, python=str(script))


def _hold(told: Path, share: float, over: threading.Event) -> None:
    """Let a process use its share of each period; what it used beyond that, it has to do without in the next one."""
    while not (told.exists() and told.read_text().strip()):
        if over.wait(_POLL_SECONDS):
            return
    pid = int(told.read_text())
    used = cpu_of(pid)
    quota, budget = share * _PERIOD_SECONDS, 0.0
    with contextlib.suppress(ProcessLookupError):
        while not over.is_set():
            end = time.monotonic() + _PERIOD_SECONDS
            budget = min(budget, 0.0) + quota
            if budget > 0:
                os.kill(pid, signal.SIGCONT)
            while time.monotonic() < end and not over.is_set():
                before, used = used, cpu_of(pid)
                budget -= used - before
                if budget <= 0:
                    os.kill(pid, signal.SIGSTOP)
                    over.wait(max(0.0, end - time.monotonic()))
                else:
                    time.sleep(_POLL_SECONDS)
        os.kill(pid, signal.SIGCONT)


@cache
def _can_make_cgroups() -> bool:
    try:
        with _cgroup(share=1.0):
            return True
    except OSError:
        return False


@contextlib.contextmanager
def _cgroup(share: float) -> Iterator[Path]:
    """Make a cgroup with a quota; what is in it when the block ends goes on without one. Raises OSError."""
    period, quota = int(_PERIOD_SECONDS * _MICROSECONDS), int(share * _PERIOD_SECONDS * _MICROSECONDS)
    parent = next((mount for mount in _MOUNTS if (mount / "cgroup.procs").exists()), _MOUNTS[-1])
    cgroup = Path(tempfile.mkdtemp(prefix="bench-", dir=parent))
    try:
        if (cgroup / "cpu.cfs_quota_us").exists():
            (cgroup / "cpu.cfs_period_us").write_text(str(period))
            (cgroup / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (cgroup / "cpu.max").write_text(f"{quota} {period}")
        yield cgroup
    finally:
        for pid in (cgroup / "cgroup.procs").read_text().split():
            with contextlib.suppress(OSError):  # it has ended meanwhile
                (parent / "cgroup.procs").write_text(pid)
        cgroup.rmdir()
