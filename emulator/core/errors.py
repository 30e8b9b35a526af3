"""Error answers with Oracle's codes and words.

https://docs.oracle.com/en-us/iaas/Content/API/References/apierrors.htm
"""

from __future__ import annotations


class ServiceError(Exception):
    """An error answer: HTTP `status`, Oracle's `code` and `message`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def cannot_parse() -> ServiceError:
    return ServiceError(400, "CannotParseRequest", "Incorrectly formatted request. Unable to parse the JSON body.")


def invalid(message: str) -> ServiceError:
    return ServiceError(400, "InvalidParameter", message)


def malformed(parameter: str) -> ServiceError:
    return invalid(f"{parameter} is invalid or incorrectly formatted")


def missing(parameter: str) -> ServiceError:
    return ServiceError(400, "MissingParameter", f"Missing required parameter: {parameter}")


def not_implemented(message: str) -> ServiceError:
    return ServiceError(400, "NotImplemented", message)


def related_not_found(message: str) -> ServiceError:
    return ServiceError(400, "RelatedResourceNotAuthorizedOrNotFound", message)


def not_authenticated() -> ServiceError:
    words = "The required information to complete authentication was not provided or was incorrect."
    return ServiceError(401, "NotAuthenticated", words)


def not_found() -> ServiceError:
    return ServiceError(404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found.")


def incorrect_state(message: str) -> ServiceError:
    return ServiceError(409, "IncorrectState", message)


def conflict(message: str) -> ServiceError:
    return ServiceError(409, "Conflict", message)


def invalidated_retry_token() -> ServiceError:
    words = "The provided retry token was used in an earlier request that resulted in a system update, but a subsequent operation invalidated the token."  # noqa: E501
    return ServiceError(409, "InvalidatedRetryToken", words)


def no_etag_match() -> ServiceError:
    return ServiceError(412, "NoEtagMatch", "The If-Match header does not match the etag of the resource.")


def too_large(message: str) -> ServiceError:
    return ServiceError(413, "RequestEntityTooLarge", message)


def internal_error() -> ServiceError:
    return ServiceError(500, "InternalServerError", "An internal server error occurred.")


def too_many_requests() -> ServiceError:
    return ServiceError(429, "TooManyRequests", "Too many requests for the user.")
