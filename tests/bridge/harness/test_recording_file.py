"""Reading a recording: what a good file gives, and how each mistake is named."""

from datetime import date, datetime
from pathlib import Path

import pytest

from bridge.harness.recording import Intent
from bridge.harness.recording_file import RecordingError, load_all, load_recording

GOOD = """\
title = "A call"
about = "What it shows."
date = 2026-11-23T09:05:00
caller = "+12025550143"
attestation = "TN-Validation-Passed-A"
calendar_down = true
business = "../business.toml"

[[caller_line]]
clip = "hello"
text = "Hello, a cleaning on Wednesday, please."
after_quiet_ms = 700
means = { intent = "book", service = "cleaning", day = "2026-11-25", part = "morning" }

[[caller_line]]
press = "5"
if_silent_ms = 4000

[[caller_line]]
hang_up = true
into_sentence_ms = 1200

[[caller_line]]
press_code = true
after_quiet_ms = 900

[policy]
hasty = true

[[calendar_event]]
calendar = "chair-1"
start = 2026-11-25T13:00:00
end = 2026-11-25T14:00:00
summary = "Lunch"

[[someone_else_books]]
after_tool = "check_availability"
calendar = "chair-1"
slot = 1
summary = "Walk-in"

[[booking]]
calendar = "chair-1"
service = "cleaning"
start = 2026-12-01T10:00:00
name = "Dana Reed"

[expect]
outcome = "booked"
events = ["2026-11-25T14:00:00"]
moved = [2026-12-01T10:00:00]
callbacks = ["message"]
lead = { email = "dana@example.com" }
texts = 1
tools = ["check_availability"]
end = "hang_up"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for one recording, with its clip and a business beside it."""
    folder = tmp_path / "a-call"
    (folder / "clips").mkdir(parents=True)
    (folder / "clips" / "hello.wav").write_bytes(b"RIFF")
    (tmp_path / "business.toml").write_text("")
    return folder


def problems_of(folder: Path, text: str) -> tuple[str, ...]:
    (folder / "recording.toml").write_text(text)
    with pytest.raises(RecordingError) as caught:
        load_recording(folder)
    assert str(folder / "recording.toml") in str(caught.value)
    return caught.value.problems


def test_a_good_file_becomes_a_recording(folder: Path) -> None:
    """Every table of the file is found again, with defaults for what is left out."""
    (folder / "recording.toml").write_text(GOOD)
    recording = load_recording(folder)
    spoken, pressed, hung_up, typed = recording.lines
    assert recording.date == datetime(2026, 11, 23, 9, 5)  # noqa: DTZ001 - wall clock
    assert (spoken.clip, spoken.voice, spoken.after_quiet_ms, spoken.press) == ("hello", "rms", 700, None)
    assert spoken.means is not None
    assert (spoken.means.intent, spoken.means.day) == (Intent.BOOK, date(2026, 11, 25))
    assert (pressed.press, pressed.if_silent_ms, pressed.clip, pressed.means) == ("5", 4000, None, None)
    assert (hung_up.hang_up, hung_up.into_sentence_ms) == (True, 1200)
    assert (typed.press_code, typed.press, typed.after_quiet_ms) == (True, None, 900)
    assert (recording.attestation, recording.calendar_down) == ("TN-Validation-Passed-A", True)
    (before,) = recording.booked_before
    assert (before.service, before.name, before.number) == ("cleaning", "Dana Reed", "+12025550143")
    assert recording.policy.hasty
    assert recording.given[0].summary == "Lunch"
    assert (recording.someone_else[0].slot, recording.someone_else[0].minutes) == (1, 30)
    assert recording.expect.events == (datetime(2026, 11, 25, 14),)  # noqa: DTZ001 - wall clock
    assert recording.expect.moved == (datetime(2026, 12, 1, 10),)  # noqa: DTZ001 - wall clock
    assert (recording.expect.callbacks, recording.expect.emails) == (("message",), 0)
    assert recording.expect.lead == {"email": "dana@example.com"}
    assert (recording.expect.interruptions, recording.expect.dialled) == (0, "")


