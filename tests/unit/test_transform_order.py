"""The table and its history do not ask in which order, how often or in which batches raw arrived."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.lab import lab
from tests.landed import land, publish, ticket

from avesa.core.messages import Reprocess

STATES = ("New", "In Progress", ">Closed", "Unheard of")

PULLED = st.builds(
    lambda number, minutes, state: (number, minutes, STATES[state]),
    st.integers(1, 3), st.integers(1, 4), st.integers(0, len(STATES) - 1),
)  # fmt: skip
"""A version of a ticket: its id, the minute of its change, its status."""


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    versions=st.lists(PULLED, min_size=1, max_size=8, unique=True),
    cuts=st.lists(st.integers(1, 3), min_size=8, max_size=8),
    order=st.randoms(use_true_random=False),
)
def test_any_order_tells_the_same_as_a_rebuild(tmp_path_factory, versions, cuts, order):
    """P1: versions in any order, some twice, a few at a time, equal the rebuild from raw; no key stands twice."""
    arriving = list(enumerate(versions))
    order.shuffle(arriving)
    arriving += arriving[:2]
    import asyncio

    asyncio.run(_arrive(tmp_path_factory.mktemp("order"), arriving, cuts))


async def _arrive(home, arriving, cuts):
    async with lab(home) as there:
        for cut in cuts:
            for pulled, (number, minutes, status) in arriving[:cut]:
                await land(there, ticket(number, minutes, status), pulled=pulled)
            del arriving[:cut]
            await publish(there)
        for pulled, (number, minutes, status) in arriving:
            await land(there, ticket(number, minutes, status), pulled=pulled)
        await publish(there)
        merged = await _told(there)
        await there.send(Reprocess(tenant="acme", table="tickets"))
        assert not there.tally.troubles
        assert await _told(there) == merged
        keys = [row["ticket_key"] for row in merged[0]]
        assert len(keys) == len(set(keys))
        current = [row for row in merged[1] if row["is_current"]]
        assert [(row["ticket_key"], row["status"], row["content_hash"]) for row in current] == [
            (row["ticket_key"], row["status"], row["content_hash"]) for row in merged[0]
        ]


async def _told(there):
    return [
        await there.sql(f"select * from {table} order by ticket_key, updated_at_source, first_seen_at", "acme")
        for table in ("tickets", "tickets_history")
    ]
