"""Metrics as CloudWatch embedded-metric lines on standard output.

Dimensions are environment and service only: a tenant as a dimension costs more than all else
about it. Tenants stand in the line as a property, for Logs Insights.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Mapping
from typing import Any

from avesa.events import Event, Listener, MessageSettled, RequestSent, ServiceParked, TableMerged, WindowLanded
from avesa.ports import Clock

Measures = Mapping[str, tuple[float, str]]

TOO_MANY = 429


def emf(environment: str, service: str, clock: Clock) -> Listener:
    """A listener that prints a line for each event that is measured."""

    def listen(event: Event) -> None:
        if found := measures(event, clock):
            print(line(environment, service, event, found, clock), flush=True)  # noqa: T201  CloudWatch reads it

    return listen


def measures(event: Event, clock: Clock) -> Measures:
    """What an event measures: name → (value, unit)."""
    match event:
        case RequestSent():
            return {
                "Requests": (1, "Count"),
                "RequestSeconds": (event.seconds, "Seconds"),
                "Retries": (float(event.retried), "Count"),
                "TooManyRequests": (float(event.status == TOO_MANY), "Count"),
            }
        case WindowLanded():
            return {"Rows": (event.landed, "Count"), "WindowSeconds": (event.seconds, "Seconds")}
        case TableMerged():
            lag = None if event.fresh_to is None else (clock() - event.fresh_to).total_seconds()
            late: Measures = {} if lag is None else {"FreshnessLag": (lag, "Seconds")}
            return {
                "RowsPublished": (event.inserted + event.updated, "Count"),
                "Quarantined": (event.quarantined, "Count"),
                "RunSeconds": (event.seconds, "Seconds"),
                **late,
            }
        case MessageSettled():
            return {"Failures": (float(event.outcome in {"again", "buried"}), "Count")}
        case ServiceParked():
            return {"Parked": (1, "Count")}
        case _:
            return {}


def line(environment: str, service: str, event: Event, found: Measures, clock: Clock) -> str:
    """One embedded-metric line."""
    metrics = [{"Name": name, "Unit": unit} for name, (_, unit) in found.items()]
    written: dict[str, Any] = {
        "_aws": {
            "Timestamp": int(clock().timestamp() * 1000),
            "CloudWatchMetrics": [
                {"Namespace": "avesa", "Dimensions": [["Environment", "Service"]], "Metrics": metrics}
            ],
        },
        "Environment": environment,
        "Service": service,
        "tenant": getattr(event, "tenant", ""),
        **{name: value for name, (value, _) in found.items()},
    }
    return json.dumps(written)
