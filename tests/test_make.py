"""The Makefile, as somebody meets it who has just cloned the project: tried in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from emulator.options import PROJECT

OLD_PYTHON = '#!/bin/sh\ncase "$1" in --version) echo Python 3.10.13 ;; *) exit 1 ;; esac\n'
# Its venv makes a pip that fails, and a file that only a cleared folder loses.
PYTHON_WITH_A_BROKEN_PIP = """#!/bin/sh
echo "$@" >> calls
case "$2" in venv) mkdir -p .venv/bin; printf '#!/bin/sh\\nexit 1\\n' > .venv/bin/pip; chmod +x .venv/bin/pip ;; esac
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path)
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *arguments], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


def stand_in(folder: Path, script: str) -> str:
    """A program in the place of python3."""
    path = folder / "stand-in"
    path.write_text(script)
    path.chmod(0o755)
    return f"PYTHON={path}"


def set_up(folder: Path) -> None:
    """Let make believe that .venv is ready."""
    (folder / ".venv").mkdir()
    os.utime(folder / "requirements.txt", (0, 0))
    os.utime(folder / "pyproject.toml", (0, 0))
    (folder / ".venv" / "ready").touch()


def test_make_alone_tells_every_target(folder: Path) -> None:
    done = make(folder)
    assert done.returncode == 0
    targets = re.findall(r"^([a-z-]+):", (folder / "Makefile").read_text(), re.MULTILINE)
    assert re.findall(r"^  ([a-z-]+)  ", done.stdout, re.MULTILINE) == targets
    assert not (folder / ".venv").exists()


@pytest.mark.parametrize("target", ["run", "test", "check", "samples"])
def test_an_old_python_is_refused_in_one_sentence_before_anything_is_made(folder: Path, target: str) -> None:
    done = make(folder, target, stand_in(folder, OLD_PYTHON))
    sentence, error = done.stderr.splitlines()
    assert sentence.startswith("Python 3.11 or newer is needed, but ")
    assert sentence.endswith(f" is Python 3.10.13: name another as in make {target} PYTHON=python3.12")
    assert error.startswith("make: ***")
    assert (done.returncode, done.stdout) == (2, "")
    assert not (folder / ".venv").exists()


def test_a_python_that_is_not_there_is_told_in_the_same_sentence(folder: Path) -> None:
    done = make(folder, "run", "PYTHON=no-such-python")
    assert "Python 3.11 or newer is needed, but no-such-python is not there" in done.stderr


def test_what_broke_off_is_begun_anew_in_an_empty_environment(folder: Path) -> None:
    python = stand_in(folder, PYTHON_WITH_A_BROKEN_PIP)
    for _ in range(2):
        assert make(folder, "run", python).returncode == 2
        assert not (folder / ".venv" / "ready").exists()
    made = [line for line in (folder / "calls").read_text().splitlines() if "venv" in line]
    assert made == ["-m venv --clear .venv"] * 2


def test_the_set_up_says_each_step_before_it_takes_it(folder: Path) -> None:
    done = make(folder, "--dry-run", "run")
    steps = [
        done.stdout.find(text)
        for text in (
            "1 of 3",
            "venv --clear",
            "2 of 3",
            "--group dev",
            "3 of 3",
            "pip --disable-pip-version-check download",
        )
    ]
    assert -1 not in steps
    assert steps == sorted(steps)
    [install] = re.findall(r"^\S*pip .* install .*--group dev$", done.stdout, re.MULTILINE)
    assert "--quiet" not in install


@pytest.mark.parametrize(("keep", "kept"), [("1", True), ("yes", True), ("0", False), ("no", False), ("", False)])
def test_keep_says_yes_or_no(folder: Path, keep: str, kept: bool) -> None:  # noqa: FBT001
    set_up(folder)
    assert ("--keep" in make(folder, "--dry-run", "run", f"KEEP={keep}").stdout) is kept


def test_only_the_whole_suite_is_held_to_the_coverage(folder: Path) -> None:
    set_up(folder)
    whole = make(folder, "--dry-run", "test").stdout
    assert "coverage run -m pytest" in whole
    assert "coverage report" in whole
    one = make(folder, "--dry-run", "test", "ARGS=-n0 tests/test_alarms.py").stdout
    assert "python -m pytest -n0 tests/test_alarms.py" in one
    assert "coverage" not in one
