"""Who signs: the operator with the API key of a config file, and functions with their resource principals.

A resource principal is a private key and a session token (RPST) that holds the public key; the platform rotates both
files in place. https://docs.oracle.com/en-us/iaas/Content/Functions/Tasks/functionsaccessingociresources.htm
"""

from __future__ import annotations

import configparser
import hashlib
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.algorithms import RSAAlgorithm

from .identifiers import HOME, Region

OPERATOR, FUNCTION = "operator", "function"
_ISSUER = "authService.oracle.com"


@dataclass(frozen=True, slots=True)
class Principal:
    """A key that signs.

    Attributes:
        kind: whose it is, `OPERATOR` or `FUNCTION`.
        ocid: the OCID of the user or of the function.
        public_key: what signatures are checked with.
    """

    kind: str
    ocid: str
    public_key: rsa.RSAPublicKey


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def replace_file(path: Path, content: bytes, owner: int | None = None) -> None:
    """Replace a file in one step, readable by its owner only, so that a reader sees the old one or the new one."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    if owner is not None:
        os.chown(fresh, owner, -1)
    fresh.replace(path)


class ApiKey:
    """The operator's API key; `config_file` is one that the OCI CLI and the SDK read.

    Its profile DEFAULT is that of the first region, and each other region's profile is named after it.
    """

    def __init__(self, directory: Path, tenancy_id: str, user_id: str, regions: Sequence[str]) -> None:
        key = new_key()
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        digest = hashlib.md5(spki, usedforsecurity=False).hexdigest()
        fingerprint = ":".join(digest[place : place + 2] for place in range(0, 32, 2))
        self.principal = Principal(OPERATOR, user_id, key.public_key())
        self.key_id = f"{tenancy_id}/{user_id}/{fingerprint}"
        self.config_file = directory / "config"
        key_file = directory / "api_key.pem"
        # The CLI looks for this label at the end of a key file and warns where it is missing.
        replace_file(key_file, pem(key) + b"\nOCI_API_KEY\n")
        config = configparser.ConfigParser()
        config["DEFAULT"] = {
            "user": user_id,
            "fingerprint": fingerprint,
            "tenancy": tenancy_id,
            "region": regions[0],
            "key_file": str(key_file),
        }
        config.update({region: {"region": region} for region in regions[1:]})
        with self.config_file.open("w") as file:
            config.write(file)
        self.config_file.chmod(0o600)


class TokenIssuer:
    """Issues session tokens, and knows which of its own are still good."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._revoked: set[str] = set()

    def issue(self, claims: dict[str, Any], public_key: rsa.RSAPublicKey, *, seconds: int) -> str:
        """Return a token for a key; with negative `seconds`, one whose time is over."""
        issued = int(time.time())
        times = {"iss": _ISSUER, "iat": issued, "exp": issued + seconds, "jti": secrets.token_hex(8)}
        return jwt.encode({**claims, **times, "jwk": RSAAlgorithm.to_jwk(public_key)}, self._secret, algorithm="HS256")

    def revoke(self, token: str) -> None:
        """Refuse a token from now on."""
        self._revoked.add(token)

    def restore(self) -> None:
        """Accept revoked tokens again, for as long as they are valid."""
        self._revoked.clear()

    def find_principal(self, token: str) -> Principal | None:
        """Return whom a token was issued to, or None where it is not, or no longer, good."""
        if token in self._revoked:
            return None
        try:
            claims = jwt.decode(token, self._secret, algorithms=["HS256"], issuer=_ISSUER)
        except jwt.InvalidTokenError:
            return None
        public_key = RSAAlgorithm.from_jwk(claims["jwk"])
        return Principal(FUNCTION, claims["sub"], public_key) if isinstance(public_key, rsa.RSAPublicKey) else None


class ResourcePrincipal:
    """A function's principal: the files `private.pem` and `rpst` in a directory, which the platform rotates in place.

    Attributes:
        key_file: the private key.
        token_file: the session token, which holds the public key.
    """

    def __init__(
        self,
        directory: Path,
        issuer: TokenIssuer,
        claims: dict[str, Any],
        *,
        seconds: int,
        owner: int | None = None,
        region: Region = HOME,
    ) -> None:
        self.key_file = directory / "private.pem"
        self.token_file = directory / "rpst"
        self._issuer = issuer
        self._claims = claims
        self._seconds = seconds
        self._owner = owner
        self._region = region
        self._is_expired = False
        self._token = self._write(seconds)

    def rotate(self, *, revoke: bool = True) -> None:
        """Replace key and token; with `revoke`, the old token is refused from now on."""
        if revoke:
            self._issuer.revoke(self._token)
        self._token = self._write(self._seconds)
        self._is_expired = False

    def expire(self) -> None:
        """Replace the token by one whose time is over."""
        self._token = self._write(-120)
        self._is_expired = True

    def mend(self) -> None:
        """Replace an expired token by a good one."""
        if self._is_expired:
            self.rotate(revoke=False)

    def environment(self) -> dict[str, str]:
        """Return what the platform puts into the function's environment."""
        return {
            "OCI_RESOURCE_PRINCIPAL_VERSION": "2.2",
            "OCI_RESOURCE_PRINCIPAL_RPST": str(self.token_file),
            "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM": str(self.key_file),
            "OCI_RESOURCE_PRINCIPAL_REGION": self._region.name,
        }

    def _write(self, seconds: int) -> str:
        key = new_key()
        token = self._issuer.issue(self._claims, key.public_key(), seconds=seconds)
        replace_file(self.key_file, pem(key), self._owner)
        replace_file(self.token_file, token.encode(), self._owner)
        return token
