"""What every store keeps: versions, whole commits, order."""

from datetime import UTC, datetime

import pytest

from avesa.errors import Conflict
from avesa.ports import Delete, Key, Put

BODIES = [
    {},
    {"text": "Ünïcode \u2028 𝄞", "empty": "", "none": None, "yes": True},
    {"big": 2**53 + 1, "less": -0.125, "list": [1, [2, {"three": 3}], []], "map": {"": "empty key"}},
    {"long": "x" * 100_000},
]


@pytest.fixture
def key(only_here):
    """An item's place."""
    return Key("Windows", only_here, "a")


@pytest.mark.parametrize("body", BODIES, ids=["empty", "text", "numbers", "long"])
async def test_an_item_comes_back_as_it_was_put(store, key, body):
    """A body keeps its types and every character, and counts its writes from 1."""
    await store.commit([Put(key, body, 0)])
    found = await store.get(key)
    assert (found.key, found.body, found.version) == (key, body, 1)


async def test_what_was_never_put_is_not_there(store, key):
    """No item is None, and no partition an empty list."""
    assert await store.get(key) is None
    assert await store.query(key.table, key.partition) == []


@pytest.mark.parametrize("version", [0, 2, 3])
async def test_a_write_on_another_version_is_a_conflict(store, key, version):
    """Only who has read the newest version may write; the stored item stays (P2)."""
    await store.commit([Put(key, {"by": "first"}, 0)])
    with pytest.raises(Conflict):
        await store.commit([Put(key, {"by": "second"}, version)])
    assert (await store.get(key)).body == {"by": "first"}


async def test_a_write_on_an_item_that_is_gone_is_a_conflict(store, key):
    """An update never makes an item again that somebody deleted."""
    await store.commit([Put(key, {}, 0)])
    await store.commit([Delete(key, 1)])
    with pytest.raises(Conflict):
        await store.commit([Put(key, {}, 1)])
    assert await store.get(key) is None


async def test_versions_count_writes(store, key):
    """Each write adds one."""
    for version in range(3):
        await store.commit([Put(key, {"write": version}, version)])
    assert (await store.get(key)).version == 3


async def test_a_delete_on_another_version_is_a_conflict(store, key):
    """Nobody deletes what has changed since it was read."""
    await store.commit([Put(key, {}, 0)])
    with pytest.raises(Conflict):
        await store.commit([Delete(key, 2)])
    assert await store.get(key) is not None


@pytest.mark.parametrize("wrong", [0, 1, 2])
async def test_a_commit_is_whole_or_not_at_all(store, key, only_here, wrong):
    """P2: a window and its watermark stand in two tables and move together."""
    keys = [key, Key("LastUpdated", only_here, "b"), Key("Windows", only_here, "c")]
    await store.commit([Put(keys[wrong], {"old": True}, 0)])
    with pytest.raises(Conflict):
        await store.commit([Put(each, {"old": False}, 0) for each in keys])
    found = [await store.get(each) for each in keys]
    assert [item is not None for item in found] == [at == wrong for at in range(3)]
    assert found[wrong].body == {"old": True}


async def test_an_item_moves_in_one_commit(store, key, only_here):
    """A delete and a put go together: a window is never in two places, nor in none."""
    archived = Key("Windows", only_here, "z")
    await store.commit([Put(key, {"rows": 3}, 0)])
    await store.commit([Delete(key, 1), Put(archived, {"rows": 3}, 0)])
    assert [item.key for item in await store.query("Windows", only_here)] == [archived]


async def test_a_commit_takes_a_hundred_changes(store, only_here):
    """As many as the port promises."""
    await store.commit([Put(Key("Windows", only_here, f"{at:03}"), {"at": at}, 0) for at in range(100)])
    assert [item.body["at"] for item in await store.query("Windows", only_here)] == list(range(100))


async def test_a_query_finds_a_prefix_in_order(store, only_here):
    """Sort keys come in order, and neither other prefixes nor other partitions do (P4)."""
    for sort in ("open#2", "open#10", "open#1", "merged#1", "opens"):
        await store.commit([Put(Key("Windows", only_here, sort), {}, 0)])
    await store.commit([Put(Key("Windows", f"{only_here}#x", "open#3"), {}, 0)])
    await store.commit([Put(Key("Leases", only_here, "open#4"), {}, 0)])
    found = [item.key.sort for item in await store.query("Windows", only_here, "open#")]
    assert found == ["open#1", "open#10", "open#2"]


async def test_a_query_reads_every_page(store, only_here):
    """More than a megabyte, which is DynamoDB's page, comes whole."""
    for at in range(12):
        await store.commit([Put(Key("Windows", only_here, f"{at:02}"), {"pad": "x" * 120_000}, 0)])
    assert len(await store.query("Windows", only_here)) == 12


async def test_an_item_with_an_expiry_is_there_until_then(store, key):
    """An expiry is for tidying up; it decides nothing."""
    await store.commit([Put(key, {"held": True}, 0, expires=datetime(2100, 1, 1, tzinfo=UTC))])
    assert (await store.get(key)).body == {"held": True}
