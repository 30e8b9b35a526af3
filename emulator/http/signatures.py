"""Request signatures: draft-cavage-http-signatures-08 with RSA-SHA256, version 1, as OCI checks them.

https://docs.oracle.com/en-us/iaas/Content/API/Concepts/signingrequests.htm
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from ..core.errors import not_authenticated
from ..core.principals import Principal

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_ALWAYS = frozenset({"(request-target)", "host"})
_WITH_BODY = frozenset({"content-length", "content-type", "x-content-sha256"})
_SKEW_SECONDS = 5 * 60


def is_with_token(headers: Mapping[str, str]) -> bool:
    """Return whether a request says that it is signed with a session token, as those of functions are."""
    return 'keyId="ST$' in headers.get("authorization", "")


def verify(
    method: str, target: str, headers: Mapping[str, str], body: bytes, find_principal: Callable[[str], Principal | None]
) -> Principal:
    """Return who signed the request. `find_principal` knows the principals by their key id.

    Raises ServiceError 401 where a required header is not signed, the date is more than five minutes off, the body is
    not the one that was hashed, or the signature is not that of the principal's key.
    """
    scheme, _, parameters = headers.get("authorization", "").partition(" ")
    given = dict(_PARAMETER.findall(parameters))
    principal = find_principal(given.get("keyId", ""))
    signed = given.get("headers", "").split()
    if scheme != "Signature" or given.get("algorithm") != "rsa-sha256" or principal is None:
        raise not_authenticated()
    needed = _ALWAYS | (_WITH_BODY if method in {"POST", "PUT", "PATCH"} else frozenset())
    if not needed <= set(signed) or not {"date", "x-date"} & set(signed) or not _is_recent(headers):
        raise not_authenticated()
    if "x-content-sha256" in signed and headers.get("x-content-sha256") != _sha256(body):
        raise not_authenticated()
    text = "\n".join(f"{name}: {_value(name, method, target, headers)}" for name in signed)
    try:
        principal.public_key.verify(
            base64.b64decode(given.get("signature", ""), validate=True), text.encode(), PKCS1v15(), SHA256()
        )
    except (InvalidSignature, binascii.Error):
        raise not_authenticated() from None
    return principal


def _value(name: str, method: str, target: str, headers: Mapping[str, str]) -> str:
    if name == "(request-target)":
        return f"{method.lower()} {target}"
    if name not in headers:
        raise not_authenticated()
    return headers[name]


def _is_recent(headers: Mapping[str, str]) -> bool:
    try:
        moment = parsedate_to_datetime(headers.get("x-date") or headers.get("date") or "")
    except ValueError:
        return False
    return abs(time.time() - moment.timestamp()) <= _SKEW_SECONDS


def _sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()
