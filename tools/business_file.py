"""Reads `prompts/business.toml` and refuses what cannot be right, all problems at once.

Reads one file, and asks `public_holidays.py` where the owner names a region. The tables as the
owner writes them are in `business_tables.py`; what the rest of the project uses is in `business.py`.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from tools.business import Business, Calendar, Closure, Field, Hours, Mode, Question, Service
from tools.business_capture import asked_for, country, own_fields
from tools.business_handoff import e164, handoff_rules
from tools.business_hours import fits, own_week, week
from tools.business_tables import (
    REPEATED,
    REQUIRED,
    SINGLE,
    BookingTable,
    CalendarTable,
    CaptureTable,
    ClosureTable,
    FieldTable,
    HandoffTable,
    HoursTable,
    OwnerTable,
    QuestionTable,
    RemindersTable,
    ServiceTable,
    TextsTable,
    WordingTable,
)
from tools.business_texts import owner, reminders, text_rules
from tools.business_wording import spoken_wording
from tools.public_holidays import HolidaysError, days_off


class BusinessFileError(Exception):
    """The owner's file cannot be used. `problems`: one sentence each, naming the key or line."""

    def __init__(self, path: str, problems: list[str]) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))
        self.path = path
        self.problems = problems


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
        self._books = True  # appointments: unless the owner only wants to know who called
        self._hours_known = False  # while they are not, nothing can be said to fit into them

    def read(self, raw: dict[str, Any]) -> Business | None:
        """None when a table has the wrong shape; the meaning of the others was checked all the same."""
        self._books = raw.get("mode") != Mode.LEADS
        tables = self._shapes(raw)
        zone = self._zone("zone", tables.get("zone"))
        number = e164("handoff_number", tables.get("handoff_number"), self.problems)
        handing_over = handoff_rules(tables.get("handoff", HandoffTable()), number, self.problems)
        capture = tables.get("capture", CaptureTable())
        asked = asked_for(capture, self.problems)
        fields = self._fields(tables.get("field", []))
        home = country(tables.get("country"), number, self.problems)
        self._hours_known = "hours" in tables
        hours = week("hours", tables.get("hours", HoursTable()), self.problems)
        closures = tuple(self._closure(table) for table in tables.get("closure", []))
        holidays = self._holidays(tables.get("holidays"), tables.get("open_holidays", []))
        calendars = self._calendars(tables.get("calendar", []), hours, zone)
        services = self._services(tables.get("service", []), calendars)
        questions = self._questions(tables.get("faq", []))
        given = tables.get("wording", WordingTable())
        wording = spoken_wording(given, str(tables.get("name")), str(tables.get("agent")), self.problems)
        told = tables.get("country") is not None or number is not None  # which country it is in
        texts = text_rules(tables.get("texts", TextsTable()), home if told else None, self.problems)
        remindings = reminders(tables.get("reminders", RemindersTable()), self.problems)
        told_of_callbacks = owner(tables.get("owner", OwnerTable()), self.problems)
        if self.problems:
            return None
        booking: BookingTable = tables["booking"]
        return Business(
            mode=tables["mode"],
            name=tables["name"],
            agent=tables["agent"],
            zone=zone,
            address=tables["address"],
            directions=tables["directions"],
            handoff_number=number,
            notice_minutes=booking.notice_minutes,
            change_notice_minutes=booking.change_notice_minutes,
            horizon_days=booking.horizon_days,
            slot_step_minutes=booking.slot_step_minutes,
            hold_minutes=booking.hold_minutes,
            hours=hours,
            closures=closures,
            holidays=holidays,
            calendars=calendars,
            services=services,
            questions=questions,
            wording=wording,
            country=home,
            ask=asked,
            fields=fields,
            texts=texts,
            reminders=remindings,
            handoff=handing_over,
            owner=told_of_callbacks,
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
            elif self._books and len(entries) < at_least:
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

    def _zone(self, where: str, zone: str | None) -> str:
        if zone is None:
            return ""
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):  # unknown; not a name at all; the name of a folder
            self.problems.append(f'{where}: unknown "{zone}"; expected an IANA name such as America/New_York')
        return zone

    def _closure(self, table: ClosureTable) -> Closure:
        last = table.last or table.first
        if last < table.first:
            self.problems.append(f"closure ({table.reason}): to is before from")
        return Closure(first=table.first, last=last, reason=table.reason)

    def _holidays(self, region: str | None, kept_open: list[str]) -> dict[date, str]:
        if region is None:
            if kept_open:
                self.problems.append('open_holidays: needs a region; expected e.g. holidays = "US-NY"')
            return {}
        try:
            return days_off(region, kept_open)
        except HolidaysError as error:
            self.problems.append(str(error))
            return {}

    def _calendars(self, tables: list[CalendarTable], hours: Hours, zone: str) -> tuple[Calendar, ...]:
        self._repeated("calendar", "id", (table.id for table in tables))
        self._repeated("calendar", "name", (table.name.casefold() for table in tables))
        calendars = []
        for table in tables:
            if table.id == "primary":
                self.problems.append(
                    'calendar id: "primary" is a different calendar for every account; '
                    "expected the calendar's own id, an address"
                )
            where = f"calendar {table.id}"
            calendars.append(
                Calendar(
                    id=table.id,
                    name=table.name,
                    zone=zone if table.zone is None else self._zone(f"{where}: zone", table.zone),
                    hours=own_week(f"{where}: hours", table.hours, hours, self.problems),
                )
            )
        return tuple(calendars)

    def _services(self, tables: list[ServiceTable], calendars: tuple[Calendar, ...]) -> tuple[Service, ...]:
        self._repeated("service", "key", (table.key for table in tables))
        known = {calendar.id: calendar for calendar in calendars}
        for table in tables:
            where = f"service {table.key}"
            self._repeated(where, "calendars", table.calendars)
            if self._books and not table.calendars:
                self.problems.append(f"{where}: calendars: expected at least one")
            for calendar_id in table.calendars:
                if calendar_id not in known:
                    self.problems.append(f'{where}: calendars: no [[calendar]] has id "{calendar_id}"')
                elif self._hours_known and not fits(table.minutes, known[calendar_id].hours):
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

    def _fields(self, tables: list[FieldTable]) -> tuple[Field, ...]:
        self._repeated("field", "key", (table.key for table in tables))
        for table in tables:
            self._repeated(f"field {table.key}", "choices", table.choices)
        return own_fields(tables, self.problems)

    def _repeated(self, where: str, field: str, values: Iterable[str]) -> None:
        for value, count in Counter(values).items():
            if count > 1:
                self.problems.append(f'{where}: {field} "{value}" is given {count} times; expected once')
