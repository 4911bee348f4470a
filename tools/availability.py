"""Finding free times: what is offered, and when something was taken, what else there is.

Free/busy for the offer, prefetched where it can be, and our own live rows laid over it. Anything
that cannot be read is never free: the errors pass through and `dispatch.py` says so. What the
caller wished for is judged in `wishes.py`; read `slots.py` for the rules of what is free.
"""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from tools import spoken
from tools.appointments import event_times
from tools.arguments import CheckAvailability
from tools.business import Service
from tools.changes import booking_to_change
from tools.conflicts import in_the_way
from tools.errors import OutOfTurn
from tools.facts import CallFacts
from tools.kit import Kit
from tools.result import Gate, ToolResult
from tools.slots import (
    FreeTime,
    PartOfDay,
    Period,
    Slot,
    Wish,
    free_times,
    is_closed,
    last_day,
    nearest,
    pick,
    search_period,
)
from tools.store import Reservation, ReservationState
from tools.wishes import wish_of

ALTERNATIVE_DAYS = 14  # how far past the wish we look when it cannot be met
BEFORE_DAYS = 7  # and how far before it

Busy = dict[str, list[Period]]


async def check_availability(
    kit: Kit, facts: CallFacts, arguments: CheckAvailability, gate: Gate
) -> ToolResult:
    """Two or three free times that fit the wish; else the nearest ones; else a message or a person."""
    now = kit.clock.now()
    wish = wish_of(kit.business, arguments, now)
    own = None if arguments.moving is None else await _to_move(kit, facts, arguments)
    around = _anything(wish, wish.from_date - timedelta(days=BEFORE_DAYS), _later(wish.to_date))
    busy = await _busy(kit, facts, around, now, own)
    times = _free(kit, wish, busy, now, own)
    if times:
        slots = offer(facts, wish, pick(times))
        return _offered(spoken.offer(_starts(slots)), slots)
    times = _free(kit, around, busy, now, own)
    everything = _anything(wish, now.astimezone(kit.business.tz).date(), last_day(kit.business, now))
    if not times:  # nothing for weeks: as far ahead as can be booked, before we say that there is nothing
        busy = await _busy(kit, facts, everything, now, own)
        times = _free(kit, everything, busy, now, own)
    if times:
        slots = offer(facts, wish, nearest(times, wish))
        sorry = spoken.closed_then if is_closed(kit.business, wish) else spoken.nothing_then
        return _offered(sorry(_starts(slots)), slots)
    if wish.provider is not None:
        others = msgspec.structs.replace(everything, provider=None)
        times = _free(kit, others, await _busy(kit, facts, others, now, own), now, own)
        if times:
            slots = offer(facts, others, nearest(times, wish))
            return _offered(spoken.somebody_else(_starts(slots)), slots)
    return _offered(spoken.nothing_at_all(kit.person_for(facts)), [])


async def alternatives(
    kit: Kit,
    facts: CallFacts,
    service: Service,
    day: date,
    provider: str | None = None,
    own: Reservation | None = None,
) -> list[Slot]:
    """Free times from `day` on, at any time of day, offered; may be empty.

    For when a time that was offered turned out to be taken: what was prefetched no longer counts.
    `provider`: id of the one calendar that will do. `own`: the booking that is to be moved.
    """
    kit.free_busy.forget()
    now = kit.clock.now()
    first = max(day, now.astimezone(kit.business.tz).date())
    wish = Wish(service=service, from_date=first, to_date=_later(first), provider=provider)
    times = _free(kit, wish, await _busy(kit, facts, wish, now, own), now, own)
    soonest = [time for time in times if time.start.date() == times[0].start.date()]
    return offer(facts, wish, pick(soonest))


def offer(facts: CallFacts, wish: Wish, times: list[FreeTime]) -> list[Slot]:
    """`times` as slots of this call. A time offered before keeps its id."""
    known = {(slot.calendar_id, slot.service, slot.start): slot for slot in facts.offered.values()}
    slots = []
    for time in times:
        slot = known.get((time.calendar_id, wish.service.key, time.start))
        slot = Slot(
            id=slot.id if slot is not None else f"slot_{len(facts.offered) + 1}",
            calendar_id=time.calendar_id,
            service=wish.service.key,
            start=time.start,
            end=time.end,
            provider_wished=wish.provider is not None,
        )
        facts.offered[slot.id] = slot
        slots.append(slot)
    return slots


