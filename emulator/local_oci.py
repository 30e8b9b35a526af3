"""The local OCI: all services put together, in one process and in memory.

>>> with local_oci() as oci:
...     volume = oci.operator.call("POST", "/20160918/volumes", {"compartmentId": oci.compartment_id, ...})
...     oci.journal.wait_for("message", topic="backup-results")
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import shutil
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from emulator.core.cloud import Cloud
from emulator.core.errors import ServiceError
from emulator.core.identifiers import new_ocid
from emulator.core.journal import Entry, Journal
from emulator.core.operations import Document
from emulator.core.principals import ApiKey, Principal, ResourcePrincipal
from emulator.http.certificates import Authority
from emulator.http.controls import Controls
from emulator.http.faults import Fault, Faults
from emulator.http.operator import Operator
from emulator.http.server import Server
from emulator.services.block_volume.boot_volume_backups import BootVolumeBackups
from emulator.services.block_volume.boot_volumes import BootVolumes
from emulator.services.block_volume.volume_backups import VolumeBackups
from emulator.services.block_volume.volume_group_backups import VolumeGroupBackups
from emulator.services.block_volume.volume_groups import VolumeGroups
from emulator.services.block_volume.volumes import Volumes
from emulator.services.compute.boot_volume_attachments import BootVolumeAttachments
from emulator.services.compute.instances import Instances
from emulator.services.compute.volume_attachments import VolumeAttachments
from emulator.services.connector_hub.service_connectors import ServiceConnectors
from emulator.services.events.rules import Rules
from emulator.services.functions.fn_api import FnApi
from emulator.services.functions.functions import Functions, Image
from emulator.services.monitoring.alarms import Alarms
from emulator.services.notifications.subscriptions import Subscriptions
from emulator.services.notifications.topics import Topics

RESULTS, ALARMS = "backup-results", "backup-alarms"
PROJECT = Path(__file__).resolve().parent.parent
# What the function is subscribed to from the start: tag changes and ended backups, never blockvolumes.* as a whole.
EVENT_TYPES = [
    f"com.oraclecloud.blockvolumes.{name}"
    for kind in ("volume", "bootvolume", "volumegroup")
    for name in (f"create{kind}.end", f"update{kind}", f"update{kind}.end", f"create{kind}backup.end")
]
_EVENT_RETRIES = 5
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """How the local OCI is set up; times in seconds.

    `image` is the function that is run, `config` its configuration beside TOPIC_ID and OCI_ENDPOINT, which are set for
    it. `denied` are permissions (``manage volume-backups``) that its policies lack. `wired` subscribes it to the alarm
    topic and to the events that it acts on. Each event is delivered `event_copies` times, each copy up to
    `event_shuffle_seconds` late, and again after `event_retry_seconds` while the function fails. With `tls` there is a
    second port, of https, which is the one that the function is given.
    """

    host: str = "127.0.0.1"
    port: int = 0
    state: Path | None = None
    image: Image = field(default_factory=lambda: Image(PROJECT / "func.py"))
    config: Mapping[str, str | None] = field(default_factory=dict)
    denied: tuple[str, ...] = ()
    wired: bool = True
    lifecycle_seconds: float = 0.05
    latency_seconds: float = 0.0
    retry_minute_seconds: float = 60.0
    event_retry_seconds: float = 1.0
    event_copies: int = 1
    event_shuffle_seconds: float = 0.0
    publishes_per_minute: int = 60
    page_size: int = 100
    most_containers: int = 20
    token_seconds: int = 15 * 60
    listener: Callable[[Entry], None] | None = None
    tls: bool = False


class LocalOci:
    """A running local OCI. Its thread owns all state; `run` is how another thread looks at it."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="local-oci", daemon=True)
        self._own_state = options.state is None
        self.state = (options.state or Path(tempfile.mkdtemp(prefix="local-oci-"))).resolve()
        self.state.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(options.listener)
        self.cloud = Cloud(self.journal, options.lifecycle_seconds, options.page_size)
        self.faults = Faults()
        function_id = new_ocid("fnfunc")
        self.api_key = ApiKey(self.state, self.cloud.tenancy_id, self.cloud.user_id)
        if options.image.user is not None:
            self.state.chmod(0o711)
        self.principal = ResourcePrincipal(
            self.state,
            function_id,
            self.cloud.tenancy_id,
            self.cloud.compartment_id,
            seconds=options.token_seconds,
            owner=options.image.user,
        )
        self._make_services(function_id)

    def _make_services(self, function_id: str) -> None:
        cloud, options = self.cloud, self.options
        self.functions = Functions(
            cloud, self.principal, options.image, function_id, most_containers=options.most_containers
        )
        self.subscriptions = Subscriptions(cloud, self._deliver_message, options.retry_minute_seconds)
        self.topics = Topics(cloud, self.subscriptions, options.publishes_per_minute)
        self.functions.tell = self._publish_to
        self.rules = Rules(cloud, self._deliver_event)
        self.service_connectors = ServiceConnectors(cloud, self._deliver_again_and_again)
        self.alarms = Alarms(cloud, self.topics)
        self.volumes, self.boot_volumes = Volumes(cloud), BootVolumes(cloud)
        self.volume_groups = VolumeGroups(cloud, self.volumes, self.boot_volumes)
        self.volume_backups = VolumeBackups(cloud, self.volumes)
        self.boot_volume_backups = BootVolumeBackups(cloud, self.boot_volumes)
        self.volume_group_backups = VolumeGroupBackups(
            cloud, self.volume_groups, self.volume_backups, self.boot_volume_backups
        )
        self.boot_volume_attachments = BootVolumeAttachments(cloud)
        self.instances = Instances(cloud, self.boot_volumes, self.boot_volume_attachments)
        self.volume_attachments = VolumeAttachments(cloud, self.instances, self.volumes)
        self._fn_api = FnApi(self.functions)
        self.server = Server(self.journal, self.faults, self._find_principal, options.latency_seconds)
        self.server.denied |= set(options.denied)
        self.server.kill = self.functions.kill
        self.services = (
            *(self.volumes, self.boot_volumes, self.volume_groups),
            *(self.volume_backups, self.boot_volume_backups, self.volume_group_backups),
            *(self.instances, self.volume_attachments, self.boot_volume_attachments),
            *(self.topics, self.subscriptions, self.rules, self.alarms, self.service_connectors),
            *(self.functions, self._fn_api, Controls(self.faults, self.principal)),
        )
        self.server.serve(self.services)

    @property
    def compartment_id(self) -> str:
        return self.cloud.compartment_id

    @property
    def config_file(self) -> Path:
        """A config file for the OCI CLI and the SDK."""
        return self.api_key.config_file

    def start(self) -> None:
        self._thread.start()
        self.wait(self._start())

    async def _start(self) -> None:
        host = self.options.host
        authority = Authority(self.state, host) if self.options.tls else None
        port, *secure = await self.server.start(host, self.options.port, authority.server if authority else None)
        self.base_url = self.topics.endpoint = self._fn_api.base_url = f"http://{host}:{port}"
        self.functions.function["invokeEndpoint"] = self.base_url
        self.operator = Operator(self.config_file, self.base_url)
        self.result_topic = self.topics.add({"name": RESULTS, "compartmentId": self.compartment_id})
        self.alarm_topic = self.topics.add({"name": ALARMS, "compartmentId": self.compartment_id})
        if self.options.wired:
            self._wire()
        wanted = {"TOPIC_ID": self.result_topic["id"], "OCI_ENDPOINT": self.base_url}
        if authority:
            wanted |= {"OCI_ENDPOINT": f"https://{host}:{secure[0]}", "REQUESTS_CA_BUNDLE": str(authority.bundle)}
        self.functions.configure({**wanted, **self.options.config})

    def _wire(self) -> None:
        """Subscribe the function to the alarm topic and to the events that it acts on."""
        common = {"compartmentId": self.compartment_id}
        function_id = self.functions.function["id"]
        subscription = {"topicId": self.alarm_topic["id"], "protocol": "ORACLE_FUNCTIONS", "endpoint": function_id}
        self.subscriptions.add({**common, **subscription})
        rule = {
            "displayName": "volume-backups",
            "isEnabled": True,
            "condition": json.dumps({"eventType": EVENT_TYPES}),
            "actions": {"actions": [{"actionType": "FAAS", "isEnabled": True, "functionId": function_id}]},
        }
        self.rules.add({**common, **rule})

    def stop(self) -> None:
        if self._thread.is_alive():
            self.wait(self._stop())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        if self._own_state:
            shutil.rmtree(self.state, ignore_errors=True)

    async def _stop(self) -> None:
        await self.cloud.stop()
        await self.functions.stop()
        await self.server.stop()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Carry a coroutine out on the local OCI's thread and wait for what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def run(self, action: Callable[[], T]) -> T:
        """Call a function on the local OCI's thread and wait for what it returns."""

        async def call() -> T:
            return action()

        return self.wait(call())

    def configure(self, **config: str | None) -> None:
        """Change the function's configuration; None removes a key."""
        self.run(lambda: self.functions.configure(config))

    def fault(self, operation: str, **fault: Any) -> None:
        """Script a fault; see emulator/http/faults.py for its keys."""
        self.run(lambda: self.faults.add(Fault(operation, **fault)))

    def invoke(self, body: bytes | str | Document | list[Any], **headers: str) -> tuple[int, Any]:
        """Invoke the function and return its status and its answer, decoded. Raises ServiceError.

        Header names are given with underscores; ``seconds`` is the timeout.
        """
        seconds = headers.pop("seconds", None)
        content = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        outcome = self.wait(
            self.functions.invoke(content, sent, seconds=float(seconds) if seconds is not None else None)
        )
        return outcome.status, json.loads(outcome.body)

    def _find_principal(self, key_id: str) -> Principal | None:
        if key_id.startswith("ST$"):
            return self.principal.verify(key_id.removeprefix("ST$"))
        return self.api_key.principal if key_id == self.api_key.key_id else None

    async def _deliver_event(self, event: Document, action: Document) -> None:
        """To a function at least once, again while it answers that it failed; to a topic as the message's text."""
        if action["actionType"] == "ONS":
            self._publish_to(action["topicId"], event["eventType"], json.dumps(event))
            return
        await self._deliver_again_and_again(action["functionId"], event)

    def _publish_to(self, topic_id: str, title: str, body: str) -> None:
        self.topics.publish(self.topics.collection.documents[topic_id], title, body)

    async def _deliver_again_and_again(self, function_id: str, body: Document | list[Document]) -> None:
        copies = (self._deliver_until_taken(function_id, body) for _ in range(self.options.event_copies))
        await asyncio.gather(*copies)

    async def _deliver_until_taken(self, function_id: str, body: Document | list[Document]) -> None:
        await asyncio.sleep(random.uniform(0, self.options.event_shuffle_seconds))
        for attempt in range(_EVENT_RETRIES):
            await asyncio.sleep(self.options.event_retry_seconds * attempt)
            if await self._invoke(json.dumps(body).encode()) == HTTPStatus.OK:
                return
        self.journal.add("discarded", f"an event to {function_id}, after {_EVENT_RETRIES} tries")

    async def _deliver_message(self, function_id: str, body: bytes, headers: dict[str, str]) -> bool:
        """Hand a message to the function; what becomes of it inside is not known to the topic."""
        sent = {"Content-Type": "application/json", "Fn-Intent": "cloudevent", **headers}
        return await self.functions.invoke_detached(body, sent) not in {429, 503}

    async def _invoke(self, body: bytes) -> int:
        try:
            sent = {"Content-Type": "application/json", "Fn-Intent": "cloudevent"}
            return (await self.functions.invoke(body, sent)).status
        except ServiceError as error:
            return error.status


@contextlib.contextmanager
def local_oci(**options: Any) -> Iterator[LocalOci]:
    """A local OCI on a free port of 127.0.0.1, for as long as the block lasts; `options` are those of `Options`."""
    oci = LocalOci(Options(**options))
    try:
        oci.start()
        yield oci
    finally:
        oci.stop()
