"""Every test runs the real function: an FDK process on its socket, against a local OCI that checks its signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.world import World, assert_answers_are_oracles, assert_no_secrets, world

Configure = Callable[..., World]


@pytest.fixture(scope="session")
def _shared_cloud() -> Iterator[World]:
    with world(publishes_per_minute=100_000, page_size=3) as cloud:
        yield cloud


@pytest.fixture
def cloud(_shared_cloud: World) -> Iterator[World]:
    """The world, with the function in its default configuration."""
    _shared_cloud.forget()
    yield _shared_cloud
    _shared_cloud.oci.reset()
    assert_no_secrets(_shared_cloud)
    assert_answers_are_oracles(_shared_cloud)


@pytest.fixture
def isolated_cloud() -> Iterator[World]:
    """A world of its own: a request that hangs in it is over with it, and not served in the middle of another test."""
    with world(publishes_per_minute=100_000) as cloud:
        yield cloud


@pytest.fixture
def configured(cloud: World) -> Iterator[Configure]:
    """Gives the function another configuration for the rest of the test."""
    changed: dict[str, Any] = {}

    def configure(**config: str | None) -> World:
        changed.update(dict.fromkeys(config))
        cloud.oci.configure(**config)
        return cloud

    yield configure
    cloud.oci.configure(**{**changed, "TOPIC_ID": cloud.oci.result_topic["id"], "OCI_ENDPOINT": cloud.oci.base_url})
