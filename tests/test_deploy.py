"""The Terraform stack is what the code needs, no more and no less."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml

from emulator.options import PROJECT
from emulator.stack import EVENT_TYPES
from handlers.domain import operations
from handlers.domain.operations import Operation
from handlers.domain.trigger import Trigger
from handlers.settings import KEYS, read
from handlers.triggers.completion import BACKUP_ENDED
from handlers.triggers.context import Context
from handlers.triggers.kinds import recognise
from handlers.triggers.report import read_report
from handlers.triggers.resource_change import TAGGED_TYPES

DEPLOY = PROJECT / "deploy"
OPERATIONS = [value for value in vars(operations).values() if isinstance(value, Operation)]
OWN = read({"TOPIC_ID": "ocid1.onstopic.oc1.iad.a"})
with_terraform = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")


def unquoted(value: Any) -> Any:
    return value.strip('"') if isinstance(value, str) else value


@cache
def stack() -> dict[str, Any]:
    """All blocks of the stack, as a real parser of HCL reads them: kind, then type or name, then the body."""
    blocks: dict[str, Any] = {}
    for path in sorted(DEPLOY.glob("*.tf")):
        with path.open() as file:
            for kind, bodies in hcl2.load(file).items():
                blocks.setdefault(kind, []).extend(bodies)
    return blocks


def resource(kind: str, name: str) -> Any:
    [found] = [
        body[f'"{kind}"'][f'"{name}"'] for body in stack()["resource"] if f'"{name}"' in body.get(f'"{kind}"', {})
    ]
    return found


def variables() -> dict[str, Any]:
    return {unquoted(name): body for block in stack()["variable"] for name, body in block.items()}


def configuration() -> tuple[str, ...]:
    """The keys of the function's configuration."""
    [found] = [block["configuration"] for block in stack()["locals"] if "configuration" in block]
    assert "local.configuration" in resource("oci_functions_function", "create_volume_backup")["config"]
    return tuple(found)


def test_every_configuration_key_can_be_set_and_none_is_unknown() -> None:
    assert configuration() == KEYS


def max_age_by_default() -> float:
    return read_report({"report": {}}, Trigger("report", "call"), Context(OWN, "call", direct=True)).max_age_hours


def test_a_default_of_the_stack_is_the_functions_own_default() -> None:
    defaults = {name: unquoted(body["default"]) for name, body in variables().items() if "default" in body}
    assert defaults["backup_tag"] == str(OWN.backup_tag)
    assert (defaults["backup_type"], defaults["log_level"]) == (OWN.backup_type, OWN.log_level)
    assert tuple(map(unquoted, defaults["alarm_types"])) == OWN.alarm_types
    assert defaults["alarm_select_tag"] == str(OWN.alarm_select_tag)
    assert (defaults["require_tag"], defaults["dry_run"]) == (OWN.require_tag, OWN.dry_run)
    assert (defaults["min_interval_minutes"], defaults["max_concurrency"]) == (0, OWN.max_concurrency)
    assert defaults["report_max_age_hours"] == max_age_by_default()


def test_func_yaml_and_the_stack_agree() -> None:
    described = yaml.safe_load((PROJECT / "func.yaml").read_text())
    function = resource("oci_functions_function", "create_volume_backup")
    assert unquoted(function["display_name"]) == described["name"]
    assert (function["memory_in_mbs"], function["timeout_in_seconds"]) == (described["memory"], described["timeout"])
    assert tuple(re.findall(r"^#   ([A-Z_]+):", (PROJECT / "func.yaml").read_text(), re.MULTILINE)) == configuration()


def test_no_statement_lets_the_function_delete_a_backup() -> None:
    text = (DEPLOY / "iam.tf").read_text()
    for managed in re.findall(r"manage [\w-]+-backups .*", text):
        assert "where request.permission != '" in managed
        assert "_BACKUP_DELETE'" in managed


def test_the_rules_send_what_the_function_acts_on_and_nothing_that_its_backups_set_off() -> None:
    text = (DEPLOY / "events.tf").read_text()
    sent = re.findall(r'"(com\.oraclecloud\.blockvolumes\.[^"]+)"', text)
    assert all(TAGGED_TYPES.fullmatch(event_type) or BACKUP_ENDED.fullmatch(event_type) for event_type in sent)
    copies = [event_type for event_type in sent if ".copy" in event_type]
    assert sorted(sent) == sorted([*EVENT_TYPES, *copies])
    assert "*" not in "".join(sent)


