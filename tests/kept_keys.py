"""Keys that are made once: an RSA key takes a tenth of a second, and each local OCI begins with two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from emulator.core import principals
from emulator.core.principals import new_key


@contextmanager
def kept_keys() -> Iterator[None]:
    """Give whoever makes keys in the block the ones that were made in the last; those made after it are new."""
    numbers = count()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(principals, "new_key", lambda: _kept_key(next(numbers)))
        yield


@cache
def _kept_key(_: int) -> RSAPrivateKey:
    return new_key()
