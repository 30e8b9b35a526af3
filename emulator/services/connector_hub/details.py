"""What a connector is asked to be: source, tasks and target, and whether the local OCI has them."""

from __future__ import annotations

from typing import Any

from ...core.collection import require
from ...core.errors import invalid, malformed, not_implemented
from ...core.identifiers import resource_type
from ...core.operations import Document

_SOURCES = ("logging", "monitoring", "streaming", "plugin")
_TARGETS = ("functions", "loggingAnalytics", "monitoring", "notifications", "objectStorage", "streaming")
_MIN_BATCH_SECONDS = 60
QUEUE_SOURCE = "QueueSource"


def check_source(source: Any) -> None:
    """Raise ServiceError 400 where a source is none, or none that the local OCI has."""
    kind = _kind("source", source, _SOURCES)
    if kind == "streaming":
        _check_ocid(source, "streamId", "stream")
    elif kind == "logging":
        require(source, "logSources")
    elif kind == "plugin":
        _check_queue_source(source)
    else:
        raise not_implemented(f"The local OCI has no source of kind {kind}.")


def _check_queue_source(source: Document) -> None:
    require(source, "pluginName", "configMap")
    if source["pluginName"] != QUEUE_SOURCE:
        raise not_implemented(f"The local OCI has no connector plugin but {QUEUE_SOURCE}.")
    configuration = source["configMap"]
    if not isinstance(configuration, dict):
        raise malformed("source.configMap")
    _check_ocid(configuration, "queueId", "queue")
    for name in configuration:
        if name != "queueId":
            raise not_implemented(f"The local OCI's {QUEUE_SOURCE} has no {name} in its configMap.")


def check_target(target: Any) -> None:
    """Raise ServiceError 400 where a target is none, or no function, or its batches have wrong limits."""
    kind = _kind("target", target, _TARGETS)
    if kind != "functions":
        raise not_implemented(f"The local OCI has no target of kind {kind}.")
    _check_ocid(target, "functionId", "fnfunc")
    for name in ("batchSizeInNum", "batchSizeInKbs", "batchTimeInSec"):
        least = _MIN_BATCH_SECONDS if name == "batchTimeInSec" else 1
        value = target.get(name, least)
        if not isinstance(value, int) or isinstance(value, bool):
            raise malformed(f"target.{name}")
        if value < least:
            raise invalid(f"target.{name} must be greater than or equal to {least}")
    if "batchSizeInNum" in target and "batchSizeInKbs" in target:
        raise invalid("Only one size option can be specified: batchSizeInKbs or batchSizeInNum")


def check_tasks(tasks: Any) -> None:
    """Raise ServiceError 400 where there are tasks."""
    if tasks:
        raise not_implemented("The local OCI's connectors have no tasks.")


def _kind(name: str, value: Any, known: tuple[str, ...]) -> str:
    if not isinstance(value, dict):
        raise malformed(name)
    require(value, "kind")
    if value["kind"] not in known:
        raise invalid(f"{name}.kind must be one of {', '.join(known)}")
    return str(value["kind"])


def _check_ocid(value: Document, name: str, expected: str) -> None:
    require(value, name)
    if not isinstance(value[name], str) or resource_type(value[name]) != expected:
        raise malformed(name)
