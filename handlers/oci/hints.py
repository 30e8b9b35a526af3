"""What a person should look at after an API's error answer, in one sentence."""

from __future__ import annotations

from handlers.domain.operations import PUBLISH_MESSAGE, Operation

_TAG_NAMESPACES = "Allow dynamic-group <the function's> to use tag-namespaces in tenancy"
_KEYS = "Allow service blockstorage to use keys in compartment <C>"


_BY_CODE = {
    "LimitExceeded": "Delete backups that are no longer needed, or ask for a higher service limit.",
    "QuotaExceeded": "Delete backups that are no longer needed, or raise the compartment's quota.",
}
_BY_STATUS = {
    409: "The resource is in a state that does not allow the operation; look at it and try again.",
    413: "The request is larger than the service takes; send fewer or shorter fields.",
    429: "The service throttles this tenancy; spread the triggers or lower MAX_CONCURRENCY.",
}


def hint_for(operation: Operation, status: int, code: str, message: str) -> str:
    """The IAM statement, setting or limit that an error answer of `operation` points to."""
    if status in {401, 404}:
        what = "TOPIC_ID names an existing topic" if operation is PUBLISH_MESSAGE else "the resource exists"
        return f"Check that {what} and that a policy allows {operation.name}: {operation.statements}"
    if code == "RelatedResourceNotAuthorizedOrNotFound":
        needed = _TAG_NAMESPACES if "tag" in message.lower() else _KEYS
        return f"Check what the request refers to (a tag namespace, a key) and its policy: {needed}"
    if status >= 500:
        return "The service failed; the same trigger can be delivered again and makes no second backup."
    refused = f"Correct the request: {operation.name} refused it as it stands."
    return _BY_CODE.get(code) or _BY_STATUS.get(status, refused)
