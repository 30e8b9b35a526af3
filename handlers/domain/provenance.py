"""The free-form tag that says where a backup came from, and by which a later look finds it again."""

from __future__ import annotations

from handlers.domain.trigger import Trigger

PROVENANCE_TAG = "backup-trigger"
_MAX_LENGTH = 256  # of a tag's value


def provenance(trigger: Trigger) -> str:
    """The tag's value: `<kind>:<identity>`.

    An event and the audit record of the same call can have one identity, and so one token: they write the same.
    """
    kind = "event" if trigger.kind == "audit" else trigger.kind
    return f"{kind}:{trigger.id}"[:_MAX_LENGTH]
