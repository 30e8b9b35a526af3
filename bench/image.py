"""What an image of the function holds, and what the slim one saves: ``make image-size``."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from docker.utils.build import exclude_paths

from bench.measure import Cost, cold_start
from emulator import local_oci
from emulator.functions.functions import Image
from emulator.local_oci import PROJECT

WHEELS = Path(sys.prefix) / "wheels"
_LISTED, _RUNS = 12, 15
_MB = 1024 * 1024


def copied_into_the_image() -> set[str]:
    """The project's files that ``ADD . /function/`` copies, as .dockerignore leaves them."""
    patterns = (PROJECT / ".dockerignore").read_text().splitlines()
    found = exclude_paths(str(PROJECT), [line for line in patterns if line and not line.startswith("#")])
    # Docker reads .dockerignore whatever it says, but does not copy it.
    return {path for path in found if (PROJECT / path).is_file()} - {".dockerignore"}


def lay_out(root: Path, *, slim: bool = False, compiled: bool = False) -> None:
    """Lay an image out in a folder as ``fn build`` does: /python from pip, /function from the project.

    pip compiles what it installs where `compiled` says so. The `slim` image is that of deploy/image/Dockerfile.
    """
    for path in copied_into_the_image():
        (root / "function" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / path, root / "function" / path)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-warn-conflicts"]
    how = [] if compiled else ["--no-compile"]
    what = ["--find-links", str(WHEELS), "-r", str(PROJECT / "requirements.txt"), "--target", str(root / "python")]
    subprocess.run([*install, *how, *what], check=True, capture_output=True)
    if slim:
        program = str(PROJECT / "deploy" / "image" / "slim.py")
        subprocess.run([sys.executable, program, str(root / "python"), str(root / "function")], check=True)


def image_in(root: Path) -> Image:
    """The image that was laid out in a folder."""
    function = root / "function" / "func.py"
    return Image(function, libraries=(root / "python",), fdk=root / "python" / "bin" / "fdk")


def sizes(root: Path) -> dict[str, float]:
    """MB per package, and of the project's own files as `function`, largest first."""
    found = {path.name: size_of(path) for path in (root / "python").iterdir()}
    found["function"] = size_of(root / "function")
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def size_of(path: Path) -> float:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / _MB


def main() -> None:
    folders = {name: Path(tempfile.mkdtemp(prefix=f"image-{name}-")) for name in ("plain", "slim")}
    lay_out(folders["plain"], compiled=True)
    lay_out(folders["slim"], slim=True)
    costs: dict[str, list[Cost]] = {name: [] for name in folders}
    with local_oci(wired=False, lifecycle_seconds=0.0, publishes_per_minute=10**9) as oci:
        for number in range(_RUNS + 1):
            for name, folder in folders.items():
                cost = cold_start(oci, image_in(folder))
                if number:
                    costs[name].append(cost)
    for name, folder in folders.items():
        told = sizes(folder)
        cpu = statistics.fmean(cost.cpu for cost in costs[name])
        memory = statistics.median(cost.memory for cost in costs[name])
        print(f"{name}: {sum(told.values()):.0f} MB, cold CPU {cpu:.3f} s, peak memory {memory:.0f} MB")
        for package, size in list(told.items())[:_LISTED]:
            print(f"  {size:7.1f} MB  {package}")
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
