"""The Fn API, which the ``fn`` CLI speaks with ``FN_API_URL``; unsigned, as with a local Fn server.

https://github.com/fnproject/fn/blob/master/docs/swagger_v2.yml
"""

from __future__ import annotations

from collections.abc import Iterable

from emulator.core.errors import ServiceError
from emulator.core.operations import Call, Document, Reply, operation
from emulator.core.resources import Resources
from emulator.core.service import Service
from emulator.services.functions.applications import Applications
from emulator.services.functions.functions import Functions
from emulator.services.functions.invocations import Invocations, as_reply


class FnApi(Service):
    """Applications and functions under /v2, invocations under /invoke."""

    @operation("GET", "/v2/apps", signed=False)
    async def list_apps(self, call: Call) -> Reply:
        """ListApps."""
        apps = (_as_app(application) for application in self.cloud.service(Applications).collection.documents.values())
        return _list(apps, call)

    @operation("GET", "/v2/apps/{appID}", signed=False)
    async def get_app(self, call: Call) -> Reply:
        """GetApp."""
        return Reply(_as_app(_find(self.cloud.service(Applications), call.path["appID"])))

    @operation("GET", "/v2/fns", signed=False)
    async def list_fns(self, call: Call) -> Reply:
        """ListFns."""
        app_id = call.query.get("app_id")
        functions = self.cloud.service(Functions).collection.documents.values()
        return _list((self._as_fn(found) for found in functions if app_id in {None, found["applicationId"]}), call)

    @operation("GET", "/v2/fns/{fnID}", signed=False)
    async def get_fn(self, call: Call) -> Reply:
        """GetFn."""
        return Reply(self._as_fn(self._function(call)))

    @operation("PUT", "/v2/fns/{fnID}", signed=False)
    async def update_fn(self, call: Call) -> Reply:
        """UpdateFn: `config`, whose empty values remove keys, and `timeout`."""
        function, details = self._function(call), call.body
        functions = self.cloud.service(Functions)
        functions.configure(function, details.get("config") or {})
        if details.get("timeout"):
            functions.change(function, {"timeoutInSeconds": details["timeout"]})
        return Reply(self._as_fn(function))

    @operation("POST", "/invoke/{fnID}", signed=False)
    async def invoke_fn(self, call: Call) -> Reply:
        """InvokeFn, synchronous."""
        function = self._function(call)
        headers = {"Content-Type": call.headers.get("content-type", "text/plain")}
        return as_reply(await self.cloud.service(Invocations).invoke(function["id"], call.content, headers))

    def _function(self, call: Call) -> Document:
        return _find(self.cloud.service(Functions), call.path["fnID"])

    def _as_fn(self, function: Document) -> Document:
        return {
            "id": function["id"],
            "name": function["displayName"],
            "app_id": function["applicationId"],
            "image": function["image"],
            "memory": function["memoryInMBs"],
            "timeout": function["timeoutInSeconds"],
            "idle_timeout": 30,
            "config": function["config"],
            "annotations": {"fnproject.io/fn/invokeEndpoint": f"{self.cloud.base_url}/invoke/{function['id']}"},
            "created_at": function["timeCreated"],
            "updated_at": function["timeUpdated"],
        }


def _as_app(application: Document) -> Document:
    return {
        "id": application["id"],
        "name": application["displayName"],
        "config": application["config"],
        "created_at": application["timeCreated"],
    }


def _find(resources: Resources, ocid: str) -> Document:
    if ocid not in resources.collection.documents:
        raise ServiceError(404, "NotFound", "not found")
    return resources.collection.documents[ocid]


def _list(documents: Iterable[Document], call: Call) -> Reply:
    name = call.query.get("name")
    return Reply({"items": [document for document in documents if name in {None, document["name"]}]})
