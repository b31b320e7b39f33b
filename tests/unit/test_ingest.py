"""Pulling a window from a source that lies, breaks or slows down: proven, or not landed."""

from datetime import timedelta

import pytest
from tests.lab import instant, lab, simulate

from avesa.core.ledger import State
from avesa.core.messages import Backfill, Ingest
from avesa.ledger import Ledger
from avesa.services import Services


@pytest.fixture(scope="module")
def world():
    """One simulated MSP for all cases; each switches its own fault."""
    with simulate("--seed", "41", "--tickets", "150") as running:
        yield running


def settled(world):
    """How many tickets changed before the newest window ends: a minute behind the source's clock."""
    rows = world.get("tickets")
    newest = max(instant(row["updated_at"]) for row in rows)
    return sum(instant(row["updated_at"]) < newest - timedelta(minutes=2) for row in rows)


async def pull(there, world, *faults, **settings):
    """Add a tenant and make one pass under faults."""
    await there.add("acme", "connectwise", world.credential("connectwise"), **settings)
    for fault in faults:
        world.fault(fault)
    try:
        return await there.run()
    finally:
        for fault in faults:
            world.fault(fault, on=False)


async def states(there, entity="service/tickets"):
    """The states of an entity's open windows."""
    ledger = Ledger(there.here.edges.store, there.clock)
    return {entry.state for entry in await ledger.open("acme", "connectwise", entity)}


async def coverage(there, entity="service/tickets"):
    """What of an entity is proven."""
    return await Ledger(there.here.edges.store, there.clock).coverage("acme", "connectwise", entity)


async def test_a_dropped_filter_lands_nothing(tmp_path, world):
    """T7, P2: rows outside the window asked for are not believed, and the watermark stays."""
    async with lab(tmp_path) as there:
        tally = await pull(there, world, "no-filter")
        assert any("dropped the filter" in trouble for trouble in tally.troubles)
        assert State.PARTIAL in await states(there)
        assert not (await coverage(there)).complete


async def test_a_clamped_page_is_not_the_end(tmp_path, world):
    """T6: a source that gives smaller pages than asked for is still pulled whole."""
    async with lab(tmp_path) as there:
        await pull(there, world, "clamp")
        assert (await coverage(there)).complete
        assert (await there.sql("select count(*) as n from tickets"))[0]["n"] == settled(world)


async def test_a_dense_window_is_halved(tmp_path, world):
    """T9, T10: more rows than a window may hold are pulled in halves; together they are proven."""
    async with lab(tmp_path) as there:
        entity = there.here.mappings.entity("connectwise", "service/tickets")
        entity.options["densest"] = 10
        try:
            tally = await pull(there, world, window_days=366)
        finally:
            del entity.options["densest"]
        pulled = tally.pulled["acme", "connectwise", "service/tickets"]
        assert pulled.done >= settled(world) / 10
        assert (await coverage(there)).complete


async def test_a_missing_right_fails_with_a_reason_and_a_dead_letter(tmp_path, world):
    """T4, P5: 403 is never an empty table; the reason says what to do."""
    async with lab(tmp_path) as there:
        tally = await pull(there, world, "forbidden")
        assert any("inquire rights" in trouble for trouble in tally.troubles)
        assert not await there.sql("select 1 from information_schema.tables where table_name = 'tickets'")


async def test_a_wrong_key_parks_the_tenant_until_it_is_resumed(tmp_path, world):
    """P5, T4: refused keys stop planning; after a resume everything comes."""
    async with lab(tmp_path) as there:
        tally = await pull(there, world, "unauthorized")
        parked = await Services(there.here.edges.store).get("acme", "connectwise")
        assert parked is not None
        assert "refuses the API keys" in (parked.parked or "".join(tally.troubles))
        await Services(there.here.edges.store).resume("acme", "connectwise")
        await there.run()
        assert (await there.sql("select count(*) as n from tickets"))[0]["n"] == settled(world)


async def test_a_paused_tenant_is_not_asked(tmp_path, world):
    """A paused service plans nothing and pulls nothing, and keeps its windows."""
    async with lab(tmp_path) as there:
        await there.add("acme", "connectwise", world.credential("connectwise"))
        await Services(there.here.edges.store).pause("acme", "connectwise")
        assert (await there.run()).rows == 0


async def test_a_window_that_is_done_is_not_pulled_again_by_a_late_message(tmp_path, world):
    """P1: a message that comes twice does its work once; only `again` pulls a window that was pulled."""
    async with lab(tmp_path) as there:
        await pull(there, world)
        done = await Ledger(there.here.edges.store, there.clock).merged("acme", "connectwise", "service/tickets")
        window = next(entry.window for entry in done if entry.parts)
        message = Ingest(
            tenant="acme", source="connectwise", entity="service/tickets",
            start=f"{window.start:%Y-%m-%dT%H:%M:%SZ}", end=f"{window.end:%Y-%m-%dT%H:%M:%SZ}",
        )  # fmt: skip
        before = there.tally.rows
        await there.send(message)
        assert there.tally.rows == before
        await there.send(Ingest(**{**{f: getattr(message, f) for f in message.__struct_fields__}, "again": True}))
        assert there.tally.rows > before


async def test_a_lookback_is_kept_and_a_backfill_reaches_behind_it(tmp_path, world):
    """T2: history is as long as somebody said, and grows when somebody asks for more."""
    async with lab(tmp_path) as there:
        await pull(there, world, lookback_days=30)
        some = (await there.sql("select count(*) as n from tickets"))[0]["n"]
        assert 0 < some < settled(world)
        await there.add("acme", "connectwise", world.credential("connectwise"))
        await there.send(Backfill(tenant="acme", source="connectwise", start="2020-01-01T00:00:00Z"))
        await there.run()
        assert (await there.sql("select count(*) as n from tickets"))[0]["n"] == settled(world)


async def test_one_tenant_s_rows_never_stand_under_another(tmp_path, world):
    """P4: two tenants of one lake have their own prefixes, keys and tables."""
    async with lab(tmp_path) as there:
        await pull(there, world)
        await there.add("globex", "connectwise", world.credential("connectwise"))
        await there.run("globex")
        names = await there.here.edges.lake.names("")
        assert {name.split("/")[0] for name in names} == {"acme", "globex"}
        for tenant in ("acme", "globex"):
            assert {r["tenant"] for r in await there.sql("select distinct tenant from tickets", tenant)} == {tenant}
