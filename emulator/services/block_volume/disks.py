"""What volumes and boot volumes have in common: sizes, sources, keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from ...core.collection import display_name, located, tagged
from ...core.errors import invalid, malformed, missing, not_found, not_implemented
from ...core.identifiers import now, resource_type
from ...core.models import check_details
from ...core.operations import Call, Document, Reply
from .assets import Assets
from .block_resources import MODELS

_LARGEST = 32 * 1024


class Disks(Assets):
    """They go PROVISIONING → AVAILABLE, from a backup through RESTORING, and TERMINATING → TERMINATED.

    Attributes:
        least_size: how many GB they have at least.
        default_size: how many GB they have where neither request nor source says so.
        sources: per type of source details, the type of the resource that these name. Replicas are not served.
        replicas: the field of replicas.
    """

    least_size: int
    default_size: int
    sources: ClassVar[Mapping[str, str]]
    replicas: str
    move_suffixes = (".begin", ".end")
    filters = (*Assets.filters, "availabilityDomain", "volumeGroupId", "clusterPlacementGroupId")

    def build(self, details: Document) -> Document:
        self._check(details)
        source_details = source_details_of(details)
        source = self._source(source_details) if source_details else None
        size = self._size(details, source)
        return {
            **located(self.cloud.region, details["compartmentId"]),
            **tagged(details),
            "autoTunedVpusPerGB": None,
            "autotunePolicies": details.get("autotunePolicies"),
            "clusterPlacementGroupId": details.get("clusterPlacementGroupId"),
            "displayName": display_name(details, f"{self.resource_type}{now()}"),
            "isAutoTuneEnabled": bool(details.get("isAutoTuneEnabled")),
            "isHydrated": None,
            "kmsKeyId": details.get("kmsKeyId"),
            "lifecycleState": "PROVISIONING",
            "sizeInGBs": size,
            "sizeInMBs": size * 1024,
            "sourceDetails": source_details,
            "systemTags": {},
            "timeCreated": now(),
            "volumeGroupId": None,
            "vpusPerGB": 10 if details.get("vpusPerGB") is None else details["vpusPerGB"],
        }

    def _check(self, details: Document) -> None:
        if details.get(self.replicas):
            raise not_implemented(f"{self.replicas} are not served by the local OCI.")
        if details.get("kmsKeyId") is not None:
            check_key(details)

    def _source(self, source_details: Document) -> Document:
        resource = self.sources.get(source_details["type"])
        if resource is None:
            raise not_found()
        parameter = "secondBackupId" if "secondBackupId" in source_details else "id"
        return self.find_ready(resource, source_details, parameter)

    def _size(self, details: Document, source: Document | None) -> int:
        """Return the size in GB: of the request, of the source, or the default. Raises ServiceError 400."""
        least = source["sizeInGBs"] if source else self.least_size
        if details.get("sizeInMBs") is not None and details["sizeInMBs"] % 1024:
            raise invalid("sizeInMBs must be a multiple of 1024")
        size = details.get("sizeInGBs") or (details.get("sizeInMBs") or 0) // 1024
        return _checked_size(size, least) if size else (source["sizeInGBs"] if source else self.default_size)

    def schedule_lifecycle(self, document: Document) -> None:
        if "Backup" not in (document["sourceDetails"] or {}).get("type", ""):
            super().schedule_lifecycle(document)
            return
        self.later(document, 1, lambda: self._enter(document, "RESTORING"))
        self.later(document, 2, lambda: self.become_ready(document))

    def become_ready(self, document: Document) -> None:
        document["isHydrated"] = True
        super().become_ready(document)

    def _enter(self, document: Document, state: str) -> None:
        document["lifecycleState"] = state
        self.collection.touch(document)

    def check_update(self, document: Document, details: Document) -> None:
        self._check(details)
        if "sizeInGBs" in details:
            _checked_size(details["sizeInGBs"], document["sizeInGBs"])

    def change(self, document: Document, fields: Document) -> None:
        """Set fields of a volume. A resize takes a lifecycle step, with events of its own."""
        if fields.get("sizeInGBs", document["sizeInGBs"]) == document["sizeInGBs"]:
            super().change(document, fields)
            return
        document.update(fields, sizeInMBs=fields["sizeInGBs"] * 1024)
        self._enter(document, "PROVISIONING")
        self.publish_event("update", document, ".begin")
        self.later(document, 1, lambda: self._end_resize(document))

    def _end_resize(self, document: Document) -> None:
        self._enter(document, self.ready_state)
        self.publish_event("update", document, ".end")

    def get_key(self, call: Call) -> Reply:
        """Answer Get…KmsKey: null where the volume has Oracle's own key."""
        document = self.collection.from_path(call, self.parameter)
        return replace(self.collection.reply(document), document={"kmsKeyId": document["kmsKeyId"]})

    def update_key(self, call: Call) -> Reply:
        """Answer Update…KmsKey."""
        document, details = self._read_key(call), call.body
        check_details(details, f"{MODELS}.UpdateVolumeKmsKeyDetails")
        check_key(details)
        document["kmsKeyId"] = details["kmsKeyId"]
        self.collection.touch(document)
        for suffix in ("begin", "end"):
            self.publish_event("update", document, f"kmskey.{suffix}")
        return self.get_key(call)

    def delete_key(self, call: Call) -> Reply:
        """Answer Delete…KmsKey."""
        document = self._read_key(call)
        document["kmsKeyId"] = None
        self.collection.touch(document)
        self.publish_event("delete", document, "kmskey.begin")
        return Reply(status=204)

    def _read_key(self, call: Call) -> Document:
        document = self.collection.from_path(call, self.parameter)
        self.collection.check_etag(call, document)
        self.check_available(document)
        return document


def source_details_of(details: Document) -> Document | None:
    """Return what a volume is to be made of; `volumeBackupId` is how it was said before there were source details."""
    backup_id = details.get("volumeBackupId")
    if backup_id:
        return {"type": "volumeBackup", "id": backup_id}
    source_details: Document | None = details.get("sourceDetails")
    return source_details


def check_key(details: Document) -> None:
    """Raise ServiceError 400 where `kmsKeyId` is missing or not the OCID of a key."""
    if not details.get("kmsKeyId"):
        raise missing("kmsKeyId")
    if resource_type(details["kmsKeyId"]) != "key":
        raise malformed("kmsKeyId")


def _checked_size(size: int, least: int) -> int:
    if not least <= size <= _LARGEST:
        raise invalid(f"sizeInGBs must be between {least} and {_LARGEST}")
    return size
