"""Ways: what follows from which trigger.

A way begins with what comes from outside, such as a request of the operator, and goes on through all that is caused by
it: events, invocations, the requests that these send, messages. Tasks take it along by themselves, as they do every
context variable; what waits in between, such as a message in a queue, keeps it and goes on with `following`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# More than one where things of several ways are handed over together, as in a batch.
Ways = tuple[int, ...]
_numbers = itertools.count(1)
_current: ContextVar[Ways] = ContextVar("ways", default=())


def current_ways() -> Ways:
    """Return the ways that what happens now belongs to."""
    return _current.get()


def begin_way() -> Ways:
    """Return a way that nothing belongs to yet."""
    return (next(_numbers),)


def join_ways(ways: Iterable[Ways]) -> Ways:
    """Return the ways of things that go on together."""
    return tuple(sorted({way for found in ways for way in found}))


@contextmanager
def following(ways: Ways) -> Iterator[None]:
    """Let all that happens within the block, and all that is started in it, belong to these ways."""
    token = _current.set(ways)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def on_some_way() -> Iterator[None]:
    """Begin a way for what happens within the block, unless it belongs to one."""
    with following(current_ways() or begin_way()):
        yield
