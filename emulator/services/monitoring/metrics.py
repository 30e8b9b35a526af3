"""Metrics that are posted: checked, kept, and listed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from oci.monitoring import models

from ...core.cloud import Cloud
from ...core.collection import page_of
from ...core.errors import ServiceError, invalid
from ...core.models import check_details, only_fields_of
from ...core.operations import Call, Document, Reply, operation
from ...core.service import Service

_PATH = "/20180401/metrics"
_MOST_STREAMS = 50
_NAMESPACE = re.compile(r"[a-z][a-z0-9_]*")
_NAME = re.compile(r"[A-Za-z][\w.$-]*", re.ASCII)
_OURS = ("oci_", "oracle_")
_PAST, _FUTURE = timedelta(hours=2), timedelta(minutes=10)


class Metrics(Service):
    """Keeps what is posted for as long as the local OCI runs; nothing evaluates it.

    Attributes:
        posted: the metric data that was taken, oldest first.
    """

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.posted: list[Document] = []

    @operation("POST", _PATH)
    async def post_metric_data(self, call: Call) -> Reply:
        """PostMetricData. What it refuses is told in `failedMetrics`, or refuses all where the batch is ATOMIC."""
        details = call.body
        check_details(details, models.PostMetricDataDetails)
        if len(details["metricData"]) > _MOST_STREAMS:
            raise invalid(f"metricData size must be between 1 and {_MOST_STREAMS}")
        failed = [
            {"message": error.message, "metricData": data}
            for data in details["metricData"]
            if (error := _find_error(data))
        ]
        if failed and details.get("batchAtomicity") == "ATOMIC":
            raise invalid(str(failed[0]["message"]))
        refused = [failure["metricData"] for failure in failed]
        for data in details["metricData"]:
            if data not in refused:
                self._keep(data)
        return Reply({"failedMetricsCount": len(failed), "failedMetrics": failed})

    def _keep(self, data: Document) -> None:
        self.posted.append(data)
        values = [point["value"] for point in data["datapoints"]]
        self.cloud.journal.add("metric", f"{data['namespace']} {data['name']} {values}", metric=data)

    @operation("POST", f"{_PATH}/actions/listMetrics")
    async def list_metrics(self, call: Call) -> Reply:
        """ListMetrics, of those that were posted. Leaves out `groupBy` and compartments below."""
        compartment_id, details = call.required("compartmentId"), call.body
        check_details(details, models.ListMetricsDetails)
        asked = {name: details[name] for name in ("name", "namespace", "resourceGroup") if details.get(name)}
        dimensions = (details.get("dimensionFilters") or {}).items()
        found: list[Document] = []
        for data in self.posted:
            metric = only_fields_of(data, models.Metric)
            is_asked = asked.items() <= metric.items() and dimensions <= metric["dimensions"].items()
            if metric["compartmentId"] == compartment_id and is_asked and metric not in found:
                found.append(metric)
        return page_of(found, call, self.cloud.options.page_size)


def _find_error(data: Document) -> ServiceError | None:
    """Return why the service does not take metric data, or None."""
    if data["namespace"].startswith(_OURS) or not _NAMESPACE.fullmatch(data["namespace"]):
        return invalid("namespace must begin with a letter, and not with oci_ or oracle_, and have only a-z, 0-9 and _")
    if not _NAME.fullmatch(data["name"]):
        return invalid("name must begin with a letter and consist of letters, digits and . _ - $")
    moment = datetime.now(UTC)
    for point in data["datapoints"]:
        time = datetime.fromisoformat(point["timestamp"])
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        if not moment - _PAST <= time <= moment + _FUTURE:
            return invalid("timestamp must lie between 2 hours ago and 10 minutes from now")
    return None
