"""What the model says the caller wants, checked against the calendar on the wall.

Pure. The model turns "next Thursday afternoon" into dates; models miscount days, so nothing is
believed that can be worked out here. A mistake of the model's is told to it with the right dates;
a wish that cannot be granted is told to the caller. Read `slots.py` next.
"""

from datetime import date, datetime, timedelta

from tools import spoken
from tools.arguments import CheckAvailability
from tools.business import Business, Calendar, Service
from tools.errors import BadArguments, Declined, UnknownService
from tools.slots import Wish, last_day

LONGEST_WISH_DAYS = 31  # "some time next month"


def wish_of(business: Business, arguments: CheckAvailability, now: datetime) -> Wish:
    """The wish. Raises BadArguments when it makes no sense, Declined when it lies too far ahead.

    `now`: aware instant.
    """
    service = business.service(arguments.service)
    if service is None:
        keys = ", ".join(service.key for service in business.services)
        raise UnknownService(
            f"service: unknown; expected one of {keys}; if the caller wants none of these, say so and "
            "offer a person (transfer_to_human, unsupported_request) or a message"
        )
    provider = None
    if arguments.provider is not None:
        provider = _provider(business, service, arguments.provider).id
    first, last = arguments.from_date, arguments.to_date
    weekday = None if arguments.weekday is None else arguments.weekday.number
    today = now.astimezone(business.tz).date()
    if last < first:
        raise BadArguments("to_date: is before from_date")
    if last < today:
        raise BadArguments(f"from_date, to_date: in the past; today is {_named(today)}")
    if last - first >= timedelta(days=LONGEST_WISH_DAYS):
        until = first + timedelta(days=LONGEST_WISH_DAYS - 1)
        raise BadArguments(
            f"to_date: at most {LONGEST_WISH_DAYS} days may be asked for at once, here until "
            f"{until.isoformat()}; ask the caller for a nearer time if none of them is free"
        )
    if weekday is not None:
        _check_weekday(first, last, weekday, today)
    if first > last_day(business, now):
        furthest = last_day(business, now)
        raise Declined(
            spoken.too_far_ahead(furthest),
            code="too_far_ahead",
            problem=f"from_date: nothing can be booked after {_named(furthest)}",
        )
    return Wish(
        service=service,
        from_date=first,
        to_date=last,
        part_of_day=arguments.part_of_day,
        weekday=weekday,
        provider=provider,
    )


def _check_weekday(first: date, last: date, weekday: int, today: date) -> None:
    """Raises BadArguments when no day from `first` to `last` is that weekday."""
    to_go = (weekday - first.weekday()) % 7
    if first + timedelta(days=to_go) <= last:
        return
    asked = spoken.WEEKDAYS[weekday]
    near = [first + timedelta(days=to_go + weeks * 7) for weeks in (-1, 0, 1)]
    right = " and ".join([day.isoformat() for day in near if day >= today][:2])
    if first == last:
        what = f"{first.isoformat()} is a {spoken.WEEKDAYS[first.weekday()]}, not a {asked}"
    else:
        what = f"there is no {asked} from {_named(first)} to {_named(last)}"
    raise BadArguments(f"weekday: {what}; the nearest {asked}s are {right}. Ask the caller which is meant")


def _provider(business: Business, service: Service, name: str) -> Calendar:
    """Whoever is asked for. Raises BadArguments."""
    calendars = [business.calendar(calendar_id) for calendar_id in service.calendars]
    found = next((each for each in calendars if each.name.casefold() == name.strip().casefold()), None)
    if found is None:
        names = ", ".join(each.name for each in calendars)
        raise BadArguments(f"provider: nobody of that name does {service.key}; expected one of {names}")
    return found


def _named(day: date) -> str:
    """The English weekday with the date: locale plays no part."""
    return f"{spoken.WEEKDAYS[day.weekday()]}, {day.isoformat()}"
