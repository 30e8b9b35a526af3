"""Senders: which container of a function has sent a request.

What functions send is signed in the name of the function, which may run in several containers at a time. Where only
one is at work it is that; else the kernel is asked whose the other end of the connection is, which Linux tells.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

from .container import Container, Invocation

_SOCKETS = Path("/proc/net/tcp")
# Columns of /proc/net/tcp: the addresses of both ends, and the socket's inode.
_LOCAL, _REMOTE, _INODE = 1, 2, 9


class Senders:
    """Finds the sender of requests; `list_containers` returns all containers that there are.

    A connection belongs to one process as long as it lasts, so that the kernel is asked once for each.
    """

    def __init__(self, list_containers: Callable[[], Sequence[Container]]) -> None:
        self._list_containers = list_containers
        self._found: WeakKeyDictionary[asyncio.BaseTransport, Container] = WeakKeyDictionary()

    def find(self, transport: asyncio.BaseTransport | None) -> Invocation | None:
        """Return what the sender at the other end of a connection works on, or None where that is not known."""
        busy = [container for container in self._list_containers() if container.is_busy]
        if len(busy) == 1:
            return busy[0].invocation
        if not busy or transport is None:
            return None
        if transport not in self._found:
            own, peer = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
            sender = _find_owner(busy, _hex_port(peer[1]), _hex_port(own[1])) if own and peer else None
            if sender is None:
                return None
            self._found[transport] = sender
        return self._found[transport].invocation


def _hex_port(port: int) -> str:
    return f"{port:04X}"


def _find_owner(containers: Sequence[Container], port: str, remote_port: str) -> Container | None:
    """Return the container whose process has the socket from `port` to `remote_port`."""
    if not _SOCKETS.exists():
        return None
    for line in _SOCKETS.read_text().splitlines()[1:]:
        columns = line.split()
        if columns[_LOCAL].endswith(f":{port}") and columns[_REMOTE].endswith(f":{remote_port}"):
            target = f"socket:[{columns[_INODE]}]"
            return next((container for container in containers if target in _open_files(container)), None)
    return None


def _open_files(container: Container) -> set[str]:
    """Return what the file descriptors of a container's process lead to; nothing of one that ends meanwhile."""
    found: set[str] = set()
    with contextlib.suppress(OSError):
        for descriptor in Path(f"/proc/{container.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(str(descriptor.readlink()))
    return found
