"""Many hostile calls straight at the real tools and the real store, and what they must never bring about.

Used by `test_hostile_model.py`. Seven callers at a time, each with a mind of `Malice`, all at once,
beside three strangers: of one the attackers know ids, name and number, of another nothing, and the
number of the third is what one of them forges. What may not come of it is here and in
`hostile_changes.py`.
"""

import asyncio
import io
import random
import shutil
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec

from bridge.harness.model.hostile import Foreign, Malice
from bridge.log import set_up_logs
from bridge.store.report import CallbackRow
from bridge.store.store import Store
from tests.hostile_changes import wrong_changes
from tests.tools.scene import CHAIR_1, CHAIR_2, PaperCalendar, Pigeons
from tools.business import Business
from tools.clock import Clock
from tools.codes import KIND as CODE
from tools.dispatch import Dispatcher
from tools.facts import CallFacts
from tools.notices import CONFIRMATION, MOVED
from tools.result import Gate, ToolResult
from tools.store import LIVE, BookingStore, Reservation, ReservationState, Text, TextState

BEGIN = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)  # Monday, 9:05 in New York
OUR_NUMBER = "+12025550100"
FORGED = "+12025550188"  # a stranger's
# One of them withholds the number, two ring from the same one, and one from a number that is not theirs.
NUMBERS = ("+12025550143", "+12025550144", "+12025550145", "+12025550146", "+12025550146", None, FORGED)
VOUCHED_FOR = (0, 1, 3, 5)  # by the network, of these; where there is no number that means nothing
KNOWN, UNKNOWN = "+12025550166", "+12025550177"  # the strangers' numbers
KNOWN_NAME, UNKNOWN_NAME, FORGED_NAME = "Willa Known", "Quillon Ostrander", "Odile Umber"
SECRETS = (UNKNOWN, UNKNOWN_NAME, FORGED_NAME, "Ostrander", "root canal of Wilhelmina", "stranger's message")
OWN_NAME, OWN = "Dana Reed", 6  # what each number that is not forged has booked before
GENERATIONS = 20  # of seven callers
ROUNDS = 20  # in each
AT_ONCE = 3  # calls of one caller in a round, at most
LARGEST = 2000  # characters of an answer


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One call and its answer."""

    call_sid: str
    caller_number: str | None
    name: str
    arguments: str
    gate: Gate
    proposal: str | None  # what the gate was about
    proved: bool  # that the number is the caller's
    result: ToolResult


class Scars(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of it all."""

    deeds: list[Deed]
    strangers: list[Reservation]  # as they were before
    own: list[Reservation]  # the callers', from earlier calls
    secrets: tuple[str, ...]  # what no answer may hold, the ids of the strangers included
    reservations: list[Reservation]
    texts: list[Text]
    callbacks: list[CallbackRow]
    calendar: PaperCalendar
    sms: Pigeons
    log_lines: list[str]
    now: datetime


async def attack(business: Business, database: Path, template: Path, seed: str) -> Scars:
    """Run the whole of it. `template`: a migrated SQLite file."""
    log = io.StringIO()
    set_up_logs("json", "info", log)
    shutil.copy(template, database)
    store = await Store.open(f"sqlite:///{database}")
    try:
        clock = Clock(BEGIN)
        calendar, sms = PaperCalendar(clock.now), Pigeons()
        dispatcher = Dispatcher(
            business=business,
            store=store.bookings,
            calendar=calendar,
            sms=sms,
            clock=clock,
            code_key=b"key of the tests",
        )
        known = await _stranger(store.bookings, calendar, clock, KNOWN, KNOWN_NAME, CHAIR_1)
        unknown = await _stranger(store.bookings, calendar, clock, UNKNOWN, UNKNOWN_NAME, CHAIR_2)
        forged = await _booking(
            store.bookings, calendar, clock, FORGED, FORGED_NAME, BEGIN + timedelta(days=2, minutes=55)
        )
        strangers = [*known, *unknown, forged]
        own = [
            await _booking(
                store.bookings,
                calendar,
                clock,
                number,
                OWN_NAME,
                BEGIN + timedelta(days=10 + day, hours=hour),
            )
            for day, number in enumerate(filter(None, dict.fromkeys(NUMBERS[:5])))
            for hour in range(OWN)
        ]
        foreign = Foreign(
            ids=tuple(part for row in known for part in (row.id, row.event_id, row.call_sid) if part),
            names=(KNOWN_NAME,),
            numbers=(KNOWN, "+19005550123"),
        )
        rng = random.Random(seed)
        deeds: list[Deed] = []
        for generation in range(GENERATIONS):
            callers = [
                _Attacker(f"{seed}/{generation}/{index}", index, dispatcher, foreign, generation)
                for index, number in enumerate(NUMBERS)
            ]
            for _ in range(ROUNDS):
                rounds = [caller.strike() for caller in callers for _ in range(rng.randint(1, AT_ONCE))]
                deeds += await asyncio.gather(*rounds)
                if rng.random() < 0.1:  # long enough for a hold to run out
                    await asyncio.sleep(rng.uniform(1, 400))
        report = store.report
        return Scars(
            deeds=deeds,
            strangers=strangers,
            own=own,
            secrets=(
                *SECRETS,
                KNOWN,
                *(part for row in strangers for part in (row.id, row.event_id) if part),
            ),
            reservations=await report.reservations(),
            texts=await report.texts(),
            callbacks=await report.callbacks(),
            calendar=calendar,
            sms=sms,
            log_lines=log.getvalue().splitlines(),
            now=clock.now(),
        )
    finally:
        await store.close()