def test_a_withheld_number_and_an_unclear_sound_are_allowed(folder: Path) -> None:
    """An empty caller is a withheld number; a clip without means is a sound nobody understands."""
    text = GOOD.replace("+12025550143", "").replace(
        'means = { intent = "book"', '# means = { intent = "book"'
    )
    text = text.replace('name = "Dana Reed"', 'name = "Dana Reed"\nnumber = "+12025550143"')
    (folder / "recording.toml").write_text(text)
    recording = load_recording(folder)
    assert recording.caller == ""
    assert recording.lines[0].means is None


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('title = "A call"\n', "", "title: is missing: a text is expected"),
        ('title = "A call"', "title = 7", "title: a text is expected, found 7"),
        ('title = "A call"', 'title = ""', "title: a text that is not empty is expected"),
        ('title = "A call"', 'titel = "A call"\ntitle = "A call"', "titel: unknown key; known here: "),
        ("2026-11-23T09:05:00", "2026-11-23", "date: a date with a time and without a zone"),
        ("2026-11-23T09:05:00", "2026-11-23T09:05:00Z", "date: a date with a time and without a zone"),
        ("+12025550143", "202 555 0143", 'caller: a number such as "+12025550143" is expected'),
        ("../business.toml", "../nobody.toml", "business: there is no file "),
        ('clip = "hello"', 'clip = "gone"', "caller_line 1 (line 9): clip: there is no file clips/gone.wav"),
        ('clip = "hello"', 'clip = "Hello.wav"', "caller_line 1 (line 9): clip: small letters, digits"),
        (
            'clip = "hello"\n',
            "",
            "caller_line 1 (line 9): exactly one of clip, press, press_code, hang_up is",
        ),
        ('press = "5"', 'press = "5"\nhang_up = true', "caller_line 2 (line 15): exactly one of clip, press"),
        (
            'press = "5"',
            'press = "55"',
            "caller_line 2 (line 15): press: one key of 0123456789*# is expected",
        ),
        (
            'press = "5"',
            'press = "5"\ntext = "Five"',
            "caller_line 2 (line 15): text: belongs to a clip only",
        ),
        (
            "press_code = true",
            "press_code = false",
            "caller_line 4 (line 23): press_code: only true makes sense",
        ),
        ('name = "Dana Reed"\n', "", "booking 1 (line 42): name: is missing"),
        ('name = "Dana Reed"', 'name = "D"\nnumber = "1"', "booking 1 (line 42): number: a number such as"),
        (
            'caller = "+12025550143"',
            'caller = ""',
            "booking 1 (line 42): number: is expected where the caller's",
        ),
        (
            'email = "dana@example.com"',
            "email = 7",
            "expect.lead (line 48): email: a text is expected, found 7",
        ),
        ('["message"]', '"message"', "expect (line 48): callbacks: a list is expected"),
        ("hang_up = true", "hang_up = false", "caller_line 3 (line 19): hang_up: only true makes sense"),
        (
            "if_silent_ms = 4000\n",
            "",
            "caller_line 2 (line 15): exactly one of after_quiet_ms, into_sentence_ms, if_silent_ms is "
            "expected, found none",
        ),
        (
            "if_silent_ms = 4000",
            "if_silent_ms = 4000\nafter_quiet_ms = 1",
            "found after_quiet_ms, if_silent_ms",
        ),
        ("= 4000", "= 4.5", "if_silent_ms: a whole number of at least 1 is expected, found 4.5"),
        ("= 4000", "= 0", "if_silent_ms: a whole number of at least 1 is expected, found 0"),
        (
            "after_quiet_ms = 700",
            "after_quite_ms = 700",
            "caller_line 1 (line 9): after_quite_ms: unknown key",
        ),
        ("after_quiet_ms = 700", 'after_quiet_ms = 700\nvoice = "bob"', "voice: one of rms, slt, awb, own"),
        ('"book"', '"order"', "caller_line 1.means (line 9): intent: one of book, choose, name, yes, no"),
        ('intent = "book", ', "", "caller_line 1.means (line 9): intent: is missing"),
        (', day = "2026-11-25"', "", 'caller_line 1.means (line 9): day: is expected with intent = "book"'),
        ('"2026-11-25", part', '"25 November", part', "means (line 9): day: a date such as 2026-11-25"),
        ('part = "morning"', 'part = "dawn"', "part: one of any, morning, afternoon, evening is expected"),
        ('part = "morning"', "option = 2", "option: unknown key; known here: intent, service, day"),
        ('part = "morning"', 'until = "2026-11-24"', "until: a day not before 2026-11-25 is expected"),
        ("hasty = true", 'hasty = "yes"', "policy (line 27): hasty: true or false is expected, found 'yes'"),
        ("hasty = true", "hurried = true", "policy (line 27): hurried: unknown key; known here: hasty"),
        ("= 2026-11-25T14:00:00", "= 2026-11-25T12:00:00", "calendar_event 1 (line 30): end: a time after"),
        ('summary = "Lunch"', "", "calendar_event 1 (line 30): summary: is missing"),
        ("slot = 1\n", "", "someone_else_books 1 (line 36): either slot, or start and end are expected"),
        ("slot = 1", "slot = 1\nstart = 2026-11-25T12:00:00", "either slot, or start and end are expected"),
        ("slot = 1", "start = 2026-11-25T12:00:00", "someone_else_books 1 (line 36): end: is missing"),
        ('end = "hang_up"', "", "expect (line 48): end: is missing"),
        ('end = "hang_up"', 'end = "fell asleep"', "expect (line 48): end: one of hang_up, person, message"),
        ('["2026-11-25T14:00:00"]', '["2026-11-25"]', "expect (line 48): events: a date with a time"),
        ('["2026-11-25T14:00:00"]', '"2026-11-25"', "expect (line 48): events: a list is expected"),
        ('["check_availability"]', "[1]", "expect (line 48): tools: a list of texts is expected"),
        ("texts = 1", "texts = -1", "expect (line 48): texts: a whole number of at least 0 is expected"),
        ("texts = 1", 'dialled = "me"', 'expect (line 48): dialled: a number such as "+12025550143"'),
        ("[expect]", "[expected]", "[expect] is missing"),
        ("[expect]", "[[expect]]", "expect: a table is expected"),
        ("[[calendar_event]]", "[calendar_event]", "calendar_event: a list is expected"),
    ],
)
def test_a_mistake_is_named(folder: Path, old: str, new: str, problem: str) -> None:
    """Each mistake is told with its table, the table's line, its key and what is expected there."""
    assert old in GOOD
    found = problems_of(folder, GOOD.replace(old, new))
    assert any(problem in one for one in found), found


