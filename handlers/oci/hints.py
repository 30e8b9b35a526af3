"""What a person should look at after an API's error answer, in one sentence."""

from __future__ import annotations

from typing import NamedTuple

from handlers.domain.ocids import Ocid, parse_ocid
from handlers.domain.operations import PUBLISH_MESSAGE, Operation

_KEYS = "Allow service blockstorage to use keys in compartment <C>"
_TAG_NAMESPACES = "Allow dynamic-group <the function's> to use tag-namespaces in tenancy"

_BY_CODE = {
    # Of a copy: what becomes of a backup's own spent token is looked into.
    "InvalidatedRetryToken": (
        "A copy of the backup was asked for within the last 24 hours, and deleted since. If there is to be one after "
        "all, have it made 24 hours after that at the earliest: the service remembers it for so long."
    ),
    "LimitExceeded": "Delete backups that are no longer needed, or ask for a higher service limit.",
    "QuotaExceeded": "Delete backups that are no longer needed, or raise the compartment's quota.",
}
_BY_STATUS = {
    409: "Look at the resource, whose state does not allow the operation, and try again.",
    413: "Send fewer or shorter fields: the request is larger than the service takes.",
    429: "Spread the triggers or lower MAX_CONCURRENCY: the service throttles this tenancy.",
}


class Situation(NamedTuple):
    """What is known about a refused request beside the answer.

    Attributes:
        operation: What was asked.
        resource: What it was asked about, None where it was about nothing in particular.
        compartment_id: Where the resource is, as the caller was told, if at all.
        function_id: Who asked: the function's OCID, which its dynamic group's matching rule names or covers.
        is_far: Whether the resource names a region that the SDK does not know in this realm, so that the function's own
            was asked.
    """

    operation: Operation
    resource: Ocid | None
    compartment_id: str | None
    function_id: str | None
    is_far: bool


def hint_for(situation: Situation, status: int, code: str, message: str) -> str:
    """Return the IAM statement, setting or limit that an error answer points to."""
    operation, resource = situation.operation, situation.resource
    if status == 404 and resource and situation.is_far:
        return (
            f"{resource.text} names the region {resource.region}, which the function's SDK does not know in its realm, "
            "so the function's own region was asked: correct the OCID, or bring the package oci in requirements.txt up "
            "to date and deploy again."
        )
    if status in {401, 404}:
        where = ", which the configuration names," if operation is PUBLISH_MESSAGE else ""
        statements = operation.statements(_compartment(situation.compartment_id))
        # A list is asked for by compartment: whose it is does not matter.
        exists = f"that {resource.text}{where} exists and " if resource and not operation.is_list else ""
        exists += f"that a policy allows {operation.name}: {statements}"
        if status == 404:
            return f"Check {exists}{_explain(statements, situation)}"
        return (
            "Check first that the function's clock is right within 5 minutes and its resource principal's token is "
            f"not over (a container started anew gets a fresh one); then {exists}{_explain(statements, situation)}"
        )
    if code == "RelatedResourceNotAuthorizedOrNotFound":
        needed = _TAG_NAMESPACES + _explain(_TAG_NAMESPACES, situation) if "tag" in message.lower() else _KEYS
        return f"Check what the request refers to (a tag namespace, a key) and its policy: {needed}"
    if status >= 500:
        return "Deliver the same trigger again, which makes no second backup: the service failed."
    refused = f"Correct the request: {operation.name} refused it as it stands."
    return _BY_CODE.get(code) or _BY_STATUS.get(status, refused)


def _compartment(compartment_id: str | None) -> str:
    """As a policy names it; a trigger may have told anything."""
    ocid = parse_ocid(compartment_id)
    if ocid and ocid.resource_type == "tenancy":
        return "tenancy"
    return f"compartment id {ocid.text}" if ocid and ocid.resource_type == "compartment" else "compartment <C>"


def _explain(statements: str, situation: Situation) -> str:
    """Return what stands for what in `statements`, as far as it is known."""
    function_id, resource = situation.function_id, situation.resource
    group = f"<the function's> is a dynamic group whose matching rule covers {function_id}" if function_id else ""
    place = f"<C> is the compartment of {resource.text}" if "<C>" in statements and resource else ""
    known = "; ".join(filter(None, (group, place)))
    return f" ({known})" if known else ""
