"""Invitations: one appointment in the customer's calendar, at the right instant, whatever its words."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from bridge.harness.mail.invites import read_invite
from tools.invitation import calendar_file
from tools.ports import Invite

ORGANIZER = "hello@maplestreet.example"
START = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
INVITE = Invite(
    uid="0123456789abcdef0123456789abcdef",
    sequence=0,
    start=START,
    end=START + timedelta(minutes=30),
    summary="Cleaning at Maple Street Dental",
    location="48 Maple Street, Springfield",
    to="dana.reed@example.com",
    organizer_name="Maple Street Dental",
    made_at=datetime(2026, 11, 23, 14, 5, tzinfo=UTC),
)
ZONES = ["America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"]


def file(**changes: object) -> str:
    return calendar_file(msgspec.structs.replace(INVITE, **changes), ORGANIZER)


def event_in(text: str) -> Any:
    """The one event of a file, as the library reads it."""
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    return event


def test_what_it_says() -> None:
    """Read strictly and by a parser of our own, it is the appointment."""
    found, wrong = read_invite(file())
    assert wrong == []
    assert found is not None
    assert (found.method, found.uid, found.sequence) == ("REQUEST", INVITE.uid, 0)
    assert (found.start, found.end) == (INVITE.start, INVITE.end)
    assert (found.summary, found.location) == (INVITE.summary, INVITE.location)
    assert (found.organizer, found.attendee) == (ORGANIZER, INVITE.to)


def test_nobody_waits_for_an_answer() -> None:
    """The customer has said yes already, and need not say it again by mail."""
    event = event_in(file())
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert event["ORGANIZER"].params["CN"] == "Maple Street Dental"


def test_a_cancellation() -> None:
    """The same appointment, taken out."""
    found, wrong = read_invite(file(cancelled=True, sequence=1))
    assert wrong == []
    assert found is not None
    assert (found.method, found.uid, found.sequence) == ("CANCEL", INVITE.uid, 1)
    event = event_in(file(cancelled=True))
    assert event["STATUS"] == "CANCELLED"


@given(
    local=st.datetimes(datetime(2026, 1, 1), datetime(2031, 12, 31)),  # noqa: DTZ001 - a wall clock
    zone=st.sampled_from(ZONES),
    fold=st.integers(0, 1),
    minutes=st.integers(5, 600),
)
def test_the_instant_is_kept_in_every_zone(local: datetime, zone: str, fold: int, minutes: int) -> None:
    """Hours that a clock shows twice or never are the same instants in both calendars."""
    start = local.replace(microsecond=0, fold=fold, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    end = start + timedelta(minutes=minutes)
    there = {"start": start.astimezone(ZoneInfo(zone)), "end": end.astimezone(ZoneInfo(zone))}
    found, wrong = read_invite(file(**there))
    assert wrong == []
    assert found is not None
    assert (found.start, found.end) == (start, end)
    event = event_in(file(**there))
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (start, end)


WORDS = st.text(min_size=1, max_size=120).filter(
    lambda text: "".join(c for c in text if c.isprintable()).strip()
)


@given(summary=WORDS, location=WORDS, name=WORDS)
def test_any_words_may_stand_in_it(summary: str, location: str, name: str) -> None:
    """Commas, emoji, line breaks, quotes: two parsers read back the words, on one line, and nothing else."""
    text = file(summary=summary, location=location, organizer_name=name)
    found, wrong = read_invite(text)
    assert wrong == []
    assert found is not None
    assert found.summary == " ".join("".join(c if c.isprintable() else " " for c in summary).split())
    event = event_in(text)
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == (found.summary, found.location)
    assert len(event.property_items(recursive=False)) == 12  # ten of ours, and its beginning and end


@pytest.mark.parametrize("name", ["x\r\nATTENDEE:mailto:eve@example.com", "x\nEND:VEVENT", 'x";RSVP=TRUE:"'])
def test_no_name_becomes_a_property(name: str) -> None:
    """What a caller or an owner says stays within its value."""
    text = file(summary=name, organizer_name=name, location=name)
    assert read_invite(text)[1] == []
    assert len(Calendar.from_ical(text).walk("VEVENT")) == 1
