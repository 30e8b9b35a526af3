"""The function's own configuration, read from the process environment and checked."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from handlers.domain.errors import InvalidConfiguration
from handlers.domain.ocids import parse_ocid
from handlers.domain.tags import TagName
from handlers.domain.untrusted import one_line

ALARM_TRANSITIONS = ("OK_TO_FIRING", "FIRING_TO_OK", "REPEAT", "RESET")
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_ENDPOINT = re.compile(r"https?://[A-Za-z0-9_.-]+(:\d{1,5})?/?")
_SNS_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")
_EVENT_TYPE = re.compile(r"[A-Za-z0-9.*]+")
_TAG_KEY = re.compile(r"[!-\-/-~]{1,100}")


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration, checked. Lists are in the order they were given; event types are in lower case."""

    topic_ids: tuple[str, ...]
    backup_tag: TagName
    backup_type: str
    event_types: tuple[str, ...]
    alarm_types: tuple[str, ...]
    require_tag: bool
    min_interval_minutes: int
    kms_key_id: str | None
    retention_days: int | None
    dry_run: bool
    max_concurrency: int
    log_level: str
    oci_endpoint: str | None


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _topics(text: str) -> tuple[str, ...]:
    topics = _list(text)
    for topic in topics:
        ocid = parse_ocid(topic)
        if not (ocid and ocid.resource_type == "onstopic") and not _SNS_TOPIC.fullmatch(topic):
            raise ValueError(f"'{topic}' is neither the OCID of a Notifications topic nor the ARN of an SNS topic")
    if not topics:
        raise ValueError("names no topic")
    return topics


def _tag(text: str) -> TagName:
    parts = text.split(".")
    if len(parts) > 2 or not all(_TAG_KEY.fullmatch(part) for part in parts):
        raise ValueError(f"'{text}' is neither a tag key nor namespace.key")
    return TagName.of(text)


def _event_types(text: str) -> tuple[str, ...]:
    types = _list(text.lower())
    for event_type in types:
        if not _EVENT_TYPE.fullmatch(event_type):
            raise ValueError(f"'{event_type}' is not an event type")
    return types


def _alarm_types(text: str) -> tuple[str, ...]:
    types = _list(text.upper())
    for alarm_type in types:
        _one_of(alarm_type, ALARM_TRANSITIONS)
    return types


def _one_of(text: str, choices: tuple[str, ...]) -> str:
    if text.upper() not in choices:
        raise ValueError(f"'{text}' is not one of {', '.join(choices)}")
    return text.upper()


def _backup_type(text: str) -> str:
    return _one_of(text, ("FULL", "INCREMENTAL"))


def _log_level(text: str) -> str:
    return _one_of(text, ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))


def _flag(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(f"'{text}' is neither true nor false")
    return text.lower() in _TRUE


def _number(text: str, least: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < least:
        raise ValueError(f"'{text}' is not a whole number of {least} or more")
    return int(text)


def _count(text: str) -> int:
    return _number(text, 0)


def _positive(text: str) -> int:
    return _number(text, 1)


def _key(text: str) -> str:
    ocid = parse_ocid(text)
    if ocid is None or ocid.resource_type != "key":
        raise ValueError(f"'{text}' is not the OCID of a key")
    return ocid.text


def _endpoint(text: str) -> str:
    if not _ENDPOINT.fullmatch(text):
        raise ValueError(f"'{text}' is not a base URL like http://127.0.0.1:12000")
    return text.rstrip("/")


# Per key: how it is read, and the default that its text is replaced with where it is not set or empty.
_KEYS: dict[str, tuple[Any, str | None]] = {
    "TOPIC_ID": (_topics, None),
    "BACKUP_TAG": (_tag, "backup"),
    "BACKUP_TYPE": (_backup_type, "INCREMENTAL"),
    "EVENT_TYPES": (_event_types, ""),
    "ALARM_TYPES": (_alarm_types, "OK_TO_FIRING"),
    "REQUIRE_TAG": (_flag, "false"),
    "MIN_INTERVAL_MINUTES": (_count, "0"),
    "KMS_KEY_ID": (_key, None),
    "RETENTION_DAYS": (_positive, None),
    "DRY_RUN": (_flag, "false"),
    "MAX_CONCURRENCY": (_positive, "8"),
    "LOG_LEVEL": (_log_level, "INFO"),
    "OCI_ENDPOINT": (_endpoint, None),
}
_REQUIRED = frozenset({"TOPIC_ID"})
KEYS = tuple(_KEYS)


def read(environment: Mapping[str, str]) -> Settings:
    """`environment` as settings. Raises InvalidConfiguration, which names every key that is missing or malformed."""
    values: dict[str, Any] = {}
    wrong = []
    for key, (convert, default) in _KEYS.items():
        text = environment.get(key, "").strip() or default
        if text is None:
            values[key] = None
            if key in _REQUIRED:
                wrong.append(f"{key}: missing")
            continue
        try:
            values[key] = convert(text)
        except ValueError as error:
            wrong.append(f"{key}: {one_line(str(error), 200)}")
    if wrong:
        raise InvalidConfiguration(
            "; ".join(wrong), hint="Set the function's configuration: fn config function <app> <function> KEY VALUE"
        )
    return Settings(topic_ids=values.pop("TOPIC_ID"), **{key.lower(): value for key, value in values.items()})


@cache
def load_settings() -> Settings:
    """The settings of this process, read once. Raises InvalidConfiguration each time until they can be read."""
    return read(os.environ)
