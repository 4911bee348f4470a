"""The journal: nobody waits for it, and what it cannot write it keeps, bounded."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from bridge.store.connect import open_database
from bridge.store.database import Database, Entry, Work
from bridge.store.journal import MOST_TOGETHER, Journal
from bridge.store.store import Store
from bridge.store.tables import tokens
from tests.bridge.store.examples import NOW
from tools.store import StoreUnavailable

SOON_S = 30.0  # a deadline that is never reached


class Ledger:
    """Writes that are noted, and fail as long as the database is `away`."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.tried = asyncio.Event()
        self.away = False

    def write(self, what: str) -> Callable[[], Awaitable[None]]:
        async def write() -> None:
            self.tried.set()
            if self.away:
                raise StoreUnavailable("gone")
            self.written.append(what)

        return write


async def loop_turns() -> None:
    """More of them than a write takes that waits for nothing."""
    for _ in range(50):
        await asyncio.sleep(0)


class Book(Database):
    """A database whose transactions are lists of what was written; none as long as it is `away`."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[list[str]] = []
        self.tried = asyncio.Event()
        self.away = False

    def note(self, what: str) -> Callable[[], Entry]:
        return lambda: Entry(self, lambda page: page.append(what))  # type: ignore[attr-defined]

    async def _run(self, work: Work[Any], *, writes: bool) -> Any:
        self.tried.set()
        if self.away:
            raise StoreUnavailable("gone")
        page: list[str] = []
        work(page)  # type: ignore[arg-type]
        self.pages.append(page)

    async def _close(self) -> None: ...


@pytest.fixture
async def book() -> Book:
    return Book()


@pytest.fixture
async def patient() -> AsyncIterator[Journal]:
    """A journal that lets notes gather for ever, unless it is flushed."""
    journal = Journal(first_wait_s=0.001, pause_s=3600)
    yield journal
    await journal.close(deadline_s=0)


@pytest.fixture
async def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
async def journal() -> AsyncIterator[Journal]:
    journal = Journal(limit=3, first_wait_s=0.001, longest_wait_s=0.004)
    yield journal
    await journal.close(deadline_s=0)


async def test_writes_happen_later_and_in_order(journal: Journal, ledger: Ledger) -> None:
    """`put` does nothing but remember; the worker writes in the order of putting."""
    for what in "abc":
        journal.put(ledger.write(what))
    assert (ledger.written, journal.waiting) == ([], 3)
    assert await journal.flush(SOON_S)
    assert (ledger.written, journal.waiting, journal.dropped) == (["a", "b", "c"], 0, 0)


async def test_an_empty_journal_is_flushed_at_once(journal: Journal) -> None:
    """There is nothing to wait for, so even no time is enough."""
    assert await journal.flush(0)


async def test_what_cannot_be_written_is_tried_again(journal: Journal, ledger: Ledger) -> None:
    """While the database is away nothing is lost or overtaken; then all is written, once."""
    ledger.away = True
    journal.put(ledger.write("a"))
    journal.put(ledger.write("b"))
    for _ in range(4):
        ledger.tried.clear()
        await ledger.tried.wait()
    assert journal.waiting == 2
    ledger.away = False
    assert await journal.flush(SOON_S)
    assert ledger.written == ["a", "b"]


async def test_a_full_journal_drops_the_oldest_and_says_so(journal: Journal, ledger: Ledger) -> None:
    """The newest are kept; the number dropped is counted and logged, not each of them."""
    ledger.away = True
    with structlog.testing.capture_logs() as logs:
        for what in "abcde":
            journal.put(ledger.write(what))
        assert logs == []
        await ledger.tried.wait()
        ledger.away = False
        assert await journal.flush(SOON_S)
    assert (ledger.written, journal.dropped) == (["c", "d", "e"], 2)
    dropped = [entry for entry in logs if entry["event"] == "journal_dropped"]
    assert [(entry["now"], entry["total"], entry["log_level"]) for entry in dropped] == [(2, 2, "error")]


async def test_a_write_that_was_dropped_while_being_tried_takes_no_other_with_it(
    journal: Journal, ledger: Ledger
) -> None:
    """The journal overflows while its oldest write hangs; the ones behind it are all written."""
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        started.set()
        await go_on.wait()

    journal.put(slow)
    await started.wait()
    for what in "abc":
        journal.put(ledger.write(what))
    go_on.set()
    assert await journal.flush(SOON_S)
    assert ledger.written == ["a", "b", "c"]


async def test_a_write_that_is_wrong_does_not_hold_up_the_others(journal: Journal, ledger: Ledger) -> None:
    """A fault of ours is logged without what was to be written, counted, and not repeated."""

    async def wrong() -> None:
        raise ValueError("Dana Reed")

    with structlog.testing.capture_logs() as logs:
        journal.put(wrong)
        journal.put(ledger.write("b"))
        assert await journal.flush(SOON_S)
    assert (ledger.written, journal.dropped) == (["b"], 1)
    assert [entry["event"] for entry in logs] == ["journal_write_failed", "journal_dropped"]
    assert "Dana Reed" not in str(logs)


async def test_flush_gives_up_at_its_deadline(journal: Journal, ledger: Ledger) -> None:
    """What is not written by then stays in the journal."""
    ledger.away = True
    journal.put(ledger.write("a"))
    assert not await journal.flush(0.01)
    assert journal.waiting == 1


async def test_flush_does_not_sit_out_a_long_wait(ledger: Ledger) -> None:
    """A process about to end tries at once, however long the journal meant to wait."""
    journal = Journal(first_wait_s=3600)
    ledger.away = True
    journal.put(ledger.write("a"))
    await ledger.tried.wait()
    ledger.away = False
    assert await journal.flush(SOON_S)
    assert ledger.written == ["a"]
    await journal.close()


async def test_closing_writes_what_it_can(journal: Journal, ledger: Ledger) -> None:
    """Then the worker is gone, and what comes later is counted as dropped."""
    journal.put(ledger.write("a"))
    await journal.close(deadline_s=SOON_S)
    await journal.close()
    assert ledger.written == ["a"]
    journal.put(ledger.write("b"))
    assert (journal.waiting, journal.dropped) == (0, 1)
    assert "journal" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_closing_without_a_database_says_what_is_lost(journal: Journal, ledger: Ledger) -> None:
    """The log tells how many writes the process took with it."""
    ledger.away = True
    journal.put(ledger.write("a"))
    journal.put(ledger.write("b"))
    with structlog.testing.capture_logs() as logs:
        await journal.close(deadline_s=0.01)
    assert (journal.waiting, journal.dropped) == (0, 2)
    assert logs[-1] == {"event": "journal_dropped", "log_level": "error", "now": 2, "total": 2}


async def test_a_write_that_hangs_ends_with_the_journal(journal: Journal) -> None:
    """Closing cancels what it cannot wait for."""
    cancelled: list[bool] = []

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    journal.put(hang)
    await journal.close(deadline_s=0.01)
    assert (cancelled, journal.dropped) == ([True], 1)


async def test_a_call_survives_a_locked_database(url: str, journal: Journal) -> None:
    """With a real store: what fails while the database cannot be reached is there in the end."""
    store = Store(open_database(url))
    tries = 0

    async def write() -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise StoreUnavailable("locked")
        await store.calls.open_call(
            call_sid="CA1", caller_number=None, our_number="+15550100100", attested=False, now=NOW
        )

    journal.put(write)
    assert await journal.flush(SOON_S)
    assert [row.call_sid for row in await store.report.calls()] == ["CA1"]
    await store.close()


# --- notes ------------------------------------------------------------------------


async def test_notes_that_stand_together_are_one_transaction(patient: Journal, book: Book) -> None:
    """In the order of putting, which a write of its own between them divides."""
    seen: list[int] = []

    async def look() -> None:
        seen.append(len(book.pages))

    for what in "abc":
        patient.note(book.note(what))
    patient.put(look)
    patient.note(book.note("d"))
    assert (book.pages, patient.waiting) == ([], 5)
    assert await patient.flush(SOON_S)
    assert (book.pages, seen) == ([["a", "b", "c"], ["d"]], [1])


async def test_the_first_note_waits_for_no_company(patient: Journal, book: Book) -> None:
    """It is written at once; those that come soon after it gather, until somebody is in a hurry."""
    patient.note(book.note("a"))
    await book.tried.wait()
    for what in "bc":
        patient.note(book.note(what))
        await loop_turns()
    assert (book.pages, patient.waiting) == ([["a"]], 2)
    await patient.close(deadline_s=SOON_S)
    assert (book.pages, patient.dropped) == ([["a"], ["b", "c"]], 0)


async def test_a_write_of_its_own_is_not_kept_waiting(patient: Journal, book: Book, ledger: Ledger) -> None:
    """It ends the gathering; what was noted before it is written before it."""
    patient.note(book.note("a"))
    await loop_turns()
    patient.note(book.note("b"))
    patient.put(ledger.write("c"))
    await ledger.tried.wait()
    assert (book.pages, ledger.written) == ([["a"], ["b"]], ["c"])


async def test_notes_gather_no_longer_than_a_pause(book: Book) -> None:
    """Nobody need flush."""
    journal = Journal(pause_s=0.001)
    for what in "abc":
        book.tried.clear()
        journal.note(book.note(what))
        await book.tried.wait()
    assert await journal.flush(SOON_S)
    assert book.pages == [["a"], ["b"], ["c"]]
    await journal.close()


async def test_a_transaction_is_bounded(patient: Journal, book: Book) -> None:
    """Else a booking would wait long for one; of a backlog one follows the other without a pause."""
    for _ in range(2 * MOST_TOGETHER + 1):
        patient.note(book.note("a"))
    while len(book.pages) < 2:
        book.tried.clear()
        await book.tried.wait()
    assert await patient.flush(SOON_S)
    assert [len(page) for page in book.pages] == [MOST_TOGETHER, MOST_TOGETHER, 1]


async def test_notes_that_cannot_be_written_are_tried_again(patient: Journal, book: Book) -> None:
    """While the database is away nothing is lost or overtaken; then all is written, once."""
    book.away = True
    for what in "ab":
        patient.note(book.note(what))
    for _ in range(3):
        book.tried.clear()
        await book.tried.wait()
    patient.note(book.note("c"))
    assert patient.waiting == 3
    book.away = False
    assert await patient.flush(SOON_S)
    assert [what for page in book.pages for what in page] == ["a", "b", "c"]


async def test_a_note_that_is_wrong_takes_no_other_with_it(patient: Journal, book: Book) -> None:
    """It is found by writing them one by one; then notes are written together again."""

    def wrong(_: sa.Connection) -> None:
        raise ValueError("Dana Reed")

    with structlog.testing.capture_logs() as logs:
        patient.note(book.note("a"))
        patient.note(lambda: Entry(book, wrong))
        patient.note(book.note("c"))
        assert await patient.flush(SOON_S)
        for what in "de":
            patient.note(book.note(what))
        assert await patient.flush(SOON_S)
    assert (book.pages, patient.dropped) == ([["a"], ["c"], ["d", "e"]], 1)
    assert [entry["event"] for entry in logs] == ["journal_write_failed", "journal_dropped"]
    assert "Dana Reed" not in str(logs)


async def test_a_note_that_breaks_a_rule_of_the_database(url: str, patient: Journal) -> None:
    """With a real one: what stood beside it is written, and once."""
    store = Store(database := open_database(url))

    def use(nonce: str) -> Entry:
        row = sa.insert(tokens).values(nonce=nonce, call_sid="CA1", used_at=NOW)
        return Entry(database, lambda c: c.execute(row))

    for nonce in ("a", "b", "a", "c"):
        patient.note(lambda nonce=nonce: use(nonce))  # type: ignore[misc]
    assert await patient.flush(SOON_S)
    written = await database.read(lambda c: c.execute(sa.select(tokens.c.nonce)).scalars().all())
    assert (sorted(written), patient.dropped) == (["a", "b", "c"], 1)
    await store.close()
