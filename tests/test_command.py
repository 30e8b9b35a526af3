"""``python -m emulator`` as a person uses it: what it says and writes, and how it says that something cannot be."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emulator import LocalOci, Options, local_oci
from emulator.options import PROJECT
from tests.measured import unmeasured

COMMAND = [sys.executable, "-m", "emulator"]
GREETER = """
import json, os, sys
from fdk import response

def handler(ctx, data):
    print("greeting", file=sys.stderr, flush=True)
    return response.Response(ctx, json.dumps({"greeting": os.environ["GREETING"]}))
"""
SHOWN = re.compile(r"\d\d:\d\d:\d\d\.\d{3} (\w+) +(\S+) +(.*)\n")


@contextmanager
def serving(*arguments: str, cwd: Path = PROJECT) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [*COMMAND, "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], *parts: str) -> list[str]:
    """What the process writes until each of the parts was in a line, in whichever order."""
    assert process.stdout is not None
    lines: list[str] = []
    awaited = set(parts)
    while awaited and (line := process.stdout.readline()):
        lines.append(line)
        awaited -= {part for part in awaited if part in line}
    return lines


def refusal(*arguments: str, python: tuple[str, ...] = (sys.executable,)) -> tuple[int, str]:
    done = subprocess.run(
        [*python, "-m", "emulator", *arguments], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.splitlines()[-1]


def test_what_one_needs_next_is_printed_and_a_shell_can_source_it_for_oci_and_curl(tmp_path: Path) -> None:
    state = tmp_path / "a state"
    with serving("--state", str(state), "--quiet") as process:
        ready, *variables, page, last = read_until(process, "To use it")
        assert ready.startswith("ready http://127.0.0.1:")
        assert page == f"To see it: {ready.split()[1]}/\n"
        assert last == f"To use it: . {state}/env\n"
        assert "".join(variables).rstrip() == (state / "env").read_text().rstrip()
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        lines = [
            ". ./env",
            "oci bv volume create --compartment-id $COMPARTMENT_ID --availability-domain AD-1 --display-name sourced",
            "oci ons topic get --topic-id $RESULT_TOPIC_ID",
            "curl -s $FN_API_URL/v2/fns/$FUNCTION_ID",
        ]
        # What the shell has set for the real cloud is not used.
        environment = {**unmeasured(), "PATH": path, "OCI_CLI_PROFILE": "PROD", "PYTHONWARNINGS": "ignore"}
        done = subprocess.run(
            ["bash", "-ec", "\n".join(lines)], cwd=state, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        for name in ("sourced", "backup-results", "create-volume-backup"):
            assert name in done.stdout


def test_a_local_oci_without_a_stack_tells_no_function(tmp_path: Path) -> None:
    with local_oci(own_stack=False, state=tmp_path) as oci:
        assert "COMPARTMENT_ID" in oci.environment
        assert "FUNCTION_ID" not in oci.environment


def test_another_function_is_served_from_its_folder_and_every_line_says_when_and_whose_doing(tmp_path: Path) -> None:
    (tmp_path / "func.py").write_text(GREETER)
    (tmp_path / "func.yaml").write_text("name: greeter\n")
    with serving("--config", "GREETING=hello=1", "--unwired", cwd=tmp_path) as process:
        told = "".join(read_until(process, "To use it"))
        base_url, function_id = (re.findall(rf"export {name}=(\S+)", told)[0] for name in ("FN_API_URL", "FUNCTION_ID"))
        with urllib.request.urlopen(f"{base_url}/invoke/{function_id}", data=b"{}") as answer:
            assert json.load(answer) == {"greeting": "hello=1"}
        # The three may come in any order, as each is told by a part of its own.
        shown = [SHOWN.fullmatch(line) for line in read_until(process, " log ", " invocation ", " InvokeFn")]
        expected = {("log", "greeter"), ("invocation", "greeter"), ("request", "-")}
        assert {match.groups()[:2] for match in shown if match} >= expected
        assert None not in shown


def test_a_taken_port_is_told_in_one_sentence() -> None:
    with local_oci() as oci:
        port = oci.base_url.rpartition(":")[2]
        assert refusal("--port", port) == (
            1,
            f"Port {port} of 127.0.0.1 is taken: choose another with --port, 0 for a free one.",
        )


def test_an_address_that_is_not_this_machines_is_told_in_one_sentence() -> None:
    code, sentence = refusal("--host", "192.0.2.1", "--port", "0")
    assert code == 1
    assert sentence.startswith("192.0.2.1:0 cannot be listened on: ")


def test_a_missing_package_is_told_in_one_sentence() -> None:
    code, sentence = refusal(python=(sys.executable, "-S"))
    assert code == 1
    assert re.match(r"emulator needs the package \w+, which .*python\S* does not have: run it with \.venv", sentence)


REFUSED = {
    "a function that is not there": (["--function", "nowhere.py"], f"there is no function {PROJECT / 'nowhere.py'}"),
    "a permission that is none": (["--deny", "manage everything"], "there is no permission 'manage everything'"),
    "a configuration without a value": (["--config", "GREETING"], "'GREETING' has no name before an equals sign"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_argument_that_cannot_be_is_refused_with_a_sentence(case: str) -> None:
    arguments, sentence = REFUSED[case]
    code, told = refusal("--port", "0", *arguments)
    assert code == 2
    assert told.startswith("python -m emulator: error: ")
    assert sentence in told


def test_a_state_folder_belongs_to_one_local_oci_at_a_time(tmp_path: Path) -> None:
    with local_oci(state=tmp_path):
        key = (tmp_path / "api_key.pem").read_text()
        with pytest.raises(ValueError, match=f"the state folder {tmp_path} belongs to a local OCI that is running"):
            LocalOci(Options(state=tmp_path))
        assert (tmp_path / "api_key.pem").read_text() == key
    with local_oci(state=tmp_path) as oci:
        assert oci.operator.call("GET", "/20160918/volumes", compartmentId=oci.compartment_id) == []
