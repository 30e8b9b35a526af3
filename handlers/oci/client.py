"""The one module that sends: requests signed by the SDK's signer, over kept connections, until the deadline.

The SDK's clients are left out: the typed ones take longer to import than everything else here together, and their base
takes as long for each request as the signature and the sending themselves.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from handlers.domain.deadline import OUT_OF_TIME_HINT, Deadline
from handlers.domain.errors import ApiError, ApiUnreachable, DeadlineReached, FunctionError
from handlers.domain.ocids import Ocid
from handlers.domain.operations import Operation
from handlers.domain.untrusted import mapping, one_line, text
from handlers.oci.connections import Connections, Endpoint, find_region
from handlers.oci.hints import Situation, hint_for
from handlers.oci.http1 import AnswerReader
from handlers.oci.principal import Principal
from handlers.oci.retries import DeadlineRetryStrategy, is_transient
from handlers.oci.sdk import exceptions
from handlers.oci.transport import (
    AnswerTimeout,
    AnswerTooLarge,
    ProxyRefused,
    UntrustedCertificate,
    UnusableAnswer,
    exchange,
)

_MIN_SECONDS = 0.05
_MAX_PAGES, _MAX_PAGES_AT_ONCE = 1000, 100  # of a million items, and of a list that is kept in memory as a whole
_MAX_MESSAGE_LENGTH = 300
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
_PROXY = "Check the proxy that HTTPS_PROXY names, and its user and password; then deliver again."
_INTERPOSED = "Check what stands between the function and the service, and REQUESTS_CA_BUNDLE; then deliver again."
_TOO_LONG = "Ask the service for less at a time, or look for a proxy that repeats an answer."


class ApiResponse(NamedTuple):
    """A successful answer.

    Attributes:
        document: Its JSON: an object, or for a list operation its list of objects.
        opc_request_id: The service's id of the request.
        next_page: What asks for the next page of a list.
    """

    document: Any
    opc_request_id: str | None
    next_page: str | None


class _Request(NamedTuple):
    """What a signer of the SDK looks at: a part of a ``requests.PreparedRequest``. Header names are in lower case."""

    method: str
    url: str
    path_url: str
    headers: dict[str, str]
    body: bytes | None


class OciApi:
    """The APIs as one invocation uses them: every call ends before `deadline`, with an answer or an error.

    Any number of threads may share one.
    """

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
        resource: Ocid | None,
        *,
        body: bytes | None = None,
        retry_token: str | None = None,
        query: dict[str, Any] | None = None,
        compartment_id: str | None = None,
        region: str | None = None,
        endpoint: Endpoint | None = None,
    ) -> ApiResponse:
        """Send `operation` about `resource`; transient errors are retried with the same token and bytes.

        It goes to the resource's region, or to the function's own where there is no resource; `region` takes the place
        of either, and `endpoint` that of the one that service and region have. `compartment_id` is where the resource
        is, as far as the caller knows: it stands in the statements that a refusal's hint shows.

        Raises ApiError, ApiUnreachable, DeadlineReached, ResourcePrincipalUnavailable.
        """
        if endpoint is None and region is not None:
            endpoint = self._connections.endpoint_in(operation.service, region)
        endpoint = endpoint or self._connections.endpoint(operation.service, resource)
        path = operation.service.base_path + operation.path.format(id=resource.text if resource else "")
        target = f"{path}?{urlencode(query)}" if query else path
        headers = {
            "accept": "application/json",
            "accept-encoding": "identity",
            "content-type": "application/json",
            "user-agent": _USER_AGENT,
        }
        if body is not None:
            headers["content-length"] = str(len(body))
        if retry_token is not None:
            headers["opc-retry-token"] = retry_token
        request = _Request(operation.method, endpoint.base + target, target, headers, body)
        strategy = DeadlineRetryStrategy(self._deadline)
        try:
            answer: ApiResponse = strategy.make_retrying_call(self._attempt, operation, endpoint, request)
        except (exceptions.ServiceError, ConnectionError, UntrustedCertificate, AnswerTooLarge) as error:
            raise self._explain(operation, resource, compartment_id, query, error) from error
        return answer

    def list_all(
        self, operation: Operation, resource: Ocid, query: dict[str, Any], *, compartment_id: str | None = None
    ) -> list[dict[str, Any]]:
        """Return every item of a paged list about `resource`: all of them, or an error.

        Raises what `send` raises, and ApiUnreachable where the list does not end.
        """
        pages = self.list_pages(
            operation, resource, query, compartment_id=compartment_id, most_pages=_MAX_PAGES_AT_ONCE
        )
        return [item for page in pages for item in page]

    def list_pages(
        self,
        operation: Operation,
        resource: Ocid | None,
        query: dict[str, Any],
        *,
        body: bytes | None = None,
        compartment_id: str | None = None,
        region: str | None = None,
        most_pages: int = _MAX_PAGES,
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield the pages of a list as they come. Raises what `send` raises, and ApiUnreachable where it does not end.

        `body` is what an operation is sent that lists what it is asked for.
        """
        page: str | None = None
        for _ in range(most_pages):
            paged = {**query, "page": page} if page else query
            answer = self.send(
                operation, resource, query=paged, body=body, compartment_id=compartment_id, region=region
            )
            yield answer.document
            page = answer.next_page
            if not page:
                return
        raise ApiUnreachable(f"{operation.name} did not end after {most_pages} pages.", hint=_TOO_LONG)

    def _attempt(self, operation: Operation, endpoint: Endpoint, request: _Request) -> ApiResponse:
        """One try, or several where the principal is refused: the platform exchanges its files underneath.

        Raises ServiceError and ConnectionError, which the SDK's retry strategies know, and what they do not retry.
        """
        principal = self._connections.principal()
        answer = self._send_once(operation, endpoint, request, principal)
        if answer.status == 401:
            for renewed in self._connections.renewed_principals(principal, self._deadline):
                answer = self._send_once(operation, endpoint, request, renewed)
                if answer.status != 401:
                    break
        document = _json(answer.content)
        if answer.status >= 300:
            told = mapping(document)
            raise exceptions.ServiceError(answer.status, told.get("code"), answer.headers, told.get("message"))
        document = _required(operation, document)
        return ApiResponse(document, answer.headers.get("opc-request-id"), answer.headers.get("opc-next-page"))

    def _send_once(
        self, operation: Operation, endpoint: Endpoint, request: _Request, principal: Principal
    ) -> AnswerReader:
        headers = {**request.headers, "opc-request-id": os.urandom(16).hex().upper()}
        signed = _Request(request.method, request.url, request.path_url, headers, request.body)
        principal.signer(signed)
        left = self._deadline.remaining()
        if left < _MIN_SECONDS:
            raise DeadlineReached(
                f"The invocation's time was over before {operation.name} was sent.", hint=OUT_OF_TIME_HINT
            )
        return exchange(
            endpoint.pool, signed.method, signed.path_url, signed.body, signed.headers, left, self._connections.limits
        )

    def _explain(
        self,
        operation: Operation,
        resource: Ocid | None,
        compartment_id: str | None,
        query: dict[str, Any] | None,
        error: Exception,
    ) -> FunctionError:
        """Return what is told of the last try's error."""
        if not isinstance(error, exceptions.ServiceError):
            return _failure(operation, error)
        known = compartment_id or text((query or {}).get("compartmentId"))
        return self._refusal(operation, resource, known, error)

    def _refusal(self, operation: Operation, resource: Ocid | None, compartment_id: str | None, error: Any) -> ApiError:
        principal = self._connections.principal()
        is_far = resource is not None and find_region(resource, principal.region) is None
        situation = Situation(operation, resource, compartment_id, principal.function_id, is_far)
        status = int(error.status)
        code = one_line(str(error.code or _CODES.get(status, f"Http{status}")), 100)
        message = one_line(str(error.message or code), _MAX_MESSAGE_LENGTH)
        return ApiError(
            status,
            code,
            message,
            opc_request_id=error.request_id,
            retryable=is_transient(error),
            hint=hint_for(situation, status, code, message),
        )


