"""The one module that sends: requests signed by the function's resource principal.

``oci.BaseClient`` signs, finds endpoints by region and realm and refreshes the token after a 401; the models are our
own, because the typed clients take longer to import than everything else here together.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any, NamedTuple

from handlers.deadline import Deadline
from handlers.errors import ApiError, ApiUnreachable, DeadlineReached, ResourcePrincipalUnavailable, one_line
from handlers.hints import hint
from handlers.ocids import Ocid
from handlers.operations import Operation, Service
from handlers.retries import DeadlineRetryStrategy
from handlers.sdk import PyJWTError, exceptions, get_resource_principals_signer, oci, regions

_CONNECT_SECONDS, _READ_SECONDS = 10.0, 60.0
_LEAST_SECONDS = 0.05
_PAGES_AT_MOST = 100
_CODES = {
    401: "NotAuthenticated",
    404: "NotAuthorizedOrNotFound",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}
_NO_PRINCIPAL = (
    "Outside OCI Functions there is none; inside, check that the function belongs to a dynamic group and that "
    "OCI_RESOURCE_PRINCIPAL_VERSION, _RPST, _PRIVATE_PEM and _REGION are not overridden by its configuration."
)
# What reading the principal's files can raise: missing or unreadable, not a token, not a key.
_PRINCIPAL_ERRORS = (
    FileNotFoundError,
    PermissionError,
    UnicodeError,
    PyJWTError,
    exceptions.ClientError,
)


class Answer(NamedTuple):
    """A successful answer: its JSON, the service's id of the request, and the token of the next page."""

    document: Any
    opc_request_id: str | None
    next_page: str | None


class _UnreadableAnswer(ConnectionError):
    """The connection broke inside the answer; the SDK retries connection errors."""


class Connections:
    """The signer and one client per service and region, made on first use and kept for the container's life.

    `endpoint` replaces every service's endpoint (the local OCI); None leaves them to region and realm.
    """

    def __init__(self, endpoint: str | None) -> None:
        self._endpoint = endpoint
        self._lock = Lock()
        self._signer: Any = None
        self._clients: dict[tuple[Service, str], Any] = {}

    def authenticate(self) -> None:
        """Make the signer, if it is not made yet. Raises ResourcePrincipalUnavailable."""
        with self._lock:
            if self._signer is None:
                self._signer = _resource_principal()

    def client(self, service: Service, resource: Ocid) -> Any:
        """The client for the region that `resource` lives in, once authenticated."""
        with self._lock:
            region = _region_of(resource, self._signer.region)
            if (service, region) not in self._clients:
                self._clients[service, region] = self._new_client(service, region)
            return self._clients[service, region]

    def _new_client(self, service: Service, region: str) -> Any:
        # Without the SDK's circuit breaker: ten answers of 429 within one alarm's fan-out open it for 30 seconds, which
        # is an invocation's time. Measured with 31 volumes and 20 such answers, one backup was made with it and all 31
        # without, in a third of the time.
        return oci.BaseClient(
            service.label,
            {"region": region},
            self._signer,
            {},
            base_path=service.base_path,
            service_endpoint=self._endpoint,
            service_endpoint_template=service.endpoint_template,
            skip_deserialization=True,
        )


@cache
def connections(endpoint: str | None) -> Connections:
    """The container's connections."""
    return Connections(endpoint)


def _resource_principal() -> Any:
    try:
        return get_resource_principals_signer()
    except OSError as error:
        # The SDK raises a bare OSError where the environment names no principal, and lets those of its files through.
        named = isinstance(error, _PRINCIPAL_ERRORS)
        what = f"cannot be read: {type(error).__name__}" if named else "is not in the environment"
        raise ResourcePrincipalUnavailable(
            f"The function's resource principal {what}.", retryable=named, hint=_NO_PRINCIPAL
        ) from None
    except (ValueError, *_PRINCIPAL_ERRORS) as error:
        raise ResourcePrincipalUnavailable(
            f"The function's resource principal is malformed: {type(error).__name__}.",
            retryable=True,
            hint=_NO_PRINCIPAL,
        ) from None


