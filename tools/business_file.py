"""Reads `prompts/business.toml` and refuses what cannot be right, all problems at once.

Reads one file; otherwise pure. The tables as the owner writes them are in
`business_tables.py`; what the rest of the project uses is in `business.py`.
"""

import re
import string
import tomllib
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import phonenumbers

from tools.business import (
    MINUTES_PER_DAY,
    Business,
    Calendar,
    Closure,
    Hours,
    Question,
    Service,
    Stretch,
    Wording,
)
from tools.business_tables import (
    REPEATED,
    REQUIRED,
    SINGLE,
    BookingTable,
    CalendarTable,
    ClosureTable,
    HoursTable,
    OwnHoursTable,
    QuestionTable,
    ServiceTable,
    WordingTable,
)


class BusinessFileError(Exception):
    """The owner's file cannot be used. `problems`: one sentence each, naming the key or line."""

    def __init__(self, path: str, problems: list[str]) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))
        self.path = path
        self.problems = problems


SPOKEN_PLACEHOLDERS = frozenset({"business", "agent"})
TEXT_PLACEHOLDERS = frozenset({"business", "service", "name", "date", "time", "address"})

_STRETCH = re.compile(r"^(\d\d):(\d\d)-(\d\d):(\d\d)$")


def load_business(path: Path) -> Business:
    """The business described by the file at `path`. Raises BusinessFileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BusinessFileError(path.name, [f"cannot be read as UTF-8 text: {error}"]) from error
    return parse_business(text, path.name)


def parse_business(text: str, name: str = "business.toml") -> Business:
    """The business described by `text`; `name` is the file's, for messages. Raises BusinessFileError."""
    try:
        raw = tomllib.loads(text)
    except ValueError as error:  # malformed TOML, and dates that do not exist
        raise BusinessFileError(name, [f"is not valid TOML: {error}"]) from error
    reader = _Reader()
    business = reader.read(raw)
    if business is None or reader.problems:
        raise BusinessFileError(name, reader.problems)
    return business


