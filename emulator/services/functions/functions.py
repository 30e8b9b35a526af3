"""Functions: what is known of each, and what it runs on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from emulator.core.cloud import Cloud
from emulator.core.collection import display_name, require, tagged
from emulator.core.identifiers import now
from emulator.core.operations import Call, Document, Reply, operation
from emulator.core.resources import Resources
from emulator.services.functions.applications import VERSION, Applications
from emulator.services.functions.deployment import Deployment
from emulator.services.functions.environment import merge_config

_PATH = f"{VERSION}/functions"
_ONE = f"{_PATH}/{{functionId}}"
_CHANGEABLE = ("timeoutInSeconds", "memoryInMBs", "successDestination", "failureDestination")
_NO_DESTINATION = {"kind": "NONE"}


class Functions(Resources):
    """Functions are ACTIVE at once, each with its own configuration, timeout, principal and containers."""

    resource_type = "fnfunc"
    parameter = "functionId"
    filters = ("applicationId", "displayName", "lifecycleState", "id")
    is_instant = True

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._deployments: dict[str, Deployment] = {}

    def build(self, details: Document) -> Document:
        require(details, "applicationId", "displayName", "image", "memoryInMBs")
        application = self.cloud.service(Applications).collection.from_body(details, "applicationId")
        return {
            **tagged(details),
            "applicationId": application["id"],
            "compartmentId": application["compartmentId"],
            "config": dict(details.get("config") or {}),
            "displayName": display_name(details, ""),
            "failureDestination": details.get("failureDestination") or _NO_DESTINATION,
            "image": details["image"],
            "invokeEndpoint": self.cloud.base_url,
            "lifecycleState": "ACTIVE",
            "memoryInMBs": details["memoryInMBs"],
            "successDestination": details.get("successDestination") or _NO_DESTINATION,
            "timeoutInSeconds": details.get("timeoutInSeconds") or 30,
            "timeCreated": now(),
            "timeUpdated": now(),
        }

    def add(self, details: Document) -> Document:
        """Add a function and what it runs on; its first container starts with its first invocation."""
        function = super().add(details)
        find_application = self.cloud.service(Applications).collection.get
        deployment = Deployment(self.cloud, function, find_application, self.cloud.options.image)
        self._deployments[function["id"]] = deployment
        return function

    def deployment(self, function_id: str) -> Deployment:
        """Return what a function runs on. Raises ServiceError 404."""
        return self._deployments[self.collection.get(function_id)["id"]]

    def config_of(self, function: Document) -> dict[str, str]:
        """Return the configuration that a function sees, its application's included."""
        return merge_config(self.cloud.service(Applications).collection.get(function["applicationId"]), function)

    def configure(self, function: Document, changes: Mapping[str, str | None]) -> None:
        """Set keys of a function's configuration; an empty value or None removes the key."""
        kept = {key: value for key, value in function["config"].items() if key not in changes}
        self.change(function, {"config": {**kept, **{key: value for key, value in changes.items() if value}}})

    def change(self, function: Document, fields: Document) -> None:
        """Set fields of a function. Only new containers see them, so that those that run are retired."""
        function.update(fields, timeUpdated=now())
        self.collection.touch(function)
        self.deployment(function["id"]).pool.retire()

    async def kill(self) -> None:
        """Send SIGKILL to the processes of every function, and wait for their end."""
        await asyncio.gather(*(deployment.pool.kill() for deployment in self._deployments.values()))

    def rotate_principals(self) -> None:
        """Replace every function's key and token; the old tokens are refused from now on."""
        for deployment in self._deployments.values():
            deployment.principal.rotate()

    def mend_principals(self) -> None:
        """Give every function whose token is expired a good one, and accept those that were revoked."""
        self.cloud.tokens.restore()
        for deployment in self._deployments.values():
            deployment.principal.mend()

    async def stop(self) -> None:
        """End the processes of every function."""
        await asyncio.gather(*(deployment.pool.stop() for deployment in self._deployments.values()))

    @operation("GET", _PATH, permission="use fn-function")
    async def list_functions(self, call: Call) -> Reply:
        """ListFunctions."""
        return self.page(call, "applicationId")

    @operation("GET", _ONE, permission="use fn-function")
    async def get_function(self, call: Call) -> Reply:
        """GetFunction."""
        return self.get(call)

    @operation("PUT", _ONE, permission="manage fn-function")
    async def update_function(self, call: Call) -> Reply:
        """UpdateFunction: `config`, timeout, destinations of kind NOTIFICATION, and a memory that changes nothing."""
        function, details = self.collection.from_path(call, self.parameter), call.body
        self.collection.check_etag(call, function)
        fields = {key: details[key] for key in _CHANGEABLE if key in details}
        if "config" in details:
            fields["config"] = dict(details["config"])
        self.change(function, fields)
        return self.collection.reply(function)
