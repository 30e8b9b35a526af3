"""What a trigger asks for without naming resources: they are to be found first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from handlers.domain.json_values import without_none
from handlers.domain.selection import Selection
from handlers.domain.trigger import Deferral, Target, Trigger

if TYPE_CHECKING:
    from handlers.domain.requests import SelectionRequest

# How many results either may have, for which time is kept: writing them takes a while.
RESULTS_OF_SEARCH = 10_000


class Search(NamedTuple):
    """A selection of which every resource is to be backed up.

    Attributes:
        trigger: What asks.
        selection: Which resources are meant.
        request: What the backups are to be like, where it was a request that asked for them.
        tag_required: Whether a resource is only backed up if its tag asks for it.
        deferral: What it brings along from its first try; None where this is the first.
    """

    trigger: Trigger
    selection: Selection
    request: SelectionRequest | None = None
    tag_required: bool = False
    deferral: Deferral | None = None

    @property
    def key(self) -> str:
        """What tells it from others of the same trigger."""
        return str(self.document())

    def document(self) -> dict[str, Any]:
        """Return it as the body that asks for it."""
        request = self.request.document() if self.request else {}
        return {"select": _selection_document(self.selection), **request}

    def body(self) -> dict[str, Any]:
        """Return the body that asks for it again: under the same retry tokens, where it was asked for by itself."""
        has_token = self.trigger.kind == "select" and self.trigger.is_token
        return {**self.document(), **({"opcRetryToken": self.trigger.id} if has_token else {})}


class Report(NamedTuple):
    """A selection of which every resource is told that has no fresh backup.

    Attributes:
        trigger: What asks.
        selection: Which resources are meant.
        max_age_hours: How old a resource's newest backup may be.
        copies: Whether that must have a copy in the second region, too.
        deferral: What it brings along from its first try; None where this is the first.
    """

    trigger: Trigger
    selection: Selection
    max_age_hours: float
    copies: bool = False
    deferral: Deferral | None = None

    @property
    def key(self) -> str:
        """What tells it from others of the same trigger."""
        return str(self.document())

    def document(self) -> dict[str, Any]:
        """Return it as the body that asks for it."""
        copies = {"copies": True} if self.copies else {}
        return {"report": {"maxAgeHours": self.max_age_hours, **copies, **_selection_document(self.selection)}}

    def body(self) -> dict[str, Any]:
        """Return the body that asks for it again."""
        return self.document()


Task = Target | Search | Report


def _selection_document(selection: Selection) -> dict[str, Any]:
    document = {
        "tag": str(selection.condition.name),
        "value": selection.condition.value,
        "compartmentId": selection.compartment_id,
        "resourceTypes": list(selection.resource_types),
    }
    return without_none(document)
