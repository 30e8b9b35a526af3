"""Where the page, what it reads and what it does are served."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from ..core.cloud import Cloud
from ..core.errors import ServiceError
from ..http.faults import Faults
from .actions import Actions
from .sections import open_entry
from .state import read_state
from .stream import Stream

_PAGE = Path(__file__).with_name("page")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# All of the page is its own files: no markup in a name or a message can load, run or send anything.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Console:
    """The page of a tenancy's regions: the first is the one whose journal is shown and whose calls are made."""

    def __init__(self, clouds: Mapping[str, Cloud], faults: Faults, config_file: Path) -> None:
        self._clouds = clouds
        self._cloud = next(iter(clouds.values()))
        self._faults = faults
        self._actions = Actions(self._cloud, config_file)
        self._stream = Stream(self._cloud)
        self._files = {path.name: path for path in _PAGE.iterdir() if path.suffix in _TYPES}

    def routes(self) -> Sequence[web.RouteDef]:
        """Return what is served, and by what."""
        return [
            web.get("/", self._serve_page),
            web.get("/console/files/{name}", self._serve_file),
            web.get("/console/stream", self._stream.serve),
            web.get("/console/state", self._serve_state),
            web.get("/console/entries/{number:\\d{1,12}}", self._serve_entry),
            web.post("/console/actions", self._serve_action),
        ]

    async def _serve_page(self, _: web.Request) -> web.Response:
        return self._answer_file("index.html")

    async def _serve_file(self, request: web.Request) -> web.Response:
        return self._answer_file(request.match_info["name"])

    def _answer_file(self, name: str) -> web.Response:
        if name not in self._files:
            return _answer({"code": "NotFound", "message": f"The page has no file {name}."}, 404)
        path = self._files[name]
        return web.Response(body=path.read_bytes(), content_type=_TYPES[path.suffix], charset="utf-8", headers=_HEADERS)

    async def _serve_state(self, _: web.Request) -> web.Response:
        return _answer(read_state(self._clouds, self._faults))

    async def _serve_entry(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        found = self._cloud.journal.since(number, 1)
        if not found:
            return _answer({"code": "NotFound", "message": f"There is no entry {number} yet."}, 404)
        return _answer({"number": number, "sections": open_entry(self._cloud, found[0])})

    async def _serve_action(self, request: web.Request) -> web.Response:
        """Answer the line of an action, and where `perform` is true what its call was answered.

        Only JSON is taken, which a page of another origin cannot send without being asked whether it may.
        """
        if request.content_type != "application/json":
            return _answer({"code": "UnsupportedMediaType", "message": "Send application/json."}, 415)
        try:
            document = json.loads(await request.read())
            name, values = str(document["action"]), document["values"]
            performs = document.get("perform") is True
            shown = {key: str(value).strip() for key, value in values.items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            return _answer({"code": "InvalidParameter", "message": "Send action and values."}, 400)
        try:
            call = self._actions.find_call(name, shown)
        except ServiceError as error:
            # A form that is not filled in yet has no line, which is no error.
            return _answer({"code": error.code, "message": error.message}, error.status if performs else 200)
        told: dict[str, Any] = {"line": call.line, "call": f"{call.method} {call.path}"}
        if performs:
            told |= await self._actions.carry_out(call)
        return _answer(told)


def _answer(document: Any, status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=json.dumps(document).encode(), content_type="application/json", headers=_HEADERS
    )
