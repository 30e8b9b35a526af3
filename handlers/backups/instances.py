"""An instance means all its attached volumes, boot volume included, each once."""

from __future__ import annotations

from typing import NamedTuple

from handlers.backups.failures import failed
from handlers.domain import operations
from handlers.domain.errors import FunctionError
from handlers.domain.ocids import Ocid, parse_ocid
from handlers.domain.operations import Operation
from handlers.domain.result import Result, skipped
from handlers.domain.trigger import Target
from handlers.domain.untrusted import text
from handlers.oci.client import OciApi
from handlers.workers import Workers


class _Attached(NamedTuple):
    """The volumes of one of an instance's two lists, or why it could not be read."""

    volumes: tuple[Ocid, ...] = ()
    error: FunctionError | None = None


def volumes_of(target: Target, api: OciApi, workers: Workers) -> list[Target | Result]:
    """Return a target for each attached volume, and one failed result where not all of them could be listed.

    Reads the instance, then its attachments, both lists at a time (GetInstance, ListBootVolumeAttachments,
    ListVolumeAttachments). Raises what `OciApi.send` raises for the instance itself.
    """
    instance = target.resource
    document = api.send(operations.GET_INSTANCE, instance).document
    query = {"compartmentId": document["compartmentId"], "instanceId": instance.text}
    boot, data = workers.run_both(
        lambda: _list_attached(
            api,
            operations.LIST_BOOT_VOLUME_ATTACHMENTS,
            instance,
            {"availabilityDomain": document["availabilityDomain"], **query},
            "bootVolumeId",
        ),
        lambda: _list_attached(api, operations.LIST_VOLUME_ATTACHMENTS, instance, query, "volumeId"),
    )
    found: list[Target | Result] = [_volume(target, ocid) for ocid in (*boot.volumes, *data.volumes)]
    errors = [error for error in (boot.error, data.error) if error is not None]
    if errors:  # two failures of one resource would be one to whoever is told; one that passes is worth another try
        found.append(failed(target, max(errors, key=lambda error: error.retryable)))
    if found:
        return found
    name = text(document.get("displayName")) or target.name
    reason = "the instance has no attached volumes"
    hint = "Attach its volumes, or have the volumes themselves named; then send this again."
    return [skipped(target.trigger, reason, instance.text, resource_name=name, needs_person=True, hint=hint)]


def _list_attached(
    api: OciApi, operation: Operation, instance: Ocid, query: dict[str, str], volume_field: str
) -> _Attached:
    """The volumes that are attached, being attached or being detached: only DETACHED ones are no longer its own."""
    try:
        attachments = api.list_all(operation, instance, query)
    except FunctionError as error:
        return _Attached(error=error)
    attached = [item.get(volume_field) for item in attachments if item.get("lifecycleState") != "DETACHED"]
    return _Attached(tuple(dict.fromkeys(ocid for ocid in map(parse_ocid, attached) if ocid)))


def _volume(target: Target, volume: Ocid) -> Target:
    """The target for a volume of the instance: the trigger's wish alone, for name, tags and compartment are its own."""
    deferral = target.deferral and target.deferral._replace(is_alone=False)
    return Target(target.trigger, volume, tag_required=target.tag_required, request=target.request, deferral=deferral)
