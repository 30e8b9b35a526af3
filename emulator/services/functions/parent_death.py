"""Processes that end with the one that started them, even where that is killed."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_prctl = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None


def die_with_parent() -> Callable[[], None] | None:
    """Return what a new process has to call before anything else, or None where the system cannot do it.

    The kernel ties it to the thread that starts the process. It is called after the user was changed, which clears it.
    """
    prctl, parent = _prctl, os.getpid()
    if prctl is None:
        return None

    def ask_for_signal() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the kernel knew
            os._exit(1)

    return ask_for_signal
