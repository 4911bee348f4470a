"""Finding free times: what is offered, and when something was taken, what else there is.

Free/busy for the offer, our own live rows laid over it. Anything that cannot be read is
never free: the errors pass through and `dispatch.py` says so. Read `slots.py` for the rules.
"""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tools import spoken
from tools.arguments import CheckAvailability
from tools.business import Service
from tools.errors import BadArguments
from tools.facts import CallFacts
from tools.kit import Kit
from tools.result import Gate, ToolResult
from tools.slots import FreeTime, Period, Slot, Wish, free_times, pick, search_period
from tools.store import ReservationState

ALTERNATIVE_DAYS = 14  # how far past the wish we look when it cannot be met


async def check_availability(
    kit: Kit, facts: CallFacts, arguments: CheckAvailability, gate: Gate
) -> ToolResult:
    """Two or three free times that fit the wish, or the next ones after it."""
    wish = _wish(kit, arguments)
    times = await _search(kit, facts, wish)
    if times:
        slots = offer(facts, wish.service, times)
        return ToolResult(output={"ok": True, "say": spoken.offer(_starts(slots)), "slots": described(slots)})
    slots = await alternatives(kit, facts, wish.service, wish.from_date)
    say = spoken.nothing_then(_starts(slots))
    return ToolResult(output={"ok": True, "say": say, "slots": described(slots)})


async def alternatives(kit: Kit, facts: CallFacts, service: Service, day: date) -> list[Slot]:
    """Free times from `day` on, at any time of day, offered; may be empty."""
    today = kit.clock.now().astimezone(kit.business.tz).date()
    first = max(day, today)
    wish = Wish(service=service, from_date=first, to_date=first + timedelta(days=ALTERNATIVE_DAYS))
    times = await _search(kit, facts, wish)
    soonest = [time for time in times if time.start.date() == times[0].start.date()]
    return offer(facts, service, soonest)


def offer(facts: CallFacts, service: Service, times: list[FreeTime]) -> list[Slot]:
    """A few of `times`, as slots of this call. A time offered before keeps its id."""
    known = {(slot.calendar_id, slot.service, slot.start): slot for slot in facts.offered.values()}
    slots = []
    for time in pick(times):
        slot = known.get((time.calendar_id, service.key, time.start))
        if slot is None:
            slot = Slot(
                id=f"slot_{len(facts.offered) + 1}",
                calendar_id=time.calendar_id,
                service=service.key,
                start=time.start,
                end=time.end,
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


def _starts(slots: list[Slot]) -> list[datetime]:
    return [slot.start for slot in slots]


def _wish(kit: Kit, arguments: CheckAvailability) -> Wish:
    """Raises BadArguments when the wish makes no sense for this business or in itself."""
    service = kit.business.service(arguments.service)
    if service is None:
        keys = ", ".join(service.key for service in kit.business.services)
        raise BadArguments(f"service: unknown; expected one of {keys}")
    first, last = arguments.from_date, arguments.to_date
    today = kit.clock.now().astimezone(kit.business.tz).date()
    if last < first:
        raise BadArguments("to_date: is before from_date")
    if last < today:
        raise BadArguments(f"from_date, to_date: in the past; today is {today:%A}, {today.isoformat()}")
    if first == last and arguments.weekday is not None and first.weekday() != arguments.weekday.number:
        raise BadArguments(
            f"weekday: {first.isoformat()} is a {spoken.WEEKDAYS[first.weekday()]}, not a "
            f"{arguments.weekday.value.capitalize()}; ask the caller which is meant"
        )
    return Wish(
        service=service,
        from_date=first,
        to_date=last,
        part_of_day=arguments.part_of_day,
        weekday=None if arguments.weekday is None else arguments.weekday.number,
    )


async def _search(kit: Kit, facts: CallFacts, wish: Wish) -> list[FreeTime]:
    """Free times as the calendars and our own rows have them. Raises CalendarError, StoreUnavailable."""
    now = kit.clock.now()
    period = search_period(kit.business, wish, now)
    if period is None:
        return []
    calendar_ids = list(wish.service.calendars)
    answers, rows = await asyncio.gather(
        kit.calendar.free_busy(calendar_ids, period.start, period.end),
        kit.store.live_reservations(
            calendar_ids=calendar_ids, start=period.start, end=period.end, now=now.astimezone(UTC)
        ),
    )
    busy = {
        calendar_id: [Period(one.start, one.end) for one in answers[calendar_id]]
        for calendar_id in calendar_ids
    }
    for row in rows:
        own = row.state is ReservationState.HELD and row.call_sid == facts.call_sid
        if not own:  # a new hold lets go of this call's old one, so that one is not in its way
            busy[row.calendar_id].append(Period(row.start, row.end))
    return free_times(kit.business, wish, busy, now)