def _json(content: bytearray) -> Any:
    """None where a service, or something before it, answers with anything else."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _required(operation: Operation, document: Any) -> Any:
    """Return what a successful answer holds. Raises UnusableAnswer where it is not what the operation answers."""
    if operation.is_list:
        listed = mapping(document).get(operation.items) if operation.items else document
        if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
            raise UnusableAnswer("anything but a list of objects")
        return listed
    if not isinstance(document, dict):
        raise UnusableAnswer("anything but a JSON object")
    missing = [field for field in operation.fields if text(document.get(field)) is None]
    if missing:
        raise UnusableAnswer(f"an object without {' and '.join(missing)}")
    return document


def _failure(operation: Operation, error: Exception) -> FunctionError:
    """Return what is told where no try brought an answer that could be used: the last one's reason."""
    if isinstance(error, AnswerTimeout):  # tries go on until the deadline, so it was the last moment for this one
        message = f"{operation.name} was sent, and got no answer before the invocation's time was over."
        return DeadlineReached(message, hint=OUT_OF_TIME_HINT)
    if isinstance(error, UnusableAnswer | AnswerTooLarge):
        return ApiUnreachable(f"{operation.name} was answered with {error}.", hint=_INTERPOSED)
    hint = {ProxyRefused: _PROXY, UntrustedCertificate: _INTERPOSED}.get(type(error), _UNREACHABLE)
    return ApiUnreachable(f"{operation.name} got no answer: {error}.", hint=hint)
