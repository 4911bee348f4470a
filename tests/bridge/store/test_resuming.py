"""Calls that go on in another stream, as the store counts them."""

import asyncio
from datetime import timedelta

import pytest

from bridge.call.messages import NextStep
from bridge.store.calls import CallRow, Outcome
from bridge.store.resuming import MOST_RESUMES, AfterStream
from bridge.store.store import Store
from tests.bridge.store.examples import NOW, TWO_PM, hold

BROKEN = frozenset({"stream_lost"})
MINUTE = timedelta(minutes=1)


async def streaming(store: Store, *, snapshot: str | None = "{}") -> None:
    """A call that has a stream, if it has a snapshot."""
    await store.calls.open_call(
        call_sid="CA1", caller_number=None, our_number="+15550100100", attested=False, now=NOW
    )
    if snapshot is not None:
        await store.resuming.save_snapshot(call_sid="CA1", stream=0, snapshot=snapshot)


async def lost(store: Store, stream: int = 0, *, reason: str = "stream_lost", step: str = "trouble") -> None:
    """A stream has ended, and its process says so."""
    await store.calls.set_next_step(call_sid="CA1", step=step, reason=reason, now=NOW, stream=stream)
    await store.calls.close_call(
        call_sid="CA1", outcome=Outcome.FAILED, reason=reason, summary="Broken.", now=NOW, stream=stream
    )


async def asked(store: Store, *, begin: bool = True, asked: bool = True) -> AfterStream:
    return await store.resuming.after_stream(
        call_sid="CA1", broken=BROKEN, now=NOW + MINUTE, begin=begin, asked=asked
    )


async def the_call(store: Store) -> CallRow:
    row = await store.calls.call("CA1")
    assert row is not None
    return row


async def test_a_lost_stream_opens_the_call_again(store: Store) -> None:
    """It has no end any more, another stream is counted, and what it goes on from is kept."""
    await streaming(store, snapshot='{"a":1}')
    await lost(store)
    assert await asked(store) == AfterStream(step="trouble", reason="stream_lost", resumable=True)
    row = await the_call(store)
    assert (row.resumes, row.next_asked_at, row.snapshot) == (1, None, '{"a":1}')
    assert (row.outcome, row.reason, row.summary, row.next_step, row.ended_at) == (None,) * 5


async def test_a_killed_process_decided_nothing(store: Store) -> None:
    """Then the call may go on too."""
    await streaming(store)
    assert (await asked(store)).resumable
    assert (await the_call(store)).resumes == 1


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (NextStep.HANG_UP, "said_goodbye"),
        (NextStep.PERSON, "transfer"),
        (NextStep.TROUBLE, "model_failed"),
    ],
)
async def test_what_was_decided_stands(store: Store, step: NextStep, reason: str) -> None:
    """A goodbye, a person, or a model that would fail again: no other stream."""
    await streaming(store)
    await lost(store, step=step, reason=reason)
    assert await asked(store) == AfterStream(step=step, reason=reason, resumable=False)
    row = await the_call(store)
    assert (row.resumes, row.outcome, row.next_asked_at) == (0, Outcome.FAILED, NOW + MINUTE)


async def test_a_call_that_never_had_a_stream(store: Store) -> None:
    """A refused stream would be refused again."""
    await streaming(store, snapshot=None)
    assert not (await asked(store)).resumable
    unknown = await store.resuming.after_stream(
        call_sid="CA9", broken=BROKEN, now=NOW, begin=True, asked=True
    )
    assert unknown == AfterStream(step=None, reason=None, resumable=False)


async def test_only_so_often(store: Store) -> None:
    """What broke twice breaks again."""
    await streaming(store)
    for _ in range(MOST_RESUMES):
        assert (await asked(store)).resumable
    assert not (await asked(store)).resumable
    assert (await the_call(store)).resumes == MOST_RESUMES


async def test_asking_at_once_counts_each(store: Store) -> None:
    """Twilio's question may come twice, to two processes: never more streams than there may be."""
    await streaming(store)
    answers = await asyncio.gather(*(asked(store) for _ in range(5)))
    assert [answer.resumable for answer in answers].count(True) == MOST_RESUMES


async def test_only_looking(store: Store) -> None:
    """A process that is about to end changes nothing."""
    await streaming(store)
    await lost(store)
    before = await the_call(store)
    assert (await asked(store, begin=False, asked=False)).resumable
    assert await the_call(store) == before


async def test_an_earlier_stream_has_no_say(store: Store) -> None:
    """What the old process writes late is not written over what the new stream knows."""
    await streaming(store, snapshot="old")
    await asked(store)
    await lost(store, stream=0)
    await store.resuming.save_snapshot(call_sid="CA1", stream=0, snapshot="late")
    row = await the_call(store)
    assert (row.outcome, row.next_step, row.snapshot) == (None, None, "old")
    await store.resuming.save_snapshot(call_sid="CA1", stream=1, snapshot="new")
    await lost(store, stream=1)
    row = await the_call(store)
    assert (row.outcome, row.next_step, row.snapshot) == (Outcome.FAILED, "trouble", "new")


async def test_the_reservations_of_a_call(store: Store) -> None:
    """Its own, and those it was shown; of others nothing."""
    own = await hold(store.bookings, "CA1")
    shown = await hold(store.bookings, "CA2", start=TWO_PM + timedelta(days=1))
    await hold(store.bookings, "CA3", start=TWO_PM + timedelta(days=2))
    rows = await store.resuming.reservations_of(call_sid="CA1", ids=[shown.id])
    assert {row.id for row in rows} == {own.id, shown.id}
    assert await store.resuming.reservations_of(call_sid="CA9", ids=[]) == []
