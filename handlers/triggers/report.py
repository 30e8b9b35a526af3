"""A report: which of the selected resources have no fresh backup, at the request of a person, a script or a schedule.

`{"report": {"maxAgeHours": 26, "copies": false, "tag", "value", "compartmentId", "resourceTypes"}}`, and beside it
`opcRetryToken`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from handlers.domain.errors import InvalidRequest
from handlers.domain.requests import RetryToken, WireModel
from handlers.domain.search import Report
from handlers.domain.trigger import Trigger
from handlers.triggers.context import Context
from handlers.triggers.selection import SelectionFields, identity_of

_MAX_HOURS = 10 * 366 * 24


class _Fields(SelectionFields):
    # A day, and time for the backups of a night to end.
    copies: bool = False
    max_age_hours: Annotated[float, Field(gt=0, le=_MAX_HOURS, allow_inf_nan=False)] = 26


class _Body(WireModel):
    report: _Fields
    opc_retry_token: RetryToken | None = None


def parse(document: Mapping[str, Any], context: Context) -> Iterator[Report]:
    """Yield the report. Raises InvalidRequest, which names every field that is wrong."""
    body = _Body.parse(document)
    selection = body.report.selection(context.settings.backup_tag)
    identity = identity_of(body.opc_retry_token, context)
    yield _report(body, Trigger("report", identity, title=f"report on {selection}"), context)


def read_report(document: Mapping[str, Any], trigger: Trigger, context: Context) -> Report:
    """Return the report that a body asks for, at the request of `trigger`. Raises InvalidRequest."""
    return _report(_Body.parse(document), trigger, context)


def _report(body: _Body, trigger: Trigger, context: Context) -> Report:
    fields, settings = body.report, context.settings
    if fields.copies and settings.copy_to_region is None:
        raise InvalidRequest("report.copies: nothing is copied, because COPY_TO_REGION is not set")
    return Report(trigger, fields.selection(settings.backup_tag), fields.max_age_hours, fields.copies)
