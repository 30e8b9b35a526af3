"""A local OCI as the tests use it: resources that are ready, payloads filled in, and what the function did."""

from __future__ import annotations

import base64
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Unpack

import pytest

from emulator import Estate, Image, OptionNames, local_oci
from emulator.core.journal import Entry
from emulator.options import PROJECT
from emulator.stack import RESULTS
from tests.answers import deviations
from tests.kept_keys import kept_keys

EVENTS = Path(__file__).with_name("events")
FUNCTION_LOG = "log"
# An answer that is later than its deadline by this much fails a test; a machine that stalls for a second fails none.
OVERTIME_SECONDS = 1.5
# A fault that the function gives up at once: the service asks for more time than an invocation has.
NOT_NOW: dict[str, Any] = {"times": 1000, "status": 503, "headers": {"Retry-After": "3600"}}
AWS_SECRET = "aws-secret-of-the-tests"


def payload_names() -> list[str]:
    return sorted(path.name for path in EVENTS.iterdir())


def payload(name: str, **names: str) -> str:
    """A payload of tests/events with `${name}` filled in; `${NAME}` is the value in upper case.

    A `$item` stands for an item of Connector Hub's Streaming source around what it holds.
    """
    text = (EVENTS / name).read_text()
    for key, value in names.items():
        text = text.replace(f"${{{key}}}", value).replace(f"${{{key.upper()}}}", value.upper())
    return json.dumps(json.loads(text, object_hook=_streaming_item)) if "$item" in text else text


def _streaming_item(document: dict[str, Any]) -> dict[str, Any]:
    if "$item" not in document:
        return document
    number = document.get("number", False)
    return {
        "streamPool": "ocid1.streampool.oc1.iad.aaaapool",
        "stream": "ocid1.stream.oc1.iad.aaaastream",
        "partition": 0 if number else "0",
        "key": None if number else "",
        "value": base64.b64encode(json.dumps(document["$item"]).encode()).decode(),
        "offset": document["offset"],
        "timestamp": 1772330584000 if number else "2026-03-01T02:03:04.000Z",
    }


class World(Estate):
    """An estate with this project's function; the events that its resources cause go nowhere unless it is wired."""

    def payload(self, name: str) -> str:
        """A payload whose resources exist; the same placeholder always stands for the same one."""
        text = (EVENTS / name).read_text()
        makers: dict[str, Callable[[], str]] = {
            "volume": self.volume,
            "bootvolume": self.boot_volume,
            "volumegroup": lambda: self.volume_group(self.volume()),
            "instance": self.instance,
            "alarm": self.alarm,
            "backup": lambda: "ocid1.volumebackup.oc1.iad.aaaabackup",
            "compartment": lambda: self.oci.compartment_id,
            "tenancy": lambda: self.oci.cloud.tenancy_id,
        }
        names = {key: make() for key, make in makers.items() if f"${{{key}}}" in text or f"${{{key.upper()}}}" in text}
        return payload(name, **names)

    def invoke_one(self, body: Any, **headers: str) -> dict[str, Any]:
        """The one result of an invocation that was answered 200."""
        answer = self.answer(body, **headers)
        assert len(answer["results"]) == 1, answer
        return dict(answer["results"][0])

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let no resource of the home region go on that a call in the block has set going, before the block's end."""
        cloud = self.oci.cloud
        waiting: list[tuple[int, Callable[[], None]]] = []
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(cloud, "later", lambda steps, action: waiting.append((steps, action)))
                yield
        finally:
            self.oci.run(lambda: [action() for _, action in sorted(waiting, key=lambda step: step[0])])

    def states_from_now_on(self) -> dict[str, list[str]]:
        """The states that each resource enters, by its OCID: however short one is, it is not missed."""
        states: dict[str, list[str]] = defaultdict(list)

        def hear(ocid: str, document: dict[str, Any] | None) -> None:
            state = document.get("lifecycleState") if document else None
            if state is not None and state not in states[ocid][-1:]:
                states[ocid].append(state)

        changes = self.oci.cloud.changes
        self.oci.run(lambda: changes.listen(hear))
        return states

    def warm_up(self) -> None:
        """Let the function import all that it needs, or its start uses up a short deadline, and forget about it."""
        already = len(self.log())
        planned = self.invoke_one({"volumeId": "ocid1.volume.oc1.iad.warm", "dryRun": True})
        assert planned["outcome"] == "planned"
        self.log(least=already + 2)
        assert_answers_are_oracles(self)
        self.forget()

    def messages(self) -> list[Any]:
        """The bodies published to the result topic, decoded."""
        return [json.loads(entry.details["body"]) for entry in self.published(RESULTS)]

    def events(self) -> list[dict[str, Any]]:
        """The CloudEvents published to the result topic."""
        found: list[dict[str, Any]] = []
        for message in self.messages():
            found += message if isinstance(message, list) else [message]
        return found

    def titles(self) -> list[str]:
        return [entry.details["title"] for entry in self.published(RESULTS)]

    def wait_for_event_told_of(self, backup_type: str, volume_id: str) -> None:
        """Wait until the result topic has taken a CloudEvent of this type about a backup of the volume."""

        def is_told(_: list[Entry]) -> bool:
            return any(
                event["type"] == backup_type and event["data"].get("volumeId") == volume_id for event in self.events()
            )

        assert self.oci.journal.wait_until(is_told), self.events()


def with_defaults(**options: Unpack[OptionNames]) -> OptionNames:
    """Options of a local OCI that is quick, with this project's function, whose lines are measured."""
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
    image = Image(PROJECT / "func.py", environment=measured)
    return {
        "wired": False,
        "lifecycle_seconds": 0.01,
        "overtime_seconds": OVERTIME_SECONDS,
        "token_seconds": 24 * 3600,  # the session's is not over before the session, however slow the machine
        "image": image,
        **options,
    }


@contextmanager
def world(**options: Unpack[OptionNames]) -> Iterator[World]:
    """A world of its own, for a test that needs other options than the shared one."""
    with ExitStack() as stack:
        with kept_keys():
            cloud = World(stack.enter_context(local_oci(**with_defaults(**options))))
        yield cloud
        assert_no_secrets(cloud)
        assert_answers_are_oracles(cloud)


def assert_no_secrets(cloud: World) -> None:
    """No key, token, signature or stack trace is in a log line, an answer or a message of the function."""
    told = [entry.line for entry in cloud.entries(FUNCTION_LOG)]
    told += [entry.details["body"].decode(errors="replace") for entry in cloud.entries("invocation")]
    told += [str(entry.details["body"]) for entry in cloud.entries("message")]
    everything = "\n".join(told)
    tokens = [token for token in (cloud.oci.state / "principals").glob("*/rpst") if token.exists()]
    secrets = [token.read_text() for token in tokens]
    for secret in ["PRIVATE KEY", "ST$", "Signature version", 'keyId="', "Traceback", 'File "', AWS_SECRET, *secrets]:
        assert secret not in everything, f"{secret!r} was told: {everything}"


def assert_answers_are_oracles(cloud: World) -> None:
    """Every answer since the world last forgot is what Oracle's SDK expects of its operation."""
    found = list(deviations(cloud.oci.journal.all()[cloud._since :]))
    assert found == [], "\n".join(found)
