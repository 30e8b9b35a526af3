"""The inbox: every message and every mail as a file in the state folder, for a person to read."""

from __future__ import annotations

import re
from pathlib import Path

from ...core.cloud import Cloud
from ...core.service import Service

_UNUSABLE = re.compile(r"[^\w@+.-]+")
_LONGEST_NAME = 80


class Inbox(Service):
    """Folders of texts: `inbox/topics/<topic>` for what is published, `inbox/<address>` for what is delivered.

    Nothing leaves the machine: who is paged, mailed or written to on Slack is told here instead.
    """

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._numbers: dict[Path, int] = {}

    def keep_message(self, topic: str, title: str, body: str) -> None:
        """Write what was published to a topic."""
        self._write(Path("topics", _file_name(topic)), title, f"{title}\n\n{body}\n")

    def keep_mail(self, address: str, title: str, text: str) -> None:
        """Write what is delivered to an address."""
        self._write(Path(_file_name(address)), title, f"To: {address}\nSubject: {title}\n\n{text}\n")

    def _write(self, folder: Path, title: str, text: str) -> None:
        directory = self.cloud.state / "inbox" / folder
        directory.mkdir(parents=True, exist_ok=True)
        # A state folder that was kept goes on where it ended.
        number = self._numbers.get(directory) or len(list(directory.iterdir()))
        self._numbers[directory] = number + 1
        (directory / f"{number + 1:03}-{_file_name(title)}.txt").write_text(text)


def _file_name(text: str) -> str:
    """Return a text as the name of a file, which leads nowhere else."""
    return _UNUSABLE.sub("-", text).strip("-.")[:_LONGEST_NAME] or "untitled"
