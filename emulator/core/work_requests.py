"""Work requests: how services tell what became of a change that they have only accepted.

Each service serves those that it has started under its own version, in the shape of its own API:
https://docs.oracle.com/en-us/iaas/Content/General/Concepts/workrequestoverview.htm
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .cloud import Cloud
from .collection import Collection, page_of
from .errors import ServiceError
from .identifiers import now
from .models import Model, only_fields_of
from .operations import Call, Document, Reply, operation
from .service import Service


@dataclass(frozen=True, slots=True)
class WorkRequestApi:
    """The API that work requests of one service are read with.

    Attributes:
        version: the API's version, which is its base path: `20210201`.
        resource_type: the second part of their OCIDs.
        has_collections: whether lists come as an object with `items`, or else as an array.
        summary_model: the SDK's model of a work request in a list. None shows everything.
    """

    version: str
    resource_type: str
    has_collections: bool
    summary_model: Model | None = None


CORE = WorkRequestApi(
    "20160918",
    "coreservicesworkrequest",
    has_collections=False,
    summary_model="oci.work_requests.models.WorkRequestSummary",
)
LOGGING = WorkRequestApi("20200531", "logworkrequest", has_collections=False)
CONNECTOR_HUB = WorkRequestApi("20200909", "serviceconnectorworkrequest", has_collections=True)
QUEUE = WorkRequestApi("20210201", "queueworkrequest", has_collections=True)
FUNCTIONS = WorkRequestApi("20260325", "functionsworkrequest", has_collections=True)
RESOURCE_SCHEDULER = WorkRequestApi("20240430", "resourcescheduleworkrequest", has_collections=True)
_APIS = {api.version: api for api in (CORE, LOGGING, CONNECTOR_HUB, QUEUE, FUNCTIONS, RESOURCE_SCHEDULER)}
_PATH = f"/{{version:{'|'.join(_APIS)}}}/workRequests"
_ONE = f"{_PATH}/{{workRequestId}}"


class WorkRequests(Service):
    """Work requests go ACCEPTED → IN_PROGRESS → SUCCEEDED or FAILED, a lifecycle step in each."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._collections = {
            api: Collection(api.resource_type, page_size=cloud.options.page_size, region=cloud.region)
            for api in _APIS.values()
        }
        self._errors: dict[str, list[Document]] = {}
        self._logs: dict[str, list[Document]] = {}

    def document_of(self, ocid: str) -> Document | None:
        found = (collection.documents.get(ocid) for collection in self._collections.values())
        return next((document for document in found if document is not None), None)

    def start(
        self,
        api: WorkRequestApi,
        operation_type: str,
        resource: Document,
        *,
        entity_type: str,
        action_type: str,
        finish: Callable[[], None] = lambda: None,
    ) -> Document:
        """Return a new work request about a resource, ACCEPTED.

        `operation_type` is the API's (`CREATE_QUEUE`), `action_type` what will have happened to the resource
        (`CREATED`). `finish` does it, right before the work request has SUCCEEDED; where it raises ServiceError, the
        work request has FAILED with that error.
        """
        affected = {
            "entityType": entity_type,
            "actionType": "IN_PROGRESS",
            "identifier": resource["id"],
            "entityUri": None,
        }
        document = self._collections[api].add(
            {
                "operationType": operation_type,
                "status": "ACCEPTED",
                "compartmentId": resource["compartmentId"],
                "resources": [affected],
                "percentComplete": 0.0,
                "timeAccepted": now(),
                "timeStarted": None,
                "timeFinished": None,
            }
        )
        self._log(document, f"{operation_type} of {resource['id']} is accepted.")
        self.cloud.later(1, lambda: self._begin(document))
        self.cloud.later(2, lambda: self._end(document, action_type, finish))
        return document

    def _begin(self, document: Document) -> None:
        document.update(status="IN_PROGRESS", timeStarted=now(), percentComplete=50.0)

    def _end(self, document: Document, action_type: str, finish: Callable[[], None]) -> None:
        try:
            finish()
        except ServiceError as error:
            self._errors[document["id"]] = [{"code": error.code, "message": error.message, "timestamp": now()}]
            self._conclude(document, "FAILED")
        else:
            document["resources"][0]["actionType"] = action_type
            self._conclude(document, "SUCCEEDED")

    def _conclude(self, document: Document, status: str) -> None:
        document.update(status=status, timeFinished=now(), percentComplete=100.0)
        self._log(document, f"{document['operationType']} has {status}.")

    def _log(self, document: Document, message: str) -> None:
        self._logs.setdefault(document["id"], []).append({"message": message, "timestamp": now()})

    @operation("GET", _ONE)
    async def get_work_request(self, call: Call) -> Reply:
        """GetWorkRequest, of the core services, Logging, Connector Hub, Queue, Functions and Resource Scheduler."""
        api, document = self._find(call)
        return self._collections[api].reply(document)

    @operation("GET", _PATH)
    async def list_work_requests(self, call: Call) -> Reply:
        """ListWorkRequests. Filters by `compartmentId` and `status`."""
        api = _APIS[call.path["version"]]
        filters = {name: call.query[name] for name in ("compartmentId", "status") if call.query.get(name)}
        documents = self._collections[api].documents.values()
        found = [document for document in documents if filters.items() <= document.items()]
        if api.summary_model:
            found = [only_fields_of(document, api.summary_model) for document in found]
        return self._list(api, found[::-1], call)

    @operation("GET", f"{_ONE}/errors")
    async def list_work_request_errors(self, call: Call) -> Reply:
        """ListWorkRequestErrors."""
        api, document = self._find(call)
        return self._list(api, self._errors.get(document["id"], []), call)

    @operation("GET", f"{_ONE}/logs")
    async def list_work_request_logs(self, call: Call) -> Reply:
        """ListWorkRequestLogs."""
        api, document = self._find(call)
        return self._list(api, self._logs[document["id"]], call)

    def _find(self, call: Call) -> tuple[WorkRequestApi, Document]:
        """Return the work request that a path names, with its API. Raises ServiceError 400 or 404."""
        api = _APIS[call.path["version"]]
        return api, self._collections[api].from_path(call, "workRequestId")

    def _list(self, api: WorkRequestApi, documents: list[Document], call: Call) -> Reply:
        page = page_of(documents, call, self.cloud.options.page_size)
        return Reply({"items": page.document}, headers=page.headers) if api.has_collections else page


def accepted(work_request: Document) -> Reply:
    """Return the answer to a change that was accepted: no body, and the header that names its work request."""
    return Reply(status=202, headers={"opc-work-request-id": work_request["id"]})
