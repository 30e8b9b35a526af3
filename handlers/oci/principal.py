"""The function's resource principal: who it is to OCI, and the SDK's signer for it.

https://docs.oracle.com/en-us/iaas/Content/Functions/Tasks/functionsaccessingociresources.htm
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from handlers.domain.errors import ResourcePrincipalUnavailable
from handlers.domain.ocids import parse_ocid
from handlers.domain.untrusted import mapping
from handlers.oci.sdk import SecurityTokenSigner, exceptions, regions

_FUNCTIONS_VERSION = "2.2"
_PREFIX = "OCI_RESOURCE_PRINCIPAL_"
_HINT = (
    "Outside OCI Functions there is none; inside, check that the function belongs to a dynamic group and that "
    "OCI_RESOURCE_PRINCIPAL_VERSION, _RPST, _PRIVATE_PEM and _REGION are not overridden by its configuration."
)


class Principal(NamedTuple):
    """Who the function is to OCI.

    Attributes:
        signer: Called with a request, it adds the headers that sign it.
        region: The function's own.
        digest: Differs where the token or the key does.
    """

    signer: Any
    region: str
    digest: bytes

    def claims(self) -> Mapping[str, Any]:
        """Return what the token says of its owner and itself; nothing where it cannot be read."""
        try:
            encoded = str(self.signer.api_key).removeprefix("ST$").split(".")[1]
            return mapping(json.loads(_decode(encoded)))
        except (AttributeError, IndexError, ValueError):
            return {}

    def is_current(self) -> bool:
        """Return whether the token's time is not over and it was made for the key, as far as it tells."""
        claims = self.claims()
        expires = claims.get("exp")
        if isinstance(expires, int | float) and expires <= time.time():
            return False
        try:
            modulus = json.loads(claims["jwk"])["n"]
            of_key: int = self.signer.private_key.public_key().public_numbers().n
            return int.from_bytes(_decode(modulus), "big") == of_key
        except (AttributeError, KeyError, TypeError, ValueError):
            return True

    @property
    def function_id(self) -> str | None:
        """The OCID of the function whose principal this is, as its token tells."""
        claims = self.claims()
        named = (parse_ocid(claims.get(claim)) for claim in ("sub", "res_id"))
        return next((ocid.text for ocid in named if ocid and ocid.resource_type == "fnfunc"), None)


def resource_principal() -> Principal:
    """Return the principal that the environment names, its files read now. Raises ResourcePrincipalUnavailable."""
    version = os.environ.get(f"{_PREFIX}VERSION")
    if not version:
        raise _unavailable("is not in the environment", retryable=False)
    if version != _FUNCTIONS_VERSION:
        return principal_from_sdk()
    try:
        return _read_functions_principal()
    except KeyError as missing:
        raise _unavailable(f"is incomplete: {missing.args[0]} is not set", retryable=False) from missing
    except OSError as error:
        raise _unavailable(f"cannot be read: {type(error).__name__}", retryable=True) from error
    except (ValueError, TypeError) as error:
        raise _unavailable(f"is malformed: {type(error).__name__}", retryable=True) from error


def _read_functions_principal() -> Principal:
    """Version 2.2: a token and a private key, each in a file, or in the variable itself."""
    token, region = _value("RPST").decode("ascii").strip(), os.environ[f"{_PREFIX}REGION"].lower()
    if token.count(".") != 2:
        raise ValueError("not a JWT")
    passphrase = _value("PRIVATE_PEM_PASSPHRASE") if f"{_PREFIX}PRIVATE_PEM_PASSPHRASE" in os.environ else None
    # At each load OpenSSL tests whether the key's primes are prime, which takes a tenth of a cold start and which the
    # SDK always has done. The platform vouches for this key, and the services refuse a wrong one with 401.
    pem = _value("PRIVATE_PEM")
    key = load_pem_private_key(pem, passphrase, unsafe_skip_rsa_key_validation=True)
    signer = SecurityTokenSigner(token, key)
    return Principal(signer, regions.REGIONS_SHORT_NAMES.get(region, region), _digest(token, pem))


def _digest(token: str, key: bytes) -> bytes:
    return hashlib.sha256(token.encode() + key).digest()


def _decode(text: str) -> bytes:
    """Return the bytes of base64url without its padding, as JWT writes it."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _value(name: str) -> bytes:
    """The value of a variable, or what the file holds whose absolute path it is."""
    value = os.environ[_PREFIX + name]
    return Path(value).read_bytes() if value.startswith("/") else value.encode()


def principal_from_sdk() -> Principal:
    """Return what the SDK makes of the environment: services other than Functions have other kinds of principals."""
    from jwt import PyJWTError
    from oci.auth.signers import get_resource_principals_signer

    try:
        signer = get_resource_principals_signer()
    except (OSError, ValueError, PyJWTError, exceptions.ClientError, exceptions.RequestException) as error:
        raise _unavailable(f"cannot be had: {type(error).__name__}", retryable=True) from error
    return Principal(signer, signer.region, _digest(str(signer.api_key), b""))


def _unavailable(what: str, *, retryable: bool) -> ResourcePrincipalUnavailable:
    return ResourcePrincipalUnavailable(f"The function's resource principal {what}.", retryable=retryable, hint=_HINT)
