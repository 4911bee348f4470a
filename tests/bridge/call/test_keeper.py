"""A call's snapshot follows the call, a moment behind."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from bridge.call.keeper import LINES_KEPT, SnapshotKeeper
from bridge.call.messages import RecordTurn
from bridge.call.resumption import FIRST_STREAM, Resumption
from bridge.call.snapshot import Line, Snapshot, decode
from bridge.store.journal import Journal
from bridge.store.migrate import migrate
from bridge.store.store import Store
from tests.server import BEGIN, BUSINESS, in_no_time
from tools.business_file import load_business
from tools.facts import CallFacts
from tools.result import ToolResult

ZONE = load_business(BUSINESS).tz
CALL = "CA" + "1" * 32


class Desk:
    """A keeper, its facts, and what the store has of them."""

    def __init__(self, store: Store, journal: Journal, begins: Resumption, transcripts: bool) -> None:
        self.facts = CallFacts(call_sid=CALL, caller_number=None, our_number="+12025550100")
        self.journal = journal
        self._store = store
        self.keeper = SnapshotKeeper(
            self.facts, begins, store=store.resuming, journal=journal, transcripts=transcripts
        )

    async def kept(self) -> Snapshot:
        assert await self.journal.flush(5)
        row = await self._store.calls.call(CALL)
        assert row is not None
        assert row.snapshot is not None
        return decode(row.snapshot, ZONE)


@contextlib.asynccontextmanager
async def desk(
    folder: Path, begins: Resumption = FIRST_STREAM, *, transcripts: bool = True
) -> AsyncIterator[Desk]:
    url = f"sqlite:///{folder / 'bridge.db'}"
    await migrate(url)
    store, journal = await Store.open(url), Journal()
    await store.calls.open_call(
        call_sid=CALL, caller_number=None, our_number="+12025550100", attested=False, now=BEGIN
    )
    try:
        yield Desk(store, journal, begins, transcripts)
    finally:
        await journal.close()
        await store.close()


@in_no_time
async def test_a_call_is_kept_from_its_first_moment(tmp_path: Path) -> None:
    """Before anything was said there is a snapshot: the call has a stream, and may have another."""
    async with desk(tmp_path) as one:
        kept = await one.kept()
        assert (kept.facts, kept.said, kept.greeted, kept.spent) == (one.facts, (), False, 0)


@in_no_time
async def test_what_happens_is_followed(tmp_path: Path) -> None:
    """Facts, the last lines and the money, as they are when the write's turn comes."""
    async with desk(tmp_path) as one:
        one.keeper.spent(7)
        one.keeper.said(RecordTurn("item", "agent", "Hello."))
        one.facts.misunderstood = 1
        for number in range(LINES_KEPT):
            one.keeper.said(RecordTurn("item", "caller", f"Line {number}."))
        kept = await one.kept()
        assert kept.facts.misunderstood == 1
        assert kept.said[0] == Line("caller", "Line 0.")
        assert len(kept.said) == LINES_KEPT
        assert (kept.greeted, kept.spent) == (True, 7)


@in_no_time
async def test_many_changes_are_one_write(tmp_path: Path) -> None:
    """While one write waits its turn no other is put behind it."""
    async with desk(tmp_path) as one:
        for _ in range(50):
            one.keeper.changed()
        assert one.journal.waiting == 1


@in_no_time
async def test_without_transcripts(tmp_path: Path) -> None:
    """What the owner does not want kept is not kept here; that the agent spoke is."""
    async with desk(tmp_path, transcripts=False) as one:
        one.keeper.said(RecordTurn("item", "agent", "Hello."))
        kept = await one.kept()
        assert (kept.said, kept.greeted) == ((), True)


@in_no_time
async def test_a_second_break_knows_of_the_first_stream(tmp_path: Path) -> None:
    """Lines and money of the streams before are carried on."""
    before = Resumption(
        stream=1,
        note="",
        known=ToolResult(output={}),
        said=(Line("caller", "Hello there."),),
        greeted=True,
        spent=12,
    )
    async with desk(tmp_path, before) as one:
        one.keeper.spent(3)
        one.keeper.changed()
        kept = await one.kept()
        assert (kept.said, kept.greeted, kept.spent) == (before.said, True, 15)


@in_no_time
async def test_a_note_that_was_dropped_is_put_again(tmp_path: Path) -> None:
    """A journal that was full for a while loses a snapshot, and not all later ones."""
    async with desk(tmp_path) as one:
        assert await one.journal.flush(5)
        one.keeper.changed()
        one.journal._waiting.clear()  # dropped, as the oldest of a full journal is
        one.journal.dropped += 1
        one.keeper.said(RecordTurn("item", "agent", "Hello."))
        assert (await one.kept()).greeted
