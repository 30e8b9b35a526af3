"""A report: which of the selected resources have no fresh backup, at the request of a person, a script or a schedule.

`{"report": {"maxAgeHours": 26, "tag", "value", "compartmentId", "resourceTypes"}}`, and `opcRetryToken` beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from handlers.domain.requests import RetryToken, WireModel
from handlers.domain.search import Report
from handlers.domain.selection import Selection
from handlers.domain.trigger import Trigger
from handlers.triggers.context import Context
from handlers.triggers.selection import SelectionFields, identity_of

_MAX_HOURS = 10 * 366 * 24


class _Fields(SelectionFields):
    # A day, and time for the backups of a night to end.
    max_age_hours: Annotated[float, Field(gt=0, le=_MAX_HOURS, allow_inf_nan=False)] = 26


class _Body(WireModel):
    report: _Fields
    opc_retry_token: RetryToken | None = None


def parse(document: Mapping[str, Any], context: Context) -> Iterator[Report]:
    """Yield the report. Raises InvalidRequest, which names every field that is wrong."""
    body = _Body.parse(document)
    selection, max_age_hours = _read(body, context)
    identity = identity_of(body.opc_retry_token, context)
    yield Report(Trigger("report", identity, title=f"report on {selection}"), selection, max_age_hours)


def read_report(document: Mapping[str, Any], context: Context) -> tuple[Selection, float]:
    """Return which resources a body means, and how old their backups may be, in hours. Raises InvalidRequest."""
    return _read(_Body.parse(document), context)


def _read(body: _Body, context: Context) -> tuple[Selection, float]:
    return body.report.selection(context.settings.backup_tag), body.report.max_age_hours