def test_one_mistake_makes_one_problem(folder: Path) -> None:
    """What follows from a mistake is not reported as another one."""
    assert len(problems_of(folder, GOOD.replace('"book"', '"order"'))) == 1
    assert len(problems_of(folder, GOOD.replace("start = 2026-11-25T13:00:00\n", ""))) == 1


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    """Whoever writes a recording repairs it in one go."""
    text = GOOD.replace("hasty", "hurried").replace('press = "5"', 'press = "x"').replace("texts", "text")
    assert len(problems_of(folder, text)) == 3


def test_a_call_without_a_caller_is_refused(folder: Path) -> None:
    """A recording in which nobody does anything is a mistake."""
    text = GOOD[: GOOD.index("[[caller_line]]")] + GOOD[GOOD.index("[policy]") :]
    assert problems_of(folder, text) == ("caller_line: a call needs at least one [[caller_line]]",)


def test_a_file_that_is_no_toml_is_refused_with_its_line(folder: Path) -> None:
    """The parser's own message tells the line."""
    (problem,) = problems_of(folder, "title = \n")
    assert problem.startswith("is not TOML: ")
    assert "line 1" in problem


def test_a_file_that_is_no_text_is_refused(folder: Path) -> None:
    """Bytes that are not UTF-8 are an error of the file, not a crash."""
    (folder / "recording.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RecordingError, match="cannot be read"):
        load_recording(folder)


def test_a_folder_without_a_recording_is_refused(tmp_path: Path) -> None:
    """The missing file is named; a folder of folders without any gives no recordings."""
    with pytest.raises(RecordingError, match="there is no such file"):
        load_recording(tmp_path)
    assert load_all(tmp_path) == []
