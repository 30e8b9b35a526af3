"""The Fn API, which the ``fn`` CLI speaks with ``FN_API_URL``; unsigned, as with a local Fn server.

https://github.com/fnproject/fn/blob/master/docs/swagger_v2.yml
"""

from __future__ import annotations

from typing import Any

from emulator.core.errors import ServiceError
from emulator.core.operations import Call, Document, Reply, operation
from emulator.services.functions.functions import Functions, as_reply


class FnApi:
    """Applications and functions under /v2, invocations under /invoke."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self.base_url = ""

    @operation("GET", "/v2/apps", signed=False)
    async def list_apps(self, call: Call) -> Reply:
        """ListApps."""
        return Reply({"items": _named([self._app()], call)})

    @operation("GET", "/v2/apps/{appID}", signed=False)
    async def get_app(self, call: Call) -> Reply:
        """GetApp."""
        return Reply(_one(self._app(), call.path["appID"]))

    @operation("GET", "/v2/fns", signed=False)
    async def list_fns(self, call: Call) -> Reply:
        """ListFns."""
        app_id = call.query.get("app_id")
        fns = [self._fn()] if app_id in {None, self._functions.application["id"]} else []
        return Reply({"items": _named(fns, call)})

    @operation("GET", "/v2/fns/{fnID}", signed=False)
    async def get_fn(self, call: Call) -> Reply:
        """GetFn."""
        return Reply(_one(self._fn(), call.path["fnID"]))

    @operation("PUT", "/v2/fns/{fnID}", signed=False)
    async def update_fn(self, call: Call) -> Reply:
        """UpdateFn: `config`, whose empty values remove keys, and `timeout`."""
        _one(self._fn(), call.path["fnID"])
        details = call.body
        self._functions.configure(details.get("config") or {})
        if details.get("timeout"):
            self._functions.function["timeoutInSeconds"] = details["timeout"]
        return Reply(self._fn())

    @operation("POST", "/invoke/{fnID}", signed=False)
    async def invoke_fn(self, call: Call) -> Reply:
        """InvokeFn, synchronous."""
        _one(self._fn(), call.path["fnID"])
        content_type = call.headers.get("content-type", "text/plain")
        return as_reply(await self._functions.invoke(call.content, {"Content-Type": content_type}))

    def _app(self) -> Document:
        app = self._functions.application
        return {"id": app["id"], "name": app["displayName"], "config": app["config"], "created_at": app["timeCreated"]}

    def _fn(self) -> Document:
        function = self._functions.function
        return {
            "id": function["id"],
            "name": function["displayName"],
            "app_id": function["applicationId"],
            "image": function["image"],
            "memory": function["memoryInMBs"],
            "timeout": function["timeoutInSeconds"],
            "idle_timeout": 30,
            "config": function["config"],
            "annotations": {"fnproject.io/fn/invokeEndpoint": f"{self.base_url}/invoke/{function['id']}"},
            "created_at": function["timeCreated"],
            "updated_at": function["timeUpdated"],
        }


def _named(documents: list[Document], call: Call) -> list[Any]:
    return [document for document in documents if call.query.get("name") in {None, document["name"]}]


def _one(document: Document, ocid: str) -> Document:
    if document["id"] != ocid:
        raise ServiceError(404, "NotFound", "not found")
    return document
