"""Whether the Python that a test starts is measured."""

from __future__ import annotations

import os


def unmeasured() -> dict[str, str]:
    """Return this process's environment without what has coverage measure a process: it would take half as long again.

    That is for programs that carry out no line of the project.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
