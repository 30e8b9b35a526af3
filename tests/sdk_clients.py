"""The SDK's typed clients against the local OCI, and how the tests wait with them."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import oci
import pytest

from emulator import Estate


def client_of(kind: Any, cloud: Estate) -> Any:
    """A client of the estate's region that signs as the operator, and does not retry what is refused."""
    config, signer = signing_of(str(cloud.oci.config_file))
    retry_strategy = oci.retry.NoneRetryStrategy()
    return kind(config, signer=signer, service_endpoint=cloud.region.base_url, retry_strategy=retry_strategy)


@cache
def signing_of(config_file: str) -> tuple[dict[str, Any], Any]:
    """A config file and its signer, which loads the key: that takes longer than the call that it signs."""
    config = oci.config.from_file(config_file)
    return config, oci.Signer.from_config(config)


def wait_for(get: Any, ocid: str, state: str, field: str = "lifecycle_state") -> Any:
    """The resource that Get… answers with, once it is in a state; the SDK's own waiter looks once a second only."""
    until = time.monotonic() + 20
    while getattr(found := get(ocid).data, field) != state:
        assert time.monotonic() < until, found
    return found


def refusal(call: Any, *arguments: Any, **options: Any) -> tuple[int, str, str]:
    """Status, code and message with which a call is refused."""
    with pytest.raises(oci.exceptions.ServiceError) as refused:
        call(*arguments, **options)
    return refused.value.status, refused.value.code, refused.value.message
