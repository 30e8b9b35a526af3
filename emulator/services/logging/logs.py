"""Logs of a service or of one's own, in log groups."""

from __future__ import annotations

from ...core.collection import display_name, page_of, require, tagged
from ...core.errors import conflict, invalid, not_found
from ...core.identifiers import now
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import COMMON_FIELDS
from ...core.tracked_resources import TrackedResources
from ...core.work_requests import LOGGING
from .log_groups import ONE, LogGroups

_PATH = f"{ONE}/logs"
_ONE = f"{_PATH}/{{logId}}"
_TYPES = ("CUSTOM", "SERVICE")
_CHANGEABLE = ("isEnabled", "retentionDuration", "configuration", *COMMON_FIELDS)


class Logs(TrackedResources):
    """Logs go CREATING → ACTIVE, and DELETING until they are unknown. Nothing is written to them."""

    resource_type = "log"
    parameter = "logId"
    created_with = ("logType", "logGroupId", *_CHANGEABLE)
    updated_with = _CHANGEABLE
    deleted_state = ""
    work_request_api = LOGGING
    entity_type = "log"
    operation_noun = "LOG"

    def logs_of(self, group_id: str) -> list[Document]:
        """Return the logs of a group."""
        return [log for log in self.collection.documents.values() if log["logGroupId"] == group_id]

    def build(self, details: Document) -> Document:
        group = self.cloud.service(LogGroups).collection.from_body(details, "logGroupId")
        require(details, "displayName", "logType")
        name = display_name(details, "")
        if details["logType"] not in _TYPES:
            raise invalid(f"logType must be one of {', '.join(_TYPES)}")
        if details["logType"] == "SERVICE":
            require(details, "configuration")
        self.check_update({}, details)
        if any(log["displayName"] == name for log in self.logs_of(group["id"])):
            raise conflict(f"The log group {group['displayName']} has a log {name}.")
        return {
            **tagged(details),
            "compartmentId": group["compartmentId"],
            "configuration": details.get("configuration"),
            "displayName": name,
            "isEnabled": details.get("isEnabled", True),
            "lifecycleState": "CREATING",
            "logGroupId": group["id"],
            "logType": details["logType"],
            "retentionDuration": details.get("retentionDuration") or 30,
            "tenancyId": self.cloud.tenancy_id,
            "timeCreated": now(),
            "timeLastModified": now(),
        }

    def check_update(self, document: Document, details: Document) -> None:
        if details.get("retentionDuration") not in {None, *range(30, 181, 30)}:
            raise invalid("retentionDuration must be 30, 60, 90, 120, 150 or 180")
        if details.get("configuration") and not document:
            require(details["configuration"], "source")
            require(details["configuration"]["source"], "sourceType", "service", "resource", "category")

    def change(self, document: Document, fields: Document) -> None:
        """Set fields of a log. An update of its configuration keeps what it does not name: the source's service."""
        if fields.get("configuration"):
            old, new = document.get("configuration") or {}, fields["configuration"]
            source = {**old.get("source", {}), **new.get("source", {})}
            fields = {**fields, "configuration": {**old, **new, "source": source}}
        super().change(document, {**fields, "timeLastModified": now()})

    def _check_group(self, call: Call) -> None:
        """Raise ServiceError 404 where the path's log is not in the path's group."""
        group = self.cloud.service(LogGroups).collection.from_path(call, "logGroupId")
        if self.collection.from_path(call, self.parameter)["logGroupId"] != group["id"]:
            raise not_found()

    @operation("POST", _PATH)
    async def create_log(self, call: Call) -> Reply:
        """CreateLog. Does not ask whether the source exists, and writes nothing to the log."""
        group = self.cloud.service(LogGroups).collection.from_path(call, "logGroupId")
        return self.create(call, logGroupId=group["id"])

    @operation("GET", _ONE)
    async def get_log(self, call: Call) -> Reply:
        """GetLog."""
        self._check_group(call)
        return self.get(call)

    @operation("GET", _PATH)
    async def list_logs(self, call: Call) -> Reply:
        """ListLogs. Leaves out `sourceService` and `sourceResource`."""
        group = self.cloud.service(LogGroups).collection.from_path(call, "logGroupId")
        names = ("displayName", "lifecycleState", "logType")
        filters = {name: call.query[name] for name in names if call.query.get(name)}
        found = [log for log in self.logs_of(group["id"]) if filters.items() <= log.items()]
        summaries = [{name: value for name, value in log.items() if name != "tenancyId"} for log in found]
        return page_of(summaries, call, self.cloud.options.page_size)

    @operation("PUT", _ONE)
    async def update_log(self, call: Call) -> Reply:
        """UpdateLog."""
        self._check_group(call)
        return self.update(call)

    @operation("DELETE", _ONE)
    async def delete_log(self, call: Call) -> Reply:
        """DeleteLog."""
        self._check_group(call)
        return self.delete(call)
