"""The function's own configuration, read from the process environment and checked."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast, overload

from handlers.domain.base_urls import BaseUrls, parse_base_urls
from handlers.domain.errors import InvalidConfiguration
from handlers.domain.ocids import parse_ocid
from handlers.domain.tags import TAG_KEY, TagName
from handlers.domain.topic_kinds import topic_kind
from handlers.domain.untrusted import one_line

T = TypeVar("T")

ALARM_TRANSITIONS = ("OK_TO_FIRING", "FIRING_TO_OK", "REPEAT", "RESET")
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_EVENT_TYPE = re.compile(r"[A-Za-z0-9.*]+")
_REGION = re.compile(r"[a-z0-9-]{3,50}")
_MAX_HOURS = 23  # a retry token lives for 24
# Longer would be a mistake: ten years, a hundred, and more connections than are kept to a service.
_MAX_MINUTES, _MAX_DAYS, _MAX_CONCURRENCY = 5_256_000, 36_500, 100


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _topics(text: str) -> tuple[str, ...]:
    topics = tuple(dict.fromkeys(_list(text)))
    for topic in topics:
        topic_kind(topic)
    if not topics:
        raise ValueError("names no topic")
    return topics


def _alert_topics(text: str) -> tuple[str, ...]:
    return _topics(text) if text else ()


def _tag_key(text: str) -> TagName:
    if not TAG_KEY.fullmatch(text):
        raise ValueError(f"'{text}' is not the key of a free-form tag")
    return TagName(text)


def _event_types(text: str) -> tuple[str, ...]:
    types = _list(text.lower())
    for event_type in types:
        if not _EVENT_TYPE.fullmatch(event_type):
            raise ValueError(f"'{event_type}' is not an event type")
    return types


def _alarm_types(text: str) -> tuple[str, ...]:
    types = _list(text.upper())
    for alarm_type in types:
        _one_of(*ALARM_TRANSITIONS)(alarm_type)
    return types


def _one_of(*choices: str) -> Callable[[str], str]:
    def read_choice(text: str) -> str:
        if text.upper() not in choices:
            raise ValueError(f"'{text}' is not one of {', '.join(choices)}")
        return text.upper()

    return read_choice


def _flag(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(f"'{text}' is neither true nor false")
    return text.lower() in _TRUE


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def read_number(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
            raise ValueError(f"'{text}' is not a whole number between {least} and {most}")
        return int(text)

    return read_number


def _kms_key(text: str) -> str:
    ocid = parse_ocid(text)
    if ocid is None or ocid.resource_type != "key":
        raise ValueError(f"'{text}' is not the OCID of a key")
    return ocid.text


def _region(text: str) -> str:
    if not _REGION.fullmatch(text.lower()):
        raise ValueError(f"'{text}' is not the name or the key of a region")
    return text.lower()


def _queue(text: str) -> str:
    ocid = parse_ocid(text)
    if ocid is None or ocid.resource_type != "queue":
        raise ValueError(f"'{text}' is not the OCID of a queue")
    return ocid.text


class _Key(NamedTuple):
    """How a field is configured: the name of its key, the reader of its text, and the text that it has by default."""

    name: str
    read: Callable[[str], Any]
    default: str | None
    required: bool


@overload
def _key(name: str, read: Callable[[str], T], default: str) -> T: ...
@overload
def _key(name: str, read: Callable[[str], T], *, required: bool) -> T: ...
@overload
def _key(name: str, read: Callable[[str], T]) -> T | None: ...
def _key(name: str, read: Callable[[str], T], default: str | None = None, *, required: bool = False) -> T | None:
    """Declare a field of Settings. Without a default, and where it is not required, it is None when not set."""
    return cast("T", field(metadata={"key": _Key(name, read, default, required)}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The configuration, checked: each field with its key, its reader and its default.

    Lists are in the order they were given; event types are in lower case.
    """

    topic_ids: tuple[str, ...] = _key("TOPIC_ID", _topics, required=True)
    backup_tag: TagName = _key("BACKUP_TAG", TagName.of, "backup")
    backup_type: str = _key("BACKUP_TYPE", _one_of("FULL", "INCREMENTAL"), "INCREMENTAL")
    event_types: tuple[str, ...] = _key("EVENT_TYPES", _event_types, "")
    alarm_types: tuple[str, ...] = _key("ALARM_TYPES", _alarm_types, "OK_TO_FIRING")
    alarm_select_tag: TagName = _key("ALARM_SELECT_TAG", _tag_key, "backup-select")
    require_tag: bool = _key("REQUIRE_TAG", _flag, "false")
    min_interval_minutes: int = _key("MIN_INTERVAL_MINUTES", _whole_number(0, _MAX_MINUTES), "0")
    kms_key_id: str | None = _key("KMS_KEY_ID", _kms_key)
    retention_days: int | None = _key("RETENTION_DAYS", _whole_number(1, _MAX_DAYS))
    alert_topic_ids: tuple[str, ...] = _key("ALERT_TOPIC_ID", _alert_topics, "")
    work_queue_id: str | None = _key("WORK_QUEUE_ID", _queue)
    give_up_hours: int = _key("GIVE_UP_HOURS", _whole_number(1, _MAX_HOURS), "20")
    copy_to_region: str | None = _key("COPY_TO_REGION", _region)
    copy_kms_key_id: str | None = _key("COPY_KMS_KEY_ID", _kms_key)
    dry_run: bool = _key("DRY_RUN", _flag, "false")
    max_concurrency: int = _key("MAX_CONCURRENCY", _whole_number(1, _MAX_CONCURRENCY), "8")
    log_level: str = _key("LOG_LEVEL", _one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), "INFO")
    oci_endpoint: BaseUrls | None = _key("OCI_ENDPOINT", parse_base_urls)


_KEYS: dict[str, _Key] = {declared.name: declared.metadata["key"] for declared in fields(Settings)}
KEYS = tuple(key.name for key in _KEYS.values())


def read(environment: Mapping[str, str]) -> Settings:
    """Return `environment` as settings.

    Raises InvalidConfiguration, which names every key that is missing or malformed.
    """
    values: dict[str, Any] = {}
    wrong = []
    for name, key in _KEYS.items():
        text = environment.get(key.name, "").strip() or key.default
        try:
            values[name] = None if text is None else key.read(text)
        except ValueError as error:
            wrong.append(f"{key.name}: {one_line(str(error), 200)}")
        if text is None and key.required:
            wrong.append(f"{key.name}: missing")
    if values.get("copy_kms_key_id") and not values.get("copy_to_region"):
        wrong.append("COPY_KMS_KEY_ID: a key of the region that COPY_TO_REGION names, which is not set")
    if wrong:
        raise InvalidConfiguration(
            "; ".join(wrong), hint="Set the function's configuration: fn config function <app> <function> KEY VALUE"
        )
    return Settings(**values)


@cache
def load_settings() -> Settings:
    """Return the settings of this process, read once.

    Raises InvalidConfiguration each time until they can be read.
    """
    return read(os.environ)
