"""Stand-ins and a database around processes that die, and what is true when all is over."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime

import msgspec

from bridge.harness.google.standin import CalendarStandin
from bridge.harness.ledger import Entry, Ledger
from bridge.harness.twilio_rest.standin import TwilioRestStandin
from bridge.store.store import Store
from tests.crashes.nursery import Child, Nursery
from tests.crashes.ports import Point
from tests.crashes.process import ACCOUNT_SID, AUTH_TOKEN, BUSINESS, OUR_NUMBER, Plan
from tests.oracles.discovery import misfits
from tools.business_file import load_business
from tools.google_events import OURS
from tools.store import LIVE, Reservation, Text

NEVER_S = 60.0  # an answer that its process does not live to see
WRITES = {"insert": "inserted", "delete": "deleted", "move": "patched", "send": "message"}


class Record(msgspec.Struct, frozen=True):
    """What is there in the end."""

    reservations: list[Reservation]
    texts: list[Text]
    reasons: list[str]  # why persons were asked
    events: dict[str, datetime]  # our live ones, by id: when they begin
    messages: list[str]  # that Twilio took


class CrashScene:
    """Build it with `crash_scene`."""

    def __init__(
        self,
        url: str,
        now: datetime,
        google: CalendarStandin,
        twilio: TwilioRestStandin,
        nursery: Nursery,
    ) -> None:
        self.google = google
        self.twilio = twilio
        self._url = url
        self._now = now
        self._nursery = nursery

    async def run(self, script: str, point: Point | None = None, *, now: datetime | None = None) -> int:
        """Let a process do this; its exit status, negative for the signal that killed it."""
        plan = Plan(
            script=script,
            database_url=self._url,
            calendar_url=self.google.url,
            service_account=self.google.service_account,
            sms_url=self.twilio.url,
            now=now or self._now,
            point=point,
        )
        process = await self._nursery.bear(plan)
        with self._killing(process, point) if point is not None else contextlib.nullcontext():
            return await process.ended

    async def record(self) -> Record:
        store = await Store.open(self._url)
        report = store.report
        record = Record(
            await report.reservations(),
            await report.texts(),
            [task.reason for task in await report.callbacks()],
            {
                event["id"]: datetime.fromisoformat(event["start"]["dateTime"])
                for events in self.google.events.values()
                for event in events.values()
                if event["status"] != "cancelled"
                and OURS in event.get("extendedProperties", {}).get("private", {})
            },
            [message["body"] for message in self.twilio.messages],
        )
        await store.close()
        return record

    @contextlib.contextmanager
    def _killing(self, process: Child, point: Point) -> Iterator[None]:
        """Kill the process once the other side has done what it asked, before the answer is sent."""
        if point.when != "during":
            yield
            return
        kind = WRITES[point.method]
        sends_texts = point.port == "sms"
        standin: CalendarStandin | TwilioRestStandin = self.twilio if sends_texts else self.google
        operation = {"send": "create", "move": "patch"}.get(point.method, point.method)
        standin.delay(operation, NEVER_S, after=True)

        def watch(_: str, entry: Entry) -> None:
            if entry.kind == kind:
                os.kill(process.pid, signal.SIGKILL)

        standin.ledger.watch(watch)
        try:
            yield
        finally:
            standin.delay(operation, 0)


def wrong(record: Record) -> list[str]:
    """What must be true wherever a process died: rows, events and texts agree, and nothing is left open."""
    found = []
    booked = {row.event_id: row.start for row in record.reservations if row.state == "booked"}
    if booked != record.events:
        found.append(f"booked are {booked}, the calendar has {record.events}")
    open_rows = [
        row.state.value for row in record.reservations if row.state in LIVE and row.state != "booked"
    ]
    if open_rows:
        found.append(f"left open: {open_rows}")
    sent = sorted(text.body for text in record.texts if text.state == "sent")
    if sent != sorted(record.messages) or len(set(sent)) != len(sent):
        found.append(f"sent was {record.messages}, the record says {[text.state for text in record.texts]}")
    states = {row.id: row.state for row in record.reservations}
    for text in record.texts:
        # What is still to be sent is about what still takes place.
        if text.state == "pending" and states[text.reservation_id or ""] != "booked":
            found.append(f"{text.kind} of what is {states[text.reservation_id or '']}")
    return found


@contextlib.asynccontextmanager
async def crash_scene(url: str, now: datetime, nursery: Nursery) -> AsyncIterator[CrashScene]:
    """A scene on an empty database; at the end nobody may have broken a vendor's rules."""
    time: Callable[[], float] = asyncio.get_running_loop().time
    business = load_business(BUSINESS)
    google = CalendarStandin(Ledger("calendar", time), now=lambda: now)
    twilio = TwilioRestStandin(
        Ledger("twilio_rest", time),
        now=lambda: now,
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        numbers=[OUR_NUMBER],
    )
    async with google, twilio:
        for calendar in business.calendars:
            google.add_calendar(calendar.id, business.zone)
        yield CrashScene(url, now, google, twilio, nursery)
    assert google.ledger.breaches() + twilio.ledger.breaches() == []
    assert [misfits(exchange) for exchange in google.exchanges if misfits(exchange)] == []
