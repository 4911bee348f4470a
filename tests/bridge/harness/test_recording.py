"""The committed recordings, and the words of a recording."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.harness.model.policy_words import GOODBYE
from bridge.harness.recording import (
    BookedBefore,
    CalendarEventGiven,
    CallerLine,
    Expect,
    Intent,
    Meaning,
    PolicyOptions,
    SomeoneElseBooks,
)
from bridge.harness.recording_file import load_all, load_recording
from bridge.harness.sound import length_ms, mulaw_of_wav
from bridge.store.calls import Outcome
from tools.business_file import load_business
from tools.catalogue import tools_of

RECORDINGS = Path(__file__).parents[3] / "recordings"
NAMES = sorted(path.parent.name for path in RECORDINGS.glob("*/recording.toml"))


def test_every_recording_loads() -> None:
    """All of them, in the order of their names; which there must be, tests/test_recordings.py says."""
    assert [recording.folder.name for recording in load_all(RECORDINGS)] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_clip_is_telephone_sound_of_a_sensible_length(name: str) -> None:
    """Each spoken line has a mu-law WAV of 1.5 to 5 seconds: long enough to be told from others."""
    recording = load_recording(RECORDINGS / name)
    for line in recording.lines:
        if line.clip:
            assert 1500 <= length_ms(mulaw_of_wav(recording.clip_path(line).read_bytes())) <= 5000


@pytest.mark.parametrize("name", NAMES)
def test_every_recording_fits_the_business_it_calls(name: str) -> None:
    """Services, open days, topics, calendars, tools and outcomes exist; who is dialled is the owner's."""
    recording = load_recording(RECORDINGS / name)
    business = load_business(recording.business)
    calendars = {calendar.id for calendar in business.calendars}
    today = recording.date.date()
    for line in recording.lines:
        if line.means and line.means.intent is Intent.BOOK:
            assert business.service(line.means.service)
        if line.means and line.means.intent in (Intent.BOOK, Intent.RESCHEDULE):
            assert line.means.day
            assert line.means.day >= today
            assert not any(closure.covers(line.means.day) for closure in business.closures)
        if line.means and line.means.intent is Intent.DETAILS:
            details = {tool.name: tool for tool in tools_of(business)}["save_details"].arguments
            assert {*line.means.details} <= {*details.__struct_fields__}
        if line.means and line.means.intent is Intent.QUESTION:
            assert business.question(line.means.topic)
    assert {given.calendar for given in recording.given} <= calendars
    assert {booking.calendar for booking in recording.someone_else} <= calendars
    for before in recording.booked_before:
        service = business.service(before.service)
        assert service
        assert before.calendar in service.calendars
        assert before.start > recording.date
    assert recording.expect.dialled in ("", business.handoff_number)
    assert recording.expect.outcome in set(Outcome)
    assert {*recording.expect.tools} <= {tool.name for tool in tools_of(business)}


def test_recordings_share_three_pinned_businesses() -> None:
    """All call Maple Street Dental, warm in two; one calls a business which books nothing."""
    businesses = {recording.folder.name: recording.business.resolve() for recording in load_all(RECORDINGS)}
    assert {name for name, path in businesses.items() if path.name == "leads.toml"} == {"lead-capture"}
    warm = {name for name, path in businesses.items() if path.name == "warm.toml"}
    assert warm == {"person-accepts", "nobody-answers"}
    assert {path.name for path in businesses.values()} == {"business.toml", "leads.toml", "warm.toml"}
    for path in set(businesses.values()):
        business = load_business(path)
        assert business.takes_bookings is (path.name != "leads.toml")
        assert business.tz == ZoneInfo("America/New_York")
        assert business.wording.goodbye == GOODBYE  # the receptionist's own


def test_callers_differ_by_number() -> None:
    """What one recording leaves behind could not be taken for another's."""
    callers = [recording.caller for recording in load_all(RECORDINGS)]
    assert len(set(callers)) == len(callers)


def test_a_clip_lies_in_the_recordings_own_folder() -> None:
    """A line's clip is found by its name alone."""
    recording = load_recording(RECORDINGS / "book-a-cleaning")
    line = CallerLine(clip="my_name", text="Sure.", after_quiet_ms=1)
    assert recording.clip_path(line) == RECORDINGS / "book-a-cleaning" / "clips" / "my_name.wav"


def test_the_readme_tells_of_every_recording_intent_and_key() -> None:
    """Whoever writes a recording finds all that the reader of the file knows."""
    readme = (RECORDINGS / "README.md").read_text()
    structs = (CallerLine, Meaning, CalendarEventGiven, BookedBefore, SomeoneElseBooks, Expect, PolicyOptions)
    keys = {field for struct in structs for field in struct.__struct_fields__}
    keys |= {"attestation", "calendar_down", "booking"}
    missing = [word for word in (*NAMES, *Intent, *sorted(keys)) if f"`{word}" not in readme]
    assert missing == []
