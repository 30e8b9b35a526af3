"""The local OCI: cloud, services and server put together, started and stopped.

>>> with local_oci() as oci:
...     volume = oci.operator.call("POST", "/20160918/volumes", {"compartmentId": oci.compartment_id, ...})
...     oci.journal.wait_for("message", topic="backup-results")
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, Unpack

from . import environment
from .console.routes import Console
from .core.cloud import Cloud
from .core.errors import ServiceError
from .core.identifiers import HOME, find_region
from .core.operations import Call, Document, Operation, Reply, declared_operations, operations_of
from .core.principals import ApiKey, Principal, ResourcePrincipal, replace_file
from .core.service import Service
from .http.certificates import Authority
from .http.controls import Controls
from .http.faults import FaultKeys, Faults
from .http.operator import Operator
from .http.proxy import RegionProxy
from .image import Image
from .loop_thread import LoopThread
from .options import OptionNames, Options, read_options
from .region import ServedRegion
from .services import SERVICES
from .services.functions.functions import Functions
from .services.functions.invocations import Invocations, decode_answer
from .services.functions.pool import Pool
from .services.identity.authorization import Authorization
from .stack import Stack, create_stack
from .state_folder import StateFolder

T = TypeVar("T")


class LocalOci:
    """A running local OCI. Its thread owns all state; `run` and `wait` are how another thread looks at it.

    Attributes:
        options: how it is set up.
        state: the folder with the config file, `env`, keys and tokens.
        cloud: the home region of the tenancy, and its services.
        regions: all regions as they are served by their names, the home region first.
        journal: what happened, in order.
        proxy_url: with the option `tls`, a proxy that takes Oracle's own host names to the regions; else empty.
    """

    proxy_url = ""

    def __init__(self, options: Options, services: Sequence[type[Service]] = SERVICES) -> None:
        """Put it together of `services`. Raises ValueError where an option names what does not exist."""
        if options.own_stack and not options.image.function_file.is_file():
            raise ValueError(f"there is no function {options.image.function_file}")
        operations = [found for kind in services for _, found in declared_operations(kind) if not found.is_control]
        second_region = find_region(options.second_region) if options.second_region else None
        if second_region == HOME:
            raise ValueError(f"the second region is the first one: {HOME.name}")
        self.options = options
        self._folder = StateFolder(options.state)
        self.state = self._folder.path
        self.cloud = Cloud(options, self.state)
        if second_region:
            self.cloud.open_region(second_region)
        self.journal = self.cloud.journal
        self._api_key = ApiKey(self.state, self.cloud.tenancy_id, self.cloud.user_id, tuple(self.cloud.regions))
        self._faults = Faults((operation.name for operation in operations), self.cloud.regions)
        controls = Controls(
            self._faults, lambda: self.service(Functions).rotate_principals(), self._deny, self._allow_again
        )
        pages = Console(self.cloud.regions, self._faults, self._api_key.config_file).routes()
        self.regions: dict[str, ServedRegion] = {}
        for name, cloud in self.cloud.regions.items():
            cloud.register(services)
            shown = pages if cloud is self.cloud else ()
            self.regions[name] = ServedRegion(cloud, self._faults, controls, self._find_principal, shown)
        self._deny(*options.denied)
        self._thread = LoopThread("local-oci")
        self._stack: Stack | None = None
        self._proxy: RegionProxy | None = None

    def _find_principal(self, key_id: str) -> Principal | None:
        if key_id.startswith("ST$"):
            return self.cloud.tokens.find_principal(key_id.removeprefix("ST$"))
        return self._api_key.principal if key_id == self._api_key.key_id else None

    def start(self) -> None:
        """Serve, and create what is there from the start."""
        self._thread.start()
        self.wait(self._start())

    async def _start(self) -> None:
        host, port, second_port = self.options.host, self.options.port, self.options.second_port
        authority = Authority(self.state, host, self.regions) if self.options.tls else None
        home, *others = self.regions.values()
        await home.start(host, port, self.config_file, authority)
        for other in others:
            other_port = second_port if second_port is not None else port and port + 1
            await other.start(host, other_port, self.config_file, authority)
        endpoints = [home.endpoint, *(f"{other.name}={other.endpoint}" for other in others)]
        config = {"OCI_ENDPOINT": ",".join(endpoints)}
        if authority:
            config["REQUESTS_CA_BUNDLE"] = str(authority.bundle)
            self._proxy = RegionProxy(self.cloud, {region.name: region.endpoint for region in self.regions.values()})
            self.proxy_url = await self._proxy.start(host)
        if self.options.own_stack:
            self._stack = create_stack(self.cloud, config)
        replace_file(self.state / "env", self.environment.encode())

    def stop(self) -> None:
        """End all that was started, and remove a temporary state folder."""
        if self._thread.is_running:
            self.wait(self._stop())
        self._thread.stop()
        self._folder.release()

    async def _stop(self) -> None:
        if self._proxy:
            self._proxy.stop()
        for region in self.regions.values():
            await region.stop()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Carry out a coroutine on the local OCI's thread and return what it returns."""
        return self._thread.wait(work)

    def run(self, action: Callable[[], T]) -> T:
        """Call a function on the local OCI's thread and return what it returns."""
        return self._thread.run(action)

    @property
    def _home(self) -> ServedRegion:
        return self.regions[self.cloud.region.name]

    @property
    def base_url(self) -> str:
        """The URL that all services of the home region are served under, once it is started."""
        return self._home.base_url

    @property
    def operator(self) -> Operator:
        """A client of the home region that signs as the operator, once it is started."""
        return self._home.operator

    @property
    def second(self) -> ServedRegion:
        """The second region. Raises LookupError where the options leave it out."""
        if not self.options.second_region:
            raise LookupError("this local OCI was started without a second region: second_region is empty")
        return self.regions[self.options.second_region]

    def service(self, kind: type[T]) -> T:
        """Return the home region's service of this class; what it keeps belongs to the local OCI's thread."""
        return self.cloud.service(kind)

    def operations(self) -> list[tuple[Operation, Callable[[Call], Awaitable[Reply]]]]:
        """Return all operations that are served, with the methods that carry them out."""
        return [found for service in self._home.served for found in operations_of(service)]

    @property
    def compartment_id(self) -> str:
        return self.cloud.compartment_id

    @property
    def config_file(self) -> Path:
        """A config file for the OCI CLI and the SDK."""
        return self._api_key.config_file

    @property
    def environment(self) -> str:
        """What a shell needs to know, as lines to be sourced; the file `env` in the state folder."""
        home, *others = self.regions.values()
        return environment.render(environment.describe(home, others, self.config_file, self._stack, self.proxy_url))

    @property
    def stack(self) -> Stack:
        """What is there from the start. Raises LookupError where the options leave it out."""
        if self._stack is None:
            raise LookupError("this local OCI was started without a stack of its own: own_stack is false")
        return self._stack

    @property
    def function(self) -> Document:
        """The function that is there from the start."""
        return self.stack.function

    @property
    def result_topic(self) -> Document:
        """The topic that the function publishes to."""
        return self.stack.result_topic

    @property
    def alarm_topic(self) -> Document:
        """The topic for alarms."""
        return self.stack.alarm_topic

    @property
    def config(self) -> dict[str, str]:
        """The configuration that the function sees."""
        return self.service(Functions).config_of(self.function)

    @property
    def principal(self) -> ResourcePrincipal:
        """The function's resource principal."""
        return self.service(Functions).deployment(self.function["id"]).principal

    @property
    def pool(self) -> Pool:
        """The function's containers."""
        return self.service(Functions).deployment(self.function["id"]).pool

    def deploy(self, image: Image) -> None:
        """Let the function run another image from now on."""
        self.run(lambda: self.service(Functions).deployment(self.function["id"]).deploy(image))

    def configure(self, **config: str | None) -> None:
        """Change the function's configuration; None removes a key."""
        self.run(lambda: self.service(Functions).configure(self.function, config))

    def invoke(self, body: bytes | str | Document | Sequence[Any], **headers: str) -> tuple[int, Any]:
        """Invoke the function, and return its status and its answer: a JSON value, or text. Raises ServiceError.

        Header names are given with underscores; ``seconds`` takes the place of the function's timeout.
        """
        seconds = headers.pop("seconds", None)
        content = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        invocation = self.service(Invocations).invoke(
            self.function["id"], content, sent, seconds=None if seconds is None else float(seconds)
        )
        before = len(self.journal.all())
        try:
            outcome = self.wait(invocation)
        except ServiceError as error:
            # Its process has ended and what it wrote is read by now; pytest prints notes below the error.
            error.add_note(self.tell_log(since=before))
            raise
        return outcome.status, decode_answer(outcome.body)

    def tell_log(self, *, since: int = 0) -> str:
        """Return what the function has logged, from the journal's entry of this number on, as a text for a person."""
        entries = self.journal.all()[since:]
        function_id = self.function["id"]
        lines = [entry.line for entry in entries if entry.kind == "log" and entry.details["function"] == function_id]
        return "\n".join(["The function logged:", *lines]) if lines else "The function logged nothing."

    def fault(self, operation: str, *, delay_seconds: float = 0.0, **fault: Unpack[FaultKeys]) -> None:
        """Script a fault; see emulator/http/faults.py for its keys. Raises ValueError where there is no such one."""
        self.run(lambda: self._faults.add({"operation": operation, "delaySeconds": delay_seconds, **fault}))

    def deny(self, *permissions: str, region: str | None = None) -> None:
        """Take what ``manage volume-backups`` gives from all functions, everywhere or in the region of this name.

        Raises ValueError for an unknown grant.
        """
        self.run(lambda: self._deny(*permissions, region=region))

    def _deny(self, *permissions: str, region: str | None = None) -> None:
        for name in [region] if region else self.regions:
            self.regions[name].service(Authorization).deny(*permissions)

    def reset(self) -> None:
        """Put back what tests disturb: no faults, the permissions of the options, principals that are accepted.

        Resources, configuration and the journal stay as they are.
        """
        self.run(self._reset)

    def _reset(self) -> None:
        self._faults.clear()
        self._allow_again()
        self.service(Functions).mend_principals()

    def _allow_again(self) -> None:
        for region in self.regions.values():
            region.service(Authorization).clear()
        self._deny(*self.options.denied)


@contextlib.contextmanager
def local_oci(**options: Unpack[OptionNames]) -> Iterator[LocalOci]:
    """Serve a local OCI on a free port of 127.0.0.1 while the block lasts; `options` are those of `Options`."""
    oci = LocalOci(read_options(**options))
    try:
        oci.start()
        yield oci
    finally:
        oci.stop()
