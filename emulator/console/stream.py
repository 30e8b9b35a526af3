"""The journal as server-sent events, from where a page has been cut off.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets

from aiohttp import web

from ..core.cloud import Cloud
from ..core.journal import Entry
from .summaries import summarize

# What a page that comes first, or was away for long, is told of the past; older entries are left out.
_BACKLOG = 10_000
# Entries go together, so that neither a request a message nor a message of megabytes is sent.
_MOST_AT_ONCE = 500
_PAUSE_SECONDS = 0.05
# A connection that is broken is noticed when something is sent.
_HEARTBEAT_SECONDS = 15.0
# How many milliseconds a page that was cut off waits before it comes back.
_COME_BACK = b"retry: 1000\n"


class Stream:
    """Sends summaries of a cloud's journal to any number of pages, each as fast as it takes them.

    An event's id is `<run>-<number of the next entry>`: a page that was connected to a local OCI before this one, whose
    entries have the same numbers, is told to begin anew.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._run = secrets.token_hex(4)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer with the stream, which ends when the page leaves or the local OCI stops."""
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        changed = asyncio.Event()

        def notice(_: Entry) -> None:
            changed.set()

        self._cloud.journal.subscribe(notice)
        try:
            with contextlib.suppress(ConnectionResetError):
                await self._send_all(response, changed, self._find_start(request.headers.get("Last-Event-ID", "")))
        finally:
            self._cloud.journal.unsubscribe(notice)
        return response

    def _find_start(self, last: str) -> tuple[int, bool]:
        """Return the first entry to send, and whether the page goes on with what it has."""
        run, _, number = last.partition("-")
        oldest = max(0, len(self._cloud.journal) - _BACKLOG)
        if run == self._run and number.isascii() and number.isdigit() and int(number) >= oldest:
            return min(int(number), len(self._cloud.journal)), True
        return oldest, False

    async def _send_all(self, response: web.StreamResponse, changed: asyncio.Event, start: tuple[int, bool]) -> None:
        number, goes_on = start
        await response.write(_COME_BACK)
        if not goes_on:
            await self._send(response, number, "begin", {"leftOut": number})
        is_live = False
        while True:
            changed.clear()
            while entries := self._cloud.journal.since(number, _MOST_AT_ONCE):
                number = entries[-1].number + 1
                shown = [summary for entry in entries if (summary := summarize(self._cloud, entry))]
                await self._send(response, number, "entries", shown)
                # Between the parts of a long past others have their turn.
                await asyncio.sleep(0)
            if not is_live:
                is_live = True
                await self._send(response, number, "live", None)
            await asyncio.sleep(_PAUSE_SECONDS)
            try:
                await asyncio.wait_for(changed.wait(), _HEARTBEAT_SECONDS)
            except TimeoutError:
                await response.write(b": still here\n\n")

    async def _send(self, response: web.StreamResponse, number: int, event: str, data: object) -> None:
        text = f"id: {self._run}-{number}\nevent: {event}\ndata: {json.dumps(data)}\n\n"
        await response.write(text.encode())
