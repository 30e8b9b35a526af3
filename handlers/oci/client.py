"""The one module that sends: requests signed by the SDK's signer, over kept connections, until the deadline.

The SDK's clients are left out: the typed ones take longer to import than everything else here together, and their base
takes as long for each request as the signature and the sending themselves.
"""

from __future__ import annotations

import json
import os
import ssl
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import urlencode

import urllib3

from handlers.domain.deadline import Deadline
from handlers.domain.errors import ApiError, ApiUnreachable, DeadlineReached
from handlers.domain.ocids import Ocid
from handlers.domain.operations import Operation
from handlers.domain.untrusted import mapping, one_line
from handlers.oci.connections import Connections, Endpoint
from handlers.oci.hints import hint_for
from handlers.oci.principal import Principal
from handlers.oci.retries import DeadlineRetryStrategy
from handlers.oci.sdk import exceptions

_CONNECT_SECONDS, _READ_SECONDS = 10.0, 60.0
_MIN_SECONDS = 0.05
_MAX_PAGES = 100
_USER_AGENT = "create-volume-backup"
_CODES = {
    401: "NotAuthenticated",
    404: "NotAuthorizedOrNotFound",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}
_UNREACHABLE = (
    "Check the function's subnet (service gateway, security lists, DNS) and OCI_ENDPOINT; then deliver again."
)
_UNTRUSTED = "Check what stands between the function and the service, and REQUESTS_CA_BUNDLE; then deliver again."


class ApiResponse(NamedTuple):
    """A successful answer: its JSON, the service's id of the request, and the token of the next page."""

    document: Any
    opc_request_id: str | None
    next_page: str | None


@dataclass(slots=True)
class _Request:
    """What a signer of the SDK looks at: a part of a ``requests.PreparedRequest``. Header names are in lower case."""

    method: str
    url: str
    path_url: str
    headers: dict[str, str]
    body: bytes | None


class OciApi:
    """The APIs as one invocation uses them: every call ends before `deadline`, with an answer or an error."""

    def __init__(self, connections: Connections, deadline: Deadline) -> None:
        self._connections = connections
        self._deadline = deadline

    @property
    def deadline(self) -> Deadline:
        """When every call has ended."""
        return self._deadline

    def send(
        self,
        operation: Operation,
        resource: Ocid,
        *,
        body: bytes | None = None,
        retry_token: str | None = None,
        query: dict[str, Any] | None = None,
    ) -> ApiResponse:
        """Send `operation` about `resource`; transient errors are retried with the same token and bytes.

        Raises ApiError, ApiUnreachable, DeadlineReached, ResourcePrincipalUnavailable.
        """
        endpoint = self._connections.endpoint(operation.service, resource)
        path = operation.service.base_path + operation.path.format(id=resource.text)
        target = f"{path}?{urlencode(query)}" if query else path
        headers = {"accept": "application/json", "content-type": "application/json", "user-agent": _USER_AGENT}
        if body is not None:
            headers["content-length"] = str(len(body))
        if retry_token is not None:
            headers["opc-retry-token"] = retry_token
        request = _Request(operation.method, endpoint.base + target, target, headers, body)
        strategy = DeadlineRetryStrategy(self._deadline)
        try:
            answer: ApiResponse = strategy.make_retrying_call(self._attempt, operation, endpoint, request)
        except exceptions.ServiceError as error:
            raise _api_error(operation, error) from None
        except ConnectionError as error:
            raise _unreachable(operation, error, _UNREACHABLE) from None
        return answer

    def list_all(self, operation: Operation, resource: Ocid, query: dict[str, Any]) -> list[dict[str, Any]]:
        """Every item of a paged list about `resource`. Raises what `send` raises."""
        items: list[dict[str, Any]] = []
        page: str | None = None
        for _ in range(_MAX_PAGES):
            answer = self.send(operation, resource, query={**query, "page": page} if page else query)
            items += answer.document if isinstance(answer.document, list) else []
            page = answer.next_page
            if not page:
                break
        return items

    def _attempt(self, operation: Operation, endpoint: Endpoint, request: _Request) -> ApiResponse:
        """One try, or two where the principal is refused: the platform exchanges its files underneath.

        Raises ServiceError and ConnectionError, which the SDK's retry strategies know.
        """
        principal = self._connections.principal()
        response = self._send_once(operation, endpoint, request, principal)
        if response.status == 401:
            response = self._send_once(operation, endpoint, request, self._connections.principal(refused=principal))
        document = _json(response.data)
        if response.status >= 300:
            told = mapping(document)
            raise exceptions.ServiceError(response.status, told.get("code"), response.headers, told.get("message"))
        if not isinstance(document, (dict, list)):
            raise ConnectionError("an answer that is not JSON")
        return ApiResponse(document, response.headers.get("opc-request-id"), response.headers.get("opc-next-page"))

    def _send_once(
        self, operation: Operation, endpoint: Endpoint, request: _Request, principal: Principal
    ) -> urllib3.BaseHTTPResponse:
        left = self._deadline.remaining()
        if left < _MIN_SECONDS:
            raise DeadlineReached(f"The invocation's time was over before {operation.name} was sent.")
        signed = replace(request, headers={**request.headers, "opc-request-id": os.urandom(16).hex().upper()})
        principal.signer(signed)
        try:
            return endpoint.pool.urlopen(
                signed.method,
                signed.path_url,
                signed.body,
                signed.headers,
                retries=False,
                redirect=False,
                timeout=urllib3.Timeout(min(_CONNECT_SECONDS, left), min(_READ_SECONDS, left)),
            )
        except urllib3.exceptions.HTTPError as error:
            cause = error.__context__ or error
            if isinstance(cause, ssl.SSLCertVerificationError):  # no other try would mend this
                raise _unreachable(operation, type(cause).__name__, _UNTRUSTED) from None
            raise ConnectionError(type(cause).__name__) from None


def _json(data: bytes) -> Any:
    """None where a service, or something before it, answers with anything else."""
    try:
        return json.loads(data)
    except ValueError:
        return None


def _api_error(operation: Operation, error: Any) -> ApiError:
    status = int(error.status)
    code = one_line(str(error.code or _CODES.get(status, f"Http{status}")), 100)
    message = one_line(str(error.message or code), 300)
    transient = status == 429 or status >= 500 or (status == 409 and code in {"IncorrectState", "LockConflict"})
    return ApiError(
        status,
        code,
        message,
        opc_request_id=error.request_id,
        retryable=transient,
        hint=hint_for(operation, status, code, message),
    )


def _unreachable(operation: Operation, why: object, hint: str) -> ApiUnreachable:
    return ApiUnreachable(f"{operation.name} got no answer: {why}.", hint=hint)
