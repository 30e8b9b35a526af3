"""Log groups."""

from __future__ import annotations

from ...core.collection import display_name, page_of, require, tagged
from ...core.errors import conflict
from ...core.identifiers import now
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import COMMON_FIELDS
from ...core.tracked_resources import TrackedResources
from ...core.work_requests import LOGGING
from ..identity.compartments import Compartments

PATH = "/20200531/logGroups"
ONE = f"{PATH}/{{logGroupId}}"


class LogGroups(TrackedResources):
    """Log groups go CREATING → ACTIVE, and DELETING until they are unknown."""

    resource_type = "loggroup"
    parameter = "logGroupId"
    created_with = ("compartmentId", "description", *COMMON_FIELDS)
    updated_with = ("description", *COMMON_FIELDS)
    deleted_state = ""
    work_request_api = LOGGING
    entity_type = "loggroup"
    operation_noun = "LOG_GROUP"
    # What Oracle's Terraform provider waits for.
    moved_action_type = "RELATED"

    def build(self, details: Document) -> Document:
        require(details, "compartmentId", "displayName")
        name = display_name(details, "")
        for other in self.collection.documents.values():
            if (other["compartmentId"], other["displayName"]) == (details["compartmentId"], name):
                raise conflict(f"The compartment has a log group {name}.")
        return {
            **tagged(details),
            "compartmentId": details["compartmentId"],
            "description": details.get("description"),
            "displayName": name,
            "lifecycleState": "CREATING",
            "timeCreated": now(),
            "timeLastModified": now(),
        }

    def change(self, document: Document, fields: Document) -> None:
        super().change(document, {**fields, "timeLastModified": now()})
        if "compartmentId" in fields:
            for log in self._logs_of(document):
                log["compartmentId"] = fields["compartmentId"]

    def _logs_of(self, group: Document) -> list[Document]:
        # Imported here because logs, in their turn, look for their group.
        from .logs import Logs

        return self.cloud.service(Logs).logs_of(group["id"])

    @operation("POST", PATH)
    async def create_log_group(self, call: Call) -> Reply:
        """CreateLogGroup."""
        return self.create(call)

    @operation("GET", ONE)
    async def get_log_group(self, call: Call) -> Reply:
        """GetLogGroup."""
        return self.get(call)

    @operation("GET", PATH)
    async def list_log_groups(self, call: Call) -> Reply:
        """ListLogGroups, with `isCompartmentIdInSubtree` those of the compartments below, too."""
        compartment_id = call.required("compartmentId")
        if call.query.get("isCompartmentIdInSubtree", "").lower() != "true":
            return self.page(call)
        is_within = self.cloud.service(Compartments).is_at_or_below
        documents = self.collection.documents.values()
        found = [group for group in documents if is_within(group["compartmentId"], compartment_id)]
        return page_of(found, call, self.cloud.options.page_size)

    @operation("PUT", ONE)
    async def update_log_group(self, call: Call) -> Reply:
        """UpdateLogGroup."""
        return self.update(call)

    @operation("DELETE", ONE)
    async def delete_log_group(self, call: Call) -> Reply:
        """DeleteLogGroup. Refused while a log is in it."""
        group = self.collection.from_path(call, self.parameter)
        if self._logs_of(group):
            raise conflict(f"The log group {group['displayName']} is not empty.")
        return self.delete(call)

    @operation("POST", f"{ONE}/actions/changeCompartment")
    async def change_log_group_compartment(self, call: Call) -> Reply:
        """ChangeLogGroupCompartment. Its logs go with it."""
        return self.move(call)
