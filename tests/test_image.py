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
from pathlib import Path

import pytest
import yaml
from docker.utils.build import exclude_paths

from emulator.functions.functions import Image
from emulator.local_oci import PROJECT
from handlers.settings import KEYS
from tests.world import payload, world

NOBODY = 65534
WHEELS = Path(sys.prefix) / "wheels"


def copied_into_the_image() -> set[str]:
    """The project's files that ``ADD . /function/`` copies, as .dockerignore leaves them."""
    patterns = (PROJECT / ".dockerignore").read_text().splitlines()
    found = exclude_paths(str(PROJECT), [line for line in patterns if line and not line.startswith("#")])
    # Docker reads .dockerignore whatever it says, but does not copy it.
    return {path for path in found if (PROJECT / path).is_file()} - {".dockerignore"}


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """An image in a folder that everybody can read and nobody can write, run as another user where that is possible."""
    root = Path(tempfile.mkdtemp(prefix="image-"))
    for path in copied_into_the_image():
        (root / "function" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / path, root / "function" / path)
    # fn build lets pip compile; leaving that out takes nothing away but a minute.
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-compile", "--no-warn-conflicts"]
    requirements = ["--find-links", str(WHEELS), "-r", str(PROJECT / "requirements.txt")]
    subprocess.run([*install, "--target", str(root / "python"), *requirements], check=True, capture_output=True)
    user = NOBODY if os.geteuid() == 0 else None
    python, environment = interpreter_for(user, root / "home")
    subprocess.run(["chmod", "-R", "a+rX,a-w", str(root)], check=True)
    yield Image(
        root / "function" / "func.py",
        libraries=(root / "python",),
        python=python,
        fdk=root / "python" / "bin" / "fdk",
        environment=environment,
        user=user,
    )
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


def test_the_function_works_from_the_image_unwritable_and_as_another_user(image: Image) -> None:
    with world(image=image) as made:
        result = made.result(payload("request_minimal.json", volume=made.volume()))
        assert (result["outcome"], result["notified"]) == ("accepted", True)
    for folder in (image.function_file.parent, *image.libraries):
        assert not list(folder.rglob("*.pyc"))


def test_only_what_runs_is_copied_into_the_image(image: Image) -> None:
    folder = image.function_file.parent
    copied = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    tops = {path.parts[0] for path in copied}
    assert tops == {"func.py", "func.yaml", "requirements.txt", "handlers"}
    assert {path.suffix for path in copied} == {".py", ".yaml", ".txt"}


def test_the_requirements_are_what_the_function_imports_and_nothing_else() -> None:
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    pinned = [line.split("==")[0] for line in lines if not line.startswith("#")]
    modules = {"fdk": "fdk", "oci": "oci", "pydantic": "pydantic", "PyJWT": "jwt"}
    imported = "\n".join(path.read_text() for path in [PROJECT / "func.py", *(PROJECT / "handlers").rglob("*.py")])
    assert set(pinned) == modules.keys()
    for module in modules.values():
        assert re.search(rf"^ *(import|from) {module}\b", imported, re.MULTILINE), module


def test_func_yaml_describes_the_function_that_is_tested_here() -> None:
    described = yaml.safe_load((PROJECT / "func.yaml").read_text())
    assert (described["schema_version"], described["name"]) == (20180708, "create-volume-backup")
    assert described["entrypoint"] == "/python/bin/fdk /function/func.py handler"
    assert (described["memory"], described["timeout"]) == (256, 300)
    assert described["runtime"] == "python3.11"
    assert sys.version_info >= (3, 11)
    assert tuple(described["config"]) == KEYS
