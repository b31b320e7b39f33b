"""Metrics are embedded-metric lines; a tenant is never a dimension."""

import json
from datetime import timedelta

import pytest

from avesa.core.ledger import Kind
from avesa.core.windows import Window
from avesa.events import MessageSettled, RequestSent, ServiceParked, TableMerged, WindowLanded, WindowsPlanned
from avesa.metrics import emf


@pytest.fixture
def written(clock, capsys):
    """Tell an event and read the lines it makes."""

    def tell(event):
        emf("dev", "connectwise", clock)(event)
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return tell


def merged(**more):
    """A table that was published."""
    counts = dict.fromkeys(("rows_in", "updated", "deleted", "unmapped", "files_added", "files_removed", "version"), 0)
    given = {"inserted": 5, "quarantined": 2, "fresh_to": None, "seconds": 1.5, **counts, **more}
    return TableMerged(tenant="acme", table="tickets", **given)


def landed(clock):
    """A window that landed."""
    return WindowLanded(
        tenant="acme", source="connectwise", entity="service/tickets", kind=Kind.HOURLY,
        window=Window(clock() - timedelta(hours=1), clock()), counted=7, landed=7, hidden=0, parts=1, seconds=2.0,
    )  # fmt: skip


def events(clock):
    """One of each event that is measured."""
    return [
        RequestSent(tenant="acme", source="connectwise", status=429, seconds=0.1),
        landed(clock),
        merged(),
        MessageSettled(queue="q", kind="plan", tenant="acme", outcome="buried", seconds=1.0),
        ServiceParked(tenant="acme", source="connectwise", reason="Refused."),
    ]


def test_dimensions_are_environment_and_service(written, clock):
    """A tenant as a dimension would cost more than all else about it; it is a property of the line."""
    for event in events(clock):
        (line,) = written(event)
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Dimensions"] == [["Environment", "Service"]]
        assert (line["Environment"], line["Service"], line["tenant"]) == ("dev", "connectwise", "acme")


def test_every_metric_that_is_declared_has_its_value(written, clock):
    """CloudWatch drops a line whose metric has no number."""
    for event in events(clock):
        (line,) = written(event)
        for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
            assert isinstance(line[metric["Name"]], int | float)


def test_the_time_is_in_milliseconds(written, clock):
    """As the format wants it."""
    (line,) = written(landed(clock))
    assert line["_aws"]["Timestamp"] == int(clock().timestamp() * 1000)


def test_requests_count_their_refusals_and_retries(written):
    """A source that slows us down is seen."""
    (line,) = written(RequestSent(tenant="acme", source="connectwise", status=429, seconds=0.5, retried=True))
    assert (line["Requests"], line["TooManyRequests"], line["Retries"], line["RequestSeconds"]) == (1, 1, 1, 0.5)


def test_freshness_is_the_age_of_what_is_published(written, clock):
    """And is silent for a table that has nothing yet: no number is better than a wrong one."""
    (line,) = written(merged(fresh_to=clock() - timedelta(minutes=20)))
    assert (line["FreshnessLag"], line["RowsPublished"], line["Quarantined"]) == (1200, 5, 2)
    assert "FreshnessLag" not in written(merged())[0]


@pytest.mark.parametrize(("outcome", "failures"), [("done", 0), ("later", 0), ("again", 1), ("buried", 1), ("lost", 0)])
def test_failures_are_what_went_wrong(written, outcome, failures):
    """Waiting for a source is no failure."""
    (line,) = written(MessageSettled(queue="q", kind="plan", tenant="acme", outcome=outcome, seconds=1.0))
    assert line["Failures"] == failures


def test_what_is_not_measured_makes_no_line(written):
    """Planning is told by what follows from it."""
    assert written(WindowsPlanned(tenant="a1", source="connectwise", entity="e", windows=3, kind=Kind.HOURLY)) == []
