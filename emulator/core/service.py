"""What every service of the local OCI is: made with the cloud alone, and found by its class."""

from __future__ import annotations

from .cloud import Cloud
from .operations import Document


class Service:
    """A service, or one type of resource of it. Methods that are declared with `@operation` are served.

    It finds another one by ``self.cloud.service(Volumes)`` when it needs it, never in its constructor, so that
    services can be registered in any order.

    Attributes:
        is_regional: whether each region has its own. Identity is one for all regions, and its OCIDs name none.
    """

    is_regional = True

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def document_of(self, ocid: str) -> Document | None:
        """Return the resource of this OCID, or None where this service does not keep it."""
        return None

    async def stop(self) -> None:
        """End what runs outside the event loop; called once, when the local OCI stops."""
