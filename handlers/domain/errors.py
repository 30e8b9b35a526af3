"""Every error this function reports, and what a person should do about it.

FunctionError
├── InvalidRequest              the body cannot be used; a redelivery would bring the same body
├── InvalidConfiguration        the function's own configuration is missing or malformed
├── ResourcePrincipalUnavailable  the platform gave no usable resource principal
├── ApiError                    an OCI API answered with an error
├── ApiUnreachable              an OCI API did not answer, or not with something that can be read
├── PublishFailed               a notification topic did not take the message
├── GivenUp                     work from the queue was tried for as long as it may be
├── BackupMismatch              an answered backup is not the one that was asked for
├── BackupUnfinished            a backup said to have ended has not
├── BackupFaulty                the copy of a backup has ended, and nothing can be restored from it
├── BackupStateUnknown          a backup said to have ended could not be read
├── DeadlineReached             the invocation's time was over before this was done
└── InternalError               a defect of this function
"""

from __future__ import annotations

from typing import Any, Self

from handlers.domain.json_values import without_none
from handlers.domain.untrusted import one_line


class FunctionError(Exception):
    """An error that is told to the caller, the topic and the log in the same words.

    `retryable` means that the same trigger, delivered again unchanged, may succeed. The invocation has tried all it can
    by then, so others have to deliver it: Connector Hub does until the answer is 200, Events where the function could
    not be called at all; a Notifications topic and a schedule do not, and a caller has to do it himself.
    """

    code = "InternalError"
    retryable = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = one_line(message)
        self.hint = hint
        self.status: int | None = None
        self.opc_request_id: str | None = None

    def with_message(self, message: str, hint: str | None) -> Self:
        """Return the same error in other words."""
        other = self.__class__.__new__(self.__class__, *self.args)
        vars(other).update(vars(self), message=one_line(message), hint=hint)
        return other

    def document(self) -> dict[str, Any]:
        """The error object of the answer and the message: `code`, `message`, `retryable`, and what else is known."""
        known = {
            "code": self.code,
            "message": self.message,
            "status": self.status,
            "opcRequestId": self.opc_request_id,
            "retryable": self.retryable,
            "hint": self.hint,
        }
        return without_none(known)


class InvalidRequest(FunctionError):
    code = "InvalidRequest"


class InvalidConfiguration(FunctionError):
    code = "InvalidConfiguration"


class ResourcePrincipalUnavailable(FunctionError):
    code = "ResourcePrincipalUnavailable"

    def __init__(self, message: str, *, retryable: bool, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.retryable = retryable


class ApiError(FunctionError):
    """An OCI API's error answer: HTTP `status`, Oracle's `code` and `message`.

    Codes: https://docs.oracle.com/en-us/iaas/Content/API/References/apierrors.htm
    """

    def __init__(
        self, status: int, code: str, message: str, *, opc_request_id: str | None, retryable: bool, hint: str | None
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.opc_request_id = opc_request_id
        self.retryable = retryable


class ApiUnreachable(FunctionError):
    code = "ApiUnreachable"
    retryable = True


class PublishFailed(FunctionError):
    """A topic did not take a message. What the message was to tell has been done, and stands in the answer and log."""

    code = "PublishFailed"
    retryable = True


class GivenUp(FunctionError):
    code = "GivenUp"


class BackupMismatch(FunctionError):
    code = "BackupMismatch"


class BackupUnfinished(FunctionError):
    code = "IncorrectState"
    retryable = True


class BackupFaulty(FunctionError):
    code = "BackupFaulty"

    @classmethod
    def of_copy(cls) -> BackupFaulty:
        return cls(
            "The copy has ended FAULTY: nothing can be restored from it.",
            hint="Delete the copy in the second region, and copy the backup by hand with oci bv backup copy: for 24 "
            "hours the function gets the same copy, because it asks under the same retry token. If that ends FAULTY "
            "too, ask Oracle's support.",
        )


class BackupStateUnknown(FunctionError):
    """A backup has ended, but how it ended could not be read: not a failure of the backup."""

    code = "BackupStateUnknown"

    @classmethod
    def of(cls, cause: FunctionError) -> BackupStateUnknown:
        error = cls(
            f"The backup has ended, but whether well is not known, because it could not be read: "
            f"{cause.code}: {cause.message}",
            hint=cause.hint,
        )
        error.status, error.opc_request_id, error.retryable = cause.status, cause.opc_request_id, cause.retryable
        return error


class DeadlineReached(FunctionError):
    code = "DeadlineReached"
    retryable = True


class InternalError(FunctionError):
    """A defect, told by the exception's type and the line that raised it, never by its text, which could be secret."""

    code = "InternalError"
    retryable = True

    @classmethod
    def of(cls, error: BaseException) -> InternalError:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f" at {trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else ""
        return cls(f"unexpected {type(error).__name__}{place}", hint="Please report this as a defect of the function.")
