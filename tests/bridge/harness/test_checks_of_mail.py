"""The rules about mail: a true mail passes, and each way of being untrue is seen."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from bridge.harness.checks_of_mail import mails_at_most_once
from bridge.harness.mail.invites import SeenInvite
from bridge.harness.mail.messages import ReceivedMail
from tools.store import Channel, Reservation, ReservationState, Text, TextState

START = datetime(2026, 11, 24, 17, tzinfo=UTC)
DANA, OFFICE = "dana@example.com", "office@example.com"
INVITE = SeenInvite(
    method="REQUEST",
    uid="row",
    sequence=0,
    start=START,
    end=START + timedelta(minutes=30),
    summary="Cleaning",
    location="48 Maple Street",
    organizer="hello@example.com",
    attendee=DANA,
)
MAIL = ReceivedMail(
    message_id="text", sender="hello@example.com", to=DANA, subject="s", body="b", invite=INVITE
)
ROW = Reservation(
    id="row",
    calendar_id="a",
    service="cleaning",
    start=START,
    end=START + timedelta(minutes=45),
    state=ReservationState.BOOKED,
    call_sid="CA1",
    caller_number=None,
    expires_at=None,
    event_id="event",
    customer_email=DANA,
)
TEXT = Text(
    id="text",
    reservation_id="row",
    kind="confirmation",
    to=DANA,
    body="b",
    state=TextState.SENT,
    channel=Channel.EMAIL,
)
TO_OWNER = msgspec.structs.replace(TEXT, id="2", reservation_id=None, callback_id="task", to=OFFICE)
TOLD = msgspec.structs.replace(MAIL, message_id="2", to=OFFICE, invite=None)
EVENT = {
    "id": "event",
    "status": "confirmed",
    "start": {"dateTime": "2026-11-24T12:00:00-05:00"},
    "end": {"dateTime": "2026-11-24T12:30:00-05:00"},
}
change = msgspec.structs.replace


def wrong(
    mails: list[ReceivedMail],
    texts: list[Text] | None = None,
    row: Reservation = ROW,
    event: dict[str, Any] | None = None,
) -> list[str]:
    evidence: Any = SimpleNamespace(
        mails=mails,
        rows=SimpleNamespace(texts=[TEXT] if texts is None else texts, reservations=[row]),
        calendar_events={"a": {"event": event or EVENT}},
        owner_email=OFFICE,
    )
    return list(mails_at_most_once(evidence))


def test_a_true_mail_passes() -> None:
    """Sent once, to the address of the booking, for its time; or perhaps not sent at all."""
    assert wrong([MAIL]) == []
    assert wrong([MAIL], [change(TEXT, state=TextState.UNKNOWN)]) == []
    assert wrong([], [change(TEXT, state=TextState.UNKNOWN)]) == []
    assert wrong([], [change(TEXT, state=TextState.FAILED)]) == []


def invited(**changes: Any) -> ReceivedMail:
    return change(MAIL, invite=change(INVITE, **changes))


@pytest.mark.parametrize(
    "look",
    [
        lambda: wrong([MAIL, MAIL]),
        lambda: wrong([]),
        lambda: wrong([change(MAIL, message_id="other")]),
        lambda: wrong([change(MAIL, to="eve@example.com")]),
        lambda: wrong([MAIL], [change(TEXT, state=TextState.PENDING)]),
        lambda: wrong([MAIL], [change(TEXT, reservation_id=None)]),
        lambda: wrong([MAIL, change(MAIL, message_id="2")], [TEXT, change(TEXT, id="2")]),
        lambda: wrong([change(MAIL, invite=None)]),
        lambda: wrong([invited(method="CANCEL", sequence=1)]),
        lambda: wrong([invited(start=START + timedelta(hours=1), end=START + timedelta(hours=2))]),
        lambda: wrong([invited(end=START + timedelta(minutes=45))]),
        lambda: wrong([invited(end=START + timedelta(minutes=60))]),
        lambda: wrong([invited(uid="other")]),
        lambda: wrong([MAIL], row=change(ROW, moves=1)),
        lambda: wrong([MAIL], row=change(ROW, first_id="first")),
    ],
)
def test_an_untrue_mail_is_seen(look: Callable[[], list[str]]) -> None:
    """One thing wrong, and the rule says so."""
    assert look()


def test_a_moved_event_does_not_accuse_the_first_mail() -> None:
    """The event stands elsewhere by now: it says nothing of what was true when the mail was sent."""
    there = {
        **EVENT,
        "start": {"dateTime": "2026-11-25T12:00:00-05:00"},
        "end": {"dateTime": "2026-11-25T13:00Z"},
    }
    assert wrong([MAIL], event=there) == []


def test_the_owner_is_told_by_mail() -> None:
    """Once for a task, to the owner's address alone, and without an invitation."""
    assert wrong([TOLD], [TO_OWNER]) == []
    again = change(TO_OWNER, id="3")
    for mails, texts in (
        ([TOLD, change(TOLD, message_id="3")], [TO_OWNER, again]),
        ([change(TOLD, to=DANA)], [TO_OWNER]),
        ([change(TOLD, invite=INVITE)], [TO_OWNER]),
        ([TOLD], [change(TO_OWNER, state=TextState.PENDING)]),
    ):
        assert wrong(mails, texts)
