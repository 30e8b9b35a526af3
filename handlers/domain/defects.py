"""Defects of this function are told, not lost: the one place where any exception is held."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from handlers.domain.errors import FunctionError, InternalError

P = ParamSpec("P")
T = TypeVar("T")


def attempt(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T | None, FunctionError | None]:
    """Return what a call returns, or else the error that it ends in; a defect is an InternalError."""
    try:
        return call(*args, **kwargs), None
    except FunctionError as error:
        return None, error
    except Exception as defect:  # noqa: BLE001  (the one broad except: a defect must be told, and must not spread)
        return None, InternalError.of(defect)
