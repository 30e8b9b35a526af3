"""Waiting for Ctrl+C, and ending in good order however often it is pressed."""

from __future__ import annotations

import contextlib
import signal
import time

_ENDING = (signal.SIGINT, signal.SIGTERM)


class _Interrupted(BaseException):
    """Ends the wait; raised by the handler, because an Event set there could wait for its own lock."""


def wait_for_interrupt(announcement: str) -> None:
    """Return at SIGINT or SIGTERM. Further ones are ignored, so that whoever waited can clean up.

    The announcement is printed once a signal is waited for: who reads it may send one at once.
    """

    def interrupt(*_: object) -> None:
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
        raise _Interrupted

    for number in _ENDING:
        signal.signal(number, interrupt)
    with contextlib.suppress(_Interrupted):
        print(announcement, flush=True)
        while True:
            time.sleep(3600)
