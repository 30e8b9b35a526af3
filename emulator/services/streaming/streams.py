"""Streams, which are known by their OCIDs alone."""

from __future__ import annotations

from ...core.service import Service


class Streams(Service):
    """Every stream that is named takes everything; there is no API that would read it back."""

    def put(self, stream_id: str, value: str) -> None:
        """Put a value on a stream: the journal's entries of the kind `stream` hold it."""
        self.cloud.journal.add("stream", f"{len(value)} characters on {stream_id}", stream=stream_id, value=value)