class _Reader:
    """Collects problems instead of stopping at the first."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._hours_known = False  # while they are not, nothing can be said to fit into them

    def read(self, raw: dict[str, Any]) -> Business | None:
        """None when a table has the wrong shape; the meaning of the others was checked all the same."""
        tables = self._shapes(raw)
        zone = self._zone(tables.get("zone"))
        number = self._number(tables.get("handoff_number"))
        self._hours_known = "hours" in tables
        hours = self._hours("hours", tables.get("hours", HoursTable()))
        closures = tuple(self._closure(table) for table in tables.get("closure", []))
        calendars = self._calendars(tables.get("calendar", []), hours)
        services = self._services(tables.get("service", []), calendars)
        questions = self._questions(tables.get("faq", []))
        wording = self._wording(
            tables.get("wording", WordingTable()), str(tables.get("name")), str(tables.get("agent"))
        )
        if self.problems:
            return None
        booking: BookingTable = tables["booking"]
        return Business(
            name=tables["name"],
            agent=tables["agent"],
            zone=zone,
            address=tables["address"],
            directions=tables["directions"],
            handoff_number=number,
            notice_minutes=booking.notice_minutes,
            horizon_days=booking.horizon_days,
            slot_step_minutes=booking.slot_step_minutes,
            hold_minutes=booking.hold_minutes,
            hours=hours,
            closures=closures,
            calendars=calendars,
            services=services,
            questions=questions,
            wording=wording,
        )

    # --- shapes -------------------------------------------------------------------

    def _shapes(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Every table converted on its own, so that one mistake does not hide the next."""
        known = sorted(SINGLE.keys() | REPEATED.keys())
        for key in raw.keys() - set(known):
            self.problems.append(f"{key}: unknown key; expected one of {', '.join(known)}")
        good: dict[str, Any] = {}
        for key, (kind, default) in SINGLE.items():
            if key in raw:
                value = self._convert(key, raw[key], kind)
                if value is not None:
                    good[key] = value
            elif default is REQUIRED:
                self.problems.append(f"{key}: missing")
            else:
                good[key] = default
        for key, (kind, at_least) in REPEATED.items():
            entries = raw.get(key, [])
            if not isinstance(entries, list):
                self.problems.append(f"{key}: expected [[{key}]] tables")
                entries = []
            elif len(entries) < at_least:
                self.problems.append(f"{key}: expected at least {at_least} [[{key}]]")
            converted = (self._convert(f"{key} {n}", entry, kind) for n, entry in enumerate(entries, start=1))
            good[key] = [entry for entry in converted if entry is not None]
        return good

    def _convert(self, where: str, value: Any, kind: Any) -> Any:
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            what, _, path = str(error).partition(" - at `$")
            self.problems.append(f"{where}{path.rstrip('`').replace('[...]', '')}: {what}")
            return None

    # --- meanings -----------------------------------------------------------------

    def _zone(self, zone: str | None) -> str:
        if zone is None:
            return ""
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):  # unknown; not a name at all; the name of a folder
            self.problems.append(f'zone: unknown "{zone}"; expected an IANA name such as America/New_York')
        return zone

    def _number(self, number: str | None) -> str | None:
        if number is None:
            return None
        try:
            parsed = phonenumbers.parse(number, None)
            formatted = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
            valid = phonenumbers.is_valid_number(parsed) and formatted == number
        except phonenumbers.NumberParseException:
            valid = False
        if not valid:
            self.problems.append(f'handoff_number: "{number}" is not E.164; expected e.g. +12025550180')
        return number

    def _hours(self, where: str, table: HoursTable) -> Hours:
        days = msgspec.structs.asdict(table).items()
        return tuple(self._day(f"{where}.{day}", texts) for day, texts in days)

    def _day(self, where: str, texts: list[str]) -> tuple[Stretch, ...]:
        stretches = []
        for text in texts:
            match = _STRETCH.match(text)
            opens, closes = _minutes(match.groups()) if match else (0, 0)
            if match is None or opens is None or closes is None:
                self.problems.append(f'{where}: "{text}" is not a stretch such as "09:00-12:30"')
            elif opens >= closes:
                self.problems.append(f'{where}: "{text}" closes before it opens')
            else:
                stretches.append(Stretch(opens, closes))
        stretches.sort()
        if any(one.closes > two.opens for one, two in pairwise(stretches)):
            self.problems.append(f"{where}: two stretches overlap")
        return tuple(stretches)

    def _closure(self, table: ClosureTable) -> Closure:
        last = table.last or table.first
        if last < table.first:
            self.problems.append(f"closure ({table.reason}): to is before from")
        return Closure(first=table.first, last=last, reason=table.reason)

    def _calendars(self, tables: list[CalendarTable], hours: Hours) -> tuple[Calendar, ...]:
        self._repeated("calendar", "id", (table.id for table in tables))
        calendars = []
        for table in tables:
            if table.id == "primary":
                self.problems.append(
                    'calendar id: "primary" is a different calendar for every account; '
                    "expected the calendar's own id, an address"
                )
            own = self._own_hours(f"calendar {table.id}: hours", table.hours, hours)
            calendars.append(Calendar(id=table.id, name=table.name, hours=own))
        return tuple(calendars)

    def _own_hours(self, where: str, table: OwnHoursTable, business: Hours) -> Hours:
        days = zip(msgspec.structs.asdict(table).items(), business, strict=True)
        return tuple(
            usual if texts is None else self._day(f"{where}.{day}", texts) for (day, texts), usual in days
        )

    def _services(self, tables: list[ServiceTable], calendars: tuple[Calendar, ...]) -> tuple[Service, ...]:
        self._repeated("service", "key", (table.key for table in tables))
        known = {calendar.id: calendar for calendar in calendars}
        for table in tables:
            where = f"service {table.key}"
            self._repeated(where, "calendars", table.calendars)
            for calendar_id in table.calendars:
                if calendar_id not in known:
                    self.problems.append(f'{where}: calendars: no [[calendar]] has id "{calendar_id}"')
                elif self._hours_known and not _fits(table.minutes, known[calendar_id].hours):
                    self.problems.append(f'{where}: minutes: never fits the hours of "{calendar_id}"')
        return tuple(
            Service(
                key=table.key,
                name=table.name,
                minutes=table.minutes,
                buffer_minutes=table.buffer_minutes,
                price=table.price,
                calendars=tuple(table.calendars),
            )
            for table in tables
        )

    def _questions(self, tables: list[QuestionTable]) -> tuple[Question, ...]:
        self._repeated("faq", "topic", (table.topic for table in tables))
        return tuple(
            Question(topic=table.topic, questions=tuple(table.questions), answer=table.answer)
            for table in tables
        )

    def _repeated(self, where: str, field: str, values: Iterable[str]) -> None:
        for value, count in Counter(values).items():
            if count > 1:
                self.problems.append(f'{where}: {field} "{value}" is given {count} times; expected once')

    def _wording(self, table: WordingTable, business: str, agent: str) -> Wording:
        texts = {key: text for key, text in msgspec.structs.asdict(table).items() if isinstance(text, str)}
        spoken: dict[str, str] = {}
        for key, text in texts.items():
            allowed = TEXT_PLACEHOLDERS if key == "confirmation_text" else SPOKEN_PLACEHOLDERS
            problem = placeholder_problem(text, allowed)
            if problem is not None:
                self.problems.append(f"wording.{key}: {problem}")
            elif key != "confirmation_text":
                spoken[key] = text.format(business=business, agent=agent)
        opening = ["greeting", *(["disclosure_sentence"] if table.disclosure else []), "opening_question"]
        return Wording(
            opening=" ".join(spoken.get(key, "") for key in opening),
            busy=spoken.get("busy", ""),
            trouble=spoken.get("trouble", ""),
            call_back=spoken.get("call_back", ""),
            goodbye=spoken.get("goodbye", ""),
            confirmation_text=table.confirmation_text,
        )


def _fits(minutes: int, hours: Hours) -> bool:
    return any(stretch.closes - stretch.opens >= minutes for day in hours for stretch in day)


def placeholder_problem(text: str, allowed: Iterable[str]) -> str | None:
    """What is wrong with the `{placeholders}` of `text`, or None."""
    names = ", ".join(f"{{{name}}}" for name in sorted(allowed))
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        return f"{error}; expected placeholders such as {names}"
    for _, name, spec, conversion in parts:
        if name is not None and (name not in set(allowed) or spec or conversion):
            return f"unknown placeholder {{{name}}}; expected {names}"
    return None


def _minutes(groups: tuple[str, ...]) -> tuple[int | None, int | None]:
    """Minutes since midnight of both ends; None for an end that is no time of day."""
    opens_h, opens_m, closes_h, closes_m = (int(group) for group in groups)
    opens = opens_h * 60 + opens_m if opens_h < 24 and opens_m < 60 else None
    closes = closes_h * 60 + closes_m if closes_m < 60 else None
    return opens, closes if closes is not None and closes <= MINUTES_PER_DAY else None
