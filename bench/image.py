"""What an image of the function holds, and what the slim one saves: ``make image-size``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from docker.utils.build import exclude_paths

from emulator import Image
from emulator.options import PROJECT

WHEELS = Path(sys.prefix) / "wheels"
_LISTED = 12
_MB = 1024 * 1024


def copied_into_the_image() -> set[str]:
    """The project's files that ``ADD . /function/`` copies, as .dockerignore leaves them."""
    patterns = (PROJECT / ".dockerignore").read_text().splitlines()
    found = exclude_paths(str(PROJECT), [line for line in patterns if line and not line.startswith("#")])
    # Docker reads .dockerignore whatever it says, but does not copy it.
    return {path for path in found if (PROJECT / path).is_file()} - {".dockerignore"}


def lay_out(root: Path, *, slim: bool = False, compiled: bool = False) -> None:
    """Lay an image out in a folder as ``fn build`` does: /python from pip, /function from the project.

    pip compiles what it installs where `compiled` says so. The `slim` image is that of deploy/image/Dockerfile. The
    interpreter is one without packages of its own, or this machine's would be measured, too.
    """
    venv.create(root / "interpreter")
    for path in copied_into_the_image():
        (root / "function" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / path, root / "function" / path)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-warn-conflicts"]
    how = [] if compiled else ["--no-compile"]
    what = ["--find-links", str(WHEELS), "-r", str(PROJECT / "requirements.txt"), "--target", str(root / "python")]
    subprocess.run([*install, *how, *what], check=True, capture_output=True)
    if slim:
        program = [str(root / "interpreter" / "bin" / "python"), "-B", str(PROJECT / "deploy" / "image" / "slim.py")]
        environment = {**os.environ, "PYTHONPATH": str(root / "python")}
        subprocess.run([*program, str(root / "python"), str(root / "function")], check=True, env=environment)


def image_in(root: Path) -> Image:
    """The image that was laid out in a folder."""
    return Image(
        root / "function" / "func.py",
        libraries=(root / "python",),
        python=str(root / "interpreter" / "bin" / "python"),
        fdk=root / "python" / "bin" / "fdk",
    )


def sizes(root: Path) -> dict[str, float]:
    """MB per package, and of the project's own files as `function`, largest first."""
    found = {path.name: size_of(path) for path in (root / "python").iterdir()}
    found["function"] = size_of(root / "function")
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def size_of(path: Path) -> float:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / _MB


def main() -> None:
    for name in ("plain", "slim"):
        with tempfile.TemporaryDirectory(prefix=f"image-{name}-") as folder:
            lay_out(Path(folder), slim=name == "slim", compiled=name == "plain")
            told = sizes(Path(folder))
        print(f"{name}: {sum(told.values()):.0f} MB")
        for package, size in list(told.items())[:_LISTED]:
            print(f"  {size:7.1f} MB  {package}")


if __name__ == "__main__":
    main()
