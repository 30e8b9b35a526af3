"""The second region that completed backups are copied to."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from handlers.domain.errors import InvalidConfiguration
from handlers.domain.ocids import Ocid, parse_ocid
from handlers.oci.connections import Connections, find_region

_HINT = "Name a region of the function's realm, not its own: fn config function <app> <function> {key} VALUE"


class CopyRegion(NamedTuple):
    """Where copies go.

    Attributes:
        name: The region's name (``eu-amsterdam-1``).
        kms_key_id: The key there that encrypts them; None leaves that to Oracle's own.
    """

    name: str
    kms_key_id: str | None


@cache
def get_copy_region(connections: Connections, region: str, kms_key_id: str | None) -> CopyRegion:
    """Return the region that the configuration names, by name or key.

    Raises InvalidConfiguration where the SDK does not know it in the function's realm, where it is the function's own,
    or where the key is one of another region; and ResourcePrincipalUnavailable.
    """
    own = connections.principal().region
    found = find_region(Ocid("", "", "", region, ""), own)
    if found is None:
        raise _invalid("COPY_TO_REGION", f"'{region}' is no region that the function's SDK knows in its realm")
    if found == own:
        raise _invalid("COPY_TO_REGION", f"'{region}' is the function's own region")
    key = parse_ocid(kms_key_id)
    if key is not None and find_region(key, own) != found:
        raise _invalid("COPY_KMS_KEY_ID", f"{key.text} is a key of another region than {found}")
    return CopyRegion(found, kms_key_id)


def _invalid(key: str, what: str) -> InvalidConfiguration:
    return InvalidConfiguration(f"{key}: {what}", hint=_HINT.format(key=key))
