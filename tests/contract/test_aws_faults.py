"""What AWS answers on bad days: outcomes that are unknown, entries that were not taken, rights that are missing."""

import asyncio
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from tests.contract.conftest import ON_LOCALSTACK
from tests.places import account, account_settings, client

from avesa.core.names import aws_secret
from avesa.edges.aws import dynamodb, open_account
from avesa.errors import Conflict, Park, StoreUnavailable, UsageError
from avesa.ports import Delete, Key, Put
from avesa.settings import Settings

CANARY = "s3cr3t-canary-7f"


class Faulty:
    """A client whose named call does its work and then fails as told, for so many times."""

    def __init__(self, real, call, error, *, times=1, works=True):
        self.real, self.call, self.error, self.times, self.works = real, call, error, times, works

    def __getattr__(self, name):
        if name != self.call or not self.times:
            return getattr(self.real, name)

        async def fail(**given):
            self.times -= 1
            if self.works:
                await getattr(self.real, name)(**given)
            raise self.error

        return fail


def refused(code, operation, message="no", **more):
    """An error as botocore raises it."""
    return ClientError({"Error": {"Code": code, "Message": message}, **more}, operation)


CUT = ReadTimeoutError(endpoint_url="https://dynamodb")
MOVED = refused("ConditionalCheckFailedException", "PutItem")
CANCELLED = refused(
    "TransactionCanceledException", "TransactWriteItems", CancellationReasons=[{"Code": "ConditionalCheckFailed"}]
)
BUSY = refused(
    "TransactionCanceledException", "TransactWriteItems", CancellationReasons=[{"Code": "TransactionConflict"}]
)


@pytest.fixture
async def there(moto, clock):
    """An account on moto."""
    async with account(moto, clock) as here:
        yield here


@pytest.fixture
def keys(only_here):
    """Places for two items."""
    return [Key("Windows", only_here, "a"), Key("LastUpdated", only_here, "b")]


@pytest.mark.parametrize("error", [CUT, MOVED], ids=["no answer", "found by its own retry"])
async def test_a_write_that_took_effect_is_never_reported_as_failed(there, keys, error):
    """P2: after a cut the outcome is looked up by the mark that the commit left."""
    there.edges.store._client = Faulty(there.edges.store._client, "put_item", error)
    await there.edges.store.commit([Put(keys[0], {"run": "1"}, 0)])
    assert (await there.edges.store.get(keys[0])).version == 1


@pytest.mark.parametrize("error", [CUT, CANCELLED], ids=["no answer", "found by its own retry"])
async def test_nor_is_a_transaction(there, keys, error):
    """The same for several items."""
    there.edges.store._client = Faulty(there.edges.store._client, "transact_write_items", error)
    await there.edges.store.commit([Put(key, {}, 0) for key in keys])
    assert all([await there.edges.store.get(key) for key in keys])


async def test_a_delete_that_took_effect_is_done(there, keys):
    """It left no mark: that the item is gone tells."""
    await there.edges.store.commit([Put(keys[0], {}, 0)])
    there.edges.store._client = Faulty(there.edges.store._client, "delete_item", CUT)
    await there.edges.store.commit([Delete(keys[0], 1)])
    assert await there.edges.store.get(keys[0]) is None


async def test_a_write_that_did_not_take_effect_is_reported(there, keys):
    """Nothing is there: the caller tries again."""
    there.edges.store._client = Faulty(there.edges.store._client, "put_item", CUT, works=False)
    with pytest.raises(StoreUnavailable, match="Table Windows-local does not answer"):
        await there.edges.store.commit([Put(keys[0], {}, 0)])


async def test_the_same_body_of_another_writer_is_no_success(there, keys):
    """P6: two workers that take the same slice of a budget write the same; only one of them has it."""
    await there.edges.store.commit([Put(keys[0], {"tokens": 3}, 0)])
    with pytest.raises(Conflict):
        await there.edges.store.commit([Put(keys[0], {"tokens": 3}, 0)])


async def test_a_transaction_in_the_way_is_waited_for(there, keys, monkeypatch):
    """An item that another transaction holds is not an item that has moved."""
    monkeypatch.setattr(dynamodb, "_PAUSES", (0.0, 0.0, 0.0))
    there.edges.store._client = Faulty(there.edges.store._client, "transact_write_items", BUSY, times=3, works=False)
    await there.edges.store.commit([Put(key, {}, 0) for key in keys])
    assert all([await there.edges.store.get(key) for key in keys])


async def test_a_missing_right_is_named(there, keys):
    """The sentence says what to add, as AWS names it or as the operation says."""
    why = "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: dynamodb:DeleteItem on resource: y"
    real = there.edges.store._client
    for message, right in ((why, "dynamodb:DeleteItem"), ("no", "dynamodb:PutItem")):
        denied = refused("AccessDeniedException", "PutItem", message)
        there.edges.store._client = Faulty(real, "put_item", denied, works=False)
        with pytest.raises(StoreUnavailable, match=f"lacks the right {right} on Table Windows-local"):
            await there.edges.store.commit([Put(keys[0], {}, 0)])


