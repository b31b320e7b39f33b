"""Published tables as `avesa sql` and `avesa status` read them."""

import pytest
from tests.lab import lab
from tests.landed import land, publish, ticket

from avesa.core.messages import Transform
from avesa.core.names import delta_table
from avesa.edges import published
from avesa.errors import UsageError
from avesa.transform import transform


async def test_a_view_holds_all_tenants_and_knows_whose_rows_they_are(tmp_path):
    """P4: every row names its tenant; one tenant's query sees its own rows only."""
    async with lab(tmp_path) as there:
        for tenant in ("acme", "globex"):
            await land(there, ticket(1, 1), ticket(2, 1, actualHours="a lot"), tenant=tenant)
            await transform(
                Transform(tenant=tenant, table="tickets"), edges=there.here.edges, mappings=there.here.mappings,
                settings=there.here.settings, listen=there.tally,
            )  # fmt: skip
        count = "select tenant, count(*) as n from {} group by 1 order by 1"
        for table in ("tickets", "tickets_history", "tickets_quarantine"):
            both = await there.sql(count.format(table), "acme", "globex")
            assert [tuple(row.values()) for row in both] == [("acme", 1), ("globex", 1)]
            assert [row["tenant"] for row in await there.sql(count.format(table), "globex")] == ["globex"]


async def test_a_query_reaches_nothing_but_the_tables(tmp_path):
    """P8: neither files nor settings; the error is DuckDB's own sentence."""
    async with lab(tmp_path) as there:
        await land(there, ticket(1, 1))
        await publish(there)
        for statement in ("select * from read_text('/etc/passwd')", "set threads = 8", "select * from companies"):
            with pytest.raises(UsageError):
                await there.sql(statement, "acme")


async def test_rows_are_counted_from_the_log(tmp_path):
    """A table that was never published has no count, which is not nought."""
    async with lab(tmp_path) as there:
        lake = there.here.edges.lake
        assert await published.count(lake.table(delta_table("acme", "tickets"))) is None
        await land(there, ticket(1, 1), ticket(2, 1))
        await publish(there)
        assert await published.count(lake.table(delta_table("acme", "tickets"))) == 2