def test_every_variable_is_described_typed_and_in_the_form_of_resource_manager() -> None:
    schema = yaml.safe_load((DEPLOY / "schema.yaml").read_text())
    declared = variables()
    assert list(schema["variables"]) == list(declared)
    grouped = [name for group in schema["variableGroups"] for name in group["variables"]]
    assert sorted(grouped) == sorted(declared)
    for name, body in declared.items():
        assert body["type"], name
        assert unquoted(body["description"]).replace('\\"', '"') == schema["variables"][name]["description"]
        assert schema["variables"][name]["required"] is ("default" not in body), name


def test_every_output_says_what_it_is_for() -> None:
    for block in stack()["output"]:
        for name, body in block.items():
            assert len(unquoted(body["description"])) > 20, name


def test_every_variable_and_every_resource_that_is_named_exists() -> None:
    text = "\n".join(path.read_text() for path in DEPLOY.glob("*.tf"))
    assert set(re.findall(r"\bvar\.(\w+)", text)) == set(variables())
    declared = {
        f"{unquoted(kind)}.{unquoted(name)}" for body in stack()["resource"] for kind in body for name in body[kind]
    }
    used = set(re.findall(r"(?<![\w.\"])(oci_\w+\.\w+)", text))
    assert used <= declared


def test_the_body_of_a_schedule_is_a_list_of_one_text_as_the_provider_takes_it() -> None:
    [resources] = resource("oci_resource_scheduler_schedule", "calls")["resources"]
    [parameters] = resources["parameters"]
    assert parameters["value"] == ["${each.value.body}"]


def calls_with(folder: Path, variables: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """The bodies that the stack's schedules send, and whether it takes one to be due every day, as Terraform says."""
    [own] = re.findall(r"^locals \{$.*?^\}$", (DEPLOY / "schedule.tf").read_text(), re.MULTILINE | re.DOTALL)
    (folder / "calls.tf").write_text(own)
    shutil.copy(DEPLOY / "variables.tf", folder)
    (folder / "t.auto.tfvars.json").write_text(json.dumps(variables))
    asked = "jsonencode([{ for name, call in local.calls : name => jsondecode(call.body) }, local.is_called_daily])"
    done = subprocess.run(["terraform", "console"], cwd=folder, input=asked, capture_output=True, text=True, check=True)
    bodies, is_called_daily = json.loads(json.loads(done.stdout))
    return bodies, is_called_daily


DAILY, WEEKLY = "0 2 * * *", "0 2 * * 0"
VOLUME_ID = "ocid1.volume.oc1.iad.a"
BOTH, GROUPS = ["volume", "bootvolume"], ["volume", "volumegroup"]
OTHER = {"selection_tag": "Ops.save", "selection_value": "shop & co"}
CALLS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "nobody calls": ({}, {}, False),
    "every night": ({"selection_cron": DAILY}, {"selection": {"select": {"resourceTypes": BOTH}}}, True),
    "every hour": ({"selection_cron": "0 * * * *"}, {"selection": {"select": {"resourceTypes": BOTH}}}, True),
    "every week": ({"selection_cron": WEEKLY}, {"selection": {"select": {"resourceTypes": BOTH}}}, False),
    "a report": (
        {"report_cron": DAILY, "report_max_age_hours": 170},
        {"report": {"report": {"resourceTypes": BOTH, "maxAgeHours": 170}}},
        True,
    ),
    "a volume": (
        {"schedule_cron": WEEKLY, "schedule_volume_ocid": VOLUME_ID},
        {"request": {"volumeId": VOLUME_ID}},
        False,
    ),
    "by another tag, of what may be backed up": (
        {
            **OTHER,
            "selection_cron": WEEKLY,
            "report_cron": DAILY,
            "allow_boot_volumes": False,
            "allow_volume_groups": True,
        },
        {
            "selection": {"select": {"tag": "Ops.save", "value": "shop & co", "resourceTypes": GROUPS}},
            "report": {"report": {"tag": "Ops.save", "value": "shop & co", "resourceTypes": GROUPS, "maxAgeHours": 26}},
        },
        True,
    ),
}


