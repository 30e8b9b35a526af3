"""The local OCI's page without a browser: what it is served as, whose calls are taken, and what its buttons do."""

from __future__ import annotations

import http.client
import json
import os
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from emulator.console.actions import Actions
from emulator.console.routes import Console
from emulator.core.identifiers import HOME
from emulator.options import PROJECT
from emulator.services.resource_scheduler.schedules import Schedules
from tests.world import World, world

JSON = {"Content-Type": "application/json"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def ask(
    cloud: World, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Send a request as anybody could, with these headers; underscores stand for hyphens."""
    address = urlsplit(cloud.oci.base_url).netloc
    connection = http.client.HTTPConnection(address, timeout=20)
    try:
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode() if body is not None else None
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, content, sent)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def ask_action(cloud: World, action: Any, values: dict[str, str], *, perform: bool) -> dict[str, Any]:
    document = {"action": action, "values": values, "perform": perform}
    status, _, content = ask(cloud, "POST", "/console/actions", document, Content_Type="application/json")
    return {"http": status, **json.loads(content)}


def press(cloud: World, action: Any, **values: str) -> dict[str, Any]:
    """Press a button of the page."""
    return ask_action(cloud, action, values, perform=True)


def look_at(cloud: World, action: str, **values: str) -> dict[str, Any]:
    """Fill in a button's form, whose line is shown then."""
    return ask_action(cloud, action, values, perform=False)


def line_of(cloud: World, action: str, **values: str) -> str:
    return str(look_at(cloud, action, **values)["line"])


def state(cloud: World) -> Any:
    return json.loads(ask(cloud, "GET", "/console/state")[2])


# Serving


def test_the_page_and_all_that_it_names_come_from_the_local_oci_itself(cloud: World) -> None:
    status, headers, content = ask(cloud, "GET", "/")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"//" not in content.replace(b"<!doctype", b"")
    page = Path(sys.modules[Console.__module__].__file__ or "").with_name("page")
    types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
    for path in page.iterdir():
        status, headers, content = ask(cloud, "GET", f"/console/files/{path.name}")
        assert (status, headers["Content-Type"]) == (200, f"{types[path.suffix]}; charset=utf-8")
        assert content == path.read_bytes()


@pytest.mark.parametrize("path", ["/", "/console/files/main.js", "/console/state", "/console/files/none.js"])
def test_nothing_but_its_own_files_can_run_and_nothing_is_kept_or_guessed(cloud: World, path: str) -> None:
    _, headers, _ = ask(cloud, "GET", path)
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["..%2froutes.py", "%2e%2e/routes.py", "routes.py", "/etc/passwd"])
def test_no_other_file_is_served(cloud: World, name: str) -> None:
    assert ask(cloud, "GET", f"/console/files/{name}")[0] in {400, 404}


# Whose requests are taken


def own(cloud: World) -> str:
    return cloud.oci.base_url


# What a browser sends along when a page of another origin calls.
FOREIGN: dict[str, dict[str, str]] = {
    "a page of another site": {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"},
    "a page of another site, by an old browser": {"Origin": "https://evil.example"},
    "a page of another port of this machine": {"Origin": "http://127.0.0.1:1", "Sec_Fetch_Site": "same-site"},
    "a page in a sandbox": {"Origin": "null", "Sec_Fetch_Site": "cross-site"},
    "an image in a page": {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"},
    "a page whose name points to this machine": {"Host": "evil.example"},
    "a page whose name, with the port, points to this machine": {"Host": "evil.example:PORT"},
    "a name that begins like ours": {"Host": "127.0.0.1.evil.example:PORT"},
    "a host that cannot be": {"Host": "127.0.0.1:PORT:80"},
    "another port": {"Host": "127.0.0.1:1"},
    "Oracle's own name without the certificate that goes with it": {"Host": "iaas.us-ashburn-1.oraclecloud.com"},
}
# What a form or a script of another page can send without asking first: with these types there is no preflight.
SENT_WITHOUT_ASKING = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
CONTROLS = {
    "/console/actions": {"action": "rotate-key", "values": {}, "perform": True},
    "/emulator/faults": {"operation": "*", "times": 1000, "status": 500},
    "/emulator/denials": {"grant": "manage volume-backups"},
    "/emulator/principal/rotate": {},
    "/emulator/alarms/ocid1.alarm.oc1.iad.a/fire": {},
    "/emulator/schedules/ocid1.resourceschedule.oc1.iad.a/fire": {},
    "/emulator/subscriptions/ocid1.onssubscription.oc1.iad.a/confirm": {},
    "/invoke/FUNCTION": {"volumeId": "ocid1.volume.oc1.iad.a"},
    "/v2/apps": {"name": "theirs"},
}


@pytest.mark.parametrize("case", FOREIGN)
def test_no_other_page_is_answered_whatever_it_asks_for(cloud: World, case: str) -> None:
    port = cloud.oci.base_url.rpartition(":")[2]
    headers = {name: value.replace("PORT", port) for name, value in FOREIGN[case].items()}
    before = len(cloud.oci.journal)
    for path, body in CONTROLS.items():
        for content_type in SENT_WITHOUT_ASKING:
            at = path.replace("FUNCTION", cloud.oci.function["id"])
            status, _, content = ask(cloud, "POST", at, body, Content_Type=content_type, **headers)
            assert (status, json.loads(content)["code"]) == (403, "NotAllowed"), path
    for path in ("/", "/console/state", "/console/stream", "/console/entries/0", "/v2/apps"):
        assert ask(cloud, "GET", path, **headers)[0] == 403, path
    assert ask(cloud, "DELETE", "/emulator/faults", **headers)[0] == 403
    # Of an earlier test something may still come to its end.
    after = cloud.oci.journal.since(before)
    assert [entry for entry in after if entry.kind == "direct" or entry.details.get("principal") == ""] == []


def test_a_page_may_not_ask_whether_it_may(cloud: World) -> None:
    asked = {"Origin": "https://evil.example", "Access_Control_Request_Method": "POST"}
    status, headers, _ = ask(cloud, "OPTIONS", "/console/actions", **asked)
    assert status == 403
    assert [name for name in headers if name.lower().startswith("access-control")] == []


def test_its_own_page_is_answered_by_each_of_its_names(cloud: World) -> None:
    port = cloud.oci.base_url.rpartition(":")[2]
    for name in ("127.0.0.1", "localhost", "[::1]"):
        host = f"{name}:{port}"
        sent = {"Host": host, "Origin": f"http://{host}", "Sec_Fetch_Site": "same-origin"}
        assert ask(cloud, "GET", "/console/state", **sent)[0] == 200
        assert ask(cloud, "GET", "/", Host=host, Sec_Fetch_Site="none")[0] == 200


def test_a_link_in_a_mail_or_on_a_page_leads_here(cloud: World) -> None:
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert ask(cloud, "GET", "/", **link)[0] == 200
    assert ask(cloud, "POST", "/emulator/principal/rotate", **link)[0] == 403
    framed = {**link, "Sec_Fetch_Dest": "iframe"}
    assert ask(cloud, "GET", "/", **framed)[0] == 403


@pytest.mark.parametrize("content_type", SENT_WITHOUT_ASKING)
def test_the_buttons_take_json_alone(cloud: World, content_type: str) -> None:
    body = CONTROLS["/console/actions"]
    status, _, content = ask(cloud, "POST", "/console/actions", body, Content_Type=content_type)
    assert (status, json.loads(content)["code"]) == (415, "UnsupportedMediaType")


@pytest.mark.parametrize("body", ["", "[]", "{", '{"action": 1}', '{"action": "create-volume", "values": []}'])
def test_what_is_no_action_is_refused_in_a_sentence(cloud: World, body: str) -> None:
    status, _, content = ask(cloud, "POST", "/console/actions", body, Content_Type="application/json")
    assert (status, json.loads(content)["code"]) == (400, "InvalidParameter")


# The stream


@contextmanager
def stream(cloud: World, **headers: str) -> Iterator[Iterator[tuple[str, str, Any]]]:
    """The events of the stream as id, name and data."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"{cloud.oci.base_url}/console/stream", headers=sent)
    with urllib.request.urlopen(request, timeout=20) as answer:

        def read() -> Iterator[tuple[str, str, Any]]:
            while True:
                lines = dict(line.decode().rstrip("\n").split(": ", 1) for line in iter(answer.readline, b"\n"))
                yield lines["id"], lines["event"], json.loads(lines["data"])

        yield read()


def test_the_stream_goes_on_where_it_was_cut_off() -> None:
    with world() as cloud:
        cloud.answer({"volumeId": cloud.volume()})
        with stream(cloud) as events:
            _, name, _ = next(events)
            last, _, entries = next(events)
            assert name == "begin"
            assert entries
        seen = entries[-1]["number"]
        cloud.answer({"volumeId": cloud.volume(displayName="later")})
        with stream(cloud, Last_Event_ID=last) as events:
            _, name, entries = next(events)
            assert name == "entries"
            assert min(entry["number"] for entry in entries) > seen
        with stream(cloud, Last_Event_ID=f"0{last}") as events:
            assert next(events)[1] == "begin"


def test_of_a_long_past_the_stream_tells_the_newest_entries() -> None:
    with world() as cloud:
        journal = cloud.oci.journal

        def fill() -> None:
            for number in range(10_700):
                journal.add("schedule", f"nightly {number} runs")

        cloud.oci.run(fill)
        count = len(journal)
        with stream(cloud) as events:
            assert next(events)[2] == {"leftOut": count - 10_000}
            told = [entry for _ in range(20) for entry in next(events)[2]]
        assert [entry["title"] for entry in (told[0], told[-1])] == ["nightly 700 runs", "nightly 10699 runs"]


# Ways


def shown(cloud: World) -> list[dict[str, Any]]:
    with stream(cloud) as events:
        next(events)
        return list(next(events)[2])


def test_everything_from_the_tag_to_the_end_of_the_backup_is_on_one_way() -> None:
    with world(wired=True) as cloud:
        volume = cloud.volume()
        other = cloud.volume(displayName="other")
        for tagged in (volume, other):
            cloud.oci.operator.call("PUT", f"/20160918/volumes/{tagged}", {"freeformTags": {"backup": "full"}})
        for tagged in (volume, other):
            cloud.wait_for_event_told_of("volumebackup.available", tagged)
        # For each volume that it was made, that it was tagged, and that its backup has ended.
        cloud.oci.journal.wait_for("invocation", count=2 * 3)
        entries = shown(cloud)
        tag = next(entry for entry in entries if entry["kind"] == "event" and entry["note"] == "backup: full")
        way = [entry for entry in entries if set(entry["ways"]) & set(tag["ways"])]
        # Two invocations tell the two, and so short a backup may have ended before its beginning is told.
        told = sorted(entry["title"] for entry in way if entry["lane"] == "topics")
        assert [title.partition("-2")[0] for title in told] == ["accepted: db-data-1", "completed: db-data-1"]
        assert [entry["title"] for entry in way if entry["lane"] == "triggers"] == [
            "updatevolume",
            "createvolumebackup.end",
        ]
        assert {"CreateVolumeBackup", "GetVolumeBackup", "PublishMessage"} <= {
            entry["title"] for entry in way if entry["lane"] == "requests"
        }
        assert len([entry for entry in way if entry["kind"] == "invocation"]) == 2
        assert all(entry["verified"] for entry in way if entry["kind"] == "request")
        assert "other" not in json.dumps(way)


def test_a_secret_is_not_among_what_an_entry_holds(cloud: World) -> None:
    cloud.answer({"volumeId": cloud.volume()})
    for entry in cloud.oci.journal.all()[cloud._since :]:
        content = ask(cloud, "GET", f"/console/entries/{entry.number}")[2].decode()
        assert 'keyId="' not in content
        assert "ST$" not in content
    assert ask(cloud, "GET", "/console/entries/999999999")[0] == 404


def test_an_invocation_that_failed_says_why() -> None:
    with world() as cloud:
        cloud.invoke({"volumeId": "ocid1.volume.oc1.iad.none"})
        cloud.log(least=2)
        line = next(entry for entry in shown(cloud) if entry["kind"] == "log")
        assert line["text"].startswith("failed ")
        assert len(line["text"]) > 30


def test_a_request_that_no_operation_takes_can_be_opened(cloud: World) -> None:
    before = len(cloud.oci.journal)
    assert ask(cloud, "GET", "/nowhere?it=is")[0] == 400
    [asked] = [entry for entry in cloud.oci.journal.since(before) if "/nowhere" in entry.line]
    status, _, content = ask(cloud, "GET", f"/console/entries/{asked.number}")
    assert (status, json.loads(content)["sections"][0]["facts"]["request"]) == (200, "GET /nowhere?it=is")


# Without a browser


def run_a_browser_test(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a test that needs a browser where there is none."""
    test = "tests/test_console_in_browser.py::test_a_page_that_has_its_name_point_to_this_machine_is_not_served"
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", test]
    known = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE_", "PYTEST_"))}
    known = {**known, "BROWSER_REQUIRED": "", "PATH": str(tmp_path), **environment}
    return subprocess.run(command, cwd=PROJECT, env=known, capture_output=True, text=True, timeout=60, check=False)


def test_without_a_browser_the_tests_that_are_left_out_are_named(tmp_path: Path) -> None:
    done = run_a_browser_test(tmp_path)
    assert done.returncode == 0
    left_out = "LEFT OUT, because there is no Chromium here (apt-get install chromium): test_a_page_that_has_its_name"
    assert left_out in done.stdout


def test_without_a_browser_ci_fails(tmp_path: Path) -> None:
    done = run_a_browser_test(tmp_path, BROWSER_REQUIRED="1")
    assert done.returncode == 1
    assert "there is no Chromium here (apt-get install chromium), and BROWSER_REQUIRED is set" in done.stdout


# Buttons


@pytest.fixture(scope="module")
def wired() -> Iterator[World]:
    with world(wired=True) as cloud:
        yield cloud


def by_name(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    [found] = [item for item in items if item["name"] == name]
    return found


def test_each_button_is_one_public_call(wired: World) -> None:
    """The journal holds that one call, made as anybody makes it: signed by the operator, or by nobody."""
    instance, volume = wired.instance(), wired.volume()
    alarm = press(wired, "create-alarm", name="sick")["answer"]["id"]
    connector = wired.connector({"kind": "streaming", "streamId": "ocid1.stream.oc1.iad.a"})
    schedule = wired.oci.operator.call("POST", "/20240430/schedules", nightly(wired))["id"]
    kept = wired.oci.service(Schedules).collection.documents[schedule]
    # Nothing is told when it is active, and to ask over HTTP while the journal is locked would wait for ever.
    while kept["lifecycleState"] != "ACTIVE":
        time.sleep(0.002)
    pressed: dict[str, tuple[str, dict[str, str]]] = {
        "create-volume": ("CreateVolume", {"name": "made", "sizeInGBs": "60"}),
        "tag-volume": ("UpdateVolume", {"volumeId": volume, "key": "backup", "value": "full"}),
        "launch-instance": ("LaunchInstance", {"name": "web"}),
        "attach-volume": ("AttachVolume", {"volumeId": volume, "instanceId": instance}),
        "create-alarm": ("CreateAlarm", {"name": "second"}),
        "fire-alarm": ("FireAlarm", {"alarmId": alarm, "resourceId": volume}),
        "fire-schedule": ("FireSchedule", {"scheduleId": schedule}),
        "run-request": ("InvokeFn", {"volumeId": volume}),
        "run-selection": ("InvokeFn", {"tag": "backup"}),
        "run-report": ("InvokeFn", {"maxAgeHours": "26"}),
        "add-fault": ("AddFault", {"operation": "ListVolumes", "what": "503"}),
        "clear-faults": ("ClearFaults", {}),
        "rotate-key": ("RotatePrincipal", {}),
        "deny-permission": ("AddDenial", {"grant": "use queue-push"}),
        "clear-denials": ("ClearDenials", {}),
        "hold-queue": ("DeactivateServiceConnector", {"connectorId": connector}),
        "release-queue": ("ActivateServiceConnector", {"connectorId": connector}),
    }
    assert set(pressed) == set(Actions(wired.oci.cloud, wired.oci.config_file).names)
    for action, (operation, values) in pressed.items():
        looked_at = look_at(wired, action, **values)
        assert looked_at.keys() == {"http", "line", "call"}, action
        before = len(wired.oci.journal)
        done = press(wired, action, **values)
        assert (done["line"], done["call"]) == (looked_at["line"], looked_at["call"])
        made = [
            entry.details
            for entry in wired.oci.journal.since(before)
            if entry.kind == "request" and not entry.details["call"]
        ]
        assert [details["operation"] for details in made] == [operation]
        assert made[0]["principal"] == ("operator" if done["line"].startswith("oci ") else "")


def nightly(cloud: World) -> dict[str, Any]:
    return {
        "compartmentId": cloud.oci.compartment_id,
        "displayName": "nightly",
        "action": "START_RESOURCE",
        "recurrenceType": "CRON",
        "recurrenceDetails": "0 2 * * *",
        "resources": [{"id": cloud.oci.function["id"], "parameters": [{"parameterType": "BODY", "value": {"x": 1}}]}],
    }


def run_line(line: str) -> subprocess.CompletedProcess[str]:
    """Paste a line into a shell that has the CLI."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-ec", line],
        env={**environment, "PATH": path, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


STRANGE = """<img src=x onerror='alert("1")'> $(id) `id` \\ é"""


def test_the_line_that_is_shown_does_what_the_button_does(wired: World) -> None:
    """The volume has another tag, which stays, with the most awkward value: the line's quotes hold it."""
    volume = wired.volume(freeformTags={"owner": STRANGE})
    tagged = run_line(line_of(wired, "tag-volume", volumeId=volume, key="backup", value="full"))
    assert tagged.returncode == 0, tagged.stderr
    assert json.loads(tagged.stdout)["data"]["freeform-tags"] == {"owner": STRANGE, "backup": "full"}
    wired.wait_for_event_told_of("volumebackup.available", volume)


# Reads lines, and looks each one's command up in the CLI with its options; quicker than to run it.
LOOK_UP = """
import shlex, sys
import click
from oci_cli import dynamic_loader
from oci_cli.cli_root import cli

for line in sys.stdin:
    words = shlex.split(line)[5:]
    count = next(place for place, word in enumerate(words) if word.startswith("--"))
    dynamic_loader.load_service(words[0])
    command = cli
    for word in words[:count]:
        command = command.get_command(click.Context(command), word)
    command.make_parser(click.Context(command)).parse_args(words[count:])
    print(" ".join(words[:count]), {option.name for option in command.params if option.required} <= {
        word[2:].replace("-", "_") for word in words[count:] if word.startswith("--")
    })
"""


def test_the_lines_of_oci_are_commands_that_the_cli_knows(wired: World) -> None:
    instance, volume = wired.instance(name="cli"), wired.volume(displayName="cli")
    connector = wired.connector({"kind": "streaming", "streamId": "ocid1.stream.oc1.iad.b"})
    lines = {
        "bv volume create": line_of(wired, "create-volume", name="a"),
        "bv volume update": line_of(wired, "tag-volume", volumeId=volume, value="full"),
        "compute instance launch": line_of(wired, "launch-instance", name="a"),
        "compute volume-attachment attach": line_of(wired, "attach-volume", volumeId=volume, instanceId=instance),
        "monitoring alarm create": line_of(wired, "create-alarm", name="a"),
        "sch service-connector deactivate": line_of(wired, "hold-queue", connectorId=connector),
        "sch service-connector activate": line_of(wired, "release-queue", connectorId=connector),
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOOK_UP],
        input="\n".join(lines.values()),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [f"{command} True" for command in lines], done.stderr


def test_the_lines_of_curl_do_what_the_buttons_do(wired: World) -> None:
    fault = {"operation": "ListVolumes", "what": "kill before", "times": "2"}
    lines = [
        line_of(wired, "add-fault", **fault),
        line_of(wired, "deny-permission", grant="use queue-push"),
    ]
    assert run_line("\n".join(lines)).returncode == 0
    found = state(wired)
    assert found["faults"] == ["ListVolumes kills the containers before the call, 2 to come"]
    assert found["denied"] == ["use queue-push"]
    undone = [line_of(wired, name) for name in ("clear-faults", "clear-denials")]
    assert run_line("\n".join(undone)).returncode == 0
    found = state(wired)
    assert (found["faults"], found["denied"]) == ([], [])


def test_the_line_of_fn_holds_the_body_and_the_address(wired: World) -> None:
    line = line_of(wired, "run-selection", tag="shop's")
    assert shlex.split(line) == [
        "echo",
        json.dumps({"select": {"tag": "shop's"}}),
        "|",
        f"FN_API_URL={wired.oci.base_url}",
        *("fn", "invoke", "volume-backups", "create-volume-backup"),
    ]


REFUSED: dict[str, tuple[Any, dict[str, str], str]] = {
    "no name": ("create-volume", {"name": " "}, "Missing"),
    "no number": ("create-volume", {"name": "a", "sizeInGBs": "big"}, "sizeInGBs is a whole number"),
    "no volume": ("tag-volume", {"volumeId": "ocid1.volume.oc1.iad.none", "value": "yes"}, "there is no ocid1.volume"),
    "no action": ("format-disk", {}, "action must be one of create-volume"),
    "what is no name": (["format-disk"], {}, "action must be one of create-volume"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_values_that_cannot_be_are_refused_in_a_sentence(cloud: World, case: str) -> None:
    action, values, sentence = REFUSED[case]
    done = press(cloud, action, **values)
    assert done["http"] == 400
    assert sentence.lower() in done["message"].lower()


def test_a_tag_without_a_value_is_taken_away(cloud: World) -> None:
    volume = cloud.volume(freeformTags={"backup": "full", "owner": "shop"})
    assert press(cloud, "tag-volume", volumeId=volume, key="", value="")["answer"]["freeformTags"] == {"owner": "shop"}


def test_what_the_cloud_refuses_is_told_with_its_status(cloud: World) -> None:
    cloud.oci.fault("CreateVolume", status=429, code="TooManyRequests", message="Slow down.")
    done = press(cloud, "create-volume", name="a")
    assert (done["status"], done["answer"]["code"]) == (429, "TooManyRequests")
    cloud.oci.fault("CreateVolume", close="before")
    done = press(cloud, "create-volume", name="a")
    assert (done["status"], done["answer"]) == (0, "There was no answer: the connection broke off.")


# What there is


def test_the_state_lists_volumes_with_tags_backups_and_attachments(cloud: World) -> None:
    volume = cloud.volume(displayName="listed", freeformTags={"backup": "full"})
    cloud.attach(cloud.instance(name="host"), volume)
    cloud.backup(volume, displayName="kept")
    found = by_name(state(cloud)["volumes"]["items"], "listed")
    assert (found["tags"], found["attachedTo"]) == ({"backup": "full"}, ["host"])
    assert [(backup["name"], backup["state"]) for backup in found["backups"]] == [("kept", "AVAILABLE")]


def test_the_state_tells_what_waits_in_a_queue_and_when_it_is_visible_again(cloud: World) -> None:
    queue = cloud.queue(displayName="waiting")
    base = f"/20210201/queues/{queue}/messages"
    cloud.oci.operator.call("POST", base, {"messages": [{"content": "first"}, {"content": "second"}]})
    cloud.oci.operator.call("GET", base, limit=1, visibilityInSeconds=600)
    first, second = by_name(state(cloud)["queues"], "waiting")["messages"]
    assert (first["content"], first["deliveries"]) == ("first", 1)
    assert first["visibleAfter"] > "2020"
    assert (second["content"], second["visibleAfter"]) == ("second", None)
    cloud.oci.operator.call("DELETE", f"/20210201/queues/{queue}")


def test_a_backup_that_is_a_copy_stands_among_the_copies_of_its_region(cloud: World) -> None:
    volume = cloud.volume(displayName="copied")
    copy = cloud.backup(volume, displayName="the copy")
    backups = next(service for service in cloud.oci.cloud.services if service.document_of(copy))
    cloud.oci.run(
        lambda: backups.collection.documents[copy].update(sourceVolumeBackupId="ocid1.volumebackup.oc1.phx.a")
    )
    found = by_name(state(cloud)["copies"], "the copy")
    assert (found["region"], found["of"], found["state"]) == (HOME.name, "ocid1.volumebackup.oc1.phx.a", "AVAILABLE")
    assert by_name(state(cloud)["volumes"]["items"], "copied")["backups"] == []
