"""Every test runs the real function: an FDK process on its socket, against a local OCI that checks its signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.world import World, assert_no_secrets, world

Configure = Callable[..., World]


@pytest.fixture(scope="session")
def _shared() -> Iterator[World]:
    with world(publishes_per_minute=100_000, page_size=3) as made:
        yield made


@pytest.fixture
def made(_shared: World) -> Iterator[World]:
    """The world, with the function in its default configuration."""
    _shared.forget()
    yield _shared
    _shared.oci.run(_shared.oci.faults.clear)
    _shared.oci.run(_shared.oci.server.denied.clear)
    assert_no_secrets(_shared)


@pytest.fixture
def apart() -> Iterator[World]:
    """A world of its own: a request that hangs in it is over with it, and not served in the middle of another test."""
    with world(publishes_per_minute=100_000) as made:
        yield made


@pytest.fixture
def configured(made: World) -> Iterator[Configure]:
    """Gives the function another configuration for the rest of the test."""
    changed: dict[str, Any] = {}

    def configure(**config: str | None) -> World:
        changed.update(dict.fromkeys(config))
        made.oci.configure(**config)
        return made

    yield configure
    made.oci.configure(**{**changed, "TOPIC_ID": made.oci.result_topic["id"], "OCI_ENDPOINT": made.oci.base_url})
