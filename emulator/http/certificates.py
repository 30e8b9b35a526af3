"""https for the local OCI, with an authority of its own."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path

import certifi
import trustme


class Authority:
    """Certifies `host` and Oracle's host names in `regions`, which the proxy brings here.

    Its file `bundle` holds it beside all public authorities, as many as are read in the cloud.
    """

    def __init__(self, folder: Path, host: str, regions: Iterable[str]) -> None:
        authority = trustme.CA()
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        domains = [
            f"*.{region}.{domain}" for region in regions for domain in ("oraclecloud.com", "oci.oraclecloud.com")
        ]
        authority.issue_cert(host, *domains).configure_cert(self.server)
        self.bundle = folder / "ca-bundle.pem"
        self.bundle.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
