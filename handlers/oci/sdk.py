"""The SDK, imported without what this function never uses of it: about a third of the import's CPU time.

``import oci`` also imports clients of other services and the libraries of other kinds of principals. These are put off
until somebody looks into them, which nobody does here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

_PUT_OFF = frozenset(
    {
        *("oci.dns", "oci.object_storage"),  # helpers for pages of their lists
        *("cryptography.x509", "jwt"),  # principals that ask a server for their token
        *("configparser", "ctypes", "ctypes.util", "pytz"),  # the CLI's config file, FIPS, models with dates
    }
)
# The SDK goes without its PKCS#11 signer where the package is missing, as its own comment says.
_LEFT_OUT = frozenset({"pkcs11"})


class _LeanFinder:
    """Finds the modules named above in the ordinary way, and gives them the standard library's lazy loader."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name in _LEFT_OUT:
            raise ModuleNotFoundError(name, name=name)
        spec = PathFinder.find_spec(name, path, target) if name in _PUT_OFF else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


@contextmanager
def _lean() -> Iterator[None]:
    """Inside this block, imports put off or leave out what is named above."""
    sys.meta_path.insert(0, _LeanFinder)
    try:
        yield
    finally:
        sys.meta_path.remove(_LeanFinder)


with _lean():
    from oci import exceptions, regions, retry
    from oci.auth.signers import SecurityTokenSigner, get_resource_principals_signer
    from oci.retry import retry_checkers, retry_sleep_utils

__all__ = [
    "SecurityTokenSigner",
    "exceptions",
    "get_resource_principals_signer",
    "regions",
    "retry",
    "retry_checkers",
    "retry_sleep_utils",
]