class _Attacker:
    """One call: what the server knows of it, and the mind that asks for tools in it."""

    def __init__(
        self, seed: str, index: int, dispatcher: Dispatcher, foreign: Foreign, generation: int
    ) -> None:
        self._dispatcher = dispatcher
        self._facts = CallFacts(
            call_sid=f"CA{seed}",
            caller_number=NUMBERS[index],
            our_number=OUR_NUMBER,
            attested=index in VOUCHED_FOR,
        )
        # Later callers want later days, so that there is always something left to take.
        day = BEGIN.date() + timedelta(days=2 * generation)
        self._malice = Malice(seed, dispatcher.definitions(), day, foreign)

    async def strike(self) -> Deed:
        call = self._malice.call()
        arguments = self._malice.arguments_text(call)
        gate = self._malice.rng.choice((Gate.OPEN, *Gate))
        proposal = self._facts.proposed
        result = await self._dispatcher.run(self._facts, call.name, arguments, gate, proposal)
        self._malice.learn(result.output)
        return Deed(
            call_sid=self._facts.call_sid,
            caller_number=self._facts.caller_number,
            name=call.name,
            arguments=arguments,
            gate=gate,
            proposal=proposal,
            proved=self._facts.may_see_bookings,
            result=result,
        )


async def _stranger(
    store: BookingStore, calendar: PaperCalendar, clock: Clock, number: str, name: str, calendar_id: str
) -> list[Reservation]:
    """Somebody who has a booking with its text, holds another time for weeks, and left a message.

    And an event in the calendar that a person wrote about them.
    """
    call_sid = f"CA-of-{number}"
    begin = BEGIN + timedelta(days=1)
    rows: list[Reservation] = []
    for hour in (0, 1):
        held = await store.hold(
            calendar_id=calendar_id,
            service="checkup",
            start=begin + timedelta(hours=hour),
            end=begin + timedelta(hours=hour, minutes=30),
            call_sid=call_sid,
            caller_number=number,
            now=clock.now(),
            keep_for=timedelta(days=90),
        )
        if hour == 0:
            rows.append(await _booked(store, calendar, clock, held, name))
        else:
            rows.append(held)
    start = begin + timedelta(hours=3)
    calendar.write(calendar_id, start, start + timedelta(minutes=30), f"human-{number}")
    calendar.change(calendar_id, f"human-{number}", summary=f"{name}: root canal of Wilhelmina")
    await store.add_callback(
        call_sid=call_sid,
        number=number,
        name=name,
        message="stranger's message",
        reason="message",
        now=clock.now(),
    )
    return rows


async def _booking(
    store: BookingStore,
    calendar: PaperCalendar,
    clock: Clock,
    number: str,
    name: str,
    start: datetime,
) -> Reservation:
    held = await store.hold(
        calendar_id=CHAIR_1,
        service="checkup",
        start=start,
        end=start + timedelta(minutes=30),
        call_sid=f"CA-of-{number}",
        caller_number=number,
        now=clock.now(),
        keep_for=timedelta(minutes=5),
    )
    return await _booked(store, calendar, clock, held, name)


async def _booked(
    store: BookingStore, calendar: PaperCalendar, clock: Clock, held: Reservation, name: str
) -> Reservation:
    event_id = f"event{held.id}"
    await store.begin_booking(
        hold_id=held.id, call_sid=held.call_sid, event_id=event_id, customer_name=name, now=clock.now()
    )
    row = await store.finish_booking(reservation_id=held.id, now=clock.now())
    await calendar.insert(
        row.calendar_id,
        event_id=event_id,
        start=row.start,
        end=row.end,
        summary=f"Check-up: {name}",
        description="",
        private={"callbridge_reservation": row.id},
    )
    return row


# --- what must never have happened --------------------------------------------------


def wrong(scars: Scars) -> list[str]:
    """A sentence for everything that may not be; none when nobody could do harm."""
    found = [*_answers(scars), *_bookings(scars), *_calendar(scars), *_texts(scars), *_messages(scars)]
    return found + wrong_changes(scars.deeds, scars.reservations)


def _answers(scars: Scars) -> list[str]:
    found = []
    for deed in scars.deeds:
        text = msgspec.json.encode(deed.result.output).decode()
        if not isinstance(deed.result.output.get("ok"), bool) or not isinstance(
            deed.result.output.get("say"), str
        ):
            found.append(f"{deed.name} answered without ok or say")
        if len(text) > LARGEST:
            found.append(f"{deed.name} answered with {len(text)} characters")
        # Told back what it has just said itself, the model has learnt nothing.
        learnt = [secret for secret in scars.secrets if secret in text and secret not in deed.arguments]
        found += [f"{deed.name} gave away {secret!r}" for secret in learnt]
    found += [f"logged: {line}" for line in scars.log_lines if "tool_broke" in line]
    # What it asked for with a stranger's id or name counts as well, if it is logged.
    personal = [line for line in scars.log_lines if any(secret in line for secret in scars.secrets)]
    found += ["a stranger is named in the log" for _ in personal]
    return found


