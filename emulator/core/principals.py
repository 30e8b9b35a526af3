"""Who signs: the operator with the API key of a config file, and the function with its resource principal.

A resource principal is a private key and a session token (RPST) that holds the public key; the platform rotates both
files in place. https://docs.oracle.com/en-us/iaas/Content/Functions/Tasks/functionsaccessingociresources.htm
"""

from __future__ import annotations

import configparser
import hashlib
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.algorithms import RSAAlgorithm

from emulator.core.identifiers import REGION

OPERATOR, FUNCTION = "operator", "function"
_ISSUER = "authService.oracle.com"


@dataclass(frozen=True, slots=True)
class Principal:
    """A key that signs, and who it belongs to (`OPERATOR` or `FUNCTION`)."""

    name: str
    public_key: rsa.RSAPublicKey


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write(path: Path, content: bytes, owner: int | None = None) -> None:
    """Replace a file in one step, readable by its owner only, so that a reader sees the old one or the new one."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    if owner is not None:
        os.chown(fresh, owner, -1)
    fresh.replace(path)


class ApiKey:
    """The operator's API key; `config_file` is one that the OCI CLI and the SDK read."""

    def __init__(self, directory: Path, tenancy_id: str, user_id: str) -> None:
        key = new_key()
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        digest = hashlib.md5(spki, usedforsecurity=False).hexdigest()
        fingerprint = ":".join(digest[place : place + 2] for place in range(0, 32, 2))
        self.principal = Principal(OPERATOR, key.public_key())
        self.key_id = f"{tenancy_id}/{user_id}/{fingerprint}"
        self.config_file = directory / "config"
        key_file = directory / "api_key.pem"
        # The CLI looks for this label at the end of a key file and warns where it is missing.
        write(key_file, pem(key) + b"\nOCI_API_KEY\n")
        config = configparser.ConfigParser()
        config["DEFAULT"] = {
            "user": user_id,
            "fingerprint": fingerprint,
            "tenancy": tenancy_id,
            "region": REGION,
            "key_file": str(key_file),
        }
        with self.config_file.open("w") as file:
            config.write(file)
        self.config_file.chmod(0o600)


class ResourcePrincipal:
    """The function's principal in `directory`: `private.pem` and `rpst`, valid for `seconds` after each rotation.

    The files belong to `owner`, a user id, if one is given.
    """

    def __init__(
        self,
        directory: Path,
        function_id: str,
        tenancy_id: str,
        compartment_id: str,
        *,
        seconds: int,
        owner: int | None = None,
    ) -> None:
        self._owner = owner
        self.key_file = directory / "private.pem"
        self.token_file = directory / "rpst"
        self._secret = secrets.token_bytes(32)
        self._claims = {
            "iss": _ISSUER,
            "sub": function_id,
            "ptype": "resource",
            "ttype": "res",
            "res_type": "fnfunc",
            "res_id": function_id,
            "res_tenant": tenancy_id,
            "res_compartment": compartment_id,
        }
        self._seconds = seconds
        self._revoked: set[str] = set()
        self._current = ""
        self.rotate()

    def rotate(self, *, revoke: bool = True) -> None:
        """Replace key and token; with `revoke`, the old token is refused from now on."""
        if revoke and self._current:
            self._revoked.add(self._current)
        key = new_key()
        self._write(key, expires_in=self._seconds)

    def expire(self) -> None:
        """Replace the token by one whose time is over."""
        self._write(new_key(), expires_in=-120)

    def environment(self) -> dict[str, str]:
        """What the platform puts into the function's environment."""
        return {
            "OCI_RESOURCE_PRINCIPAL_VERSION": "2.2",
            "OCI_RESOURCE_PRINCIPAL_RPST": str(self.token_file),
            "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM": str(self.key_file),
            "OCI_RESOURCE_PRINCIPAL_REGION": REGION,
        }

    def verify(self, token: str) -> Principal | None:
        """The principal of a token that this service issued and that is still good, else None."""
        if token in self._revoked:
            return None
        try:
            claims = jwt.decode(token, self._secret, algorithms=["HS256"], issuer=_ISSUER)
        except jwt.InvalidTokenError:
            return None
        public_key = RSAAlgorithm.from_jwk(claims["jwk"])
        return Principal(FUNCTION, public_key) if isinstance(public_key, rsa.RSAPublicKey) else None

    def _write(self, key: rsa.RSAPrivateKey, *, expires_in: int) -> None:
        issued = int(time.time())
        claims = {
            **self._claims,
            "iat": issued,
            "exp": issued + expires_in,
            "jti": secrets.token_hex(8),
            "jwk": RSAAlgorithm.to_jwk(key.public_key()),
        }
        self._current = jwt.encode(claims, self._secret, algorithm="HS256")
        write(self.key_file, pem(key), self._owner)
        write(self.token_file, self._current.encode(), self._owner)
