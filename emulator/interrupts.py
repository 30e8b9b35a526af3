"""Waiting for Ctrl+C, and ending in good order however often it is pressed."""

from __future__ import annotations

import contextlib
import signal
import time

_ENDING = (signal.SIGINT, signal.SIGTERM)


class _Interrupted(BaseException):
    """Ends the wait; raised by the handler, because an Event set there could wait for its own lock."""


def wait_for_interrupt() -> None:
    """Return at SIGINT or SIGTERM. Further ones are ignored, so that whoever waited can clean up."""

    def interrupt(*_: object) -> None:
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
        raise _Interrupted

    for number in _ENDING:
        signal.signal(number, interrupt)
    with contextlib.suppress(_Interrupted):
        while True:
            time.sleep(3600)
