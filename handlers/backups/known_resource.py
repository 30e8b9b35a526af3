"""What is known of a resource that is to be backed up: what the trigger told, and what the API says once it is read."""

from __future__ import annotations

from handlers.domain.errors import ApiUnreachable
from handlers.domain.ocids import Ocid
from handlers.domain.resource_kinds import RESOURCE_KINDS, ResourceKind
from handlers.domain.tags import TagName, Tags, all_tags_of, tag_is_known
from handlers.domain.trigger import Target
from handlers.domain.untrusted import mapping, text
from handlers.oci.client import OciApi


class KnownResource:
    """A volume, boot volume or volume group, read (GetVolume, GetBootVolume, GetVolumeGroup) at most once.

    Attributes:
        kind: Which of the three it is.
        ocid: Its OCID.
        name: What the API or else the trigger calls it. It is only for people: what is sent must not depend on it,
            because a resource can be renamed between two deliveries.
    """

    def __init__(self, target: Target, api: OciApi) -> None:
        self.kind: ResourceKind = RESOURCE_KINDS[target.resource.resource_type]
        self.ocid: Ocid = target.resource
        self.name = target.name
        self._api = api
        self._tags = target.tags
        self._compartment_id = target.compartment_id

    @property
    def known_compartment_id(self) -> str | None:
        """Its compartment as far as it is known without asking: for the hints of errors."""
        return self._compartment_id

    def tags(self, name: TagName) -> Tags:
        """Return its tags, read from the API where the trigger does not tell `name`. Raises what `OciApi.send` does."""
        if not tag_is_known(self._tags, name):
            self._read()
        return self._tags or Tags()

    def read_compartment_id(self) -> str:
        """Return its own compartment, where its backups are, too. Raises what `OciApi.send` does."""
        if self._compartment_id is None:
            self._read()
        if self._compartment_id is None:
            raise ApiUnreachable(f"{self.kind.get.name} answered without compartmentId.")
        return self._compartment_id

    def _read(self) -> None:
        document = mapping(self._api.send(self.kind.get, self.ocid, compartment_id=self._compartment_id).document)
        self._tags = all_tags_of(document)
        self._compartment_id = text(document.get("compartmentId"))
        self.name = text(document.get("displayName")) or self.name
