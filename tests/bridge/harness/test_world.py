"""What stands there before a call is as the server would have written it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from bridge.harness.evidence import reservation_of
from bridge.harness.google.standin import CalendarStandin
from bridge.harness.ledger import Ledger
from bridge.harness.recording import BookedBefore, Recording, SomeoneElseBooks
from bridge.harness.recording_file import load_recording
from bridge.harness.world import book_before, fill_calendars, let_others_book
from bridge.store.migrate import migrate
from bridge.store.store import Store
from tests.bridge.harness.test_recording import RECORDINGS
from tools.business_file import load_business
from tools.store import ReservationState, TextState

NEW_YORK = ZoneInfo("America/New_York")
CHAIR_1 = "chair-1@maplestreet.example"
NUMBER = "+12025550147"
NINE = datetime(2026, 12, 1, 9)  # noqa: DTZ001 - wall clock
FILLING = BookedBefore(calendar=CHAIR_1, service="filling", start=NINE, name="Grace Lowe", number=NUMBER)
BUSINESS = load_business(RECORDINGS / "business.toml")


@pytest.fixture
def recording() -> Recording:
    """A recorded call with one booking before it."""
    recording = load_recording(RECORDINGS / "book-a-cleaning")
    return msgspec.structs.replace(recording, booked_before=(FILLING,))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    url = f"sqlite:///{tmp_path / 'call.db'}"
    await migrate(url)
    store = await Store.open(url)
    yield store
    await store.close()


def calendar_of(recording: Recording) -> CalendarStandin:
    """The stand-in, filled and not started."""
    ledger = Ledger("calendar", asyncio.get_running_loop().time)
    calendar = CalendarStandin(ledger, now=lambda: recording.date.replace(tzinfo=NEW_YORK))
    fill_calendars(calendar, BUSINESS, recording)
    return calendar


async def test_a_booking_before_the_call_stands_in_both_places(store: Store, recording: Recording) -> None:
    """One booked row, its buffer kept; one event of the appointment's own length that names the row."""
    calendar = calendar_of(recording)
    await book_before(calendar, store.bookings, BUSINESS, recording)
    (row,) = await store.report.reservations()
    assert (row.state, row.customer_name, row.caller_number) == (
        ReservationState.BOOKED,
        "Grace Lowe",
        NUMBER,
    )
    assert row.end - row.start == timedelta(minutes=75)
    assert row.due_at is None
    (event,) = [event for event in calendar.events[CHAIR_1].values() if event["id"] == row.event_id]
    assert reservation_of(event) == row.id
    assert event["summary"] == "Filling: Grace Lowe"
    assert event["start"]["dateTime"] == "2026-12-01T09:00:00-05:00"
    assert event["end"]["dateTime"] == "2026-12-01T10:00:00-05:00"


async def test_its_caller_gets_texts_and_a_reminder_waits(store: Store, recording: Recording) -> None:
    """So that a move or a cancellation has something to take along."""
    await book_before(calendar_of(recording), store.bookings, BUSINESS, recording)
    (text,) = await store.report.texts()
    assert (text.kind, text.to, text.state) == ("reminder_24", NUMBER, TextState.PENDING)
    caller = await store.bookings.caller(NUMBER)
    assert caller is not None
    assert caller.consented_at is not None


async def test_a_service_that_is_not_offered_is_a_mistake(store: Store, recording: Recording) -> None:
    """The table is named."""
    wrong = msgspec.structs.replace(FILLING, service="haircut")
    recording = msgspec.structs.replace(recording, booked_before=(wrong,))
    with pytest.raises(ValueError, match=r"\[\[booking\]\]: the business has no service 'haircut'"):
        await book_before(calendar_of(recording), store.bookings, BUSINESS, recording)


async def test_people_write_once_and_only_after_their_tool(recording: Recording) -> None:
    """The slot is the one that the tool's answer offers."""
    other = SomeoneElseBooks(after_tool="check_availability", calendar=CHAIR_1, summary="Walk-in", slot=1)
    recording = msgspec.structs.replace(recording, someone_else=(other,), given=())
    calendar = calendar_of(recording)
    model = Ledger("model", asyncio.get_running_loop().time)
    let_others_book(calendar, model, recording, NEW_YORK)
    output = {"ok": True, "slots": [{"id": "slot_1", "start": "2026-12-01T09:00:00-05:00"}]}
    model.write("tool_answered", name="hold_slot", call_id="1", output=output)
    assert calendar.events[CHAIR_1] == {}
    for _ in range(2):
        model.write("tool_answered", name="check_availability", call_id="2", output=output)
    (event,) = calendar.events[CHAIR_1].values()
    assert (event["summary"], event["start"]["dateTime"]) == ("Walk-in", "2026-12-01T09:00:00-05:00")
