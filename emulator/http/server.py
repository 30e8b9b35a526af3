"""HTTP at the door: find the operation, check the signature and the policies, answer as OCI answers."""

from __future__ import annotations

import asyncio
import copy
import json
import ssl
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from aiohttp import web

from ..core.errors import ServiceError, internal_error, not_implemented, too_large
from ..core.identifiers import new_request_id
from ..core.journal import Journal
from ..core.operations import Call, Operation, Reply, operations_of
from ..core.principals import Principal
from ..core.ways import Ways, begin_way, following
from .faults import Fault, Faults
from .origins import refuse_other_origins
from .signatures import is_with_token, verify

_MAX_BODY_BYTES = 64 * 1024 * 1024
Method = Callable[[Call], Awaitable[Reply]]


class Server:
    """Serves the operations of a region's services; keeps none of their state.

    `find_principal` knows who a key id belongs to; `authorize` raises ServiceError where a principal (its OCID) may not
    carry out an operation; `kill_functions` ends their processes, for a fault that asks for it; `find_sender` knows in
    which call, and on which ways, a function has sent what comes over a connection. `pages` are served beside the
    operations.
    """

    def __init__(
        self,
        region: str,
        services: Iterable[object],
        journal: Journal,
        faults: Faults,
        authorize: Callable[[str, str, Call], None],
        find_principal: Callable[[str], Principal | None],
        kill_functions: Callable[[], Awaitable[None]],
        find_sender: Callable[[asyncio.BaseTransport | None], tuple[str, Ways] | None],
        latency_seconds: float,
        pages: Sequence[web.AbstractRouteDef] = (),
    ) -> None:
        self._region = region
        self._journal = journal
        self._faults = faults
        self._authorize = authorize
        self._find_principal = find_principal
        self._kill_functions = kill_functions
        self._find_sender = find_sender
        self._latency_seconds = latency_seconds
        self._app = web.Application(client_max_size=_MAX_BODY_BYTES, middlewares=[refuse_other_origins])
        self._app.router.add_routes(pages)
        self._runner: web.AppRunner | None = None
        for service in services:
            for declared, method in operations_of(service):
                for path in (declared.path, f"{declared.path}/"):
                    self._app.router.add_route(declared.method, path, self._route(declared, method))
        self._app.router.add_route("*", "/{path:.*}", self._refuse)

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None) -> list[int]:
        """Listen, and where `tls` is given on a second port with it. Return the ports that were taken."""
        self._runner = web.AppRunner(self._app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        if tls:
            await web.TCPSite(self._runner, host, 0, ssl_context=tls).start()
        return [int(address[1]) for address in self._runner.addresses]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    def _route(self, declared: Operation, method: Method) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            sender = self._find_sender(request.transport) if is_with_token(request.headers) else None
            call_id, ways = sender or ("", begin_way())
            with following(ways):
                return await self._answer(declared, method, request, call_id)

        return answer

    async def _refuse(self, request: web.Request) -> web.StreamResponse:
        """Answer a request that no operation takes: with 400, because a 404 means that a resource is gone."""
        error = not_implemented(f"{request.method} {request.path} is not an operation of the local OCI.")
        line = f"{request.method} {request.path} -> {error.status} {error.code}"
        headers = {name.lower(): value for name, value in request.headers.items()}
        self._journal.add(
            "request",
            line,
            operation="",
            region=self._region,
            status=error.status,
            milliseconds=0.0,
            principal="",
            caller="",
            call="",
            method=request.method,
            path=request.path_qs,
            fault="",
            headers=headers,
            content=b"",
            answer=None,
        )
        return _response(error.status, _error(error), {}, _request_id(request))

    async def _answer(
        self, declared: Operation, method: Method, request: web.Request, call_id: str
    ) -> web.StreamResponse:
        started = time.monotonic()
        content = b""
        headers = {name.lower(): value for name, value in request.headers.items()}
        fault: Fault | None = None
        principal: Principal | None = None
        try:
            content = await request.read()
            if declared.signed:
                principal = verify(request.method, request.raw_path, headers, content, self._find_principal)
            caller = principal.ocid if principal else ""
            call = Call(dict(request.match_info), dict(request.query), headers, content, caller)
            fault = self._faults.next(declared.name, self._region)
            reply = await self._carry_out(declared, method, call, principal, fault, request)
        except ServiceError as error:
            reply = _refusal(error)
        except web.HTTPRequestEntityTooLarge:
            reply = _refusal(too_large("The request is too large."))
        except Exception:  # noqa: BLE001 a defect of one operation is an answer like any other, and told in the journal
            self._journal.add("defect", f"{declared.name}: {traceback.format_exc()}")
            reply = _refusal(internal_error())
        milliseconds = (time.monotonic() - started) * 1000
        self._journal.add(
            "request",
            f"{declared.name}: {request.method} {request.path} -> {reply.status} in {milliseconds:.0f} ms",
            operation=declared.name,
            region=self._region,
            status=reply.status,
            milliseconds=milliseconds,
            principal=principal.kind if principal else "",
            caller=principal.ocid if principal else "",
            call=call_id,
            method=request.method,
            path=request.path_qs,
            fault=fault.words if fault else "",
            headers=headers,
            content=content,
            # A copy: the resources go on with their lives.
            answer=copy.deepcopy(reply.document),
        )
        response = _response(reply.status, reply.document, reply.headers, _request_id(request))
        return await _break_off(request, response, fault)

    async def _carry_out(
        self,
        declared: Operation,
        method: Method,
        call: Call,
        principal: Principal | None,
        fault: Fault | None,
        request: web.Request,
    ) -> Reply:
        await asyncio.sleep(self._latency_seconds + (fault.delay_seconds if fault else 0.0))
        if fault and fault.close == "before":
            _reset(request)
            raise ServiceError(499, "ConnectionReset", "")
        if fault and fault.status:
            error = ServiceError(fault.status, fault.code, fault.message)
            return Reply(_error(error) if fault.body is None else fault.body.encode(), fault.status, fault.headers)
        if principal:
            self._authorize(principal.ocid, declared.name, call)
        if fault and fault.kill:
            reply = await method(call) if fault.kill == "after" else Reply(status=499)
            await self._kill_functions()
            return reply
        return await method(call)


def _request_id(request: web.Request) -> str:
    """Return what the client sent, or a new id, and the two parts that the service adds to it."""
    return f"{request.headers.get('opc-request-id') or new_request_id()}/{new_request_id()}/{new_request_id()}"


def _refusal(error: ServiceError) -> Reply:
    return Reply(_error(error), error.status)


def _error(error: ServiceError) -> dict[str, str]:
    return {"code": error.code, "message": error.message}


def _response(status: int, document: Any, headers: Mapping[str, str], request_id: str) -> web.Response:
    body = document if isinstance(document, bytes) else b"" if document is None else json.dumps(document).encode()
    return web.Response(
        status=status, body=body, headers={"content-type": "application/json", **headers, "opc-request-id": request_id}
    )


def _reset(request: web.Request) -> None:
    if request.transport:
        request.transport.abort()


async def _break_off(request: web.Request, response: web.Response, fault: Fault | None) -> web.StreamResponse:
    """Send what the fault lets through of an answer."""
    if fault and fault.close == "after":
        _reset(request)
    if fault and fault.close == "within" and isinstance(response.body, bytes):
        half = web.StreamResponse(status=response.status, headers=response.headers)
        half.content_length = len(response.body)
        await half.prepare(request)
        await half.write(response.body[: len(response.body) // 2])
        _reset(request)
        return half
    return response
