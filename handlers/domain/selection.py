"""Which resources are meant where a trigger names none: those that carry a tag."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from handlers.domain.tags import TagName, Tags, opts_out, tag_value
from handlers.domain.untrusted import one_line

DEFAULT_TYPES = ("volume", "bootvolume")
_NOUNS = {"volume": "volume", "bootvolume": "boot volume", "volumegroup": "volume group"}


class TagCondition(NamedTuple):
    """A tag that a resource must carry.

    Attributes:
        name: The tag.
        value: Its value, compared without regard to case; None where any will do that does not opt out.
    """

    name: TagName
    value: str | None = None

    def find_mismatch(self, tags: Tags) -> str | None:
        """Return why a resource with these tags is not meant, None where it is."""
        found = tag_value(tags, self.name)
        if found is None:
            return f"not tagged with {self.name}, by which it had been found"
        if self.value is None:
            return f"tag {self.name} opts out" if opts_out(found) else None
        if str(found).strip().casefold() != self.value.strip().casefold():
            return f"tag {self.name} has the value '{one_line(str(found), 100)}', and '{self.value}' was selected"
        return None

    def __str__(self) -> str:
        return f"{self.name}={self.value}" if self.value is not None else str(self.name)


class Selection(NamedTuple):
    """All resources of some types with a tag, in one compartment and those below it, or wherever policies reach.

    Attributes:
        condition: The tag.
        compartment_id: The compartment; None where all are meant.
        resource_types: The types, as OCIDs spell them.
    """

    condition: TagCondition
    compartment_id: str | None = None
    resource_types: Sequence[str] = DEFAULT_TYPES

    def __str__(self) -> str:
        """All of them in words: `volumes and boot volumes with the tag app=shop`."""
        return self._describe([f"{_NOUNS[name]}s" for name in self.resource_types], "and")

    def any_of_them(self) -> str:
        """Return one of them in words: `volume or boot volume with the tag app=shop`."""
        return self._describe([_NOUNS[name] for name in self.resource_types], "or")

    def _describe(self, nouns: list[str], conjunction: str) -> str:
        *others, last = nouns
        what = f"{', '.join(others)} {conjunction} {last}" if others else last
        where = f" in {self.compartment_id} and below" if self.compartment_id else ""
        return one_line(f"{what} with the tag {self.condition}{where}", 250)
