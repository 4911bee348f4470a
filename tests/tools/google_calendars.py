"""What the tests of the calendar client share: a judged stand-in, clients at it, and a booking."""

import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime

from bridge.harness.google.standin import CalendarStandin
from tests.bridge.harness.google_support import CHAIR_1, HOUR, TWO_PM, ZONE, standin
from tests.oracles.discovery import misfits
from tools.calendar import Calendar
from tools.google_events import OURS
from tools.ports import CalendarEvent

MakeCalendar = Callable[..., Calendar]


@contextlib.asynccontextmanager
async def judged_standin() -> AsyncIterator[CalendarStandin]:
    """A stand-in; at the end, all that went over the wire must fit Google's own document."""
    async with standin() as google:
        yield google
        assert [misfits(exchange) for exchange in google.exchanges] == [[]] * len(google.exchanges)
        assert google.ledger.breaches() == []


@contextlib.asynccontextmanager
async def calendars(google: CalendarStandin) -> AsyncIterator[MakeCalendar]:
    """Makes calendar clients and closes them. Keywords replace the arguments they are made with."""
    made: list[Calendar] = []

    def one(**changed: object) -> Calendar:
        given = {"api_url": google.url, "service_account": google.service_account, "zone": ZONE.key}
        made.append(Calendar(**{**given, "timeout_s": 2.0, "deadline_s": 5.0, **changed}))  # type: ignore[arg-type]
        return made[-1]

    yield one
    for calendar in made:
        await calendar.close()


async def book(
    calendar: Calendar, event_id: str = "abc00", start: datetime = TWO_PM, reservation: str = "r1"
) -> CalendarEvent:
    """Write an hour of cleaning into chair 1."""
    return await calendar.insert(
        CHAIR_1,
        event_id=event_id,
        start=start,
        end=start + HOUR,
        summary="Cleaning",
        description="Booked by phone",
        private={OURS: reservation},
    )
