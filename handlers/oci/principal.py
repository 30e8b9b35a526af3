"""The function's resource principal: who it is to OCI, and the SDK's signer for it.

https://docs.oracle.com/en-us/iaas/Content/Functions/Tasks/functionsaccessingociresources.htm
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from handlers.domain.errors import ResourcePrincipalUnavailable
from handlers.oci.sdk import SecurityTokenSigner, exceptions, get_resource_principals_signer, regions

_FUNCTIONS_VERSION = "2.2"
_PREFIX = "OCI_RESOURCE_PRINCIPAL_"
_HINT = (
    "Outside OCI Functions there is none; inside, check that the function belongs to a dynamic group and that "
    "OCI_RESOURCE_PRINCIPAL_VERSION, _RPST, _PRIVATE_PEM and _REGION are not overridden by its configuration."
)


class Principal(NamedTuple):
    """`signer` is called with a request, and adds the headers that sign it; `region` is the function's own."""

    signer: Any
    region: str


def resource_principal() -> Principal:
    """The principal that the environment names, its files read now. Raises ResourcePrincipalUnavailable."""
    version = os.environ.get(f"{_PREFIX}VERSION")
    if not version:
        raise _unavailable("is not in the environment", retryable=False)
    if version != _FUNCTIONS_VERSION:
        return _principal_from_sdk()
    try:
        return _read_functions_principal()
    except KeyError as missing:
        raise _unavailable(f"is incomplete: {missing.args[0]} is not set", retryable=False) from None
    except OSError as error:
        raise _unavailable(f"cannot be read: {type(error).__name__}", retryable=True) from None
    except (ValueError, TypeError) as error:
        raise _unavailable(f"is malformed: {type(error).__name__}", retryable=True) from None


def _read_functions_principal() -> Principal:
    """Version 2.2: a token and a private key, each in a file, or in the variable itself."""
    token, region = _value("RPST").decode("ascii").strip(), os.environ[f"{_PREFIX}REGION"].lower()
    if token.count(".") != 2:
        raise ValueError("not a JWT")
    passphrase = _value("PRIVATE_PEM_PASSPHRASE") if f"{_PREFIX}PRIVATE_PEM_PASSPHRASE" in os.environ else None
    # At each load OpenSSL tests whether the key's primes are prime, which takes a tenth of a cold start and which the
    # SDK always has done. The platform vouches for this key, and the services refuse a wrong one with 401.
    key = load_pem_private_key(_value("PRIVATE_PEM"), passphrase, unsafe_skip_rsa_key_validation=True)
    return Principal(SecurityTokenSigner(token, key), regions.REGIONS_SHORT_NAMES.get(region, region))


def _value(name: str) -> bytes:
    """The value of a variable, or what the file holds whose absolute path it is."""
    value = os.environ[_PREFIX + name]
    return Path(value).read_bytes() if value.startswith("/") else value.encode()


def _principal_from_sdk() -> Principal:
    """What other services than Functions give their containers; these ask a server for the token."""
    from jwt import PyJWTError

    try:
        signer = get_resource_principals_signer()
    except (OSError, ValueError, PyJWTError, exceptions.ClientError, exceptions.RequestException) as error:
        raise _unavailable(f"cannot be had: {type(error).__name__}", retryable=True) from None
    return Principal(signer, signer.region)


def _unavailable(what: str, *, retryable: bool) -> ResourcePrincipalUnavailable:
    return ResourcePrincipalUnavailable(f"The function's resource principal {what}.", retryable=retryable, hint=_HINT)
