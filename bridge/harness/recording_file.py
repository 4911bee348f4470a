"""Reads a recording's folder into a `Recording`, or says everything that is wrong with it.

Each problem names the table, its line in the file and the key, and what is expected there, so
that whoever writes a recording repairs it in one go. Read first: recording.py, for the words.
"""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import phonenumbers

from bridge.harness.recording import (
    CalendarEventGiven,
    CallerLine,
    Expect,
    Intent,
    Meaning,
    PolicyOptions,
    Recording,
    SomeoneElseBooks,
)
from bridge.harness.toml_table import Problems, Table

FILE_NAME = "recording.toml"
CONDITIONS = ("after_quiet_ms", "into_sentence_ms", "if_silent_ms")
DEEDS = ("clip", "press", "hang_up")
KEYS = "0123456789*#"
PARTS = ("any", "morning", "afternoon", "evening")
VOICES = ("rms", "slt", "awb", "own")  # as recordings/render.py knows them
ENDS = ("hang_up", "person", "message", "caller_hung_up")
_CLIP_NAME = re.compile(r"[a-z0-9_]+")
# Besides "intent": what must be said with it, and what may be.
_MEANING_KEYS: dict[Intent, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Intent.BOOK: (("service", "day"), ("until", "part", "name")),
    Intent.CHOOSE: (("option",), ("name",)),
    Intent.NAME: (("name",), ()),
    Intent.YES: ((), ("name",)),
    Intent.NO: ((), ()),
    Intent.PERSON: ((), ()),
    Intent.QUESTION: (("topic",), ()),
    Intent.MESSAGE: (("message",), ("name",)),
    Intent.ASIDE: ((), ()),
    Intent.GOODBYE: ((), ()),
}


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
    lines = tuple(_line(folder, table) for table in top.tables("caller_line"))
    if not lines:
        top.problems.note("", "caller_line", "a call needs at least one [[caller_line]]")
    policy = top.table("policy")
    recording = Recording(
        folder=folder,
        title=top.text("title"),
        about=top.text("about"),
        date=top.moment("date"),
        caller=_number(top, "caller", top.text("caller", may_be_empty=True)),
        business=business,
        lines=lines,
        policy=PolicyOptions(hasty=policy.boolean("hasty", False)),
        given=tuple(_given(table) for table in top.tables("calendar_event")),
        someone_else=tuple(_someone_else(table) for table in top.tables("someone_else_books")),
        expect=_expect(top.table("expect", required=True)),
    )
    policy.done()
    top.done()
    return recording


# --- the caller -------------------------------------------------------------------


def _line(folder: Path, table: Table) -> CallerLine:
    deeds = [key for key in DEEDS if table.has(key)]
    if len(deeds) != 1:
        table.wrong("", f"exactly one of {_list(DEEDS)} is expected, found {_list(deeds)}")
    conditions = [key for key in CONDITIONS if table.has(key)]
    if len(conditions) != 1:
        table.wrong("", f"exactly one of {_list(CONDITIONS)} is expected, found {_list(conditions)}")
    spoken = table.has("clip")
    clip = table.text("clip") if spoken else None
    if clip and not _CLIP_NAME.fullmatch(clip):
        table.wrong("clip", "small letters, digits and _ are expected, without .wav")
    elif clip and not (folder / "clips" / f"{clip}.wav").is_file():
        table.wrong("clip", f"there is no file clips/{clip}.wav (run recordings/render.py)")
    press = table.text("press") if table.has("press") else None
    if press and (len(press) > 1 or press not in KEYS):
        table.wrong("press", f"one key of {KEYS} is expected")
    hang_up = table.boolean("hang_up", False)
    if table.has("hang_up") and not hang_up:
        table.wrong("hang_up", "only true makes sense here")
    for key in ("text", "voice", "means"):
        if not spoken and table.has(key):
            table.wrong(key, "belongs to a clip only")
    line = CallerLine(
        clip=clip,
        text=table.text("text") if spoken else table.text("text", ""),
        voice=table.choice("voice", VOICES, "rms") or "rms",
        press=press,
        hang_up=hang_up,
        after_quiet_ms=table.number("after_quiet_ms", at_least=1),
        into_sentence_ms=table.number("into_sentence_ms", at_least=1),
        if_silent_ms=table.number("if_silent_ms", at_least=1),
        means=_meaning(table.table("means")) if table.has("means") else None,
    )
    table.done()
    return line


def _meaning(table: Table) -> Meaning:
    word = table.choice("intent", tuple(Intent))
    if word is None:
        return Meaning(intent=Intent.ASIDE)  # noted as wrong; its other keys cannot be judged
    intent = Intent(word)
    must, may = _MEANING_KEYS[intent]
    for key in must:
        if not table.has(key):
            table.wrong(key, f'is expected with intent = "{intent}"')
    known = must + may
    day = table.day("day") if "day" in known and table.has("day") else None
    until = table.day("until") if "until" in known and table.has("until") else None
    if day and until and until < day:
        table.wrong("until", f"a day not before {day} is expected")
    meaning = Meaning(
        intent=intent,
        service=table.text("service", "") if "service" in known else "",
        day=day,
        until=until,
        part=(table.choice("part", PARTS, "any") if "part" in known else None) or "any",
        option=(table.number("option", at_least=1) if "option" in known else None) or 0,
        name=table.text("name", "") if "name" in known else "",
        topic=table.text("topic", "") if "topic" in known else "",
        message=table.text("message", "") if "message" in known else "",
    )
    table.done()
    return meaning


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
        texts=table.number("texts", at_least=0) or 0,
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


def _list(words: Sequence[str]) -> str:
    return ", ".join(words) if words else "none"
