"""The README's first command, and the server behind it, as a newcomer runs them."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emulator.options import PROJECT
from tests.measured import unmeasured

# Whole stories, each a process with containers of its own.
pytestmark = pytest.mark.timeout(600)


def children_of(pid: int) -> set[int]:
    """The processes that a process has started, as /proc tells."""
    found = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return {int(child) for children in found for child in children}


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that is killed if the test fails."""
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def server_command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "emulator", "--port", "0", "--state", str(folder / "state"), "--quiet"]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``python -m emulator`` on a free port: the process, and its line that says that it is ready."""
    with running(server_command(tmp_path)) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def comparable(line: str) -> str:
    """A line without what differs from run to run: times, ids and counts."""
    line = re.sub(r"[0-9a-f]{8}…", "ID", line)
    return re.sub(r"[\d.:]+", "N", line).strip()


def shown_on_the_first_page() -> list[str]:
    """The lines that the README shows as the output of the first command."""
    shown = (PROJECT / "README.md").read_text().split("$ make run\n")[1].split("$ make test")[0]
    return [comparable(line) for line in shown.splitlines() if line.strip() != "…"]


@pytest.fixture(scope="module")
def story() -> str:
    """What the first command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "emulator.story"], cwd=PROJECT, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_make_run_shows_the_main_job_and_ends_by_itself(story: str) -> None:
    steps = [
        "local OCI ready on http://N.N.N.N:N",
        'UpdateVolume db-data-N, freeformTags {"backup": "full"}',
        "com.oraclecloud.blockvolumes.updatevolume of db-data-N",
        "→ N REQUEST_RECEIVED",
        "backup-results took “accepted: db-data-N”",
        "volumebackup.accepted of db-data-N: REQUEST_RECEIVED",
        '"specversion": "N.N"',
        "volumebackup.available of db-data-N-NTNZ: AVAILABLE",
        "“web-N is sick” fires",
        '"title": "web-N is sick"',
        "backup-results took “N accepted: web-N (Boot Volume) and N more”",
        "bootvolumebackup.available",
        'invokes the function with {"select": {"tag": "tier", "value": "db"}}',
        "backup-results took “N accepted: shop-N and N more”",
        "volumebackup.accepted of shop-N: REQUEST_RECEIVED",
        'invokes the function with {"report": {"tag": "app", "maxAgeHours": N}}',
        "backup-results took “N unprotected: shop-N and N more”",
        "CopyVolumeBackup of db-data-N",
        "backup-results took “N completed, N copying: db-data-N",
        "backup-results took “copied: db-data-N",
        "volumebackup.copied of db-data-N-NTNZ: AVAILABLE",
        "Done: every backup was made once and told.",
    ]
    told = re.sub(r"\d+", "N", story)
    places = [told.find(step) for step in steps]
    assert -1 not in places, dict(zip(steps, places, strict=True))
    assert places == sorted(places)


def test_the_first_page_shows_lines_of_the_story_in_their_order(story: str) -> None:
    lines = iter([comparable(line) for line in story.splitlines()])
    shown = shown_on_the_first_page()
    assert 5 <= len(shown) <= 10
    assert [line for line in shown if line not in lines] == []


def test_the_story_shows_a_call_that_fails_and_is_sent_again_under_its_token(story: str) -> None:
    create = r"CreateBootVolumeBackup of web-1 \(Boot Volume\), token (\w{8})… → "
    [failed] = re.findall(create + "503 ServiceUnavailable", story)
    [accepted] = re.findall(create + "200 REQUEST_RECEIVED", story)
    assert failed == accepted


def test_the_report_of_the_story_finds_exactly_what_the_selection_left_out(story: str) -> None:
    assert len(set(re.findall(r"volumebackup\.accepted of (shop-\d+)", story))) == 12
    assert set(re.findall(r"volumebackup\.unprotected of (shop-\d+)", story)) == {"shop-13", "shop-14"}


def test_the_story_fits_a_terminal(story: str) -> None:
    assert [line for line in story.splitlines() if len(line) > 110] == []


@contextmanager
def kept_story() -> Iterator[tuple[str, list[str]]]:
    """``make run KEEP=1``: the address of its page, and the lines that it gives to try by hand."""
    with running([sys.executable, "-m", "emulator.story", "--keep"]) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "bv backup list" in line:
                break
        [page] = re.findall(r"See it in a browser: (\S+)", "".join(lines))
        yield page, lines[lines.index(next(line for line in lines if line.startswith("export "))) :]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


# As the real fn sends it, so that the block can be pasted where there is no fn.
FN = """#!/bin/sh
test "$1 $2 $3" = "invoke volume-backups create-volume-backup" || exit 1
function=$(curl -s "$FN_API_URL/v2/fns" | sed 's/.*"items": *\\[{[^}]*"id": *"\\([^"]*\\)".*/\\1/')
curl -s --data-binary @- "$FN_API_URL/invoke/$function"
"""


def test_what_make_run_with_keep_prints_can_be_pasted_as_a_whole_and_twice(tmp_path: Path) -> None:
    (tmp_path / "fn").write_text(FN)
    (tmp_path / "fn").chmod(0o755)
    environment = {**unmeasured(), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with kept_story() as (page, block):
        # Another that is kept beside it has a folder of its own, too.
        [folder] = {Path(file).parent for file in re.findall(r"--config-file (\S+)", "".join(block))}
        assert folder.parent == Path(tempfile.gettempdir()).resolve()
        with urllib.request.urlopen(page) as answer:
            assert "<title>Local OCI</title>" in answer.read().decode()
        for _ in range(2):
            done = subprocess.run(
                ["bash"], input="".join(block), env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            assert done.stdout.count('"outcome": "accepted"') == 2 * 2, done.stdout
            assert '"retryToken": "by-curl"' in done.stdout
            assert '"retryToken": "by-fn"' in done.stdout


def test_the_server_says_when_it_is_ready_and_where(served: tuple[subprocess.Popen[str], str], tmp_path: Path) -> None:
    _, line = served
    match = re.fullmatch(r"ready (http://127\.0\.0\.1:\d+) state (.*)\n", line)
    assert match
    assert {path.name for path in (tmp_path / "state").iterdir()} == {"config", "env", "api_key.pem", "principals"}
    assert {path.name for path in (tmp_path / "state" / "principals").glob("*/*")} == {"rpst", "private.pem"}
    with urllib.request.urlopen(f"{match.group(1)}/v2/apps") as answer:
        assert b"volume-backups" in answer.read()


def invoke_with_nothing(base_url: str) -> None:
    """Invoke the function with a body that it refuses, so that it has a container."""
    with urllib.request.urlopen(f"{base_url}/v2/fns") as answer:
        function_id = json.loads(answer.read())["items"][0]["id"]
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{base_url}/invoke/{function_id}", data=b"")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_server_leaves_no_process_behind(served: tuple[subprocess.Popen[str], str]) -> None:
    process, line = served
    invoke_with_nothing(line.split()[1])
    [container] = children_of(process.pid)
    for _ in range(20):
        process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(container, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux tells a process that its parent has ended")
def test_a_killed_server_leaves_no_process_behind(tmp_path: Path) -> None:
    with running(server_command(tmp_path)) as process:
        assert process.stdout is not None
        invoke_with_nothing(process.stdout.readline().split()[1])
        [container] = children_of(process.pid)
        end = os.pidfd_open(container)
        process.kill()
        assert select.select([end], [], [], 10)[0] == [end]
        os.close(end)
