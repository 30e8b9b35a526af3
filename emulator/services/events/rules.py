"""Rules: which events go where."""

from __future__ import annotations

import json
import re
from typing import Any

from oci.events import models

from ...core.cloud import Cloud
from ...core.collection import display_name, tagged
from ...core.errors import ServiceError, invalid, missing
from ...core.identifiers import new_ocid, now
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import Resources
from ..functions.deliveries import Deliveries
from ..identity.compartments import Compartments
from ..notifications.topics import Topics
from ..streaming.streams import Streams

_PATH = "/20181201/rules"
_ONE = f"{_PATH}/{{ruleId}}"
# By type of action: the field that names its resource.
_TARGETS = {"FAAS": "functionId", "ONS": "topicId", "OSS": "streamId"}


def matches(condition: Any, value: Any) -> bool:
    """Return whether an event has what a condition asks for: nested alike, a list meaning any of, `*` in texts."""
    if isinstance(condition, dict):
        return isinstance(value, dict) and all(
            key in value and matches(part, value[key]) for key, part in condition.items()
        )
    if isinstance(condition, list):
        return any(matches(part, value) for part in condition)
    pattern = ".*".join(re.escape(part) for part in str(condition).split("*"))
    return re.fullmatch(pattern, str(value), re.IGNORECASE | re.DOTALL) is not None


class Rules(Resources):
    """Rules take the events of their compartment, and of those below it, that their conditions match to their actions.

    They are ACTIVE at once, or INACTIVE where they are not enabled.
    """

    resource_type = "eventrule"
    parameter = "ruleId"
    create_model = models.CreateRuleDetails
    update_model = models.UpdateRuleDetails
    model = models.Rule
    summary_model = models.RuleSummary
    is_instant = True

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        cloud.events.offer(self.receive)

    def receive(self, event: Document) -> bool:
        """Carry out the enabled actions of every enabled rule that an event matches, and return whether there are any.

        They are begun in the background.
        """
        compartments, compartment_id = self.cloud.service(Compartments), event["data"]["compartmentId"]
        is_taken = False
        for rule in self.collection.documents.values():
            if not rule["isEnabled"] or not compartments.is_at_or_below(compartment_id, rule["compartmentId"]):
                continue
            if matches(json.loads(rule["condition"]), event):
                for action in rule["actions"]["actions"]:
                    if action["isEnabled"]:
                        is_taken = True
                        self.cloud.in_background(self._carry_out(rule, action, event))
        return is_taken

    async def _carry_out(self, rule: Document, action: Document, event: Document) -> None:
        target = action[_TARGETS[action["actionType"]]]
        if action["actionType"] == "FAAS":
            await self.cloud.service(Deliveries).deliver_event(target, event)
        elif action["actionType"] == "OSS":
            self.cloud.service(Streams).put(target, json.dumps(event))
        else:
            self._publish(target, event, rule["id"])

    def _publish(self, topic_id: str, event: Document, rule_id: str) -> None:
        try:
            self.cloud.service(Topics).publish_text(topic_id, event["eventType"], json.dumps(event), rule_id)
        except ServiceError:
            self.cloud.journal.add("discarded", f"an event to {topic_id}, which is gone")

    @operation("POST", _PATH)
    async def create_rule(self, call: Call) -> Reply:
        """CreateRule. What an action of type OSS puts on a stream is told in the journal."""
        return self.create(call)

    def build(self, details: Document) -> Document:
        return {
            **tagged(details),
            "actions": _actions(details["actions"]),
            "compartmentId": details["compartmentId"],
            "condition": _condition(details["condition"]),
            "description": details.get("description"),
            "displayName": display_name(details, ""),
            "isEnabled": details["isEnabled"],
            "lifecycleMessage": "",
            "lifecycleState": _state(details),
            "timeCreated": now(),
        }

    @operation("GET", _ONE)
    async def get_rule(self, call: Call) -> Reply:
        """GetRule."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_rules(self, call: Call) -> Reply:
        """ListRules. Lists rules with their conditions and without their actions, as the API does."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_rule(self, call: Call) -> Reply:
        """UpdateRule."""
        return self.update(call)

    def check_update(self, document: Document, details: Document) -> None:
        if "condition" in details:
            _condition(details["condition"])

    def change(self, document: Document, fields: Document) -> None:
        """Set fields of a rule. Raises ServiceError 400 for actions that do not say what they act on."""
        actions = {"actions": _actions(fields["actions"])} if "actions" in fields else {}
        super().change(document, {**fields, **actions, "lifecycleState": _state({**document, **fields})})

    @operation("DELETE", _ONE)
    async def delete_rule(self, call: Call) -> Reply:
        """DeleteRule."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_rule_compartment(self, call: Call) -> Reply:
        """ChangeRuleCompartment."""
        return self.move(call)


def _state(rule: Document) -> str:
    return "ACTIVE" if rule["isEnabled"] else "INACTIVE"


def _condition(text: str) -> str:
    try:
        document = json.loads(text)
    except ValueError:
        raise invalid("condition is not valid JSON") from None
    if not isinstance(document, dict):
        raise invalid("condition is not a JSON object")
    return text


def _actions(details: Document) -> Document:
    """Return the actions of a rule as they are kept. Raises ServiceError 400 where one does not say what it acts on."""
    for place, action in enumerate(details["actions"]):
        target = _TARGETS[action["actionType"]]
        if not action.get(target):
            raise missing(f"actions.actions[{place}].{target}")
    known = {"lifecycleState": "ACTIVE", "lifecycleMessage": ""}
    return {"actions": [{**known, **action, "id": new_ocid("eventaction")} for action in details["actions"]]}
