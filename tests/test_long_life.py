"""A container lives long: what its process holds does not grow with its invocations, not even with those that fail."""

from __future__ import annotations

from bench.long_life import live
from tests.parsing import configuration
from tests.world import World

INVOCATIONS = 240


def test_a_container_holds_after_hundreds_of_invocations_what_it_held_after_some(isolated_cloud: World) -> None:
    isolated_cloud.invoke_one({"volumeId": isolated_cloud.volume()})
    first, *_, last = live(isolated_cloud.oci, INVOCATIONS, INVOCATIONS // 4)
    assert last.failures > INVOCATIONS // 10
    assert isolated_cloud.operations().count("PublishMessage") > INVOCATIONS // 2
    # A thread is made where no other is idle, as many as calls may be in flight, and kept.
    assert last.holdings.threads - first.holdings.threads < configuration().max_concurrency
    # The connection that the last call came over may be still open.
    assert last.holdings.sockets - first.holdings.sockets in {-1, 0, 1}
    assert last.holdings.descriptors - first.holdings.descriptors in {-1, 0, 1}
    assert last.holdings.memory - first.holdings.memory < 4
