"""Every test runs the real function: an FDK process on its socket, against a local OCI that checks its signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from emulator import LocalOci, OptionNames
from tests.oci_command import OciCommand
from tests.oci_command import oci_command as have_ready
from tests.world import World, assert_answers_are_oracles, assert_no_secrets, with_defaults, world

pytest_plugins = ["emulator.pytest_plugin"]
Configure = Callable[..., World]
NO_BROWSER = "there is no Chromium here (apt-get install chromium)"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs the function as a process of its own, so that one can leave it out."""
    for item in items:
        if {"local_oci", "isolated_cloud"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("cloud")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the tests that were left out for want of a browser: dots would not tell."""
    skipped = terminalreporter.stats.get("skipped", [])
    names = [report.nodeid.rpartition("::")[2] for report in skipped if NO_BROWSER in str(report.longrepr)]
    if names:
        terminalreporter.write_line(f"LEFT OUT, because {NO_BROWSER}: {', '.join(names)}", yellow=True)


@pytest.fixture(scope="session")
def local_oci_options() -> OptionNames:
    return with_defaults(publishes_per_minute=100_000, page_size=3)


@pytest.fixture
def cloud(local_oci: LocalOci) -> Iterator[World]:
    """The world, with the function in its default configuration."""
    with World(local_oci).borrowed() as cloud:
        yield cloud
    assert_no_secrets(cloud)
    assert_answers_are_oracles(cloud)


@pytest.fixture
def isolated_cloud() -> Iterator[World]:
    """A world of its own: a request that hangs in it is over with it, and not served in the middle of another test."""
    with world(publishes_per_minute=100_000) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def oci_command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OciCommand]:
    """The ``oci`` command, imported once for all tests."""
    with have_ready(tmp_path_factory.mktemp("oci")) as command:
        yield command


@pytest.fixture
def configured(cloud: World) -> Configure:
    """Gives the function another configuration for the rest of the test."""

    def configure(**config: str | None) -> World:
        cloud.oci.configure(**config)
        return cloud

    return configure
