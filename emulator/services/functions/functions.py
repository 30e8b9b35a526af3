"""Applications, functions, and their invocation."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from emulator.core.cloud import Cloud
from emulator.core.collection import Collection, tagged
from emulator.core.errors import ServiceError, too_many_requests
from emulator.core.identifiers import new_request_id, now
from emulator.core.operations import Call, Reply, operation
from emulator.core.principals import ResourcePrincipal
from emulator.services.functions.container import Container, ContainerDied, Outcome, fdk_command, installed_fdk

APPLICATION, FUNCTION = "volume-backups", "create-volume-backup"
LARGEST_BODY = 6 * 1024 * 1024
_CHANGEABLE = ("timeoutInSeconds", "memoryInMBs", "successDestination", "failureDestination")
# The SDK and the CLI moved to the second version in 2026; clients of either are served alike.
_VERSION = "/{version:20181201|20260325}"
_APPLICATIONS, _FUNCTIONS = f"{_VERSION}/applications", f"{_VERSION}/functions"
_INHERITED = ("PATH", "LANG", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Image:
    """What the platform runs: the interpreter, the FDK's command, and the file that holds the handler.

    `libraries` are folders of installed packages (the image's ``/python``), `environment` what the process gets beside,
    `user` whom it runs as (None: whoever runs the local OCI).
    """

    function_file: Path
    libraries: tuple[Path, ...] = ()
    python: str = sys.executable
    fdk: Path = field(default_factory=installed_fdk)
    environment: Mapping[str, str] = field(default_factory=dict)
    user: int | None = None


class Functions:
    """One application with one function, run in as many containers as there are invocations at a time."""

    def __init__(
        self, cloud: Cloud, principal: ResourcePrincipal, image: Image, function_id: str, *, most_containers: int
    ) -> None:
        self._cloud = cloud
        self._principal = principal
        self._image = image
        self._most_containers = most_containers
        self.tell: Callable[[str, str, str], None] = lambda _topic_id, _title, _body: None
        self._containers: list[Container] = []
        self._idle: list[Container] = []
        self._retired: list[Container] = []
        self.applications = Collection("fnapp", page_size=cloud.page_size)
        self.collection = Collection("fnfunc", page_size=cloud.page_size)
        self.application = self.applications.add(
            {
                "compartmentId": cloud.compartment_id,
                "config": {},
                "displayName": APPLICATION,
                "lifecycleState": "ACTIVE",
                "subnetIds": [],
                "timeCreated": now(),
                "timeUpdated": now(),
                **tagged({}),
            }
        )
        self.function = self.collection.add(
            {
                "applicationId": self.application["id"],
                "compartmentId": cloud.compartment_id,
                "config": {},
                "displayName": FUNCTION,
                "failureDestination": {"kind": "NONE"},
                "image": f"local/{FUNCTION}:latest",
                "invokeEndpoint": "",
                "lifecycleState": "ACTIVE",
                "memoryInMBs": 256,
                "successDestination": {"kind": "NONE"},
                "timeoutInSeconds": 300,
                "timeCreated": now(),
                "timeUpdated": now(),
                **tagged({}),
            },
            ocid=function_id,
        )

    @property
    def config(self) -> dict[str, str]:
        """The configuration of the application and, over it, that of the function."""
        return {**self.application["config"], **self.function["config"]}

    @property
    def containers(self) -> Sequence[Container]:
        return tuple(self._containers)

    def configure(self, changes: Mapping[str, str | None]) -> None:
        """Set keys of the function's configuration; an empty value or None removes the key. New containers see it."""
        config = dict(self.function["config"])
        for key, value in changes.items():
            config.pop(key, None)
            if value:
                config[key] = value
        self.function["config"] = config
        self.collection.touch(self.function)
        self.retire()

    def deploy(self, image: Image) -> None:
        """Run another image from now on."""
        self._image = image
        self.retire()

    def retire(self) -> None:
        """Let no container that runs now take another invocation."""
        for container in self._idle:
            self._cloud.in_background(container.stop())
        self._retired += self._containers
        self._containers.clear()
        self._idle.clear()

    async def stop(self) -> None:
        """End all containers, and start no other: what they still cause may ask for one."""
        self._most_containers = 0
        self.retire()
        await asyncio.gather(*(container.stop() for container in self._retired))
        self._retired.clear()

    async def kill(self) -> None:
        """SIGKILL to every container, whatever it is doing; they have ended when this returns."""
        await asyncio.gather(*(container.kill() for container in self._containers))

    async def warm(self) -> Container:
        """A container that is ready for an invocation."""
        container = await self._take()
        self._give_back(container)
        return container

    async def invoke(self, body: bytes, headers: Mapping[str, str], *, seconds: float | None = None) -> Outcome:
        """Invoke the function as the platform does. Raises ServiceError 413, 429, 502 and 504.

        An answer with status 502 of the function itself is passed through.
        """
        if len(body) > LARGEST_BODY:
            raise ServiceError(413, "FunctionInvokeRequestContentTooLarge", "The request body is larger than 6 MB")
        seconds = seconds or float(self.function["timeoutInSeconds"])
        started = time.monotonic()
        container = await self._take()
        try:
            outcome = await container.invoke(body, {**headers, **_platform_headers(seconds)}, seconds)
        except TimeoutError:
            await self._discard(container, signal.SIGKILL)
            raise self._failed(504, "FunctionInvokeTimeout", "Timed out", started) from None
        except ContainerDied as died:
            await self._discard(container, signal.SIGKILL)
            raise self._failed(502, "FunctionInvokeContainerFailed", str(died), started) from None
        self._give_back(container)
        if len(outcome.body) > LARGEST_BODY:
            raise self._failed(502, "FunctionInvokeResponseBodyTooLarge", "The answer is larger than 6 MB", started)
        self._record(outcome.status, outcome.body, started)
        return outcome

    def _failed(self, status: int, code: str, message: str, started: float) -> ServiceError:
        self._record(status, json.dumps({"code": code, "message": message}).encode(), started)
        return ServiceError(status, code, message)

    def _record(self, status: int, body: bytes, started: float) -> None:
        milliseconds = (time.monotonic() - started) * 1000
        try:
            answer: Any = json.loads(body)
        except ValueError:
            answer = body.decode(errors="replace")
        told = answer.get("outcome") or answer.get("code") if isinstance(answer, dict) else answer
        self._cloud.journal.add(
            "invocation", f"answered {status} {told} in {milliseconds:.0f} ms", status=status, answer=answer, body=body
        )

    async def _take(self) -> Container:
        """An idle container, or a new one. Raises ServiceError 429 where there are as many as may be."""
        while self._idle:
            container = self._idle.pop()
            if container.alive:
                return container
            await self._discard(container, signal.SIGKILL)
        if len(self._containers) >= self._most_containers:
            raise too_many_requests()
        container = Container(
            fdk_command(self._image.python, self._image.fdk, self._image.function_file),
            self._environment(),
            self._image.function_file.parent,
            lambda line: self._cloud.journal.add("log", line, text=line),
            self._image.user,
        )
        self._containers.append(container)
        try:
            await container.start()
        except ContainerDied as died:
            await self._discard(container, signal.SIGKILL)
            raise ServiceError(502, "FunctionInvokeContainerInitFail", str(died)) from None
        return container

    def _give_back(self, container: Container) -> None:
        if container in self._containers:
            self._idle.append(container)
        else:
            self._cloud.in_background(container.stop())

    async def _discard(self, container: Container, how: signal.Signals) -> None:
        if container in self._containers:
            self._containers.remove(container)
        await container.stop(how)

    def _environment(self) -> dict[str, str]:
        """The configuration beside what the platform sets: nothing of this process's own but where programs are."""
        return {
            **{name: os.environ[name] for name in _INHERITED if name in os.environ},
            **self._image.environment,
            "PYTHONPATH": os.pathsep.join(
                str(path) for path in (self._image.function_file.parent, *self._image.libraries)
            ),
            "PYTHONDONTWRITEBYTECODE": "1",
            "FN_APP_ID": self.application["id"],
            "FN_APP_NAME": APPLICATION,
            "FN_FN_ID": self.function["id"],
            "FN_FN_NAME": FUNCTION,
            "FN_MEMORY": str(self.function["memoryInMBs"]),
            "FN_CPUS": "100m",
            "FN_TYPE": "sync",
            **self._principal.environment(),
            **self.config,
        }

    @operation("GET", _APPLICATIONS, permission="use fn-app")
    async def list_applications(self, call: Call) -> Reply:
        """ListApplications."""
        call.required("compartmentId")
        return self.applications.page(call, "compartmentId", "displayName", "lifecycleState", "id")

    @operation("GET", f"{_APPLICATIONS}/{{applicationId}}", permission="use fn-app")
    async def get_application(self, call: Call) -> Reply:
        """GetApplication."""
        return self.applications.reply(self.applications.named(call, "applicationId"))

    @operation("GET", _FUNCTIONS, permission="use fn-function")
    async def list_functions(self, call: Call) -> Reply:
        """ListFunctions."""
        call.required("applicationId")
        return self.collection.page(call, "applicationId", "displayName", "lifecycleState", "id")

    @operation("GET", f"{_FUNCTIONS}/{{functionId}}", permission="use fn-function")
    async def get_function(self, call: Call) -> Reply:
        """GetFunction."""
        return self.collection.reply(self.collection.named(call, "functionId"))

    @operation("PUT", f"{_FUNCTIONS}/{{functionId}}", permission="manage fn-function")
    async def update_function(self, call: Call) -> Reply:
        """UpdateFunction: `config`, timeout, destinations of kind NOTIFICATION, and a memory that changes nothing."""
        function, details = self.collection.named(call, "functionId"), call.body
        self.collection.check_etag(call, function)
        function.update({key: details[key] for key in _CHANGEABLE if key in details})
        if "config" in details:
            function["config"] = dict(details["config"])
        self.configure({})
        return self.collection.reply(function)

    @operation("POST", f"{_FUNCTIONS}/{{functionId}}/actions/invoke", permission="use fn-invocation")
    async def invoke_function(self, call: Call) -> Reply:
        """InvokeFunction, synchronous, or detached (``fn-invoke-type: detached``: answered 202 at once)."""
        self.collection.named(call, "functionId")
        passed = {"Fn-Intent": call.headers.get("fn-intent", "cloudevent"), "Content-Type": _content_type(call)}
        if call.headers.get("fn-invoke-type", "sync").lower() == "detached":
            self._cloud.in_background(self.invoke_detached(call.content, passed))
            return Reply(status=202)
        return as_reply(await self.invoke(call.content, {**passed, "Fn-Invoke-Type": "sync"}))

    async def invoke_detached(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Invoke the function for a caller that does not wait; the status, and the destination of that case is told."""
        try:
            outcome = await self.invoke(body, {**headers, "Fn-Invoke-Type": "detached"})
            status, told = outcome.status, outcome.body.decode(errors="replace")
        except ServiceError as error:
            status, told = error.status, f"{error.code}: {error.message}"
        destination = self.function["successDestination" if status == HTTPStatus.OK else "failureDestination"]
        if destination["kind"] == "NOTIFICATION":
            result = {"functionId": self.function["id"], "status": status, "request": body.decode(errors="replace")}
            self.tell(destination["topicId"], f"{FUNCTION} {status}", json.dumps({**result, "response": told}))
        return status


def as_reply(outcome: Outcome) -> Reply:
    passed = {name: value for name, value in outcome.headers.items() if name in {"content-type", "fn-fdk-version"}}
    return Reply(outcome.body, outcome.status, passed)


def _content_type(call: Call) -> str:
    return call.headers.get("content-type", "application/octet-stream")


def _platform_headers(seconds: float) -> dict[str, str]:
    deadline = datetime.fromtimestamp(time.time() + seconds, UTC).isoformat(timespec="milliseconds")
    return {
        "Fn-Call-Id": new_request_id(),
        "Fn-Deadline": deadline.replace("+00:00", "Z"),
        "Fn-Http-Method": "POST",
        "Opc-Request-Id": new_request_id(),
    }
