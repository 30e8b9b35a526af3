"""The ``oci`` command, called with arguments: its modules and its entry point, as in the program that pip installs.

tests/test_command.py and tests/test_story.py run that program itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from emulator import LocalOci
from emulator.options import PROJECT
from tests.measured import unmeasured

GROUPS = ("bv", "events", "fn", "iam", "logging", "monitoring", "ons", "queue", "resource-scheduler", "sch", "search")


class OciCommand:
    """Calls the command through the program of tests/warm_oci.py, which holds it ready."""

    def __init__(self, calls: IO[str], codes: IO[str], folder: Path) -> None:
        self._calls = calls
        self._codes = codes
        self._output = folder / "output"
        self._errors = folder / "errors"

    def call(self, oci: LocalOci, command: str, *arguments: str, succeeds: bool = True) -> Any:
        """Return the command's data, or its error where it must not succeed, from a local OCI, by its config file."""
        called = ["--config-file", str(oci.config_file), "--endpoint", oci.base_url, *command.split(), *arguments]
        for file in (self._output, self._errors):
            file.write_text("")
        print(json.dumps([called, str(self._output), str(self._errors)]), file=self._calls, flush=True)
        code, output, errors = self._codes.readline(), self._output.read_text(), self._errors.read_text()
        assert (code == "0\n") is succeeds, errors
        if not succeeds:
            return json.loads(errors.split("ServiceError:\n")[1])
        return json.loads(output).get("data") if output.startswith("{") else output


@contextmanager
def oci_command(folder: Path) -> Iterator[OciCommand]:
    """Have the command ready while the block lasts; what it writes goes through files in a folder."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.warm_oci", *GROUPS],
        cwd=PROJECT,
        env={**unmeasured(), "PYTHONWARNINGS": "ignore"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        yield OciCommand(process.stdin, process.stdout, folder)
