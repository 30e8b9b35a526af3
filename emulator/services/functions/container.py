"""A container: the function as a real FDK process on its Unix socket, with the platform's environment.

https://github.com/fnproject/docs/blob/master/fn/develop/fn-format.md
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import aiohttp

from ...core.ways import Ways, current_ways, following
from .parent_death import die_with_parent

_START_SECONDS = 20.0
_POLL_SECONDS = 0.002
# The platform keeps one connection to a container, and for so long:
# https://github.com/fnproject/fn/blob/master/api/agent/agent.go (newHotContainer)
_KEPT_SECONDS = 1.0
_LINE_LIMIT = 16 * 1024 * 1024


class Outcome(NamedTuple):
    """What the container answered: the FDK's status, its headers in lower case, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Invocation(NamedTuple):
    """What a container works on: the call's id, and the ways that it belongs to."""

    call_id: str
    ways: Ways


class ContainerDied(Exception):
    """The process ended, or closed its socket, before it had answered."""


class Container:
    """One process, for one invocation at a time, as this `user` if one is given.

    `log` gets every line that it writes, and the id of the call in which it does. It has a process group of its own,
    and ends with the local OCI, however that ends.

    Attributes:
        invocation: what it works on, or has worked on last.
        is_busy: whether it works on something.
        is_warm: whether it has served an invocation.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        working_directory: Path,
        log: Callable[[str, str], None],
        user: int | None = None,
    ) -> None:
        self._command = command
        self._environment = environment
        self._working_directory = working_directory
        self._log = log
        self._user = user
        # The socket's path has to stay under 108 bytes, so it gets a short directory of its own.
        self._directory = Path(tempfile.mkdtemp(prefix="fn-"))
        if user is not None:
            os.chown(self._directory, user, -1)
        self._socket = self._directory / "lsnr.sock"
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None
        self._signals: set[signal.Signals] = set()
        self._logging: list[asyncio.Task[None]] = []
        self.invocation = Invocation("", ())
        self.is_busy = False
        self.is_warm = False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def socket(self) -> Path:
        """Where the function listens: ``curl --unix-socket SOCKET http://localhost/call``."""
        return self._socket

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start the process and wait for its socket. Raises ContainerDied."""
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                env={**self._environment, "FN_FORMAT": "http-stream", "FN_LISTENER": f"unix:{self._socket}"},
                cwd=self._working_directory,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_LINE_LIMIT,
                process_group=0,
                preexec_fn=die_with_parent(),  # one call into libc, which takes no lock that a thread holds
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
            )
        except OSError as error:
            raise ContainerDied(f"the function did not start: {error}") from error
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                self._logging.append(asyncio.create_task(self._copy(stream)))
        give_up = time.monotonic() + _START_SECONDS
        while not self._socket.exists():
            if not self.alive or time.monotonic() > give_up:
                raise ContainerDied(f"the function did not start: {self._command}")
            await asyncio.sleep(_POLL_SECONDS)

    async def invoke(self, body: bytes, headers: Mapping[str, str], seconds: float) -> Outcome:
        """Call the function. Raises ContainerDied, and TimeoutError after so many seconds."""
        self.invocation = Invocation(headers.get("Fn-Call-Id", ""), current_ways())
        self.is_busy = True
        try:
            return await self._call(body, headers, seconds)
        finally:
            self.is_busy = False
            self.is_warm = True

    async def _call(self, body: bytes, headers: Mapping[str, str], seconds: float) -> Outcome:
        if self._session is None:
            connector = aiohttp.UnixConnector(str(self._socket), limit=1, keepalive_timeout=_KEPT_SECONDS)
            self._session = aiohttp.ClientSession(connector=connector)
        timeout = aiohttp.ClientTimeout(total=seconds)
        url = "http://localhost/call"
        try:
            async with self._session.post(url, data=io.BytesIO(body), headers=headers, timeout=timeout) as response:
                answered = {name.lower(): value for name, value in response.headers.items()}
                return Outcome(response.status, answered, await response.read())
        except aiohttp.ClientError as error:
            raise ContainerDied(f"the function gave no answer: {type(error).__name__}") from None

    async def kill(self) -> None:
        """SIGKILL, and wait for the end of the process."""
        if self._process and self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process and wait for it."""
        if self._session:
            await self._session.close()
        if self._process and self.alive:
            # Once each: a second one, while the FDK closes its loop, would be written to a pipe that is closed already.
            if how not in self._signals:
                self._signals.add(how)
                with contextlib.suppress(ProcessLookupError):
                    self._process.send_signal(how)
            try:
                await asyncio.wait_for(self._process.wait(), 5)
            except TimeoutError:
                await self.kill()
        await asyncio.gather(*self._logging, return_exceptions=True)
        shutil.rmtree(self._directory, ignore_errors=True)

    async def _copy(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            with following(self.invocation.ways or current_ways()):
                self._log(line.decode(errors="replace").rstrip("\n"), self.invocation.call_id)
