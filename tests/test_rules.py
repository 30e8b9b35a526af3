"""The Events service of the local OCI: rules, what they match, and where they take it."""

from __future__ import annotations

import json
from typing import Any

import oci
import pytest

from emulator.services.events.rules import matches
from tests.sdk_clients import client_of, refusal
from tests.world import World

models = oci.events.models
CREATED = "com.oraclecloud.blockvolumes.createvolume.end"


@pytest.fixture
def events(cloud: World) -> Any:
    return client_of(oci.events.EventsClient, cloud)


def rule_details(cloud: World, name: str, action: Any = None, **details: Any) -> Any:
    action = action or stream_action("ocid1.stream.oc1.iad.unused")
    known = {
        "display_name": name,
        "is_enabled": True,
        "condition": json.dumps({"eventType": CREATED, "data": {"resourceName": name}}),
        "compartment_id": cloud.oci.compartment_id,
        "actions": models.ActionDetailsList(actions=[action]),
    }
    return models.CreateRuleDetails(**{**known, **details})


def stream_action(stream_id: str) -> Any:
    return models.CreateStreamingServiceActionDetails(stream_id=stream_id, is_enabled=True, description="to a stream")


def test_a_rule_has_every_field_and_is_changed_moved_and_deleted(cloud: World, events: Any) -> None:
    made = events.create_rule(rule_details(cloud, "whole", description="d", freeform_tags={"a": "b"})).data
    assert (made.lifecycle_state, made.description, made.freeform_tags) == ("ACTIVE", "d", {"a": "b"})
    [action] = made.actions.actions
    assert (action.action_type, action.lifecycle_state, action.description) == ("OSS", "ACTIVE", "to a stream")
    other = models.CreateNotificationServiceActionDetails(topic_id=cloud.oci.alarm_topic["id"], is_enabled=True)
    change = models.UpdateRuleDetails(is_enabled=False, actions=models.ActionDetailsList(actions=[other]))
    changed = events.update_rule(made.id, change).data
    assert (changed.lifecycle_state, changed.condition) == ("INACTIVE", made.condition)
    assert [action.action_type for action in changed.actions.actions] == ["ONS"]
    query = {"compartmentId": cloud.oci.compartment_id, "displayName": "whole"}
    [summary] = cloud.oci.operator.call("GET", "/20181201/rules", **query)
    assert summary.keys() <= set(models.RuleSummary().attribute_map.values())
    elsewhere = models.ChangeRuleCompartmentDetails(compartment_id=cloud.oci.cloud.tenancy_id)
    events.change_rule_compartment(made.id, elsewhere)
    assert events.get_rule(made.id).data.compartment_id == cloud.oci.cloud.tenancy_id
    events.delete_rule(made.id)
    assert refusal(events.get_rule, made.id)[0] == 404


WRONG = {
    "a condition that is no JSON": ({"condition": "{"}, "InvalidParameter"),
    "a condition that is no object": ({"condition": "[]"}, "InvalidParameter"),
    "a condition that is no text": ({"condition": {}}, "MissingParameter"),
    "no action": ({"actions": {"actions": []}}, "MissingParameter"),
    "actions that are a list": ({"actions": [1]}, "InvalidParameter"),
    "an action of an unknown type": (
        {"actions": {"actions": [{"actionType": "X", "isEnabled": True}]}},
        "InvalidParameter",
    ),
    "an action that says nothing": (
        {"actions": {"actions": [{"actionType": "FAAS", "isEnabled": True}]}},
        "MissingParameter",
    ),
    "a text for a boolean": ({"isEnabled": "yes"}, "InvalidParameter"),
}


@pytest.mark.parametrize(("change", "code"), WRONG.values(), ids=WRONG)
def test_a_rule_that_is_none_is_refused(cloud: World, events: Any, change: dict[str, Any], code: str) -> None:
    details = events.base_client.sanitize_for_serialization(rule_details(cloud, "wrong"))
    body = {**details, **change}
    assert refusal(cloud.oci.operator.call, "POST", "/20181201/rules", body)[:2] == (400, code)


@pytest.mark.parametrize(
    ("condition", "is_match"),
    [
        ({}, True),
        ({"eventType": CREATED}, True),
        ({"eventType": ["other", CREATED]}, True),
        ({"eventType": "com.oraclecloud.*.end"}, True),
        ({"eventType": "*"}, True),
        ({"eventType": "com.oraclecloud.blockvolumes"}, False),
        ({"eventType": CREATED.replace("c", "?", 1)}, False),
        ({"data": {"freeformTags": {"backup": "[full]"}}}, True),
        ({"data": {"freeformTags": {"backup": "[f]*"}}}, False),
        ({"data": {"freeformTags": {"other": "*"}}}, False),
    ],
)
def test_a_condition_matches_nested_fields_lists_and_asterisks_alone(condition: Any, *, is_match: bool) -> None:
    event = {"eventType": CREATED, "data": {"freeformTags": {"backup": "[full]"}}}
    assert matches(condition, event) is is_match


def test_a_rule_takes_the_events_of_its_compartment_and_those_below_it(cloud: World, events: Any) -> None:
    tenancy, other = cloud.oci.cloud.tenancy_id, "ocid1.compartment.oc1..aaaaother"
    streams = {name: f"ocid1.stream.oc1.iad.{name}" for name in ("own", "above", "beside")}
    compartments = {"own": cloud.oci.compartment_id, "above": tenancy, "beside": other}
    made = [
        events.create_rule(
            rule_details(cloud, "below", stream_action(streams[name]), compartment_id=compartments[name])
        ).data
        for name in streams
    ]
    volume = cloud.volume(displayName="below")
    for name in ("own", "above"):
        [told] = cloud.oci.journal.wait_for("stream", stream=streams[name])
        assert json.loads(told.details["value"])["data"]["resourceId"] == volume
    assert cloud.oci.journal.entries("stream", stream=streams["beside"]) == []
    for rule in made:
        events.delete_rule(rule.id)
