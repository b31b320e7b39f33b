"""What every queue keeps: nothing is lost, nothing is with two at once, and dead letters have a reason (P5)."""

import pytest
from tests.places import VISIBILITY

from avesa.errors import LeaseLost
from avesa.ports import Depth


async def drain(queue, most=10):
    """Everything that can be received now, settled."""
    bodies = []
    while received := await queue.receive(most, 0):
        for delivery in received:
            bodies.append(delivery.body)
            await queue.delete(delivery)
    return bodies


async def one(queue):
    """Receive one message."""
    (delivery,) = await queue.receive(1, 0)
    return delivery


async def test_what_is_sent_is_received_and_gone_once_deleted(place):
    """The way of a message on a good day."""
    await place.queue.send([("acme", b'{"at":"\xc3\xbc"}')])
    delivery = await one(place.queue)
    assert (delivery.body, delivery.attempts, delivery.reason) == (b'{"at":"\xc3\xbc"}', 1, None)
    await place.queue.delete(delivery)
    await place.wait(VISIBILITY)
    assert await place.queue.receive(10, 0) == []
    assert await place.queue.depth() == Depth(0, 0, 0)


async def test_every_message_of_a_large_send_arrives(place):
    """A send is more than one batch of SQS, and each message comes once."""
    bodies = [f"{at}".encode() for at in range(25)]
    await place.queue.send([(f"t-{int(body) % 3}", body) for body in bodies])
    assert sorted(await drain(place.queue), key=int) == bodies


async def test_an_empty_send_is_nothing(place):
    """A tick without tenants sends nothing."""
    await place.queue.send([])
    assert await place.queue.depth() == Depth(0, 0, 0)


async def test_a_received_message_is_hidden_until_its_time_is_over(place):
    """A worker that dies leaves its message to the next one, which knows that it is not the first (P5)."""
    await place.queue.send([("acme", b"1")])
    await one(place.queue)
    assert await place.queue.receive(10, 0) == []
    assert await place.queue.depth() == Depth(0, 1, 0)
    await place.wait(VISIBILITY)
    assert (await one(place.queue)).attempts == 2


async def test_extending_keeps_it_hidden(place):
    """A heartbeat holds a message for longer than its queue would."""
    await place.queue.send([("acme", b"1")])
    delivery = await one(place.queue)
    await place.queue.extend(delivery, VISIBILITY + 60)
    await place.wait(VISIBILITY)
    assert await place.queue.receive(10, 0) == []
    await place.queue.delete(delivery)


async def test_giving_back_shows_it_at_once(place):
    """A worker that stops does not make its tenants wait."""
    await place.queue.send([("acme", b"1")])
    await place.queue.extend(await one(place.queue), 0)
    assert (await one(place.queue)).body == b"1"


async def test_who_held_it_for_too_long_has_lost_it(place):
    """A worker that slept cannot hide a message from the one that has it now."""
    await place.queue.send([("acme", b"1")])
    slept = await one(place.queue)
    await place.wait(VISIBILITY)
    await one(place.queue)
    with pytest.raises(LeaseLost):
        await place.queue.extend(slept, 60)


async def test_a_delayed_message_comes_later(place):
    """What waits for its source's budget is not received before."""
    await place.queue.send([("acme", b"1")], delay=3)
    assert await place.queue.receive(10, 0) == []
    assert (await place.queue.depth()).waiting == 1
    await place.wait(3)
    assert (await one(place.queue)).body == b"1"


async def test_a_buried_message_is_kept_with_its_reason(place):
    """P5: a failure ends as a dead letter that says why, whatever characters it says it with."""
    await place.queue.send([("acme", b"not json \x7f")])
    await place.queue.bury(await one(place.queue), "Tickets: “page 3” is\x00 cut.")
    await place.wait(VISIBILITY)
    assert await place.queue.receive(10, 0) == []
    (letter,) = await place.queue.dead()
    assert letter.body == b"not json \x7f"
    assert letter.reason.startswith("Tickets: “page 3” is")
    assert letter.attempts == 1
    assert await place.queue.depth() == Depth(0, 0, 1)


async def test_looking_at_dead_letters_does_not_take_them(place):
    """Two who look see the same, as far as they ask."""
    await bury(place.queue, 12)
    assert len(await place.queue.dead(3)) == 3
    assert {letter.id for letter in await place.queue.dead()} == {letter.id for letter in await place.queue.dead()}
    assert len(await place.queue.dead()) == 12


async def test_chosen_dead_letters_are_sent_again(place):
    """What is mended goes on with its attempts forgotten; the rest stays dead."""
    await bury(place.queue, 3)
    chosen = (await place.queue.dead())[1]
    assert await place.queue.redrive([chosen.id]) == 1
    again = await one(place.queue)
    assert (again.body, again.attempts, again.reason) == (chosen.body, 1, None)
    assert len(await place.queue.dead()) == 2


async def test_all_dead_letters_are_sent_again(place):
    """None named means all, however many batches."""
    await bury(place.queue, 12)
    assert await place.queue.redrive([]) == 12
    assert len(await drain(place.queue)) == 12
    assert await place.queue.dead() == []


async def test_dead_letters_are_discarded(place):
    """Chosen ones, then all; a name that is not there is not counted."""
    await bury(place.queue, 3)
    letters = await place.queue.dead()
    assert await place.queue.discard([letters[0].id, "nobody"]) == 1
    assert {letter.id for letter in await place.queue.dead()} == {letter.id for letter in letters[1:]}
    assert await place.queue.discard([]) == 2
    assert await place.queue.depth() == Depth(0, 0, 0)


async def bury(queue, how_many):
    """Make dead letters."""
    await queue.send([("acme", f"{at}".encode()) for at in range(how_many)])
    while received := await queue.receive(10, 0):
        for delivery in received:
            await queue.bury(delivery, "Because.")
