"""The local OCI as others install it: a wheel with the right package, plugin, command and dependencies."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import Distribution, PathDistribution, packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from emulator.options import PROJECT
from tests.measured import unmeasured

pytest_plugins = ["pytester"]
SOURCES = PROJECT / "emulator"
PYPROJECT = tomllib.loads((SOURCES / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the distribution alone; its dependencies are those of the tests."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*command, "--target", str(folder), str(SOURCES)],
        env=unmeasured(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def run(installed: Path, cwd: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**unmeasured(), "PYTHONPATH": str(installed)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False)


def metadata(installed: Path) -> Distribution:
    [folder] = installed.glob("*.dist-info")
    return PathDistribution(folder)


def test_the_distribution_says_what_it_is(installed: Path) -> None:
    found = metadata(installed)
    assert (found.metadata["Name"], found.version) == ("local-oci", PYPROJECT["project"]["version"])
    assert found.metadata["Requires-Python"] == ">=3.11"
    assert {(entry.group, entry.name, entry.value) for entry in found.entry_points} == {
        ("console_scripts", "local-oci", "local_oci.command:main"),
        ("pytest11", "local_oci", "local_oci.pytest_plugin"),
    }


def test_it_holds_the_package_with_its_types_and_its_page_and_nothing_else(installed: Path) -> None:
    sources = {path.relative_to(SOURCES) for path in SOURCES.rglob("*.py")} - {Path("story.py")}
    page = {path.relative_to(SOURCES) for path in (SOURCES / "console" / "page").iterdir()}
    files = {path.relative_to(installed) for path in installed.rglob("*") if path.is_file()}
    kept = {path for path in files if path.suffix != ".pyc" and path.parts[0] != "bin" and "dist-info" not in str(path)}
    assert kept == {Path("local_oci") / path for path in {*sources, *page, Path("py.typed")}}


def test_it_needs_what_it_imports_and_nothing_else() -> None:
    imported = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                imported.add(node.module.partition(".")[0])
    # The plugin is imported by pytest, and a container runs the FDK's command.
    foreign = imported - set(sys.stdlib_module_names) - {"emulator", "pytest"} | {"fdk"}
    distributions = packages_distributions()
    needed = {canonicalize_name(distributions[name][0]) for name in foreign}
    requirements = [Requirement(text) for text in PYPROJECT["project"]["dependencies"]]
    assert {canonicalize_name(requirement.name) for requirement in requirements} == needed
    assert [str(entry) for entry in requirements if not entry.specifier.contains(version(entry.name))] == []


def test_it_is_imported_and_started_under_its_own_name(installed: Path, tmp_path: Path) -> None:
    shown = "import sys, local_oci; print(local_oci.Options().own_stack, 'emulator' in sys.modules)"
    imported = run(installed, tmp_path, sys.executable, "-c", shown)
    assert imported.stdout == "True False\n", imported.stderr
    for command in ([sys.executable, "-m", "local_oci"], [sys.executable, str(installed / "bin" / "local-oci")]):
        done = run(installed, tmp_path, *command, "--port", "0")
        assert done.returncode == 2
        assert f"error: there is no function {tmp_path / 'func.py'}" in done.stderr


def test_pytest_finds_its_plugin_by_itself(
    installed: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(installed))
    pytester.makepyfile(func="def handler(ctx, data):\n    return 'hello'\n")
    pytester.makepyfile("def test_hello(estate):\n    assert estate.answer({}) == 'hello'\n")
    pytester.runpytest_subprocess("-p", "no:asyncio", "-p", "no:xdist").assert_outcomes(passed=1)


def test_a_type_checker_of_others_refuses_typos(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs.py").write_text(
        "from local_oci import local_oci\n\n"
        "with local_oci(lifecycle_seconds=0.1) as oci:\n"
        "    oci.fault('ListVolumes', times=1, close='before')\n"
        "    oci.fault('ListVolumes', close='never')\n"
        "    status: str = oci.base_url\n"
        "local_oci(lifecyle_seconds=0.1)\n"
    )
    options = ("--strict", "--no-incremental", "--no-error-summary", "--ignore-missing-imports")
    done = run(installed, tmp_path, sys.executable, "-m", "mypy", *options, "theirs.py")
    told = done.stdout.splitlines()
    assert [line.split(":")[1] for line in told if ": error:" in line] == ["5", "7"], done.stdout + done.stderr
