"""A proxy for https that takes Oracle's own host names to the regions of the local OCI.

With it, clients need no endpoint: what they compute from a region, `https://iaas.us-phoenix-1.oraclecloud.com`, is
served here, and changing the region is all that it takes to reach another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing, suppress
from urllib.parse import urlsplit

from ..core.cloud import Cloud

_CHUNK_BYTES = 64 * 1024
_BROKEN = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError)


class RegionProxy:
    """Makes a tunnel for each CONNECT to a host in one of the regions, and refuses all others: nothing leaves.

    Args:
        cloud: The home region, with which the tunnels end.
        endpoints: The https URLs of the regions by their names.
    """

    def __init__(self, cloud: Cloud, endpoints: Mapping[str, str]) -> None:
        self._cloud = cloud
        self._endpoints = endpoints

    async def start(self, host: str) -> str:
        """Listen on a free port, and return the proxy's URL."""
        self._server = await asyncio.start_server(self._accept, host, 0)
        return f"http://{host}:{self._server.sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        """Take no more connections."""
        self._server.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._cloud.in_background(self._serve(reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(*_BROKEN):
            method, target, _ = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split(" ", 2)
            endpoint = self._find_endpoint(target) if method == "CONNECT" else None
            if endpoint is None:
                writer.write(b"HTTP/1.1 502 Not a host in a region of the local OCI\r\n\r\n")
                return
            served = urlsplit(endpoint)
            far_reader, far_writer = await asyncio.open_connection(served.hostname, served.port)
            with closing(far_writer):
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

    def _find_endpoint(self, target: str) -> str | None:
        """Return the URL of the region that is part of a host's name, or None where none is."""
        labels = target.partition(":")[0].lower().split(".")
        return next((endpoint for region, endpoint in self._endpoints.items() if region in labels), None)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Hand on what comes until it ends, and the end, too."""
    with suppress(*_BROKEN):
        while data := await source.read(_CHUNK_BYTES):
            sink.write(data)
            await sink.drain()
        sink.write_eof()
