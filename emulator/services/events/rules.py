"""Rules: which events go where."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from fnmatch import fnmatchcase
from typing import Any

from emulator.core.cloud import Cloud
from emulator.core.collection import Collection, display_name, tagged
from emulator.core.errors import invalid, missing
from emulator.core.identifiers import new_ocid, now
from emulator.core.operations import Call, Document, Reply, operation

_PATH = "/20181201/rules"
_ONE = f"{_PATH}/{{ruleId}}"
_FIELDS = ("displayName", "description", "condition", "isEnabled", "freeformTags", "definedTags")
Deliver = Callable[[Document, Document], Coroutine[Any, Any, None]]


def matches(condition: Any, value: Any) -> bool:
    """Whether an event has what a condition asks for: nested alike, a list meaning any of, `*` in texts."""
    if isinstance(condition, dict):
        return isinstance(value, dict) and all(matches(part, value.get(key)) for key, part in condition.items())
    if isinstance(condition, list):
        return any(matches(part, value) for part in condition)
    return fnmatchcase(str(value).lower(), str(condition).lower())


class Rules:
    """Rules of the compartment. `deliver` carries an event out to one action of a rule."""

    def __init__(self, cloud: Cloud, deliver: Deliver) -> None:
        self._cloud = cloud
        self._deliver = deliver
        self.collection = Collection("eventrule", page_size=cloud.page_size)
        cloud.listeners.append(self.receive)

    def receive(self, event: Document) -> None:
        """Hand an event to the actions of every rule that it matches."""
        data = event["data"]
        self._cloud.journal.add(
            "event",
            f"{event['eventType']} of {data['resourceName']}",
            type=event["eventType"],
            resource=data["resourceId"],
            source=data["additionalDetails"].get("volumeId"),
            event=event,
        )
        for rule in list(self.collection.documents.values()):
            if (
                rule["isEnabled"]
                and rule["lifecycleState"] == "ACTIVE"
                and matches(json.loads(rule["condition"]), event)
            ):
                for action in rule["actions"]["actions"]:
                    if action["isEnabled"]:
                        self._cloud.in_background(self._deliver(event, action))

    @operation("POST", _PATH, permission="manage cloudevents-rules")
    async def create_rule(self, call: Call) -> Reply:
        """CreateRule. Actions of type FAAS and ONS."""
        return self.collection.create(call, self.add)

    def add(self, details: Document) -> Document:
        """A new rule from CreateRuleDetails. Raises ServiceError 400."""
        for name in ("displayName", "isEnabled", "condition", "compartmentId", "actions"):
            if details.get(name) is None:
                raise missing(name)
        return self.collection.add(
            {
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
        )

    @operation("GET", _ONE, permission="inspect cloudevents-rules")
    async def get_rule(self, call: Call) -> Reply:
        """GetRule."""
        return self.collection.reply(self.collection.named(call, "ruleId"))

    @operation("GET", _PATH, permission="inspect cloudevents-rules")
    async def list_rules(self, call: Call) -> Reply:
        """ListRules. Lists rules with their conditions and without their actions, as the API does."""
        call.required("compartmentId")
        reply = self.collection.page(call, "compartmentId", "displayName", "lifecycleState")
        summaries = [{key: value for key, value in rule.items() if key != "actions"} for rule in reply.document]
        return Reply(summaries, headers=reply.headers)

    @operation("PUT", _ONE, permission="manage cloudevents-rules")
    async def update_rule(self, call: Call) -> Reply:
        """UpdateRule."""
        rule, details = self.collection.named(call, "ruleId"), call.body
        self.collection.check_etag(call, rule)
        changed = {name: details[name] for name in _FIELDS if details.get(name) is not None}
        if "condition" in changed:
            changed["condition"] = _condition(changed["condition"])
        if details.get("actions"):
            changed["actions"] = _actions(details["actions"])
        rule.update(changed)
        self.collection.touch(rule)
        return self.collection.reply(rule)

    @operation("DELETE", _ONE, permission="manage cloudevents-rules")
    async def delete_rule(self, call: Call) -> Reply:
        """DeleteRule."""
        rule = self.collection.named(call, "ruleId")
        self.collection.check_etag(call, rule)
        rule["lifecycleState"] = "DELETED"
        del self.collection.documents[rule["id"]]
        return Reply(status=204)


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
