"""A small business for tests of free times, with anything about it changed."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import msgspec

from tools.business import Business, Calendar, Closure, Hours, Service, Stretch, Wording
from tools.slots import FreeTime, Period, Wish

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = date(2026, 11, 23)
EARLY = datetime(2026, 11, 20, 12, tzinfo=UTC)
OFFICE: Hours = ((Stretch(9 * 60, 12 * 60), Stretch(13 * 60, 17 * 60)),) * 5 + ((), ())
ALWAYS: Hours = ((Stretch(0, 24 * 60),),) * 7
CUT = Service(key="cut", name="haircut", minutes=30, buffer_minutes=0, price=None, calendars=("a",))


def shop(
    *,
    service: Service = CUT,
    hours: Hours = OFFICE,
    zone: str = "America/New_York",
    notice: int = 0,
    horizon: int = 30,
    step: int = 30,
    closures: tuple[Closure, ...] = (),
    holidays: dict[date, str] | None = None,
    zones: dict[str, str] | None = None,
) -> Business:
    """Calendars "a" and "b". `zones`: of calendars whose clock is not the shop's, by id."""
    said = Wording(**dict.fromkeys(Wording.__struct_fields__, ""))
    return Business(
        name="Shop",
        agent="Robin",
        zone=zone,
        address="1 Street",
        directions="",
        handoff_number=None,
        notice_minutes=notice,
        horizon_days=horizon,
        slot_step_minutes=step,
        hold_minutes=5,
        hours=hours,
        closures=closures,
        holidays=holidays or {},
        calendars=tuple(
            Calendar(id=id_, name=id_.upper(), zone=(zones or {}).get(id_, zone), hours=hours)
            for id_ in ("a", "b")
        ),
        services=(service,),
        questions=(),
        wording=said,
    )


def wish(first: date = MONDAY, last: date | None = None, **more: object) -> Wish:
    """One day, or several, and whatever else is wished."""
    fields: dict[str, object] = {"service": CUT, "from_date": first, "to_date": last or first, **more}
    return msgspec.convert(fields, Wish)


def local(times: list[FreeTime]) -> list[str]:
    return [f"{free.start:%H:%M}" for free in times]


def period(day: date, start: str, end: str, zone: ZoneInfo = NEW_YORK) -> Period:
    at = [datetime.combine(day, time.fromisoformat(text), tzinfo=zone) for text in (start, end)]
    return Period(*at)