def described(slots: list[Slot]) -> list[dict[str, Any]]:
    """Slots as the model sees them."""
    return [
        {"id": slot.id, "spoken": spoken.spoken_start(slot.start), "start": slot.start.isoformat()}
        for slot in slots
    ]


def _offered(say: str, slots: list[Slot]) -> ToolResult:
    return ToolResult(output={"ok": True, "say": say, "slots": described(slots)})


async def _to_move(kit: Kit, facts: CallFacts, arguments: CheckAvailability) -> Reservation:
    """Raises OutOfTurn, Declined, StoreError: nobody's own time but the caller's is left out of account."""
    own = await booking_to_change(kit, facts, arguments.moving or "")
    if own.service != arguments.service:
        raise OutOfTurn(f"service: the booking to be moved is of {own.service}")
    return own


def _free(kit: Kit, wish: Wish, busy: Busy, now: datetime, own: Reservation | None) -> list[FreeTime]:
    """Free times, but not the one that the booking to be moved has already."""
    times = free_times(kit.business, wish, busy, now)
    if own is None or wish.provider not in (None, own.calendar_id):
        return times
    return [time for time in times if time.start != own.start]


def _starts(slots: list[Slot]) -> list[datetime]:
    return [slot.start for slot in slots]


def _anything(wish: Wish, first: date, last: date) -> Wish:
    """The same service and provider at any time of some days."""
    return msgspec.structs.replace(
        wish, from_date=first, to_date=last, part_of_day=PartOfDay.ANY, weekday=None
    )


def _later(day: date) -> date:
    return day + timedelta(days=ALTERNATIVE_DAYS)


async def _busy(kit: Kit, facts: CallFacts, wish: Wish, now: datetime, own: Reservation | None) -> Busy:
    """What is taken on the days of a wish, as the calendars and our own rows have it.

    `own`: a booking that is to be moved, and so not in the way of its new time.
    Raises CalendarError, StoreUnavailable.
    """
    calendar_ids = list(wish.calendars)
    period = search_period(kit.business, wish, now)
    if period is None:
        return {calendar_id: [] for calendar_id in calendar_ids}  # no day of it can be booked anyway
    answers, rows = await asyncio.gather(
        kit.free_busy.between(calendar_ids, period.start, period.end),
        kit.store.live_reservations(
            calendar_ids=calendar_ids, start=period.start, end=period.end, now=now.astimezone(UTC)
        ),
    )
    busy = {
        calendar_id: [
            Period(one.start, one.end)
            for one in answers[calendar_id]
            if one.end > period.start and one.start < period.end
        ]
        for calendar_id in calendar_ids
    }
    if own is not None and own.calendar_id in busy and own.start < period.end and own.end > period.start:
        busy[own.calendar_id] = await _without(kit, own, busy[own.calendar_id])
    for row in rows:
        held = row.state is ReservationState.HELD and row.call_sid == facts.call_sid
        to_move = own is not None and row.id == own.id
        if not (held or to_move):  # a new hold lets go of this call's old one, so that one is not in its way
            busy[row.calendar_id].append(Period(row.start, row.end))
    return busy


async def _without(kit: Kit, own: Reservation, busy: list[Period]) -> list[Period]:
    """`busy` of a booking's calendar without its own event. Raises CalendarError, StoreError.

    Free/busy runs together what touches or overlaps and says not whose it is. So the appointment's
    own stretch is cut out, and whatever else stands in it, by the list of events, is laid over it
    again. That costs the one offer a way to Google; a guess would offer times that are taken, or
    refuse the half hour beside one's own. Where the list fails, so does the offer.
    """
    start, end = event_times(kit, own)
    cut = [
        part
        for one in busy
        for part in (Period(one.start, min(one.end, start)), Period(max(one.start, end), one.end))
        if part.start < part.end
    ]
    beside = await in_the_way(kit, own.calendar_id, start, end, own.event_id)
    return [*cut, *(Period(event.start, event.end) for event in beside)]
