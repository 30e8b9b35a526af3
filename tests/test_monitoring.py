"""The Monitoring service of the local OCI: alarms with all that the API knows of them, and metrics that are posted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import oci
import pytest

from tests.sdk_clients import client_of, refusal
from tests.world import World

models = oci.monitoring.models
STREAM = "ocid1.stream.oc1.iad.alarms"


@pytest.fixture
def monitoring(cloud: World) -> Any:
    return client_of(oci.monitoring.MonitoringClient, cloud)


def alarm_details(cloud: World, **details: Any) -> Any:
    known = {
        "display_name": "busy",
        "compartment_id": cloud.oci.compartment_id,
        "metric_compartment_id": cloud.oci.compartment_id,
        "namespace": "oci_computeagent",
        "query": "CpuUtilization[1m].mean() > 95",
        "severity": "CRITICAL",
        "destinations": [cloud.oci.alarm_topic["id"]],
        "is_enabled": True,
    }
    return models.CreateAlarmDetails(**{**known, **details})


def fire(cloud: World, alarm_id: str, **details: Any) -> Any:
    body = {"dimensions": [{"resourceId": "a"}], **details}
    return cloud.oci.operator.call("POST", f"/emulator/alarms/{alarm_id}/fire", body)


def last_message(cloud: World) -> tuple[str, Any]:
    """Title and body of what was published to the alarm topic last."""
    details = cloud.oci.journal.entries("message", topic="backup-alarms")[-1].details
    return details["title"], json.loads(details["body"])


def test_an_alarm_keeps_every_field_that_it_is_made_with(cloud: World, monitoring: Any) -> None:
    override = models.AlarmOverride(rule_name="warning", severity="WARNING", body="Look.", query="x > 50")
    given = {
        "body": "The volumes are backed up.",
        "metric_compartment_id": cloud.oci.cloud.tenancy_id,
        "metric_compartment_id_in_subtree": True,
        "resolution": "1m",
        "pending_duration": "PT5M",
        "repeat_notification_duration": "PT4H",
        "evaluation_slack_duration": "PT10M",
        "notification_title": "Busy!",
        "notification_version": "1.X",
        "alarm_summary": "A machine is busy.",
        "resource_group": "frontend",
        "rule_name": "BASE",
        "message_format": "PRETTY_JSON",
        "is_notifications_per_metric_dimension_enabled": True,
        "overrides": [override],
        "destinations": [cloud.oci.alarm_topic["id"], STREAM],
        "freeform_tags": {"a": "b"},
    }
    made = monitoring.create_alarm(alarm_details(cloud, **given)).data
    assert {name: getattr(made, name) for name in given} == given
    assert monitoring.get_alarm(made.id).data == made
    fire(cloud, made.id, ruleName="warning")
    title, message = last_message(cloud)
    assert (title, message["title"], message["severity"], message["body"]) == ("Busy!", "Busy!", "WARNING", "Look.")
    assert message["alarmMetaData"][0]["query"] == "x > 50"
    assert message["alarmMetaData"][0]["alarmSummary"] == "A machine is busy."
    streamed = cloud.oci.journal.entries("stream", stream=STREAM)[-1].details["value"]
    assert json.loads(streamed)["title"] == "Busy!"


def test_what_an_alarm_leaves_out_has_the_apis_defaults(cloud: World, monitoring: Any) -> None:
    made = monitoring.create_alarm(alarm_details(cloud)).data
    assert (made.resolution, made.pending_duration, made.message_format) == ("1m", "PT1M", "RAW")
    assert (made.rule_name, made.is_notifications_per_metric_dimension_enabled) == ("BASE", False)
    assert made.suppression is None


REFUSED = {
    "two topics": {"destinations": ["ocid1.onstopic.oc1.iad.a", "ocid1.onstopic.oc1.iad.b"]},
    "a destination that is neither topic nor stream": {"destinations": ["ocid1.fnfunc.oc1.iad.a"]},
    "an unknown severity": {"severity": "FATAL"},
    "an unknown severity of an override": {"overrides": [{"severity": "FATAL"}]},
    "a pending duration of two hours": {"pendingDuration": "PT2H"},
    "a pending duration that is none": {"pendingDuration": "5m"},
    "a duration without a length": {"pendingDuration": "PT"},
    "a repetition after 31 days": {"repeatNotificationDuration": "P31D"},
    "a slack of a minute": {"evaluationSlackDuration": "PT1M"},
    "another resolution": {"resolution": "5m"},
    "another version": {"notificationVersion": "2"},
    "an unknown format": {"messageFormat": "HTML"},
    "a text for a boolean": {"isEnabled": "true"},
    "all compartments below one that is not the tenancy": {"metricCompartmentIdInSubtree": True},
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_an_alarm_that_the_api_would_not_take_is_refused(cloud: World, monitoring: Any, change: dict[str, Any]) -> None:
    details = monitoring.base_client.sanitize_for_serialization(alarm_details(cloud))
    call = cloud.oci.operator.call
    assert refusal(call, "POST", "/20180401/alarms", {**details, **change})[:2] == (400, "InvalidParameter")
    made = call("POST", "/20180401/alarms", details)
    assert refusal(call, "PUT", f"/20180401/alarms/{made['id']}", change)[:2] == (400, "InvalidParameter")
    assert call("GET", f"/20180401/alarms/{made['id']}") == made


def test_an_alarm_tells_its_tags_and_no_other_ocid_is_one(cloud: World, monitoring: Any) -> None:
    tags = {"freeform_tags": {"backup-tag": "app:shop"}, "defined_tags": {"Ops": {"backup": "full"}}}
    made = monitoring.get_alarm(monitoring.create_alarm(alarm_details(cloud, **tags)).data.id).data
    assert (made.freeform_tags, made.defined_tags) == (tags["freeform_tags"], tags["defined_tags"])
    for forged in (made.id.replace(".iad.", ".phx."), made.id.replace("alarm", "volume"), cloud.volume(), "alarm"):
        assert refusal(monitoring.get_alarm, forged)[:2] == (404, "NotAuthorizedOrNotFound")


def test_an_alarm_is_changed_moved_and_deleted(cloud: World, monitoring: Any) -> None:
    made = monitoring.create_alarm(alarm_details(cloud)).data
    details = models.UpdateAlarmDetails(severity="INFO", is_enabled=False, body="b")
    changed = monitoring.update_alarm(made.id, details).data
    assert (changed.severity, changed.is_enabled, changed.body, changed.query) == ("INFO", False, "b", made.query)
    assert refusal(fire, cloud, made.id)[:2] == (409, "IncorrectState")
    assert refusal(monitoring.delete_alarm, made.id, if_match="another")[0] == 412
    elsewhere = models.ChangeAlarmCompartmentDetails(compartment_id=cloud.oci.cloud.tenancy_id)
    monitoring.change_alarm_compartment(made.id, elsewhere)
    assert monitoring.get_alarm(made.id).data.compartment_id == cloud.oci.cloud.tenancy_id
    assert monitoring.delete_alarm(made.id).status == 204
    assert refusal(monitoring.get_alarm, made.id)[0] == 404


def test_lists_show_summaries_of_a_compartment_or_of_all_below_it(cloud: World, monitoring: Any) -> None:
    made = monitoring.create_alarm(alarm_details(cloud, display_name="listed", pending_duration="PT5M")).data
    compartment, tenancy = cloud.oci.compartment_id, cloud.oci.cloud.tenancy_id
    query = {"compartmentId": compartment, "displayName": "listed"}
    [summary] = cloud.oci.operator.call("GET", "/20180401/alarms", **query)
    assert summary.keys() <= set(models.AlarmSummary().attribute_map.values())
    assert {"pendingDuration", "resolution", "timeCreated"}.isdisjoint(summary)
    assert monitoring.list_alarms(tenancy, display_name="listed").data == []
    [below] = monitoring.list_alarms(tenancy, display_name="listed", compartment_id_in_subtree=True).data
    assert below.id == made.id


def test_status_and_history_tell_what_an_alarm_went_through(cloud: World, monitoring: Any) -> None:
    made = monitoring.create_alarm(alarm_details(cloud, display_name="with a history")).data

    def status() -> Any:
        [one] = monitoring.list_alarms_status(cloud.oci.compartment_id, display_name="with a history").data
        return one

    assert (status().status, status().rule_name, status().severity) == ("OK", "BASE", "CRITICAL")
    fire(cloud, made.id)
    fire(cloud, made.id, type="REPEAT")
    assert status().status == "FIRING"
    fire(cloud, made.id, type="FIRING_TO_OK")
    assert status().status == "OK"
    history = monitoring.get_alarm_history(made.id).data
    assert (history.alarm_id, history.is_enabled) == (made.id, True)
    told = [entry.summary for entry in history.entries]
    assert told == ["State transitioned from FIRING to OK", "State transitioned from OK to FIRING"]
    states = monitoring.get_alarm_history(made.id, alarm_historytype="STATE_HISTORY").data.entries
    assert len(states) == 3
    assert all(entry.alarm_summary and entry.timestamp_triggered for entry in states)
    monitoring.update_alarm(made.id, models.UpdateAlarmDetails(is_enabled=False))
    assert status().status == "SUSPENDED"


def test_a_suppressed_alarm_changes_its_state_and_tells_nobody(cloud: World, monitoring: Any) -> None:
    now = datetime.now(UTC)
    window = {"time_suppress_from": now - timedelta(hours=1), "time_suppress_until": now + timedelta(hours=1)}
    made = monitoring.create_alarm(alarm_details(cloud, suppression=models.Suppression(**window))).data
    assert fire(cloud, made.id) == []
    assert monitoring.get_alarm_history(made.id).data.entries
    monitoring.remove_alarm_suppression(made.id)
    assert monitoring.get_alarm(made.id).data.suppression is None
    assert len(fire(cloud, made.id)) == 1


def metric(cloud: World, **details: Any) -> dict[str, Any]:
    known = {
        "namespace": "backups",
        "compartmentId": cloud.oci.compartment_id,
        "name": "AgeInHours",
        "dimensions": {"resourceId": "a"},
        "datapoints": [{"timestamp": datetime.now(UTC).isoformat(), "value": 1.5}],
    }
    return {**known, **details}


def test_metrics_are_kept_and_what_is_refused_is_told(cloud: World, monitoring: Any) -> None:
    old = {"timestamp": (datetime.now(UTC) - timedelta(hours=3)).isoformat(), "value": 1}
    bad = [
        metric(cloud, namespace="oci_computeagent"),
        metric(cloud, name="1st"),
        metric(cloud, datapoints=[old]),
    ]
    call, path = cloud.oci.operator.call, "/20180401/metrics"
    answer = call("POST", path, {"metricData": [metric(cloud), *bad]})
    assert answer["failedMetricsCount"] == 3
    assert [failed["metricData"] for failed in answer["failedMetrics"]] == bad
    [kept] = cloud.oci.journal.entries("metric")[-1:]
    assert kept.details["metric"]["name"] == "AgeInHours"
    atomic = {"metricData": [metric(cloud, name="Never"), bad[0]], "batchAtomicity": "ATOMIC"}
    assert refusal(call, "POST", path, atomic)[:2] == (400, "InvalidParameter")
    many = {"metricData": [metric(cloud)] * 51}
    assert refusal(call, "POST", path, many)[:2] == (400, "InvalidParameter")
    wrong = {"metricData": [metric(cloud, datapoints=[{"timestamp": "yesterday", "value": 1}])]}
    assert refusal(call, "POST", path, wrong)[:2] == (400, "InvalidParameter")
    details = models.ListMetricsDetails(namespace="backups", dimension_filters={"resourceId": "a"})
    listed = monitoring.list_metrics(cloud.oci.compartment_id, details).data
    assert [found.name for found in listed] == ["AgeInHours"]
    details.dimension_filters = {"resourceId": "b"}
    assert monitoring.list_metrics(cloud.oci.compartment_id, details).data == []
