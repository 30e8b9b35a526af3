"""The image of a function, as a folder."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


def installed_fdk() -> Path:
    """Return the ``fdk`` command beside the interpreter that runs."""
    return Path(sys.executable).with_name("fdk")


@dataclass(frozen=True, slots=True)
class Image:
    """What the platform runs for a function.

    Attributes:
        function_file: the file that holds `handler`; its folder is the working directory.
        libraries: folders of installed packages, as the image's ``/python``.
        python: the interpreter.
        fdk: the FDK's command.
        environment: what the process gets beside the platform's own variables, as `ENV` lines of an image.
        user: the id of the user whom it runs as; None for whoever runs the local OCI.
    """

    function_file: Path
    libraries: tuple[Path, ...] = ()
    python: str = sys.executable
    fdk: Path = field(default_factory=installed_fdk)
    environment: Mapping[str, str] = field(default_factory=dict)
    user: int | None = None

    @property
    def command(self) -> tuple[str, ...]:
        """The entry point of func.yaml: ``fdk func.py handler``."""
        return self.python, str(self.fdk), str(self.function_file), "handler"
