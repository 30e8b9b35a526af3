"""The operator: calls signed with the API key of the config file, as a person's own tools send them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import oci


class Operator:
    """A signed client of any service behind one base URL."""

    def __init__(self, config_file: Path, base_url: str) -> None:
        config = oci.config.from_file(str(config_file))
        self._client = oci.BaseClient(
            "local", config, oci.Signer.from_config(config), {}, service_endpoint=base_url, skip_deserialization=True
        )

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Send a request and return the answer's JSON. Raises oci.exceptions.ServiceError."""
        headers = {"accept": "application/json", "content-type": "application/json"}
        response = self._client.call_api(
            path, method, query_params=query or None, header_params=headers, body=body, response_type="object"
        )
        return response.data
