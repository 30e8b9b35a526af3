"""Functions: what is known of each, and what it runs on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from oci.functions import models

from ...core.cloud import Cloud
from ...core.collection import check_tags, display_name, tagged
from ...core.errors import conflict, missing
from ...core.identifiers import now
from ...core.models import check_details
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import Resources
from .accepted_changes import answer_change
from .applications import VERSION, Applications
from .container import Container
from .deployment import Deployment
from .environment import merge_config
from .images import digest_of, find_image
from .limits import check_function
from .senders import Senders
from .sources import image_of, is_of_before, show_function, with_source_details

_PATH = f"{VERSION}/functions"
_ONE = f"{_PATH}/{{functionId}}"
_NO_DESTINATION = {"kind": "NONE"}


class Functions(Resources):
    """Functions are ACTIVE at once, each with its own configuration, timeout, principal and containers.

    Attributes:
        senders: tells which invocation has sent a request.
    """

    resource_type = "fnfunc"
    parameter = "functionId"
    create_model = models.CreateFunctionDetails
    model = models.Function
    filters = ("applicationId", "displayName", "lifecycleState", "id")
    is_instant = True

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._deployments: dict[str, Deployment] = {}
        self._deleted: list[Deployment] = []
        self.senders = Senders(self._containers)

    def show(self, document: Document, call: Call) -> Document:
        return show_function(document, models.Function, call)

    def summarize(self, document: Document, call: Call) -> Document:
        return show_function(document, models.FunctionSummary, call)

    @operation("POST", _PATH)
    async def create_function(self, call: Call) -> Reply:
        """CreateFunction of a container image, which the options look up; provisions no concurrency, traces nothing."""
        if is_of_before(call) and not call.body.get("image"):
            raise missing("image")
        reply = self.create(call)
        return answer_change(self.cloud, call, "CREATE", "function", reply.document, reply)

    def build(self, details: Document) -> Document:
        application = self.cloud.service(Applications).collection.from_body(details, "applicationId")
        name = display_name(details, "")
        if self.collection.find(applicationId=application["id"], displayName=name):
            raise conflict(f"A function with the name {name} already exists in the application.")
        function = {
            **details,
            **tagged(details),
            "compartmentId": application["compartmentId"],
            "config": dict(details.get("config") or {}),
            "failureDestination": details.get("failureDestination") or _NO_DESTINATION,
            "invokeEndpoint": self.cloud.base_url,
            "lifecycleState": "ACTIVE",
            "provisionedConcurrencyConfig": details.get("provisionedConcurrencyConfig") or {"strategy": "NONE"},
            "shape": application["shape"],
            "successDestination": details.get("successDestination") or _NO_DESTINATION,
            "timeoutInSeconds": details.get("timeoutInSeconds") or 30,
            "timeCreated": now(),
            "timeUpdated": now(),
            "traceConfig": details.get("traceConfig") or {"isEnabled": False},
        }
        check_function(function)
        set_image(function, details)
        return function

    def add(self, details: Document) -> Document:
        """Add a function and what it runs on; its first container starts with its first invocation."""
        function = super().add(with_source_details(details))
        find_application = self.cloud.service(Applications).collection.get
        options = self.cloud.options
        image = find_image(function["image"], options.images, options.image)
        self._deployments[function["id"]] = Deployment(self.cloud, function, find_application, image)
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

    def change(self, document: Document, fields: Document) -> None:
        """Set fields of a function. Only new containers see them, so that those that run are retired."""
        check_function({**document, **fields})
        image = document["image"]
        set_image(document, fields)
        super().change(document, {**fields, "sourceDetails": document["sourceDetails"], "timeUpdated": now()})
        deployment = self.deployment(document["id"])
        if document["image"] != image:
            options = self.cloud.options
            deployment.deploy(find_image(document["image"], options.images, options.image))
        deployment.pool.retire()

    def remove(self, document: Document) -> None:
        """Delete a function, and end its containers."""
        super().remove(document)
        deployment = self._deployments.pop(document["id"])
        self._deleted.append(deployment)
        self.cloud.in_background(deployment.pool.stop())

    async def kill(self) -> None:
        """Send SIGKILL to the processes of every function, and wait for their end."""
        await asyncio.gather(*(deployment.pool.kill() for deployment in self._deployments.values()))

    def _containers(self) -> Sequence[Container]:
        return [container for deployment in self._deployments.values() for container in deployment.pool.containers]

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
        deployments = (*self._deployments.values(), *self._deleted)
        await asyncio.gather(*(deployment.pool.stop() for deployment in deployments))

    @operation("GET", _PATH)
    async def list_functions(self, call: Call) -> Reply:
        """ListFunctions, as FunctionSummary."""
        return self.page(call, "applicationId")

    @operation("GET", _ONE)
    async def get_function(self, call: Call) -> Reply:
        """GetFunction."""
        return self.get(call)

    @operation("PUT", _ONE)
    async def update_function(self, call: Call) -> Reply:
        """UpdateFunction. A new image has a new digest, and the next invocation sees what has changed."""
        function, details = self.collection.from_path(call, self.parameter), with_source_details(call.body)
        self.collection.check_etag(call, function)
        check_details(details, models.UpdateFunctionDetails)
        check_tags(details)
        self.change(function, {name: value for name, value in details.items() if value is not None})
        return answer_change(self.cloud, call, "UPDATE", "function", function, self.reply(call, function))

    @operation("DELETE", _ONE)
    async def delete_function(self, call: Call) -> Reply:
        """DeleteFunction. Ends its containers, busy ones among them."""
        function = self.collection.from_path(call, self.parameter)
        return answer_change(self.cloud, call, "DELETE", "function", function, self.delete(call))


def set_image(function: Document, details: Document) -> None:
    """Set what `sourceDetails` name: an image, whose digest follows from it unless it is given. Raises ServiceError."""
    given = image_of(details)
    image = given.get("image") or function.get("image")
    if not image:
        raise missing("sourceDetails.image")
    is_same = image == function.get("image")
    digest = given.get("imageDigest") or (function["imageDigest"] if is_same else digest_of(image))
    source = {"sourceType": "CONTAINER_IMAGE", "image": image, "imageDigest": digest}
    function.update(image=image, imageDigest=digest, sourceDetails=source)
