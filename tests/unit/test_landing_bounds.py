"""A landed row lies inside its window, in every vendor's spelling of time."""

from datetime import UTC, datetime

import pytest

from avesa.core.entity import Entity
from avesa.core.ledger import Entry, Kind
from avesa.core.rows import Rows
from avesa.core.windows import Window
from avesa.errors import Unproven
from avesa.events import silent
from avesa.landing import Landing
from avesa.settings import Settings
from avesa.sources.registry import DIALECTS

WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
SPELLINGS = {
    "connectwise": "{}T{}Z",
    "servicenow": "{} {}",
    "salesforce": "{}T{}.000+0000",
}


def check(tmp_path, source, date, time):
    """Check one row of a page."""
    entity = Entity(
        source=source, name="e", table="tickets", collection="e", key="id", time="at", shape={}, select=source
    )
    entry = Entry(tenant="acme", source=source, entity="e", window=WINDOW, kind=Kind.HOURLY, run="r")
    with Landing(entry, entity, DIALECTS[source]().stamp, None, Settings(scratch=tmp_path), silent) as landing:
        landing._check(Rows(["a"], [SPELLINGS[source].format(date, time)], [b"{}"]))
        return landing.landed


@pytest.mark.parametrize("source", SPELLINGS)
@pytest.mark.parametrize(("date", "time"), [("2026-01-01", "00:00:00"), ("2026-01-01", "23:59:59")])
def test_first_and_last_second_are_inside_t3(tmp_path, source, date, time):
    """A window holds its start, whatever digits follow the seconds."""
    assert check(tmp_path, source, date, time) == 1


@pytest.mark.parametrize("source", SPELLINGS)
@pytest.mark.parametrize(("date", "time"), [("2025-12-31", "23:59:59"), ("2026-01-02", "00:00:00")])
def test_a_row_outside_means_a_dropped_filter_t7(tmp_path, source, date, time):
    """A window does not hold its end; a row of another window is not believed."""
    with pytest.raises(Unproven, match="dropped the filter"):
        check(tmp_path, source, date, time)
