"""Opening hours as the owner writes them: "09:00-12:30".

Pure. Each function appends a sentence to `problems` for what cannot be right, and goes on.
Used by `business_file.py`.
"""

import re
from collections.abc import Iterable
from itertools import pairwise

import msgspec

from tools.business import MINUTES_PER_DAY, Hours, Stretch
from tools.business_tables import HoursTable, OwnHoursTable

_STRETCH = re.compile(r"^(\d\d):(\d\d)-(\d\d):(\d\d)$")


def week(where: str, table: HoursTable, problems: list[str]) -> Hours:
    """The hours of the business. `where`: the table's name, for problems."""
    days = msgspec.structs.asdict(table).items()
    return tuple(_day(f"{where}.{day}", texts, problems) for day, texts in days)


def own_week(where: str, table: OwnHoursTable, business: Hours, problems: list[str]) -> Hours:
    """The hours of one calendar, where they are not as the business's."""
    days = zip(msgspec.structs.asdict(table).items(), business, strict=True)
    return tuple(
        usual if texts is None else _day(f"{where}.{day}", texts, problems) for (day, texts), usual in days
    )


def fits(minutes: int, hours: Hours) -> bool:
    """Whether an appointment of so many minutes has room on any day."""
    return any(stretch.closes - stretch.opens >= minutes for day in hours for stretch in day)


def quiet(where: str, text: str, problems: list[str]) -> tuple[int, int]:
    """Begin and end of the quiet hours, minutes since midnight; they may span midnight, "" is none."""
    if text == "":
        return 0, 0
    match = _STRETCH.match(text)
    begins, ends = _minutes(match.groups()) if match else (None, None)
    if begins is None or ends is None or begins == ends % MINUTES_PER_DAY:
        problems.append(f'{where}: "{text}" is not a stretch such as "21:00-08:00", and not ""')
        return 0, 0
    return begins, ends % MINUTES_PER_DAY


def _day(where: str, texts: Iterable[str], problems: list[str]) -> tuple[Stretch, ...]:
    stretches = []
    for text in texts:
        match = _STRETCH.match(text)
        opens, closes = _minutes(match.groups()) if match else (None, None)
        if opens is None or closes is None:
            problems.append(f'{where}: "{text}" is not a stretch such as "09:00-12:30"')
        elif opens >= closes:
            problems.append(f'{where}: "{text}" closes before it opens')
        else:
            stretches.append(Stretch(opens, closes))
    stretches.sort()
    if any(one.closes > two.opens for one, two in pairwise(stretches)):
        problems.append(f"{where}: two stretches overlap")
    return tuple(stretches)


def _minutes(groups: tuple[str, ...]) -> tuple[int | None, int | None]:
    """Minutes since midnight of both ends; None for an end that is no time of day."""
    opens_h, opens_m, closes_h, closes_m = (int(group) for group in groups)
    opens = opens_h * 60 + opens_m if opens_h < 24 and opens_m < 60 else None
    closes = closes_h * 60 + closes_m if closes_m < 60 else None
    return opens, closes if closes is not None and closes <= MINUTES_PER_DAY else None
