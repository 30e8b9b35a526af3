"""Rules: which events go where."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

from emulator.core.cloud import Cloud
from emulator.core.collection import display_name, require, tagged
from emulator.core.errors import ServiceError, invalid, missing
from emulator.core.identifiers import new_ocid, now
from emulator.core.operations import Call, Document, Reply, operation
from emulator.core.resources import Resources
from emulator.services.functions.deliveries import Deliveries
from emulator.services.notifications.topics import Topics

_PATH = "/20181201/rules"
_ONE = f"{_PATH}/{{ruleId}}"


def matches(condition: Any, value: Any) -> bool:
    """Return whether an event has what a condition asks for: nested alike, a list meaning any of, `*` in texts."""
    if isinstance(condition, dict):
        return isinstance(value, dict) and all(matches(part, value.get(key)) for key, part in condition.items())
    if isinstance(condition, list):
        return any(matches(part, value) for part in condition)
    return fnmatchcase(str(value).lower(), str(condition).lower())


class Rules(Resources):
    """Rules are ACTIVE at once. Each takes the events that its condition matches to its actions."""

    resource_type = "eventrule"
    parameter = "ruleId"
    updated_with = ("displayName", "description", "condition", "isEnabled", "actions", "freeformTags", "definedTags")
    is_instant = True

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        cloud.events.subscribe(self.receive)

    def receive(self, event: Document) -> None:
        """Carry out the enabled actions of every enabled rule that an event matches."""
        for rule in self.collection.documents.values():
            if rule["isEnabled"] and matches(json.loads(rule["condition"]), event):
                for action in rule["actions"]["actions"]:
                    if action["isEnabled"]:
                        self.cloud.in_background(self._carry_out(action, event))

    async def _carry_out(self, action: Document, event: Document) -> None:
        if action["actionType"] == "FAAS":
            await self.cloud.service(Deliveries).deliver_event(action["functionId"], event)
            return
        topic_id = action["topicId"]
        try:
            self.cloud.service(Topics).publish_text(topic_id, event["eventType"], json.dumps(event))
        except ServiceError:
            self.cloud.journal.add("discarded", f"an event to {topic_id}, which is gone")

    @operation("POST", _PATH, permission="manage cloudevents-rules")
    async def create_rule(self, call: Call) -> Reply:
        """CreateRule. Actions of type FAAS and ONS."""
        return self.create(call)

    def build(self, details: Document) -> Document:
        require(details, "displayName", "isEnabled", "condition", "compartmentId", "actions")
        return {
            **tagged(details),
            "actions": _actions(details["actions"]),
            "compartmentId": details["compartmentId"],
            "condition": _condition(details["condition"]),
            "description": details.get("description"),
            "displayName": display_name(details, ""),
            "isEnabled": bool(details["isEnabled"]),
            "lifecycleState": "ACTIVE",
            "timeCreated": now(),
        }

    @operation("GET", _ONE, permission="inspect cloudevents-rules")
    async def get_rule(self, call: Call) -> Reply:
        """GetRule."""
        return self.get(call)

    @operation("GET", _PATH, permission="inspect cloudevents-rules")
    async def list_rules(self, call: Call) -> Reply:
        """ListRules. Lists rules with their conditions and without their actions, as the API does."""
        reply = self.page(call)
        summaries = [{key: value for key, value in rule.items() if key != "actions"} for rule in reply.document]
        return Reply(summaries, headers=reply.headers)

    @operation("PUT", _ONE, permission="manage cloudevents-rules")
    async def update_rule(self, call: Call) -> Reply:
        """UpdateRule."""
        rule, details = self.collection.from_path(call, self.parameter), call.body
        self.collection.check_etag(call, rule)
        changes = {name: details[name] for name in self.updated_with if details.get(name) is not None}
        if "condition" in changes:
            changes["condition"] = _condition(changes["condition"])
        if "actions" in changes:
            changes["actions"] = _actions(changes["actions"])
        rule.update(changes)
        self.collection.touch(rule)
        return self.collection.reply(rule)

    @operation("DELETE", _ONE, permission="manage cloudevents-rules")
    async def delete_rule(self, call: Call) -> Reply:
        """DeleteRule."""
        return self.delete(call)


def _condition(text: Any) -> str:
    try:
        document = json.loads(text or "{}")
    except (TypeError, ValueError):
        raise invalid("condition is not valid JSON") from None
    if not isinstance(document, dict):
        raise invalid("condition is not a JSON object")
    return str(text)


def _actions(details: Any) -> Document:
    actions = details.get("actions") if isinstance(details, dict) else None
    if not isinstance(actions, list) or not actions:
        raise missing("actions")
    for action in actions:
        if action.get("actionType") not in {"FAAS", "ONS"}:
            raise invalid("actionType must be one of FAAS, ONS")
    known = {"isEnabled": True, "lifecycleState": "ACTIVE", "lifecycleMessage": None}
    return {"actions": [{**known, **action, "id": new_ocid("eventaction")} for action in actions]}
