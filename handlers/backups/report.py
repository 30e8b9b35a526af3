"""Which resources of a selection have no fresh backup?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.backups.copies import find_copied
from handlers.backups.existing_backups import parse_backup, provenance_of, requested_at
from handlers.backups.failures import body_of_copy
from handlers.backups.selections import Finder, Found, tell_missing
from handlers.domain.ocids import parse_ocid
from handlers.domain.resource_kinds import RESOURCE_KINDS, ResourceKind
from handlers.domain.result import Finding, Outcome, Result, skipped
from handlers.domain.search import Report
from handlers.domain.trigger import Trigger
from handlers.domain.untrusted import text
from handlers.oci.client import OciApi
from handlers.oci.copy_region import CopyRegion

_PAGE = 1000  # the most that the service takes
MAKE_THEM = (
    "The command below makes what is missing. Then search the function's log for each OCID above: whatever asked for a "
    "backup stands there, with what became of it. If nothing stands there, nothing has asked: look at the schedule, "
    "the Events rule or the alarm that should have."
)
COPY_THEM = (
    "The command below has each backup copied that this function has made. Then search the function's log for the OCID "
    "of each backup: if nothing stands there, the event of its end has not come, so look at the Events rule. A backup "
    "that something else has made, without the tag backup-trigger, is never copied by the function: copy it with oci "
    "bv backup copy, or let the function make the backups."
)
MAKE_OWN = (
    "The newest backup was made by others, and this function copies only what it has made: make one with the line "
    "below, and it is copied once it is AVAILABLE."
)
_NEVER = datetime.min.replace(tzinfo=UTC)
Backup = Mapping[str, Any]


def report_on(report: Report, api: OciApi, copy_region: CopyRegion | None) -> Sequence[Result]:
    """Return one result for each resource without a fresh backup, the longest without one first.

    Reads SearchResources, and of each compartment ListVolumeBackups, ListBootVolumeBackups or ListVolumeGroupBackups,
    newest first; in the second region, too, where copies are asked for. Raises what `OciApi.list_pages` raises: half a
    report would name what is protected.
    """
    finder = Finder(report.selection, api)
    found = list(finder.find())
    oldest = datetime.now(UTC) - timedelta(hours=report.max_age_hours)
    newest = _find_newest(found, api, oldest)
    findings = [(resource, _find_out(newest.get(resource.ocid.text), report, len(found))) for resource in found]
    stale = [(resource, finding) for resource, finding in findings if (finding.newest_time or _NEVER) < oldest]
    stale.sort(key=lambda pair: pair[1].newest_time or _NEVER)
    if report.copies and copy_region:
        fresh = [(resource, finding) for resource, finding in findings if (finding.newest_time or _NEVER) >= oldest]
        copied = find_copied([newest[resource.ocid.text] for resource, _ in fresh], api, copy_region)
        stale += [
            (resource, finding._replace(uncopied_to=copy_region.name))
            for resource, finding in fresh
            if finding.newest_id not in copied
        ]
    results = [_unprotected(report, resource, finding, newest.get(resource.ocid.text)) for resource, finding in stale]
    results += tell_missing(report, finder, len(found))
    all_are = f"all {len(found)} {report.selection} are" if len(found) > 1 else f"1 of 1 {report.selection} is"
    return results or [skipped(report.trigger, f"{all_are} protected")]


def _find_newest(found: Sequence[Found], api: OciApi, oldest: datetime) -> dict[str, Backup]:
    """Return the newest backup that is AVAILABLE of each resource that has one, by the resource's OCID.

    Backups are where their resource was when they were made, which can be another compartment than its own now; so all
    compartments that have any of the resources count for all. Each is read until its own resources have a backup, and
    while another one has none that is fresh, as far back as a backup can be that is younger than `oldest`.
    """
    groups: dict[tuple[str, str], list[Found]] = {}
    for resource in found:
        groups.setdefault((resource.ocid.resource_type, resource.compartment_id), []).append(resource)
    newest: dict[str, Backup] = {}
    listings = [_Listing(RESOURCE_KINDS[name], resources, api) for (name, _), resources in groups.items()]
    for listing in listings:
        listing.read(newest, lambda listing: not listing.waiting)
    for listing in listings:
        resources = (resource for resource in found if resource.ocid.resource_type == listing.kind.name)
        if any(_time(newest.get(resource.ocid.text, {})) < oldest for resource in resources):
            listing.read(newest, lambda listing: listing.reached < oldest)
    return newest


class _Listing:
    """The backups of one kind in one compartment, newest first.

    Attributes:
        kind: What they are backups of.
        waiting: The OCIDs of the compartment's resources of which no backup was read yet.
        reached: When the last one that was read had been made.
    """

    def __init__(self, kind: ResourceKind, resources: Sequence[Found], api: OciApi) -> None:
        first = resources[0]
        query = {"compartmentId": first.compartment_id, "sortBy": "TIMECREATED", "sortOrder": "DESC", "limit": _PAGE}
        self.kind = kind
        self.waiting = {resource.ocid.text for resource in resources}
        self.reached = datetime.max.replace(tzinfo=UTC)
        self._pages = api.list_pages(kind.list_backups, first.ocid, query, compartment_id=first.compartment_id)

    def read(self, newest: dict[str, Backup], is_enough: Callable[[_Listing], bool]) -> None:
        """Read on until it is enough, or there are no more, and keep the newest of each resource in `newest`."""
        while not is_enough(self):
            page = next(self._pages, None)
            if page is None:
                return
            for backup in page:
                source = (text(backup.get(self.kind.id_field)) or "").lower()
                if backup.get("lifecycleState") == "AVAILABLE" and source:
                    self.waiting.discard(source)
                    if source not in newest or _time(backup) > _time(newest[source]):
                        newest[source] = backup
            self.reached = _time(page[-1]) if page else self.reached


def _time(backup: Backup) -> datetime:
    """Return when a backup was asked for: what it holds is at least as old."""
    return requested_at(backup) or _NEVER


def _find_out(backup: Backup | None, report: Report, looked_at: int) -> Finding:
    if backup is None:
        return Finding(report.selection, report.max_age_hours, looked_at)
    return Finding(report.selection, report.max_age_hours, looked_at, text(backup.get("id")), _time(backup))


def _unprotected(report: Report, resource: Found, finding: Finding, newest: Backup | None) -> Result:
    hint, body = MAKE_THEM, None
    if newest is not None and finding.uncopied_to:
        hint, body = _how_to_copy(newest, report.trigger)
    return Result(
        report.trigger,
        Outcome.UNPROTECTED,
        resource_id=resource.ocid.text,
        resource_type=resource.ocid.resource_type,
        resource_name=resource.name,
        reason=finding.reason(),
        hint=hint,
        needs_person=True,
        finding=finding,
        body=body,
    )


def _how_to_copy(backup: Backup, trigger: Trigger) -> tuple[str, dict[str, Any] | None]:
    """Return what to do about a backup without a copy, and the body for it; None for one that makes another backup."""
    group, parsed = parse_ocid(backup.get("volumeGroupBackupId")), parse_backup(backup)
    if group is not None:
        return COPY_THEM, body_of_copy(group, trigger)  # the backups in it are copied with it
    ocid = parse_ocid(backup.get("id"))
    if ocid is None or parsed is None or not provenance_of(parsed):
        return MAKE_OWN, None
    return COPY_THEM, body_of_copy(ocid, trigger)
