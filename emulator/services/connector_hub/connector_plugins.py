"""Connector plugins: the sources that connectors know beside those that have a kind of their own."""

from __future__ import annotations

from ...core.cloud import Cloud
from ...core.collection import Collection
from ...core.errors import not_found
from ...core.identifiers import now
from ...core.operations import Call, Reply, operation
from ...core.service import Service
from .details import QUEUE_SOURCE
from .service_connectors import VERSION

_PATH = f"{VERSION}/connectorPlugins"
_FILTERS = ("name", "displayName", "lifecycleState")


class ConnectorPlugins(Service):
    """The plugin that reads a queue, and no other."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._plugins = Collection("connectorplugin", page_size=cloud.options.page_size)
        plugin = {
            "kind": "SOURCE",
            "name": QUEUE_SOURCE,
            "displayName": "Queue",
            "estimatedThroughput": "UNKNOWN",
            "lifecycleState": "ACTIVE",
            "maxRetention": "P7D",
            "timeCreated": now(),
        }
        self._plugins.documents[QUEUE_SOURCE] = plugin

    @operation("GET", _PATH)
    async def list_connector_plugins(self, call: Call) -> Reply:
        """ListConnectorPlugins: `QueueSource`."""
        page = self._plugins.page(call, *_FILTERS)
        return Reply({"items": page.document}, headers=page.headers)

    @operation("GET", f"{_PATH}/{{connectorPluginName}}")
    async def get_connector_plugin(self, call: Call) -> Reply:
        """GetConnectorPlugin. Leaves out the schema of its `configMap`."""
        name = call.path["connectorPluginName"]
        if name not in self._plugins.documents:
            raise not_found()
        return Reply(self._plugins.documents[name])
