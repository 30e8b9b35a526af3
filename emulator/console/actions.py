"""The page's buttons: each is one public call, and the line of `oci`, `fn` or `curl` that does the same.

The operator's calls are signed here and go through the same door as anybody's, so that the page holds no key.
"""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import oci

from ..core.cloud import Cloud
from ..core.errors import invalid, missing
from ..core.identifiers import HOME
from ..core.operations import Document
from ..http.operator import Operator
from ..services.functions.applications import Applications
from ..services.functions.functions import Functions
from ..services.notifications.topics import Topics
from .words import name_resource

# What the console of OCI offers first, too.
_SHAPE = "VM.Standard.E4.Flex"
Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PublicCall:
    """A call that anybody may make, and the line for a shell that makes it.

    Attributes:
        method: the HTTP method.
        path: the path below the base URL.
        body: the JSON value that is sent, or None for nothing.
        line: the line.
    """

    method: str
    path: str
    body: Any
    line: str


class Actions:
    """Makes the calls of the page's buttons by name, from the values of their forms."""

    def __init__(self, cloud: Cloud, config_file: Path) -> None:
        self._cloud = cloud
        self._config_file = config_file
        self._operator: Operator | None = None
        self._calls: dict[str, Callable[[Values], PublicCall]] = {
            "create-volume": self._create_volume,
            "tag-volume": self._tag_volume,
            "launch-instance": self._launch_instance,
            "attach-volume": self._attach_volume,
            "create-alarm": self._create_alarm,
            "fire-alarm": self._fire_alarm,
            "fire-schedule": self._fire_schedule,
            "run-selection": self._run_selection,
            "run-report": self._run_report,
            "run-request": self._run_request,
            "add-fault": self._add_fault,
            "clear-faults": self._clear_faults,
            "rotate-key": self._rotate_key,
            "deny-permission": self._deny_permission,
            "clear-denials": self._clear_denials,
            "hold-queue": self._hold_queue,
            "release-queue": self._release_queue,
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all actions."""
        return tuple(self._calls)

    def find_call(self, name: str, values: Values) -> PublicCall:
        """Return the call of an action. Raises ServiceError 400 and 404 where the values are not its."""
        if name not in self._calls:
            raise invalid(f"action must be one of {', '.join(self._calls)}")
        return self._calls[name](values)

    async def carry_out(self, call: PublicCall) -> Document:
        """Make a call, and return the status and the answer; what breaks off is an answer, too."""
        operator = self._operator = self._operator or Operator(self._config_file, self._cloud.base_url)
        try:
            answer = await asyncio.to_thread(operator.call, call.method, call.path, call.body)
        except oci.exceptions.ServiceError as error:
            return {"status": error.status, "answer": {"code": error.code, "message": error.message}}
        except oci.exceptions.RequestException:
            return {"status": 0, "answer": "There was no answer: the connection broke off."}
        return {"status": 200, "answer": answer}

    # The operator's calls, which the oci command makes.

    def _create_volume(self, values: Values) -> PublicCall:
        compartment_id = self._cloud.compartment_id
        name, size = _required(values, "name"), _number(values, "sizeInGBs", 50)
        body = {
            "compartmentId": compartment_id,
            "availabilityDomain": HOME.availability_domain,
            "displayName": name,
            "sizeInGBs": size,
        }
        located = ("--compartment-id", compartment_id, "--availability-domain", HOME.availability_domain)
        line = self._oci("bv volume create", *located, "--display-name", name, "--size-in-gbs", str(size))
        return PublicCall("POST", "/20160918/volumes", body, line)

    def _tag_volume(self, values: Values) -> PublicCall:
        """The tags of an update take the place of all that there are, so that the others are sent, too."""
        volume = self._resource(values, "volumeId")
        changed = values.get("key") or "backup"
        others = {key: value for key, value in volume["freeformTags"].items() if key != changed}
        tags = {**others, changed: values["value"]} if values.get("value") else others
        named = ("--volume-id", volume["id"], "--freeform-tags", json.dumps(tags), "--force")
        path = f"/20160918/volumes/{volume['id']}"
        return PublicCall("PUT", path, {"freeformTags": tags}, self._oci("bv volume update", *named))

    def _launch_instance(self, values: Values) -> PublicCall:
        name, compartment_id, subnet = (
            _required(values, "name"),
            self._cloud.compartment_id,
            "ocid1.subnet.oc1.iad.aaaasubnet",
        )
        image = "ocid1.image.oc1.iad.aaaaimage"
        body = {
            "compartmentId": compartment_id,
            "availabilityDomain": HOME.availability_domain,
            "shape": _SHAPE,
            "displayName": name,
            "sourceDetails": {"sourceType": "image", "imageId": image},
            "createVnicDetails": {"subnetId": subnet},
        }
        located = (
            "--compartment-id",
            compartment_id,
            "--availability-domain",
            HOME.availability_domain,
            "--shape",
            _SHAPE,
        )
        what = ("--image-id", image, "--subnet-id", subnet, "--display-name", name)
        line = self._oci("compute instance launch", *located, *what)
        return PublicCall("POST", "/20160918/instances", body, line)

    def _attach_volume(self, values: Values) -> PublicCall:
        volume, instance = self._resource(values, "volumeId"), self._resource(values, "instanceId")
        body = {"instanceId": instance["id"], "volumeId": volume["id"], "type": "paravirtualized"}
        named = ("--instance-id", instance["id"], "--volume-id", volume["id"], "--type", "paravirtualized")
        line = self._oci("compute volume-attachment attach", *named)
        return PublicCall("POST", "/20160918/volumeAttachments", body, line)

    def _create_alarm(self, values: Values) -> PublicCall:
        compartment_id, name = self._cloud.compartment_id, _required(values, "name")
        topics = list(self._cloud.service(Topics).collection.documents.values())
        topic = next((topic for topic in topics if "alarm" in topic["name"]), topics[0] if topics else None)
        if topic is None:
            raise invalid("There is no topic for an alarm to publish to.")
        body = {
            "compartmentId": compartment_id,
            "metricCompartmentId": compartment_id,
            "displayName": name,
            "namespace": "oci_computeagent",
            "query": "CpuUtilization[1m].mean() > 90",
            "severity": "CRITICAL",
            "destinations": [topic["id"]],
            "isEnabled": True,
        }
        located = ("--compartment-id", compartment_id, "--metric-compartment-id", compartment_id)
        what = ("--namespace", "oci_computeagent", "--query-text", "CpuUtilization[1m].mean() > 90")
        how = ("--severity", "CRITICAL", "--is-enabled", "true", "--destinations", json.dumps([topic["id"]]))
        line = self._oci("monitoring alarm create", *located, "--display-name", name, *what, *how)
        return PublicCall("POST", "/20180401/alarms", body, line)

    def _hold_queue(self, values: Values) -> PublicCall:
        return self._turn_connector(values, "deactivate")

    def _release_queue(self, values: Values) -> PublicCall:
        return self._turn_connector(values, "activate")

    def _turn_connector(self, values: Values, verb: str) -> PublicCall:
        connector = self._resource(values, "connectorId")
        path = f"/20200909/serviceConnectors/{connector['id']}/actions/{verb}"
        line = self._oci(f"sch service-connector {verb}", "--service-connector-id", connector["id"])
        return PublicCall("POST", path, None, line)

    # Calls of the function, which fn makes.

    def _run_selection(self, values: Values) -> PublicCall:
        return self._invoke(values, {"select": {"tag": _required(values, "tag")}})

    def _run_report(self, values: Values) -> PublicCall:
        return self._invoke(values, {"report": {"maxAgeHours": _number(values, "maxAgeHours", 26)}})

    def _run_request(self, values: Values) -> PublicCall:
        return self._invoke(values, {"volumeId": self._resource(values, "volumeId")["id"]})

    def _invoke(self, values: Values, body: Document) -> PublicCall:
        functions = self._cloud.service(Functions).collection
        if not functions.documents:
            raise invalid("There is no function.")
        function = functions.get(values.get("functionId") or next(iter(functions.documents)))
        application = self._cloud.service(Applications).collection.get(function["applicationId"])
        named = shlex.join([application["displayName"], function["displayName"]])
        text = json.dumps(body)
        line = f"echo {shlex.quote(text)} | FN_API_URL={self._cloud.base_url} fn invoke {named}"
        return PublicCall("POST", f"/invoke/{function['id']}", body, line)

    # The local OCI's own controls, which curl calls.

    def _fire_alarm(self, values: Values) -> PublicCall:
        alarm, resource = self._resource(values, "alarmId"), self._resource(values, "resourceId")
        dimension = {"resourceId": resource["id"], "resourceDisplayName": name_resource(self._cloud, resource["id"])}
        return self._control("POST", f"/emulator/alarms/{alarm['id']}/fire", {"dimensions": [dimension]})

    def _fire_schedule(self, values: Values) -> PublicCall:
        return self._control("POST", f"/emulator/schedules/{self._resource(values, 'scheduleId')['id']}/fire")

    def _add_fault(self, values: Values) -> PublicCall:
        """What goes wrong is a status, or `close` or `kill` with when it happens, as in `kill before`."""
        what, _, when = (values.get("what") or "503").partition(" ")
        scripted = (
            {"status": _number({"status": what}, "status", 503), "code": _code(what)} if not when else {what: when}
        )
        fault = {"operation": _required(values, "operation"), "times": _number(values, "times", 1), **scripted}
        return self._control("POST", "/emulator/faults", fault)

    def _clear_faults(self, _: Values) -> PublicCall:
        return self._control("DELETE", "/emulator/faults")

    def _rotate_key(self, _: Values) -> PublicCall:
        return self._control("POST", "/emulator/principal/rotate")

    def _deny_permission(self, values: Values) -> PublicCall:
        return self._control("POST", "/emulator/denials", {"grant": _required(values, "grant")})

    def _clear_denials(self, _: Values) -> PublicCall:
        return self._control("DELETE", "/emulator/denials")

    def _oci(self, command: str, *arguments: str) -> str:
        to = ("--config-file", str(self._config_file), "--endpoint", self._cloud.base_url)
        return shlex.join(["oci", *to, *command.split(), *arguments])

    def _control(self, method: str, path: str, body: Document | None = None) -> PublicCall:
        data = ["-d", json.dumps(body)] if body is not None else []
        line = shlex.join(["curl", "-X", method, f"{self._cloud.base_url}{path}", *data])
        return PublicCall(method, path, body, line)

    def _resource(self, values: Values, name: str) -> Document:
        """Return the resource that a value names. Raises ServiceError 400 where there is none."""
        found = self._cloud.find(_required(values, name))
        if found is None:
            raise invalid(f"{name}: there is no {values[name]}")
        return found


# The codes of the errors that are transient, and of the one that a policy causes.
_CODES = {"404": "NotAuthorizedOrNotFound", "429": "TooManyRequests", "503": "ServiceUnavailable"}


def _code(status: str) -> str:
    return _CODES.get(status, "InternalServerError")


def _required(values: Values, name: str) -> str:
    if not values.get(name):
        raise missing(name)
    return values[name]


def _number(values: Values, name: str, default: int) -> int:
    try:
        return int(values.get(name) or default)
    except ValueError:
        raise invalid(f"{name} is a whole number") from None