@with_terraform
@pytest.mark.parametrize("case", CALLS)
def test_schedules_send_what_the_function_takes(tmp_path: Path, case: str) -> None:
    variables, expected, is_daily = CALLS[case]
    assert calls_with(tmp_path, variables) == (expected, is_daily)
    for name, body in expected.items():
        kind, document = recognise(body)
        assert kind.name == {"selection": "select"}.get(name, name)
        assert len(list(kind.parse(document, Context(OWN, "call", direct=True)))) == 1


def test_alarms_about_the_function_tell_people_and_do_not_call_it() -> None:
    called = resource("oci_ons_subscription", "function")["topic_id"]
    for name in ("errors", "absence"):
        alarm = resource("oci_monitoring_alarm", name)
        assert alarm["namespace"] == '"oci_faas"'
        assert alarm["destinations"] == ["${oci_ons_notification_topic.alerts.id}"]
        assert alarm["destinations"] != [called]
        assert "${oci_functions_function.create_volume_backup.id}" in alarm["query"]
    assert "local.is_called_daily" in resource("oci_monitoring_alarm", "absence")["count"]


def test_the_failure_destination_is_always_stated_so_that_it_can_be_switched_off() -> None:
    function = resource("oci_functions_function", "create_volume_backup")
    assert "dynamic" not in function
    [destination] = function["failure_destination"]
    assert '"NOTIFICATION" : "NONE"' in destination["kind"]
    [lifecycle] = resource("oci_ons_notification_topic", "failures")["lifecycle"]
    assert lifecycle["create_before_destroy"] is True


def test_the_providers_version_has_every_argument_that_the_stack_uses() -> None:
    [required] = [block["required_providers"] for block in stack()["terraform"]]
    [providers] = required
    assert unquoted(providers["oci"]["version"]) == ">= 7.21, < 9.0"


def test_a_variable_that_is_null_counts_as_its_default() -> None:
    assert {
        name for name, body in variables().items() if "default" in body and body.get("nullable") is not False
    } == set()


def test_what_the_network_needs_is_only_read_where_the_network_is_made() -> None:
    [services] = [block['"oci_core_services"']['"all"'] for block in stack()["data"] if '"oci_core_services"' in block]
    assert "local.make_network ? 1 : 0" in services["count"]


def test_topics_of_amazon_are_refused_behind_a_network_that_does_not_reach_them() -> None:
    [lifecycle] = resource("oci_functions_function", "create_volume_backup")["lifecycle"]
    [condition] = [found["condition"] for found in lifecycle["precondition"] if "arn:" in found["condition"]]
    assert "local.make_network" in condition


def test_the_documents_give_an_alarm_one_topic() -> None:
    told = re.findall(r"--destinations '(\[.*?\])'", (DEPLOY / "README.md").read_text())
    assert told
    assert [destinations for destinations in told if "," in destinations] == []


def test_terraforms_state_stays_out_of_the_repository() -> None:
    for name in ("terraform.tfstate", "terraform.tfstate.backup", ".terraform/providers", ".terraform.lock.hcl"):
        done = subprocess.run(["git", "check-ignore", "-q", f"deploy/{name}"], cwd=PROJECT, check=False)
        assert done.returncode == 0, name


def test_the_function_gives_up_before_the_queue_does() -> None:
    text = (DEPLOY / "queue.tf").read_text()
    assert "most_deliveries    = 20" in text
    for hours in range(1, 24):
        visibility = max(900, -(-hours * 3600 // (20 - 2)))
        assert hours * 3600 < visibility * (20 - 1)
        assert hours * 3600 < 2 * 24 * 3600
    queue = resource("oci_queue_queue", "work")
    assert queue["visibility_in_seconds"] == "${local.visibility_seconds}"
    assert queue["retention_in_seconds"] == "${2 * 24 * 3600}"


@with_terraform
def test_the_stack_is_formatted(tmp_path: Path) -> None:
    for path in DEPLOY.glob("*.tf"):
        shutil.copy(path, tmp_path)
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
