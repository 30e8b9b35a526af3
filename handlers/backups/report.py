"""Which resources of a selection have no fresh backup?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.backups.copies import find_copied
from handlers.backups.failures import body_of_copy
from handlers.backups.selections import Finder, Found, tell_missing
from handlers.domain.ocids import parse_ocid
from handlers.domain.resource_kinds import RESOURCE_KINDS, ResourceKind
from handlers.domain.result import Finding, Outcome, Result, skipped
from handlers.domain.search import Report
from handlers.domain.untrusted import text, timestamp
from handlers.oci.client import OciApi
from handlers.oci.copy_region import CopyRegion

_PAGE = 1000  # the most that the service takes
MAKE_THEM = (
    "Make the backups with the line below, and look in the function's log and in its results for why there was none: a "
    "change of the tag, an alarm or a schedule should have made it."
)
COPY_THEM = (
    "Have the backups copied with the line below, and look in the function's log and in its results for why they were "
    "not: the event that a backup has ended should have had it copied."
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
    newest = _find_newest(found, api)
    findings = [(resource, _find_out(newest.get(resource.ocid.text), report, len(found))) for resource in found]
    oldest = datetime.now(UTC) - timedelta(hours=report.max_age_hours)
    stale = [(resource, finding) for resource, finding in findings if (finding.newest_time or _NEVER) < oldest]
    stale.sort(key=lambda pair: pair[1].newest_time or _NEVER)
    if report.copies and copy_region:
        fresh = [(resource, finding) for resource, finding in findings if (finding.newest_time or _NEVER) >= oldest]
        copied = find_copied([newest[resource.ocid.text] for resource, _ in fresh], api, copy_region)
        stale += [
            (resource, replace(finding, uncopied_to=copy_region.name))
            for resource, finding in fresh
            if finding.newest_id not in copied
        ]
    results = [_unprotected(report, resource, finding) for resource, finding in stale]
    results += tell_missing(report, finder, len(found))
    return results or [skipped(report.trigger, f"all {len(found)} {report.selection} are protected")]


def _find_newest(found: Iterable[Found], api: OciApi) -> dict[str, Backup]:
    """Return the newest backup that is AVAILABLE of each resource that has one, by the resource's OCID.

    Backups are where their resource was when they were made, which can be another compartment than its own now; so all
    compartments that have any of the resources count for all.
    """
    groups: dict[tuple[str, str], list[Found]] = {}
    for resource in found:
        groups.setdefault((resource.ocid.resource_type, resource.compartment_id), []).append(resource)
    newest: dict[str, Backup] = {}
    for (resource_type, _), resources in groups.items():
        for source, backup in _newest_in_compartment(RESOURCE_KINDS[resource_type], resources, api).items():
            if source not in newest or _time(backup) > _time(newest[source]):
                newest[source] = backup
    return newest


def _newest_in_compartment(kind: ResourceKind, resources: Sequence[Found], api: OciApi) -> dict[str, Backup]:
    """List the backups of the compartment of `resources` until each of these has one, or there are no more."""
    first = resources[0]
    query = {"compartmentId": first.compartment_id, "sortBy": "TIMECREATED", "sortOrder": "DESC", "limit": _PAGE}
    waiting = {resource.ocid.text for resource in resources}
    newest: dict[str, Backup] = {}
    for page in api.list_pages(kind.list_backups, first.ocid, query, compartment_id=first.compartment_id):
        for backup in page:
            source = (text(backup.get(kind.id_field)) or "").lower()
            if backup.get("lifecycleState") == "AVAILABLE" and source and source not in newest:
                newest[source] = backup
                waiting.discard(source)
        if not waiting:
            break
    return newest


def _time(backup: Backup) -> datetime:
    """Return when a backup was asked for: what it holds is at least as old."""
    return timestamp(backup.get("timeRequestReceived")) or timestamp(backup.get("timeCreated")) or _NEVER


def _find_out(backup: Backup | None, report: Report, looked_at: int) -> Finding:
    if backup is None:
        return Finding(report.selection, report.max_age_hours, looked_at)
    return Finding(report.selection, report.max_age_hours, looked_at, text(backup.get("id")), _time(backup))


def _unprotected(report: Report, resource: Found, finding: Finding) -> Result:
    uncopied = parse_ocid(finding.newest_id) if finding.uncopied_to else None
    return Result(
        report.trigger,
        Outcome.UNPROTECTED,
        resource_id=resource.ocid.text,
        resource_type=resource.ocid.resource_type,
        resource_name=resource.name,
        reason=finding.reason(),
        hint=COPY_THEM if uncopied else MAKE_THEM,
        needs_person=True,
        finding=finding,
        body=body_of_copy(uncopied, report.trigger) if uncopied else None,
    )
