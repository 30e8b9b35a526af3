"""When a schedule is due: five fields of UNIX cron, or an iCalendar recurrence rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from dateutil.rrule import rrulestr

from ...core.errors import invalid, malformed
from ...core.operations import Document

TYPES = ("CRON", "ICAL")
_CRON_FIELDS = 5


def check_recurrence(schedule: Document) -> None:
    """Raise ServiceError 400 where a schedule's recurrence is none."""
    next_time(schedule, datetime.now(UTC))


def next_time(schedule: Document, after: datetime) -> datetime | None:
    """Return when a schedule is due next, or None where it is no more. Raises ServiceError 400."""
    if schedule["recurrenceType"] not in TYPES:
        raise invalid(f"recurrenceType must be one of {', '.join(TYPES)}")
    starts, ends = (parse_time(schedule, name) for name in ("timeStarts", "timeEnds"))
    zone = _zone(schedule)
    # The libraries look for times after one; a schedule is due at the very time that it starts at, too.
    begin = (max(after, starts - timedelta(seconds=1)) if starts else after).astimezone(zone)
    if schedule["recurrenceType"] == "CRON":
        found = _next_of_cron(schedule["recurrenceDetails"], begin)
    else:
        first = starts or parse_time(schedule, "timeCreated") or after
        found = _next_of_rule(schedule["recurrenceDetails"], first.astimezone(zone), begin)
    return None if found is None or (ends and found > ends) else found.astimezone(UTC)


def parse_time(schedule: Document, name: str) -> datetime | None:
    """Return a time of a schedule, or None where it has none. Raises ServiceError 400."""
    text = schedule.get(name)
    try:
        found = datetime.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        raise malformed(name) from None
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None


def _zone(schedule: Document) -> tzinfo:
    try:
        return ZoneInfo(schedule.get("localTimeZone") or "UTC")
    except (LookupError, OSError, ValueError):
        raise malformed("localTimeZone") from None


def _next_of_cron(expression: str, after: datetime) -> datetime | None:
    # The library takes a sixth field, seconds, which UNIX cron has not.
    if len(expression.split()) != _CRON_FIELDS:
        raise malformed("recurrenceDetails")
    try:
        return next(CronSim(expression, after), None)
    except CronSimError:
        raise malformed("recurrenceDetails") from None


def _next_of_rule(rule: str, first: datetime, after: datetime) -> datetime | None:
    try:
        found = rrulestr(rule, dtstart=first).after(after)
    except (TypeError, ValueError):
        raise malformed("recurrenceDetails") from None
    return found if isinstance(found, datetime) else None
