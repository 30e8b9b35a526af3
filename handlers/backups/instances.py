"""An instance means all its attached volumes, boot volume included, each once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from handlers.domain import operations
from handlers.domain.errors import ApiUnreachable
from handlers.domain.ocids import Ocid, parse_ocid
from handlers.domain.result import Result, skipped
from handlers.domain.trigger import Target
from handlers.domain.untrusted import mapping, text
from handlers.oci.client import OciApi


def volumes_of(target: Target, api: OciApi) -> list[Target | Result]:
    """Read the instance and list its attachments (GetInstance, ListVolumeAttachments, ListBootVolumeAttachments).

    Raises what `OciApi.send` raises.
    """
    instance = target.resource
    document = mapping(api.send(operations.GET_INSTANCE, instance).document)
    compartment_id, domain = text(document.get("compartmentId")), text(document.get("availabilityDomain"))
    if compartment_id is None or domain is None:
        raise ApiUnreachable("GetInstance answered without compartmentId or availabilityDomain.")
    query = {"compartmentId": compartment_id, "instanceId": instance.text}
    boot = api.list_all(operations.LIST_BOOT_VOLUME_ATTACHMENTS, instance, {"availabilityDomain": domain, **query})
    data = api.list_all(operations.LIST_VOLUME_ATTACHMENTS, instance, query)
    attached = [*_attached(boot, "bootVolumeId"), *_attached(data, "volumeId")]
    if not attached:
        return [skipped(target.trigger, "the instance has no attached volumes", instance.text)]
    return [replace(target, resource=volume, name=_name(target.name, volume), tags=None) for volume in attached]


def _attached(attachments: Iterable[object], key: str) -> list[Ocid]:
    found = [mapping(item).get(key) for item in attachments if mapping(item).get("lifecycleState") == "ATTACHED"]
    return list(dict.fromkeys(ocid for ocid in map(parse_ocid, found) if ocid))


def _name(instance: str | None, volume: Ocid) -> str | None:
    """The instance's name as the trigger tells it, and the end of the volume's id, which tells its volumes apart."""
    return f"{instance}-{volume.unique_id[-6:]}" if instance else None
