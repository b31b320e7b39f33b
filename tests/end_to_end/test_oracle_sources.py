"""ServiceNow and Salesforce against the world, alone and together in one tenant's tables, with their faults."""

import pytest
from tests.lab import instant, lab, simulate

CASES = [
    ("servicenow", ()),
    ("servicenow", ("late-error", "session-overflow", "unordered")),
    ("salesforce", ()),
    ("salesforce", ("expired-token", "lost-cursor")),
]


def ticket(row, source):
    """What the three sources tell alike of a ticket."""
    return {
        "ticket_key": f"{source}:{row[f'{source}_id']}",
        "title": row["summary"],
        "is_closed": row["closed"],
        "updated_at_source": instant(row["updated_at"]),
    }


async def equal(there, world, source):
    """Every living ticket, once, as the world has it; whatever else there is has been deleted or merged."""
    living = [ticket(row, source) for row in world.get("tickets") if not row["merged_into"]]
    expected = {row["ticket_key"]: row for row in living}
    names = ", ".join(next(iter(expected.values())))
    statement = f"select {names}, is_deleted from tickets where source = '{source}'"
    found = {row["ticket_key"]: row for row in await there.sql(statement, "acme")}
    alive = {key: row for key, row in found.items() if not row.pop("is_deleted")}
    assert set(expected) - set(alive) == set(), "P1: rows are missing"
    assert {key: alive[key] for key in expected} == expected
    gone = {f"{source}:{grave['row'][f'{source}_id']}" for grave in world.get("tickets/tombstones")}
    merged = {f"{source}:{row[f'{source}_id']}" for row in world.get("tickets") if row["merged_into"]}
    assert set(alive) - set(expected) - merged == set(), "T15: rows that are deleted at the source are marked"
    assert set(found) - set(alive) <= gone | merged


@pytest.mark.parametrize(
    ("source", "faults"), CASES, ids=lambda value: "+".join(value) if isinstance(value, tuple) else value
)
async def test_the_lake_equals_the_world(tmp_path, source, faults):
    """P1, P2, T6, T9, T12, T15: backfill and hours of change, with deletes and merges, lose and double nothing."""
    with simulate("--seed", "51", "--tickets", "120") as world:
        async with lab(tmp_path) as there:
            await there.add("acme", source, world.credential(source))
            for fault in faults:
                world.fault(fault)
            for _ in range(3):
                await there.run()
                world.advance(3)
                there.wait(3)
            for fault in faults:
                world.fault(fault, on=False)
            await settle(there, world)
            await equal(there, world, source)


async def test_three_sources_stand_in_the_same_tables(tmp_path):
    """One tenant on all three sources has one row per ticket of each, and keys that resolve."""
    with simulate("--seed", "52", "--tickets", "80") as world:
        async with lab(tmp_path) as there:
            for source in ("connectwise", "servicenow", "salesforce"):
                await there.add("acme", source, world.credential(source))
            await there.run()
            await settle(there, world)
            for source in ("servicenow", "salesforce"):
                await equal(there, world, source)
            statuses = await there.sql("select distinct source, status from tickets order by 1, 2", "acme")
            assert {row["source"] for row in statuses} == {"connectwise", "servicenow", "salesforce"}
            joined = await there.sql(
                "select t.source, count(c.company_key) as n "
                "from tickets t left join companies c using (company_key) group by 1",
                "acme",
            )
            assert all(row["n"] > 0 for row in joined)


async def test_rows_that_rights_hide_are_counted_and_said(tmp_path):
    """T6: ServiceNow counts rows before its ACLs hide them; what shows is proven, what is hidden is told."""
    with simulate("--seed", "53", "--tickets", "150") as world:
        async with lab(tmp_path) as there:
            await there.add("acme", "servicenow", world.credential("servicenow"))
            world.fault("acl")
            tally = await there.run()
            hidden = sum(pulled.hidden for pulled in tally.pulled.values())
            assert hidden > 0
            assert sum(pulled.landed for pulled in tally.pulled.values()) > hidden
            assert not tally.troubles


async def settle(there, world) -> None:
    """Without faults, run until no window is failed or partial."""
    for _ in range(3):
        world.advance(1)
        there.wait(13)
        await there.run()
    assert not there.tally.troubles
