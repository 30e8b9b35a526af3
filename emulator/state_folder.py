"""The state folder: what the outside reads, config file, keys and tokens, in the hands of one local OCI at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import weakref
from pathlib import Path


class StateFolder:
    """A chosen folder, or a temporary one that goes with the local OCI.

    Attributes:
        path: where it is.
    """

    def __init__(self, chosen: Path | None) -> None:
        """Make it, and remove what an earlier run left. Raises ValueError where another local OCI uses it."""
        self.path = (chosen or Path(tempfile.mkdtemp(prefix="local-oci-"))).resolve()
        self.path.mkdir(parents=True, exist_ok=True)
        # The system takes a lock back from a process that ends, however it ends.
        lock = os.open(self.path, os.O_RDONLY)
        # Called at the latest when nothing refers to the folder any more: a local OCI may be refused half made.
        self._release = weakref.finalize(self, _release, lock, self.path if chosen is None else None)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._release()
            raise ValueError(f"the state folder {self.path} belongs to a local OCI that is running") from None
        # Keys and tokens of functions that are gone.
        shutil.rmtree(self.path / "principals", ignore_errors=True)

    def release(self) -> None:
        """Let another local OCI use it, and remove a temporary one."""
        self._release()


def _release(lock: int, temporary: Path | None) -> None:
    os.close(lock)
    if temporary:
        shutil.rmtree(temporary, ignore_errors=True)
