"""Applications, which functions belong to."""

from __future__ import annotations

from oci.functions import models

from ...core.collection import display_name, tagged
from ...core.errors import conflict
from ...core.identifiers import now
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import Resources
from .accepted_changes import answer_change
from .limits import check_config

# The SDK and the CLI moved to the second version in 2026; clients of either are served alike.
VERSION = "/{version:20181201|20260325}"
_PATH = f"{VERSION}/applications"
_ONE = f"{_PATH}/{{applicationId}}"


class Applications(Resources):
    """Applications are ACTIVE at once; their configuration is that of all their functions."""

    resource_type = "fnapp"
    parameter = "applicationId"
    create_model = models.CreateApplicationDetails
    update_model = models.UpdateApplicationDetails
    model = models.Application
    summary_model = models.ApplicationSummary
    filters = ("compartmentId", "displayName", "lifecycleState", "id")
    is_instant = True

    @operation("POST", _PATH)
    async def create_application(self, call: Call) -> Reply:
        """CreateApplication. Its subnets, logging, tracing and image policy are kept, and change nothing."""
        reply = self.create(call)
        return answer_change(self.cloud, call, "CREATE", "application", reply.document, reply)

    def build(self, details: Document) -> Document:
        self._check_name(details["displayName"], details["compartmentId"])
        check_config(details)
        return {
            "networkSecurityGroupIds": [],
            "shape": "GENERIC_X86",
            **details,
            **tagged(details),
            "config": dict(details.get("config") or {}),
            "displayName": display_name(details, ""),
            "lifecycleState": "ACTIVE",
            "timeCreated": now(),
            "timeUpdated": now(),
        }

    def _check_name(self, name: str, compartment_id: str) -> None:
        if self.collection.find(displayName=name, compartmentId=compartment_id):
            raise conflict(f"An application with the name {name} already exists in the compartment.")

    @operation("GET", _PATH)
    async def list_applications(self, call: Call) -> Reply:
        """ListApplications, as ApplicationSummary."""
        return self.page(call)

    @operation("GET", _ONE)
    async def get_application(self, call: Call) -> Reply:
        """GetApplication."""
        return self.get(call)

    @operation("PUT", _ONE)
    async def update_application(self, call: Call) -> Reply:
        """UpdateApplication. The next invocation of each of its functions sees the new configuration."""
        reply = self.update(call)
        return answer_change(self.cloud, call, "UPDATE", "application", reply.document, reply)

    def check_update(self, document: Document, details: Document) -> None:
        check_config(details)

    def change(self, document: Document, fields: Document) -> None:
        """Set fields of an application. Only new containers see them, so that those that run are retired."""
        super().change(document, {**fields, "timeUpdated": now()})
        for function in self._functions_of(document):
            self.cloud.service_of("fnfunc").deployment(function["id"]).pool.retire()

    def _functions_of(self, application: Document) -> list[Document]:
        functions = self.cloud.service_of("fnfunc").collection.documents.values()
        return [function for function in functions if function["applicationId"] == application["id"]]

    @operation("DELETE", _ONE)
    async def delete_application(self, call: Call) -> Reply:
        """DeleteApplication. Refused with 409 while functions are in it."""
        application = self.collection.from_path(call, self.parameter)
        return answer_change(self.cloud, call, "DELETE", "application", application, self.delete(call))

    def remove(self, document: Document) -> None:
        """Delete an application. Raises ServiceError 409 where it has functions."""
        if self._functions_of(document):
            raise conflict(f"The application {document['displayName']} has functions: delete them first.")
        super().remove(document)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_application_compartment(self, call: Call) -> Reply:
        """ChangeApplicationCompartment. Its functions go with it."""
        application, details = self.read_move(call)
        if details["compartmentId"] != application["compartmentId"]:
            self._check_name(application["displayName"], details["compartmentId"])
        self.change(application, details)
        for function in self._functions_of(application):
            self.cloud.service_of("fnfunc").change(function, details)
        return Reply(status=204)
