"""What others write as the request for a backup, read and checked by pydantic.

Events and alarms hold no such request, so a cold start for one of them does without this module: pydantic takes 65 ms
of CPU, more than signing and sending together.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from handlers.domain.errors import InvalidRequest
from handlers.domain.json_values import without_none
from handlers.domain.models import (
    DETAILS,
    MAX_DEFINED_TAGS,
    MAX_DISPLAY_NAME_LENGTH,
    MAX_FREEFORM_TAGS,
    MAX_TAG_BYTES,
    MAX_TAG_VALUE_LENGTH,
    CreateBackupDetails,
    tags_fit,
)
from handlers.domain.ocids import Ocid, parse_ocid
from handlers.domain.resource_kinds import SOURCES
from handlers.domain.untrusted import one_line

# Looking for pydantic's plugins opens a file of every installed package; there are none here.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

_MAX_PROBLEMS = 10


def _source_ocid(text: str) -> str:
    ocid = parse_ocid(text)
    if ocid is None:
        raise ValueError("not an OCID")
    if ocid.resource_type not in SOURCES:
        raise ValueError(f"the OCID of a {ocid.resource_type}, expected that of a {', '.join(SOURCES)}")
    return ocid.text


def _keys_differ(tags: dict[str, str]) -> dict[str, str]:
    if len({key.casefold() for key in tags}) < len(tags):
        raise ValueError("two keys differ only in case; tag keys are case-insensitive")
    return tags


# Printable ASCII without a space and without the period that separates a namespace from its key.
TagKey = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[!-\-/-~]+$")]
TagValue = Annotated[str, StringConstraints(max_length=MAX_TAG_VALUE_LENGTH)]
DefinedTagValue = TagValue | bool | int | float | None
FreeformTags = Annotated[dict[TagKey, TagValue], Field(max_length=MAX_FREEFORM_TAGS), AfterValidator(_keys_differ)]
DefinedTags = dict[TagKey, dict[TagKey, DefinedTagValue]]
KmsKeyId = Annotated[str, StringConstraints(min_length=1, max_length=255)]
SourceOcid = Annotated[str, AfterValidator(_source_ocid)]
# Goes into a header as it is: printable ASCII, and no space at either end, which would not survive the way.
RetryToken = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[!-~]([ -~]*[!-~])?$")]


def _require_tags_fit(freeform: dict[str, str] | None, defined: dict[str, dict[str, Any]] | None) -> None:
    if sum(map(len, (defined or {}).values())) > MAX_DEFINED_TAGS:
        raise ValueError(f"definedTags: more than {MAX_DEFINED_TAGS} tags")
    if not tags_fit(freeform, defined):
        raise ValueError(f"freeformTags and definedTags: more than {MAX_TAG_BYTES} bytes of JSON")


class WireModel(BaseModel):
    """Strict and closed: a wrong type or an unknown field is an error that names the field."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        defer_build=True,  # a cold start builds only the one model that it needs
    )

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Return the model. Raises InvalidRequest, which names every field that is wrong."""
        try:
            return cls.model_validate(document, by_name=False)
        except ValidationError as error:
            raise InvalidRequest(describe_errors(error)) from error

    def document(self) -> dict[str, Any]:
        """Return it as JSON, in Oracle's spelling, without what was not given."""
        return self.model_dump(by_alias=True, exclude_none=True)


class RetentionDuration(WireModel):
    """How long the backup is kept: `retention_time_amount` (1 or more) in `retention_time_unit`."""

    retention_time_unit: Literal["DAYS", "YEARS"]
    retention_time_amount: Annotated[int, Field(ge=1)]


