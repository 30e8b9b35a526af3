"""The image as ``fn build`` makes it: /python from pip, /function from the project, nothing writable, another user."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
import trustme
import yaml

from bench.image import image_in, lay_out, sizes
from deploy.image.slim import write_authorities
from emulator import Image
from emulator.options import PROJECT
from handlers.settings import KEYS, read
from tests.measured import unmeasured
from tests.world import World, payload, world

NOBODY = 65534


@pytest.fixture(scope="module", params=["plain", "slim"])
def image(request: pytest.FixtureRequest) -> Iterator[Image]:
    """An image in a folder that everybody can read and nobody can write, run as another user where that is possible."""
    root = Path(tempfile.mkdtemp(prefix="image-"))
    with mock.patch.dict(os.environ, unmeasured(), clear=True):
        lay_out(root, slim=request.param == "slim")
    user = NOBODY if os.geteuid() == 0 else None
    python, environment = interpreter_for(user, root / "home")
    subprocess.run(["chmod", "-R", "a+rX,a-w", str(root)], check=True)
    yield replace(image_in(root), python=python, environment=environment, user=user)
    subprocess.run(["chmod", "-R", "u+w", str(root)], check=True)
    shutil.rmtree(root)


def interpreter_for(user: int | None, home: Path) -> tuple[str, dict[str, str]]:
    """An interpreter that the user can run: this one, or a copy in `home` where it lies in a closed folder."""
    python = Path(sys.executable).resolve()
    if user is None or all(parent.stat().st_mode & 0o001 for parent in python.parents):
        return str(python), {}
    library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(
        library,
        home / "lib" / library.name,
        ignore=shutil.ignore_patterns("site-packages", "test", "tests", "__pycache__", "idlelib", "config-*"),
    )
    for shared in Path(sysconfig.get_config_var("LIBDIR")).glob("libpython*.so*"):
        shutil.copy(shared, home / "lib")
    (home / "bin").mkdir()
    shutil.copy(python, home / "bin" / "python")
    return str(home / "bin" / "python"), {"PYTHONHOME": str(home), "LD_LIBRARY_PATH": str(home / "lib")}


def compiled_in(image: Image) -> set[Path]:
    return {path for folder in (image.function_file.parent, *image.libraries) for path in folder.rglob("*.pyc")}


def test_the_function_works_from_the_image_unwritable_and_as_another_user(image: Image) -> None:
    before = compiled_in(image)
    with world(image=image) as cloud:
        result = cloud.invoke_one(payload("request_minimal.json", volume=cloud.volume()))
        assert (result["outcome"], result["notified"]) == ("accepted", True)
        _, answer = cloud.invoke(payload("alarm_v1_5_split.json", instance=cloud.instance(disks=2)))
        assert answer["outcome"] == "accepted"
    assert compiled_in(image) == before


def test_only_what_runs_is_copied_into_the_image(image: Image) -> None:
    folder = image.function_file.parent
    copied = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    assert {path.parts[0] for path in copied} - {"__pycache__"} == {
        "func.py",
        "func.yaml",
        "requirements.txt",
        "handlers",
    }
    assert {path.suffix for path in copied} - {".pyc"} == {".py", ".yaml", ".txt"}


def test_the_slim_image_is_a_fraction_of_the_plain_one_and_compiled(image: Image) -> None:
    total = sum(sizes(image.function_file.parent.parent).values())
    modules = list(image.function_file.parent.rglob("*.py"))
    compiled = list(image.function_file.parent.rglob("*.pyc"))
    if len(compiled) == len(modules):
        assert total < 120
        assert not (image.libraries[0] / "pytest").exists()
        assert not (image.libraries[0] / "oci" / "database").exists()
    else:
        assert not compiled
        assert total > 200


def test_the_slim_image_trusts_certifis_authorities_each_in_a_file_of_its_own(image: Image) -> None:
    bundle = image.libraries[0] / "certifi" / "cacert.pem"
    folder = bundle.with_name("authorities")
    if not folder.exists():
        assert not compiled_in(image), "only the plain image goes without"
        return
    apart = [path.read_text() for path in folder.iterdir()]
    assert len(apart) == bundle.read_text().count("BEGIN CERTIFICATE")
    assert all(certificate.strip() in bundle.read_text() for certificate in apart)
    with world(image=image, tls=True) as cloud:
        assert outcome_over_tls(cloud) == ("accepted", None)
        own = cloud.oci.config["REQUESTS_CA_BUNDLE"]
        cloud.oci.configure(REQUESTS_CA_BUNDLE=None)
        assert outcome_over_tls(cloud) == ("failed", "CreateVolumeBackup got no answer: SSLCertVerificationError.")
        # The bundle stays as it was, so it is not what is read.
        subprocess.run(["chmod", "-R", "u+w", str(folder.parent)], check=True)
        write_authorities(Path(own), folder)
        cloud.forget()
        assert outcome_over_tls(cloud) == ("accepted", None)


def outcome_over_tls(cloud: World) -> tuple[str, str | None]:
    _, answer = cloud.invoke(payload("request_minimal.json", volume=cloud.volume()))
    [result] = answer["results"]
    return result["outcome"], result.get("error", {}).get("message")


def test_authorities_that_openssl_might_not_find_are_refused_when_the_image_is_built(tmp_path: Path) -> None:
    authority, renewed = (trustme.CA(organization_name="Example", organization_unit_name="Root") for _ in range(2))
    server = authority.issue_cert("localhost").cert_chain_pems[0]
    for other in (renewed.cert_pem, server):
        bundle, folder = tmp_path / "bundle.pem", tmp_path / "authorities"
        bundle.write_bytes(authority.cert_pem.bytes() + other.bytes())
        with pytest.raises(ValueError, match="has 2 certificates, but only 1 authorities of different names"):
            write_authorities(bundle, folder)
        assert not folder.exists()


def test_both_dockerfiles_ignore_the_same_but_for_the_script() -> None:
    def patterns(path: str) -> list[str]:
        return [line for line in (PROJECT / path).read_text().splitlines() if line and not line.startswith("#")]

    slim = patterns("deploy/image/Dockerfile.dockerignore")
    slim.remove("!deploy/image/slim.py")
    assert slim == patterns(".dockerignore")


def test_the_requirements_are_what_the_function_imports_and_nothing_else() -> None:
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    pinned = [line.split("==")[0] for line in lines if not line.startswith("#")]
    imported = "\n".join(path.read_text() for path in [PROJECT / "func.py", *(PROJECT / "handlers").rglob("*.py")])
    assert pinned == ["certifi", "cryptography", "fdk", "httptools", "oci", "pydantic", "PyJWT", "urllib3"]
    for name in pinned:
        module = "jwt" if name == "PyJWT" else name
        assert re.search(rf"^ *(import|from) {module}\b", imported, re.MULTILINE), module


def test_func_yaml_describes_the_function_that_is_tested_here() -> None:
    described = yaml.safe_load((PROJECT / "func.yaml").read_text())
    assert (described["schema_version"], described["name"]) == (20180708, "create-volume-backup")
    assert described["entrypoint"] == "/python/bin/fdk /function/func.py handler"
    assert (described["memory"], described["timeout"]) == (256, 300)
    assert described["runtime"] == "python3.11"
    assert sys.version_info >= (3, 11)
    assert "config" not in described


def test_func_yaml_lists_every_key_with_its_default_and_sets_none() -> None:
    _, commented = (PROJECT / "func.yaml").read_text().split("\n# config:\n")
    listed = yaml.safe_load(commented.replace("#", " "))
    assert tuple(listed) == KEYS
    topic = {"TOPIC_ID": "ocid1.onstopic.oc1.iad.a"}
    assert read({**listed, **topic}) == read(topic)