async def test_entries_that_were_not_taken_are_sent_again(there, monkeypatch):
    """T14: a batch may fail in part, with status 200."""
    queue = there.queue
    queue._client = Partial(queue._client, fails=2)
    monkeypatch.setattr(type(queue).__module__ + "._PAUSES", (0.0, 0.0, 0.0))
    await queue.send([("acme", f"{number}".encode()) for number in range(25)])
    had = [delivery.body for _ in range(5) for delivery in await queue.receive(10, 0)]
    assert sorted(had, key=int) == [f"{number}".encode() for number in range(25)]


async def test_a_queue_that_never_takes_them_says_so(there, monkeypatch):
    """P5: the sender's own message stays."""
    there.queue._client = Partial(there.queue._client, fails=99)
    monkeypatch.setattr(type(there.queue).__module__ + "._PAUSES", (0.0, 0.0))
    with pytest.raises(StoreUnavailable, match="did not take 1 messages"):
        await there.queue.send([("acme", b"1")])


class Partial:
    """A client of SQS that does not take the first entry of its first batches."""

    def __init__(self, real, fails):
        self.real, self.fails = real, fails

    def __getattr__(self, name):
        return getattr(self.real, name)

    async def send_message_batch(self, *, Entries, **given):  # noqa: N803  as SQS names it
        """Take all but the first."""
        if self.fails <= 0:
            return await self.real.send_message_batch(Entries=Entries, **given)
        self.fails -= 1
        if Entries[1:]:
            await self.real.send_message_batch(Entries=Entries[1:], **given)
        return {"Failed": [{"Id": Entries[0]["Id"], "Code": "InternalError", "SenderFault": False}]}


async def test_what_was_never_made_is_named(there, monkeypatch):
    """A lost queue or table: which one, and what makes it."""
    lost = there.edges.queue("never-made")
    for call in (lost.receive(1, 0), lost.send([("acme", b"1")]), lost.depth()):
        with pytest.raises(StoreUnavailable, match="Queue avesa-never-made-local is not there; `avesa deploy`"):
            await call
    monkeypatch.setattr(there.edges.store, "_environment", "staging")
    with pytest.raises(StoreUnavailable, match="Table Windows-staging is not there; `avesa deploy`"):
        await there.edges.store.get(Key("Windows", "a", "b"))


async def test_credentials_are_remembered_and_refreshed(there, only_here, clock):
    """A rotated secret is seen after five minutes, and at once by who was refused (a 401)."""
    name = aws_secret(only_here, "local")
    await there.edges.secrets.put(only_here, "connectwise", {"private_key": "old"})
    assert (await there.edges.secrets.get(only_here))["connectwise"]["private_key"] == "old"
    other = client("secretsmanager", there.settings.endpoint_url)
    await asyncio.to_thread(
        other.put_secret_value, SecretId=name, SecretString='{"connectwise": {"private_key": "new"}}'
    )
    assert (await there.edges.secrets.get(only_here))["connectwise"]["private_key"] == "old"
    assert (await there.edges.secrets.get(only_here, fresh=True))["connectwise"]["private_key"] == "new"
    await asyncio.to_thread(other.put_secret_value, SecretId=name, SecretString='{"connectwise": {"private_key": "x"}}')
    clock.forward(timedelta(minutes=5).total_seconds())
    assert (await there.edges.secrets.get(only_here))["connectwise"]["private_key"] == "x"


@pytest.mark.parametrize(
    "written",
    [CANARY, f'"{CANARY}"', f'{{"connectwise": "{CANARY}"}}', f'{{"a": {{"b": "{CANARY}"', '{"a": {"b": 12345}}'],
)
async def test_a_secret_that_is_no_json_object_parks_its_tenant(there, only_here, written):
    """P8: the sentence names tenant and secret, never the value; other tenants go on."""
    other = client("secretsmanager", there.settings.endpoint_url)
    tenant = f"{only_here}-{len(written)}"
    await asyncio.to_thread(other.create_secret, Name=aws_secret(tenant, "local"), SecretString=written)
    with pytest.raises(Park, match=f"tenant {tenant} is not a JSON object") as told:
        await there.edges.secrets.get(tenant)
    assert CANARY not in str(told.value)
    assert told.value.__cause__ is None


async def test_a_lake_must_be_a_bucket(moto, clock):
    """A folder in an AWS environment would be lost with its task."""
    with pytest.raises(UsageError, match="set AVESA_LAKE"):
        async with open_account(account_settings(moto, lake="/scratch/lake"), clock):
            pass


@pytest.mark.parametrize("environment", ["local", "dev", "prod"])
def test_each_environment_has_its_own_lake(environment):
    """Without a setting it is the bucket that the templates make."""
    assert Settings(environment=environment).lake_url == f"s3://data-storage-msp-{environment}"


@pytest.mark.docker
@ON_LOCALSTACK[1]
async def test_a_part_that_arrives_broken_is_refused(localstack, clock, tmp_path, monkeypatch):
    """P1: S3 compares what it got with the checksum; nothing is shown, no upload is left open."""
    source = tmp_path / "source"
    source.write_bytes(b"x" * 40_000_000)
    async with account(localstack, clock) as there:
        lake = there.edges.lake
        monkeypatch.setattr("avesa.edges.aws.s3._read", lambda *_: (b"y" * 6_000_000, "A" * 43 + "="))
        with pytest.raises(StoreUnavailable):
            await lake.put("acme/raw/a", source)
        assert await lake.names("acme/") == []
        uploads = await lake._client.list_multipart_uploads(Bucket=lake._bucket, Prefix=lake._prefix)
        assert uploads.get("Uploads", []) == []
