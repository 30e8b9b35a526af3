"""A pytest plugin: one local OCI for the session, and an estate in it for each test.

Override `local_oci_options` in a conftest.py to set up the local OCI otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .estate import Estate
from .image import Image
from .local_oci import LocalOci
from .local_oci import local_oci as serve
from .options import OptionNames


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini option that says where the function is."""
    parser.addini("local_oci_function", "the file that holds the function's handler", type="string", default="func.py")


@pytest.fixture(scope="session")
def local_oci_options(pytestconfig: pytest.Config) -> OptionNames:
    """How the session's local OCI is set up: quick, and nothing sets the function off but the test."""
    function: str = pytestconfig.getini("local_oci_function")
    image = Image(Path(pytestconfig.rootpath, function))
    return {"image": image, "own_stack": image.function_file.is_file(), "wired": False, "lifecycle_seconds": 0.01}


@pytest.fixture(scope="session")
def local_oci(local_oci_options: OptionNames) -> Iterator[LocalOci]:
    """The session's local OCI; under pytest-xdist, each worker has one."""
    with serve(**local_oci_options) as oci:
        yield oci


@pytest.fixture
def estate(local_oci: LocalOci) -> Iterator[Estate]:
    """The local OCI with what makes it quick to test with, as undisturbed as it was before the last test."""
    with Estate(local_oci).borrowed() as borrowed:
        yield borrowed
