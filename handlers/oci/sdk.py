"""The SDK and what it needs, imported without what this function never uses of it: a third of the import's CPU time.

Importing one module of a package runs the package's ``__init__`` first, and those of the SDK import clients, every kind
of principal and all of requests. Here an ``__init__`` waits until somebody asks its package for what is no module of
it, which only other kinds of principals do.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Any

from urllib3.exceptions import DependencyWarning

_PACKAGES = frozenset({"oci", "oci.auth", "oci.auth.signers", "oci._vendor", "oci._vendor.requests"})
# Modules that the others only name: they guess encodings, and know time zones.
_MODULES = frozenset({"oci._vendor.chardet", "pytz"})


class _WaitingPackage(ModuleType):
    """A package whose modules can be imported, and whose ``__init__`` has not run."""

    def __getattr__(self, name: str) -> Any:
        module = f"{self.__name__}.{name}"
        try:
            return import_module(module)
        except ModuleNotFoundError as missing:
            if missing.name != module:
                raise
        self.__class__ = ModuleType  # type: ignore[assignment]  # the standard library's lazy modules do so, too
        self.__loader__.exec_module(self)  # type: ignore[union-attr]  # every package has one
        return getattr(self, name)


class _WaitingLoader(Loader):
    """Makes a package wait for the loader that it has of its own."""

    def __init__(self, own: Loader) -> None:
        self._own = own

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._own
        module.__class__ = _WaitingPackage


class _LeanFinder:
    """Finds what is named above in the ordinary way, and has it loaded later."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        later = _WaitingLoader if name in _PACKAGES else LazyLoader if name in _MODULES else None
        spec = PathFinder.find_spec(name, path, target) if later else None
        if later and spec and spec.loader:
            spec.loader = later(spec.loader)
        return spec


@contextmanager
def _lean() -> Iterator[None]:
    """Inside this block, what is named above is loaded later."""
    sys.meta_path.insert(0, _LeanFinder)
    try:
        # Like the SDK's own requests: whoever has no SOCKS proxy need not be told that a package for it is missing.
        with warnings.catch_warnings(action="ignore", category=DependencyWarning):
            yield
    finally:
        sys.meta_path.remove(_LeanFinder)


with _lean():
    from oci import exceptions, regions, retry
    from oci.auth.signers.security_token_signer import SecurityTokenSigner
    from oci.retry import retry_checkers, retry_sleep_utils

__all__ = [
    "SecurityTokenSigner",
    "exceptions",
    "regions",
    "retry",
    "retry_checkers",
    "retry_sleep_utils",
]