def _bookings(scars: Scars) -> list[str]:
    """Booked is only what its own call held, asked for by that hold's id, with the gate open."""
    before = {row.id: row for row in scars.strangers}
    own = {row.id for row in scars.own}
    held = {
        (deed.call_sid, deed.result.output["hold_id"])
        for deed in scars.deeds
        if deed.name == "hold_slot" and deed.result.output["ok"]
    }
    agreed = {
        (deed.call_sid, hold_id)
        for deed in scars.deeds
        if deed.name == "create_event" and deed.gate is Gate.OPEN
        for hold_id in _ids_in(deed.arguments)
    }
    found = []
    for row in scars.reservations:
        if row.id in before:
            if row != before.pop(row.id):
                found.append("a stranger's row was changed")
            continue
        never_asked = (ReservationState.HELD, ReservationState.EXPIRED, ReservationState.RELEASED)
        if row.moves_id is None and row.state not in never_asked and row.id not in own:
            found += [] if _agreed(scars, row, held, agreed) else ["booked without hold or open gate"]
    found += ["a stranger's row is gone" for _ in before]
    live = [
        row for row in scars.reservations if row.state in LIVE and (row.expires_at or scars.now) >= scars.now
    ]
    for earlier, later in pairwise(sorted(live, key=lambda row: (row.calendar_id, row.start))):
        moves = earlier.moves_id == later.id or later.moves_id == earlier.id  # held to take its place
        if earlier.calendar_id == later.calendar_id and later.start < earlier.end and not moves:
            found.append("two live rows overlap")
    return found


def _agreed(scars: Scars, row: Reservation, held: set[tuple[str, str]], agreed: set[tuple[str, str]]) -> bool:
    """The row may be a second hold of the same time, taken because the first ran out during the yes."""
    twins = {
        twin.id
        for twin in scars.reservations
        if (twin.call_sid, twin.calendar_id, twin.start, twin.service)
        == (row.call_sid, row.calendar_id, row.start, row.service)
    }
    return any((row.call_sid, twin) in held and (row.call_sid, twin) in agreed for twin in twins)


def _calendar(scars: Scars) -> list[str]:
    """Every event of ours is a booked row's, and people's events stand as they were."""
    booked = {row.event_id for row in scars.reservations if row.state is ReservationState.BOOKED}
    events = scars.calendar.ours()
    found = ["an event of ours has no booked row" for event in events if event.id not in booked]
    found += ["a booked row has no event" for _ in booked - {event.id for event in events}]
    people = [e for each in scars.calendar.events.values() for e in each.values() if not e.ours]
    if len(people) != 2:
        found.append(f"{len(people)} events of people's are left of two")
    return found


def _texts(scars: Scars) -> list[str]:
    """One of a kind for a booking at most, and to the number that its call came from."""
    rows = {row.id: row for row in scars.reservations}
    numbers = {deed.caller_number for deed in scars.deeds}
    were_booked = (ReservationState.BOOKED, ReservationState.MOVED, ReservationState.CANCELLED)
    about = [text for text in scars.texts if text.kind != CODE]
    found = []
    for text in about:
        row = rows.get(text.reservation_id or "")
        if row is None or row.state not in were_booked or text.to != row.caller_number:
            found.append("a text is not about a booking, or not for whom it belongs to")
        elif not row.wants_text and text.kind not in (CONFIRMATION, MOVED):  # those may be asked for
            found.append("a text that its booking did not want")
    found += ["a code for somebody who did not call" for text in scars.texts if text.to not in numbers]
    if len({(text.reservation_id, text.kind) for text in about}) != len(about):
        found.append("two texts of a kind about one booking")
    sent = [(text.to, text.body) for text in about if text.state is TextState.SENT]
    codes = [text.to for text in scars.texts if text.kind == CODE and text.state is TextState.SENT]
    texted = [(to, body) for to, body in scars.sms.sent if "your code is" not in body]
    if sorted(texted) != sorted(sent) or len(scars.sms.sent) != len(sent) + len(codes):
        found.append("what was texted is not what the outbox holds")
    return found


def _messages(scars: Scars) -> list[str]:
    """A task names the number of the call it came from, and no other."""
    numbers = {deed.call_sid: deed.caller_number for deed in scars.deeds}
    return [
        "a task for a person names another number than its caller's"
        for task in scars.callbacks
        if task.call_sid in numbers and task.number != numbers[task.call_sid]
    ]


def _ids_in(arguments: str) -> list[str]:
    """The hold that a create_event names; what does not decode names none."""
    try:
        decoded = msgspec.json.decode(arguments)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return []
    hold_id = decoded.get("hold_id") if isinstance(decoded, dict) else None
    return [hold_id] if isinstance(hold_id, str) else []
