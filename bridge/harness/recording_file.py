"""Reads a recording's folder into a `Recording`, or says everything that is wrong with it.

Each problem names the table, its line in the file and the key, and what is expected there, so
that whoever writes a recording repairs it in one go. Read first: recording.py, for the words.
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path

import phonenumbers

from bridge.harness.recording import (
    BookedBefore,
    CalendarEventGiven,
    Expect,
    PolicyOptions,
    Recording,
    SomeoneElseBooks,
)
from bridge.harness.recording_lines import caller_line
from bridge.harness.toml_table import Problems, Table

FILE_NAME = "recording.toml"
PEOPLE = ("accepts", "declines", "no_key", "hangs_up", "machine", "busy", "no_answer", "fails")
ENDS = ("hang_up", "person", "message", "caller_hung_up")


class RecordingError(Exception):
    """A recording cannot be used. `problems` holds a sentence for each thing wrong."""

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        self.path = path
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))


def load_recording(folder: Path) -> Recording:
    """The recording in `folder`. Raises RecordingError, with all problems found."""
    path = folder / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError:
        raise RecordingError(path, ["there is no such file"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(path, [f"cannot be read: {error}"]) from None
    except tomllib.TOMLDecodeError as error:
        raise RecordingError(path, [f"is not TOML: {error}"]) from None
    problems = Problems(text)
    recording = _recording(folder, Table(data, "", problems))
    if problems.found:
        raise RecordingError(path, problems.found)
    return recording


def load_all(parent: Path) -> list[Recording]:
    """Every recording in a folder directly below `parent`, by name. Raises RecordingError."""
    return [load_recording(path.parent) for path in sorted(parent.glob(f"*/{FILE_NAME}"))]


def _recording(folder: Path, top: Table) -> Recording:
    """The whole file. What is wrong is noted and replaced by something harmless."""
    business = folder / top.text("business")
    if top.text("business") and not business.is_file():
        top.wrong("business", f"there is no file {business}")
    lines = tuple(caller_line(folder, table) for table in top.tables("caller_line"))
    if not lines:
        top.problems.note("", "caller_line", "a call needs at least one [[caller_line]]")
    policy = top.table("policy")
    caller = _number(top, "caller", top.text("caller", may_be_empty=True))
    recording = Recording(
        folder=folder,
        title=top.text("title"),
        about=top.text("about"),
        date=top.moment("date"),
        caller=caller,
        attestation=top.text("attestation", "", may_be_empty=True),
        business=business,
        lines=lines,
        policy=PolicyOptions(hasty=policy.boolean("hasty", False)),
        person=top.choice("person", PEOPLE, PEOPLE[0]) or "",
        calendar_down=top.boolean("calendar_down", False),
        given=tuple(_given(table) for table in top.tables("calendar_event")),
        booked_before=tuple(_booked_before(table, caller) for table in top.tables("booking")),
        someone_else=tuple(_someone_else(table) for table in top.tables("someone_else_books")),
        expect=_expect(top.table("expect", required=True)),
    )
    policy.done()
    top.done()
    return recording


# --- the world around the call ----------------------------------------------------


def _given(table: Table) -> CalendarEventGiven:
    start, end = table.moment("start"), table.moment("end")
    if end <= start and table.has("start") and table.has("end"):
        table.wrong("end", "a time after start is expected")
    event = CalendarEventGiven(
        calendar=table.text("calendar"), start=start, end=end, summary=table.text("summary")
    )
    table.done()
    return event


def _booked_before(table: Table, caller: str) -> BookedBefore:
    """Under the calling number, unless another one is given."""
    number = _number(table, "number", table.text("number", caller, may_be_empty=True))
    if not number:
        table.wrong("number", "is expected where the caller's is withheld")
    booking = BookedBefore(
        calendar=table.text("calendar"),
        service=table.text("service"),
        start=table.moment("start"),
        name=table.text("name"),
        number=number,
    )
    table.done()
    return booking


def _someone_else(table: Table) -> SomeoneElseBooks:
    by_slot = table.has("slot")
    if by_slot == (table.has("start") or table.has("end")):
        table.wrong("", "either slot, or start and end are expected")
    if not by_slot and table.has("minutes"):
        table.wrong("minutes", "belongs to slot only; with start, give end")
    timed = not by_slot and (table.has("start") or table.has("end"))
    start = table.moment("start") if timed else None
    end = table.moment("end") if timed else None
    if start and end and table.has("start") and table.has("end") and end <= start:
        table.wrong("end", "a time after start is expected")
    booking = SomeoneElseBooks(
        after_tool=table.text("after_tool"),
        calendar=table.text("calendar"),
        summary=table.text("summary"),
        slot=table.number("slot", at_least=1),
        minutes=table.number("minutes", at_least=1) or 30,
        start=start,
        end=end,
    )
    table.done()
    return booking


def _expect(table: Table) -> Expect:
    expect = Expect(
        outcome=table.text("outcome"),
        end=table.choice("end", ENDS) or "",
        events=tuple(table.moments("events")),
        cancelled=tuple(table.moments("cancelled")),
        moved=tuple(table.moments("moved")),
        texts=table.number("texts", at_least=0) or 0,
        emails=table.number("emails", at_least=0) or 0,
        owner_texts=table.number("owner_texts", at_least=0) or 0,
        owner_emails=table.number("owner_emails", at_least=0) or 0,
        callbacks=tuple(table.words("callbacks")),
        lead=table.texts("lead"),
        tools=tuple(table.words("tools")),
        interruptions=table.number("interruptions", at_least=0) or 0,
        dialled=_number(table, "dialled", table.text("dialled", "", may_be_empty=True)),
        holds_left=table.number("holds_left", at_least=0) or 0,
    )
    table.done()
    return expect


def _number(table: Table, key: str, number: str) -> str:
    """`number` when it is one in E.164 (or empty), else noted as wrong."""
    if number:
        try:
            parsed = phonenumbers.parse(number, None)
            good = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == number
        except phonenumbers.NumberParseException:
            good = False
        if not good:
            table.wrong(key, f'a number such as "+12025550143" is expected, found "{number}"')
    return number
