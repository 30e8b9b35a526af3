"""Calls that are signed with a function's own resource principal, without the function."""

from __future__ import annotations

from typing import Any

import oci

from emulator import LocalOci
from emulator.services.functions.functions import Functions


class FunctionClient:
    """A client that is, to the local OCI, one of its functions.

    Attributes:
        answer: what the last call was answered with.
        refusal: why the last call was refused.
    """

    answer: Any
    refusal: Any

    def __init__(self, local: LocalOci, function_id: str = "") -> None:
        principal = local.service(Functions).deployment(function_id or local.function["id"]).principal
        signer = oci.auth.signers.EphemeralResourcePrincipalSigner(
            session_token=str(principal.token_file), private_key=str(principal.key_file), region="us-ashburn-1"
        )
        self._client = oci.BaseClient(
            "local", {}, signer, {}, service_endpoint=local.base_url, skip_deserialization=True
        )

    def status(self, method: str, path: str, body: Any = None, **query: str) -> int:
        """Send a request and return the status that it was answered with."""
        headers = {"accept": "application/json", "content-type": "application/json"}
        self.answer = self.refusal = None
        try:
            response = self._client.call_api(
                path, method, query_params=query or None, header_params=headers, body=body, response_type="object"
            )
        except oci.exceptions.ServiceError as error:
            self.refusal = error
            return int(error.status)
        self.answer = response.data
        return int(response.status)
