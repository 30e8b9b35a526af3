"""What a connector may do: it reads its source and invokes its function in its own name, if policies allow it that.

https://docs.oracle.com/en-us/iaas/Content/connector-hub/overview.htm
"""

from __future__ import annotations

from collections.abc import Iterable

from ...core.cloud import Cloud
from ...core.operations import Document
from ..identity.authorization import Authorization

# The messages' endpoint is read from the queue.
_OF_SOURCE = ("GetQueue", "GetMessages", "DeleteMessages")


class Access:
    """Asks the policies in a connector's name. A refusal is told in the journal alone, once for as long as it lasts.

    Whoever made the connector sees no error: it hands nothing over.
    """

    def __init__(self, cloud: Cloud, connector: Document) -> None:
        self._cloud = cloud
        self._connector_id = connector["id"]
        self._refusals: dict[str, str | None] = {}

    def may_read(self, queue_id: str) -> bool:
        """Return whether the connector may read messages of a queue and delete them."""
        return self._may(_OF_SOURCE, queue_id)

    def may_invoke(self, function_id: str) -> bool:
        """Return whether the connector may invoke a function."""
        return self._may(("InvokeFunction",), function_id)

    def _may(self, operations: Iterable[str], resource_id: str) -> bool:
        resource = self._cloud.find(resource_id)
        if resource is None:
            return False
        authorization = self._cloud.service(Authorization)
        found = (authorization.find_refusal(self._connector_id, operation, resource) for operation in operations)
        refusal = next(filter(None, found), None)
        if refusal and refusal != self._refusals.get(resource_id):
            self._cloud.journal.add("refused", refusal, caller=self._connector_id)
        self._refusals[resource_id] = refusal
        return refusal is None
