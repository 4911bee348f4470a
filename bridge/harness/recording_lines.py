"""Reads the `[[caller_line]]` tables of a recording: what the caller does, when, and what it means.

Looks whether the file of each clip is there. Read first: recording.py, for the words; used by
recording_file.py.
"""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from bridge.harness.recording import CallerLine, Intent, Meaning
from bridge.harness.toml_table import Table

CONDITIONS = ("after_quiet_ms", "into_sentence_ms", "if_silent_ms")
DEEDS = ("clip", "press", "press_code", "hang_up")
KEYS = "0123456789*#"
PARTS = ("any", "morning", "afternoon", "evening")
VOICES = ("rms", "slt", "awb", "own")  # as recordings/render.py knows them
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
    Intent.RESCHEDULE: (("day",), ("until", "part", "booking")),
    Intent.CANCEL: ((), ("booking",)),
    Intent.DETAILS: (("details",), ()),
    Intent.EMERGENCY: ((), ()),
    Intent.ASIDE: ((), ()),
    Intent.GOODBYE: ((), ()),
}


def caller_line(folder: Path, table: Table) -> CallerLine:
    """One line of the recording in `folder`. What is wrong is noted and replaced by something harmless."""
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
    for key in ("text", "voice", "means"):
        if not spoken and table.has(key):
            table.wrong(key, "belongs to a clip only")
    line = CallerLine(
        clip=clip,
        text=table.text("text") if spoken else table.text("text", ""),
        voice=table.choice("voice", VOICES, "rms") or "rms",
        press=press,
        press_code=_deed(table, "press_code"),
        hang_up=_deed(table, "hang_up"),
        after_quiet_ms=table.number("after_quiet_ms", at_least=1),
        into_sentence_ms=table.number("into_sentence_ms", at_least=1),
        if_silent_ms=table.number("if_silent_ms", at_least=1),
        means=_meaning(table.table("means")) if table.has("means") else None,
    )
    table.done()
    return line


def _deed(table: Table, key: str) -> bool:
    """Something that is either done or not written down at all."""
    done = table.boolean(key, False)
    if table.has(key) and not done:
        table.wrong(key, "only true makes sense here")
    return done


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
    day, until = _days(table, known)
    meaning = Meaning(
        intent=intent,
        service=table.text("service", "") if "service" in known else "",
        day=day,
        until=until,
        part=(table.choice("part", PARTS, "any") if "part" in known else None) or "any",
        booking=(table.number("booking", at_least=1) if "booking" in known else None) or 1,
        option=(table.number("option", at_least=1) if "option" in known else None) or 0,
        name=table.text("name", "") if "name" in known else "",
        topic=table.text("topic", "") if "topic" in known else "",
        message=table.text("message", "") if "message" in known else "",
        details=table.texts("details") if "details" in known else {},
    )
    table.done()
    return meaning


def _days(table: Table, known: Sequence[str]) -> tuple[date | None, date | None]:
    day = table.day("day") if "day" in known and table.has("day") else None
    until = table.day("until") if "until" in known and table.has("until") else None
    if day and until and until < day:
        table.wrong("until", f"a day not before {day} is expected")
    return day, until


def _list(words: Sequence[str]) -> str:
    return ", ".join(words) if words else "none"
