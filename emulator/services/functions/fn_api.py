"""The Fn API, which the ``fn`` CLI speaks with ``FN_API_URL``; unsigned, as with a local Fn server.

https://github.com/fnproject/fn/blob/master/docs/swagger_v2.yml
"""

from __future__ import annotations

from collections.abc import Iterable

from oci.functions import models

from ...core.collection import require
from ...core.errors import ServiceError, malformed
from ...core.identifiers import new_ocid
from ...core.models import check_details
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import Resources
from ...core.service import Service
from .applications import Applications
from .functions import Functions
from .images import find_image, read_func_yaml
from .invocations import Invocations, as_reply
from .sources import with_source_details

# What a function is set to, by its name in the Fn API.
_SETTINGS = {"image": "image", "memory": "memoryInMBs", "timeout": "timeoutInSeconds", "config": "config"}


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

    @operation("POST", "/v2/apps", signed=False)
    async def create_app(self, call: Call) -> Reply:
        """CreateApp, in the compartment that is there from the start and in a subnet that is made up."""
        details = call.body
        require(details, "name")
        application = {
            "compartmentId": self.cloud.compartment_id,
            "displayName": details["name"],
            "config": details.get("config") or {},
            "subnetIds": [new_ocid("subnet")],
        }
        return Reply(_as_app(self.cloud.service(Applications).add(application)))

    @operation("PUT", "/v2/apps/{appID}", signed=False)
    async def update_app(self, call: Call) -> Reply:
        """UpdateApp: `config`, whose empty values remove keys."""
        applications = self.cloud.service(Applications)
        application = _find(applications, call.path["appID"])
        applications.change(application, {"config": _changed(application, call.body)})
        return Reply(_as_app(application))

    @operation("DELETE", "/v2/apps/{appID}", signed=False)
    async def delete_app(self, call: Call) -> Reply:
        """DeleteApp. Refused with 409 while functions are in it."""
        applications = self.cloud.service(Applications)
        applications.remove(_find(applications, call.path["appID"]))
        return Reply(status=204)

    @operation("GET", "/v2/fns", signed=False)
    async def list_fns(self, call: Call) -> Reply:
        """ListFns."""
        app_id = call.query.get("app_id")
        functions = self.cloud.service(Functions).collection.documents.values()
        return _list((self._as_fn(found) for found in functions if app_id in {None, found["applicationId"]}), call)

    @operation("POST", "/v2/fns", signed=False)
    async def create_fn(self, call: Call) -> Reply:
        """CreateFn. What it leaves out is taken from the func.yaml in the image's folder."""
        details, options = call.body, self.cloud.options
        require(details, "app_id", "name", "image")
        image = find_image(details["image"], options.images, options.image)
        given = {name: details[fn_name] for fn_name, name in _SETTINGS.items() if details.get(fn_name)}
        function = {
            "memoryInMBs": 128,
            **read_func_yaml(image),
            "applicationId": details["app_id"],
            "displayName": details["name"],
            **given,
        }
        return Reply(self._as_fn(self.cloud.service(Functions).add(function)))

    @operation("DELETE", "/v2/fns/{fnID}", signed=False)
    async def delete_fn(self, call: Call) -> Reply:
        """DeleteFn."""
        self.cloud.service(Functions).remove(self._function(call))
        return Reply(status=204)

    @operation("GET", "/v2/triggers", signed=False)
    async def list_triggers(self, call: Call) -> Reply:
        """ListTriggers: there are none, as on the platform."""
        return Reply({"items": []})

    @operation("GET", "/v2/fns/{fnID}", signed=False)
    async def get_fn(self, call: Call) -> Reply:
        """GetFn."""
        return Reply(self._as_fn(self._function(call)))

    @operation("PUT", "/v2/fns/{fnID}", signed=False)
    async def update_fn(self, call: Call) -> Reply:
        """UpdateFn: image, memory, timeout, and `config`, whose empty values remove keys."""
        function, details = self._function(call), call.body
        given = {name: details[fn_name] for fn_name, name in _SETTINGS.items() if details.get(fn_name)}
        changes = with_source_details({**given, "config": _changed(function, details)})
        check_details(changes, models.UpdateFunctionDetails)
        self.cloud.service(Functions).change(function, changes)
        return Reply(self._as_fn(function))

    @operation("POST", "/invoke/{fnID}", signed=False)
    async def invoke_fn(self, call: Call) -> Reply:
        """InvokeFn, synchronous."""
        function = self._function(call)
        headers = {"Content-Type": call.headers.get("content-type", "text/plain")}
        invocations = self.cloud.service(Invocations)
        invocations.note_call(function["id"], call)
        return as_reply(await invocations.invoke(function["id"], call.content, headers))

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
        "updated_at": application["timeUpdated"],
    }


def _changed(resource: Document, details: Document) -> Document:
    """Return the configuration of a resource as a request changes it."""
    changes = details.get("config") or {}
    if not isinstance(changes, dict):
        raise malformed("config")
    return {name: value for name, value in {**resource["config"], **changes}.items() if value}


def _find(resources: Resources, ocid: str) -> Document:
    if ocid not in resources.collection.documents:
        raise ServiceError(404, "NotFound", "not found")
    return resources.collection.documents[ocid]


def _list(documents: Iterable[Document], call: Call) -> Reply:
    name = call.query.get("name")
    return Reply({"items": [document for document in documents if name in {None, document["name"]}]})