def _region_of(resource: Ocid, own: str) -> str:
    """The resource's region, if it is a known one of the function's own realm: an OCID comes from outside."""
    if not resource.region:
        return own
    region = regions.REGIONS_SHORT_NAMES.get(resource.region, resource.region)
    known = regions.REGION_REALMS.get(region)
    return str(region) if known and known == regions.REGION_REALMS.get(own) else own


class OciApi:
    """The APIs as one invocation uses them: every call ends before `deadline`, with an answer or an error."""

    def __init__(self, connections: Connections, deadline: Deadline) -> None:
        self._connections = connections
        self._deadline = deadline

    def send(
        self,
        operation: Operation,
        resource: Ocid,
        *,
        body: bytes | None = None,
        retry_token: str | None = None,
        query: dict[str, Any] | None = None,
    ) -> Answer:
        """Send `operation` about `resource`; transient errors are retried with the same token and bytes.

        Raises ApiError, ApiUnreachable, DeadlineReached, ResourcePrincipalUnavailable.
        """
        client = self._connections.client(operation.service, resource)
        headers = {"accept": "application/json", "content-type": "application/json"}
        if retry_token is not None:
            headers["opc-retry-token"] = retry_token
        strategy = DeadlineRetryStrategy(self._deadline)
        try:
            response = strategy.make_retrying_call(self._try, client, operation, resource, headers, body, query)
        except exceptions.ServiceError as error:
            raise _api_error(operation, error) from None
        except _PRINCIPAL_ERRORS as error:
            message = f"The function's resource principal cannot be refreshed: {type(error).__name__}."
            raise ResourcePrincipalUnavailable(message, retryable=True, hint=_NO_PRINCIPAL) from None
        except (exceptions.RequestException, exceptions.ConnectTimeout, ConnectionError) as error:
            raise _unreachable(operation, error) from None
        return Answer(response.data, response.headers.get("opc-request-id"), response.headers.get("opc-next-page"))

    def list_all(self, operation: Operation, resource: Ocid, query: dict[str, Any]) -> list[dict[str, Any]]:
        """Every item of a paged list about `resource`. Raises what `send` raises."""
        items: list[dict[str, Any]] = []
        page: str | None = None
        for _ in range(_PAGES_AT_MOST):
            answer = self.send(operation, resource, query={**query, "page": page} if page else query)
            items += answer.document if isinstance(answer.document, list) else []
            page = answer.next_page
            if not page:
                break
        return items

    def _try(
        self,
        client: Any,
        operation: Operation,
        resource: Ocid,
        headers: dict[str, str],
        body: bytes | None,
        query: dict[str, Any] | None,
    ) -> Any:
        left = self._deadline.remaining()
        if left < _LEAST_SECONDS:
            raise DeadlineReached(f"The invocation's time was over before {operation.name} was sent.")
        # All threads of an invocation share the client and the deadline, so each writes nearly the same.
        client.timeout = (min(_CONNECT_SECONDS, left), min(_READ_SECONDS, left))
        response = client.call_api(
            resource_path=operation.path,
            method=operation.method,
            path_params={"id": resource.text},
            query_params=dict(query) if query else None,
            header_params=dict(headers),
            body=body,
            response_type="object",
            operation_name=operation.name,
        )
        if not isinstance(response.data, (dict, list)):
            raise _UnreadableAnswer("the answer is not JSON")
        return response


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
        hint=hint(operation, status, code, message),
    )


def _unreachable(operation: Operation, error: BaseException) -> ApiUnreachable:
    """Named by the innermost cause's type; the SDK's own text repeats the whole request."""
    cause: Any = error
    while cause.args and isinstance(cause.args[0], BaseException):
        cause = cause.args[0]
    return ApiUnreachable(
        f"{operation.name} got no answer: {type(cause).__name__}.",
        hint="Check the function's subnet (service gateway, security lists, DNS) and OCI_ENDPOINT; then deliver again.",
    )