class _BackupFields(WireModel):
    """What the three Create…Backup requests share."""

    kms_key_id: KmsKeyId | None = None
    defined_tags: DefinedTags | None = None
    display_name: Annotated[str, StringConstraints(min_length=1, max_length=MAX_DISPLAY_NAME_LENGTH)] | None = None
    freeform_tags: FreeformTags | None = None
    type: Literal["FULL", "INCREMENTAL"] | None = None
    resource_id: SourceOcid
    retention_period: RetentionDuration | None = None
    is_prevent_deletion_enabled: bool | None = None
    is_retention_lock_enabled: bool | None = None
    is_indefinite_retention_enabled: bool | None = None

    @model_validator(mode="after")
    def _tags_fit(self) -> Self:
        _require_tags_fit(self.freeform_tags, self.defined_tags)
        return self

    def explicit_fields(self) -> dict[str, Any]:
        """Return the fields of CreateBackupDetails that were given a value, without `resource_id`."""
        return _given(self, _BackupFields.model_fields.keys() - {"resource_id"})


class _VolumeFields(_BackupFields):
    resource_id: SourceOcid = Field(alias="volumeId")


class _BootVolumeFields(_BackupFields):
    resource_id: SourceOcid = Field(alias="bootVolumeId")


class _VolumeGroupFields(_BackupFields):
    resource_id: SourceOcid = Field(alias="volumeGroupId")
    kms_key_id: None = None


_FIELDS: dict[str, type[_BackupFields]] = {
    "volume": _VolumeFields,
    "bootvolume": _BootVolumeFields,
    "volumegroup": _VolumeGroupFields,
}


def parse_details(resource_type: str, document: Mapping[str, Any]) -> CreateBackupDetails:
    """Return the request for a backup of such a resource. Raises InvalidRequest, which names all that is wrong."""
    fields = _FIELDS[resource_type].parse(document)
    return DETAILS[resource_type](resource_id=fields.resource_id, **fields.explicit_fields())


class BackupRequest(_VolumeFields):
    """A direct request: CreateVolumeBackup's fields, `volumeId` being that of a volume, boot volume, group or instance.

    `opcRetryToken` (1-64 printable ASCII characters, spaces inside allowed) identifies the request; `dryRun` shows what
    would be sent.
    """

    opc_retry_token: RetryToken | None = None
    dry_run: bool = False

    @property
    def resource(self) -> Ocid:
        ocid = parse_ocid(self.resource_id)
        assert ocid is not None  # noqa: S101  (the field's validator has seen to it)
        return ocid

    def names(self, resource: Ocid) -> bool:
        """Return whether it is this resource that it asks a backup of."""
        return self.resource == resource


class SelectionRequest(WireModel):
    """What the backups of a selection are to be like: the fields of a direct request that can hold for many."""

    kms_key_id: KmsKeyId | None = None
    defined_tags: DefinedTags | None = None
    freeform_tags: FreeformTags | None = None
    type: Literal["FULL", "INCREMENTAL"] | None = None
    retention_period: RetentionDuration | None = None
    opc_retry_token: RetryToken | None = None
    dry_run: bool | None = None

    @model_validator(mode="after")
    def _tags_fit(self) -> Self:
        _require_tags_fit(self.freeform_tags, self.defined_tags)
        return self

    def names(self, _: Ocid) -> bool:
        """Return False: it names no resource."""
        return False

    def explicit_fields(self) -> dict[str, Any]:
        """Return the fields of CreateBackupDetails that were given a value."""
        return _given(self, _BackupFields.model_fields.keys() & SelectionRequest.model_fields.keys())


def _given(model: WireModel, names: Iterable[str]) -> dict[str, Any]:
    values = without_none({name: getattr(model, name) for name in names})
    return {name: value.document() if isinstance(value, WireModel) else value for name, value in values.items()}


REQUEST_FIELDS = frozenset(field.alias or name for name, field in BackupRequest.model_fields.items())


def describe_errors(error: ValidationError) -> str:
    """Return one sentence for all that is wrong: `field: what is wrong with it; …`."""
    sentences = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        place = one_line(".".join(str(part) for part in problem["loc"]), 120)
        what = "unknown field" if problem["type"] == "extra_forbidden" else problem["msg"].removeprefix("Value error, ")
        sentences.append(f"{place}: {what}" if place else what)
    more = len(sentences) - _MAX_PROBLEMS
    return "; ".join(sentences[:_MAX_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
