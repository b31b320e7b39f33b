"""An installation on one machine tells what is wrong with its files, and keeps credentials to their owner."""

import asyncio
import os
import stat

import pytest

from avesa.edges.embedded import open_home
from avesa.errors import LeaseLost, OutOfSpace, UsageError
from avesa.ports import Delivery, Key, Put
from avesa.settings import Settings

CANARY = "s3cr3t-canary-7f"
KEY = Key("Leases", "acme", "a")


@pytest.fixture
def home(tmp_path):
    """The folder of an installation."""
    return tmp_path / "home"


@pytest.fixture
def edges(home, clock):
    """The installation, opened."""
    return open_home(Settings(home=home), clock)


def keep(home, text, mode=0o600):
    """Write the secrets file by hand."""
    home.mkdir(exist_ok=True)
    path = home / "secrets.json"
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
async def test_secrets_that_others_can_read_are_refused(home, edges, mode):
    """P8: the sentence is the command that mends it."""
    path = keep(home, f'{{"acme": {{"connectwise": {{"private_key": "{CANARY}"}}}}}}', mode)
    for asked in (edges.secrets.get("acme"), edges.secrets.put("acme", "connectwise", None)):
        with pytest.raises(UsageError, match=f"chmod 600 {path}"):
            await asked


async def test_only_the_owner_can_read_what_is_written(home, edges):
    """P8: whatever the process's mask, and nothing lies beside the file afterwards."""
    before = os.umask(0)
    try:
        await edges.secrets.put("acme", "connectwise", {"private_key": CANARY})
    finally:
        os.umask(before)
    assert stat.S_IMODE((home / "secrets.json").stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir() if CANARY in path.read_text()] == ["secrets.json"]


@pytest.mark.parametrize(
    "text", ["{", "null", f'["{CANARY}"]', f'{{"acme": "{CANARY}"}}', f'{{"acme": {{"connectwise": "{CANARY}"}}}}']
)
async def test_a_secrets_file_of_another_shape_is_named_and_not_shown(home, edges, text):
    """P8: the sentence has the path and never a value, and what is there is not written over."""
    path = keep(home, text)
    with pytest.raises(UsageError, match="is not JSON of tenant, source and text fields") as told:
        await edges.secrets.put("globex", "connectwise", {})
    assert CANARY not in str(told.value)
    assert path.read_text() == text


async def test_two_who_add_a_tenant_at_once_keep_both(home, clock):
    """Each of several processes reads and writes the file alone; here, each has a keeper of its own."""
    keepers = [open_home(Settings(home=home), clock).secrets for _ in range(8)]
    await asyncio.gather(*[keeper.put(f"t-{at}", "connectwise", {"a": "b"}) for at, keeper in enumerate(keepers)])
    assert all([await keepers[0].get(f"t-{at}") for at in range(8)])


async def test_a_state_file_that_is_none_is_left_as_it_is(home, edges):
    """The sentence says what is lost by moving it away; nothing is written into it."""
    home.mkdir()
    path = home / "state.sqlite"
    path.write_bytes(b"no database at all, " * 100)
    for asked in (edges.store.get(KEY), edges.store.commit([Put(KEY, {}, 0)]), edges.queue("q").receive(1, 0)):
        with pytest.raises(UsageError, match=f"{path} is not a readable state file"):
            await asked
    assert path.read_bytes() == b"no database at all, " * 100


async def test_a_home_that_cannot_be_one_is_named(home, edges, tmp_path):
    """A file where a folder should be, or a folder where a file should be: one sentence, no traceback."""
    home.write_text("a file")
    with pytest.raises(UsageError, match=r"state\.sqlite could not be opened"):
        await edges.store.get(KEY)
    with pytest.raises(UsageError, match=r"secrets\.json could not be"):
        await edges.secrets.put("acme", "connectwise", {})
    with pytest.raises(OutOfSpace, match="acme/raw/a could not be written"):
        await edges.lake.put("acme/raw/a", home)
    (tmp_path / "other" / "state.sqlite").mkdir(parents=True)
    with pytest.raises(UsageError, match="--home or AVESA_HOME"):
        await open_home(Settings(home=tmp_path / "other"), edges.clock).store.get(KEY)


async def test_a_fetched_object_is_a_link_where_it_can_be(home, edges, tmp_path):
    """A transform on a laptop does not copy the lake; removing the link leaves the object."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"PAR1")
    await edges.lake.put("acme/raw/a", source)
    await edges.lake.fetch("acme/raw/a", target)
    assert target.samefile(home / "lake" / "acme" / "raw" / "a")
    target.unlink()
    assert await edges.lake.names("acme/") == ["acme/raw/a"]


async def test_a_cut_upload_is_no_object(home, edges, tmp_path):
    """P3: what a killed process left half-written is not among the names."""
    folder = home / "lake" / "acme" / "raw"
    folder.mkdir(parents=True)
    (folder / ".a.0f0f").write_bytes(b"PA")
    with pytest.raises(OutOfSpace):
        await edges.lake.put("acme/raw/b", tmp_path / "was never there")
    assert await edges.lake.names("acme/") == []
    assert [path.name for path in folder.iterdir()] == [".a.0f0f"]


async def test_a_poll_of_an_empty_queue_ends_soon(edges):
    """A worker that is asked to stop lets its polls end, and a person at a terminal does not wait for that."""
    async with asyncio.timeout(30):
        assert await edges.queue("q").receive(1, 3600) == []


async def test_who_slept_buries_nothing(edges):
    """P5: a message that another worker has received since is that worker's to settle."""
    queue = edges.queue("q")
    await queue.send([("acme", b"{}")])
    (slept,) = await queue.receive(1, 0)
    await queue.extend(slept, 0)
    (mine,) = await queue.receive(1, 0)
    await queue.bury(slept, "Nothing works here.")
    await queue.delete(slept)
    await queue.extend(mine, 60)
    with pytest.raises(LeaseLost):
        await queue.extend(Delivery(mine.id, b"{}", "another", 1), 60)
    assert await queue.dead() == []
