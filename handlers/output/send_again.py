"""What failed becomes the line that sends it again by hand: the same requests, under the same retry tokens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from handlers.domain.delivery import Delivery
from handlers.domain.ocids import parse_ocid
from handlers.domain.provenance import PROVENANCE_TAG, provenance
from handlers.domain.resource_kinds import RESOURCE_KINDS
from handlers.domain.result import Result

_MAX_COMMAND_BYTES = 30_000


def describe_sending_again(concerning: Sequence[Result], delivery: Delivery) -> str:
    bodies = [body for body in map(_body_to_send, concerning) if body is not None]
    if not bodies:
        return ""
    # Between single quotes, the shell leaves everything alone but the single quote itself.
    lines = [json.dumps(body, ensure_ascii=False).replace("'", "\\u0027") for body in bodies]
    lines = list(dict.fromkeys(lines))
    text = lines[0] if len(lines) == 1 else "[\n" + ",\n".join(lines) + "\n]"
    if len(text.encode("utf-8", "replace")) > _MAX_COMMAND_BYTES:
        return _describe_what_is_too_long(concerning, len(lines))
    exactly = "" if len(lines) == 1 else f"exactly these {len(lines)} "
    if any("opcRetryToken" in body for body in bodies):
        what = f"send {exactly or 'this '}again by hand"
        tokens = "token" if len(lines) == 1 else "tokens"
        safe = f" It carries the retry {tokens} of the first try, so that nothing is made twice within 24 hours of it."
    else:
        what, safe = f"have {exactly or 'this '}done by hand", ""
    return (
        f"To {what}, run the following where the OCI CLI is set up.{safe}\n\n"
        f"oci fn function invoke --function-id {delivery.function_id} --file - --body '{text}'"
    )


def _describe_what_is_too_long(concerning: Sequence[Result], number: int) -> str:
    if any(result.finding for result in concerning):
        return (
            f"The command that does all {number} by hand is too long for this mail. Send the report again for less at "
            "a time, by its value, compartmentId or resourceTypes: each mail then has its own command."
        )
    return (
        f"To send them again by hand, deliver the trigger again: what is done already is not done twice. The {number} "
        "requests are too long for this mail and stand in the function's answer."
    )


def _body_to_send(result: Result) -> dict[str, Any] | None:
    """The direct request that sends a result's request again; None where no request can mend it."""
    source = source_of(result)
    if source:
        return {"volumeId": source[1]}
    if result.body:
        return result.body
    if result.resource_id is None or not is_to_back_up(result):
        return None
    token = _token(result)
    request = result.request.document() if result.request else _provenance(result) if token else {}
    for kind in RESOURCE_KINDS.values():
        request.pop(kind.id_field, None)
    return {"volumeId": result.resource_id, **request, **token}


def _provenance(result: Result) -> dict[str, Any]:
    """Where no request was built, its tag at least: by that the trigger itself, delivered again, finds the backup."""
    return {"freeformTags": {PROVENANCE_TAG: provenance(result.trigger)}}


def _token(result: Result) -> dict[str, str]:
    """The tokens of an instance's volumes are made of the trigger's identity, that of a volume is its own."""
    trigger = result.trigger
    token = trigger.id if type_of(result) == "instance" and trigger.is_token else result.retry_token
    return {"opcRetryToken": token} if token else {}


def is_to_back_up(result: Result) -> bool:
    """Whether the resource is one that a backup is made of, rather than a backup."""
    return type_of(result) in {*RESOURCE_KINDS, "instance"}


def source_of(result: Result) -> tuple[str, str] | None:
    """The type and OCID of what a FAULTY backup was made of."""
    if not result.is_faulty or result.volume_backup is None:
        return None
    document = result.volume_backup.document()
    found = ((kind.name, document.get(kind.id_field)) for kind in RESOURCE_KINDS.values())
    return next(((name, ocid) for name, ocid in found if isinstance(ocid, str)), None)


def type_of(result: Result) -> str:
    ocid = parse_ocid(result.resource_id)
    return result.resource_type or (ocid.resource_type if ocid else "")
