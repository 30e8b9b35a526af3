"""Make an image's folder of packages small and quick to start.

Called as ``PYTHONPATH=/python python -B slim.py /python /function``: it needs pyOpenSSL, which the SDK brings along and
which it takes out in the end.

Takes out what the function is never going to import (the FDK's test tools, the SDK's other services and what only they
need) and compiles the rest, because the container's user cannot write and would compile it again at each cold start.
Gives each trusted authority a file of its own, so that OpenSSL reads only those that it needs.
"""

from __future__ import annotations

import compileall
import shutil
import ssl
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path
from py_compile import PycInvalidationMode

from OpenSSL.crypto import FILETYPE_ASN1, load_certificate

# The FDK declares these but imports them only in its own tests.
TEST_TOOLS = {
    "cython",
    "iniconfig",
    "packaging",
    "pbr",
    "pluggy",
    "pygments",
    "pytest",
    "pytest-asyncio",
    "setuptools",
    "wheel",
}
# The SDK declares these for services and principals that the function does not use.
OTHER_SERVICES = {
    *("aiohappyeyeballs", "aiohttp", "aiosignal", "attrs", "frozenlist", "multidict", "propcache", "yarl"),
    *("asn1crypto", "pyopenssl", "python-pkcs11"),
}
# Packages of the SDK that are no service, and the services that its own start-up names.
SDK_PARTS = {
    *("_vendor", "auth", "circuit_breaker", "fips", "pagination", "retry", "identity", "dns", "object_storage"),
    *("work_requests", "encryption", "alloy"),
}


def slim(packages: Path, *code: Path) -> None:
    """Take out what is not needed of `packages`, compile it and `code`, and write certifi's authorities one by one."""
    write_authorities(packages / "certifi" / "cacert.pem", packages / "certifi" / "authorities")
    for distribution in distributions(path=[str(packages)]):
        if distribution.metadata["Name"].lower().replace("_", "-") in TEST_TOOLS | OTHER_SERVICES:
            take_out(distribution)
    for part in (packages / "oci").iterdir():
        if part.is_dir() and part.name not in SDK_PARTS:
            shutil.rmtree(part)
    for folder in (packages, *code):
        # Without a check of the source's time, which differs from layer to layer and costs a look at each file.
        compileall.compile_dir(folder, quiet=2, workers=0, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)


def write_authorities(bundle: Path, folder: Path) -> None:
    """Fill a folder with the certificates of a PEM file, each under the name by which OpenSSL looks for it there.

    Raises ValueError where two have one name, of which OpenSSL may find only the first while another thread looks, and
    where one is no authority's.
    https://docs.openssl.org/3.0/man1/openssl-rehash/
    """
    authorities = ssl.create_default_context(cafile=bundle).get_ca_certs(binary_form=True)
    named = {load_certificate(FILETYPE_ASN1, found).subject_name_hash(): found for found in authorities}
    given = bundle.read_text().count("BEGIN CERTIFICATE")
    if len(named) != given:
        raise ValueError(f"{bundle} has {given} certificates, but only {len(named)} authorities of different names")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    for name, certificate in named.items():
        (folder / f"{name:08x}.0").write_text(ssl.DER_cert_to_PEM_cert(certificate))


def take_out(distribution: Distribution) -> None:
    """Remove a distribution's files, and the folders that are empty then."""
    files = [Path(str(distribution.locate_file(file))) for file in distribution.files or []]
    for file in files:
        file.unlink(missing_ok=True)
    for folder in sorted({parent for file in files for parent in file.parents}, key=lambda path: -len(path.parts)):
        if folder.is_dir() and (not any(folder.iterdir()) or folder.name == "__pycache__"):
            shutil.rmtree(folder)


if __name__ == "__main__":
    slim(*map(Path, sys.argv[1:]))
