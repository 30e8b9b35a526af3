"""Invocations of functions, as the platform carries them out."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from ...core.errors import ServiceError
from ...core.identifiers import new_request_id
from ...core.journal import Journal
from ...core.operations import Call, Document, Reply, operation
from ...core.service import Service
from ...core.ways import on_some_way
from .applications import VERSION
from .container import ContainerDied, Outcome
from .destinations import deliver_record
from .functions import Functions

MAX_BODY_BYTES = 6 * 1024 * 1024


class Invocations(Service):
    """Invokes functions, each in containers of its own."""

    async def invoke(
        self, function_id: str, body: bytes, headers: Mapping[str, str], *, seconds: float | None = None
    ) -> Outcome:
        """Invoke a function and wait for its answer. Raises ServiceError 404, 413, 429, 502 and 504.

        An answer with status 502 of the function itself is returned. `seconds` takes the place of its timeout.
        """
        with on_some_way():
            return await self._invoke(function_id, body, headers, seconds)

    async def _invoke(
        self, function_id: str, body: bytes, headers: Mapping[str, str], seconds: float | None
    ) -> Outcome:
        if len(body) > MAX_BODY_BYTES:
            raise ServiceError(413, "FunctionInvokeRequestContentTooLarge", "The request body is larger than 6 MB")
        functions = self.cloud.service(Functions)
        function, pool = functions.collection.get(function_id), functions.deployment(function_id).pool
        seconds = seconds or float(function["timeoutInSeconds"])
        started = time.monotonic()
        container = await pool.take()
        platform = _platform_headers(seconds)
        record = _Record(self.cloud.journal, function, platform["Fn-Call-Id"], started, is_cold=not container.is_warm)
        record.begin()
        try:
            most_seconds = seconds + self.cloud.options.overtime_seconds
            outcome = await container.invoke(body, {**headers, **platform}, most_seconds)
        except TimeoutError:
            await pool.discard(container)
            raise record.fail(504, "FunctionInvokeTimeout", "Timed out") from None
        except ContainerDied as died:
            await pool.discard(container)
            raise record.fail(502, "FunctionInvokeContainerFailed", str(died)) from died
        pool.give_back(container)
        if len(outcome.body) > MAX_BODY_BYTES:
            raise record.fail(502, "FunctionInvokeResponseBodyTooLarge", "The answer is larger than 6 MB")
        record.end(outcome.status, outcome.body)
        return outcome

    async def invoke_detached(self, function_id: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Invoke detached, tell the success or failure destination, and return the status."""
        try:
            seconds = self._detached_seconds(function_id)
            outcome = await self.invoke(function_id, body, {**headers, "Fn-Invoke-Type": "detached"}, seconds=seconds)
            status, response = outcome.status, outcome.body.decode(errors="replace")
        except ServiceError as error:
            status, response = error.status, f"{error.code}: {error.message}"
        function = self.cloud.service(Functions).collection.documents.get(function_id)
        if function is not None:
            self._tell_destination(function, status, body.decode(errors="replace"), response)
        return status

    def _detached_seconds(self, function_id: str) -> float:
        function = self.cloud.service(Functions).collection.get(function_id)
        return float(function.get("detachedModeTimeoutInSeconds") or function["timeoutInSeconds"])

    def _tell_destination(self, function: Document, status: int, request: str, response: str) -> None:
        destination = function["successDestination" if status == HTTPStatus.OK else "failureDestination"]
        record = {"functionId": function["id"], "status": status, "request": request, "response": response}
        deliver_record(self.cloud, destination, f"{function['displayName']} {status}", record)

    def note_call(self, function_id: str, call: Call) -> None:
        """Write into the journal that somebody calls a function directly."""
        name = self.cloud.service(Functions).collection.get(function_id)["displayName"]
        line = f"{name} is called, {len(call.content)} bytes"
        details = {"caller": call.caller, "function": function_id, "content": call.content}
        self.cloud.journal.add("direct", line, **details)

    @operation("POST", f"{VERSION}/functions/{{functionId}}/actions/invoke")
    async def invoke_function(self, call: Call) -> Reply:
        """InvokeFunction, synchronous, or detached (``fn-invoke-type: detached``: answered 202 at once)."""
        function_id = self.cloud.service(Functions).collection.from_path(call, "functionId")["id"]
        content_type = call.headers.get("content-type", "application/octet-stream")
        headers = {"Fn-Intent": call.headers.get("fn-intent", "cloudevent"), "Content-Type": content_type}
        self.note_call(function_id, call)
        if call.headers.get("fn-invoke-type", "sync").lower() == "detached":
            self.cloud.in_background(self.invoke_detached(function_id, call.content, headers))
            return Reply(status=202)
        return as_reply(await self.invoke(function_id, call.content, {**headers, "Fn-Invoke-Type": "sync"}))


class _Record:
    """Writes into the journal how an invocation begins and how it ends."""

    def __init__(self, journal: Journal, function: Document, call_id: str, started: float, *, is_cold: bool) -> None:
        self._journal = journal
        self._started = started
        self._known = {"function": function["id"], "call": call_id, "cold": is_cold}

    def begin(self) -> None:
        start = "cold" if self._known["cold"] else "warm"
        self._journal.add("call", f"{self._known['call']} begins, {start}", **self._known)

    def end(self, status: int, body: bytes) -> None:
        milliseconds = (time.monotonic() - self._started) * 1000
        answer = decode_answer(body)
        summary = answer.get("outcome") or answer.get("code") if isinstance(answer, dict) else answer
        self._journal.add(
            "invocation",
            f"answered {status} {summary} in {milliseconds:.0f} ms",
            **self._known,
            status=status,
            milliseconds=milliseconds,
            answer=answer,
            body=body,
        )

    def fail(self, status: int, code: str, message: str) -> ServiceError:
        """Write that there is no answer, and return the error that is answered instead."""
        self.end(status, json.dumps({"code": code, "message": message}).encode())
        return ServiceError(status, code, message)


def as_reply(outcome: Outcome) -> Reply:
    """Return a function's answer as the platform passes it on."""
    passed = {name: value for name, value in outcome.headers.items() if name in {"content-type", "fn-fdk-version"}}
    return Reply(outcome.body, outcome.status, passed)


def decode_answer(body: bytes) -> Any:
    """Return the JSON value that a function answered, or its text where it is none."""
    text = body.decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def _platform_headers(seconds: float) -> dict[str, str]:
    deadline = datetime.fromtimestamp(time.time() + seconds, UTC).isoformat(timespec="milliseconds")
    return {
        "Fn-Call-Id": new_request_id(),
        "Fn-Deadline": deadline.replace("+00:00", "Z"),
        "Fn-Http-Method": "POST",
        "Opc-Request-Id": new_request_id(),
    }
