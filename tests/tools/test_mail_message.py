"""A mail as it goes over the line: what stands in it, and what can never get into it."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.harness.mail.messages import read_mail
from tests.tools.test_invitation import INVITE, ORGANIZER, file
from tools.mail_message import LONGEST_SUBJECT, mail_bytes, one_line
from tools.ports import MailRefused
from tools.smtp_url import MailAddress

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
GIVEN: dict[str, Any] = {
    "sender": MailAddress(ORGANIZER, "Maple Street Dental"),
    "to": INVITE.to,
    "subject": "Maple Street Dental: cleaning on Tuesday",
    "body": "Hello Dana,\n\nyour cleaning is booked.\n",
    "invite": file(),
    "message_id": "0123456789abcdef",
    "now": NOW,
}


def wrong_with(mail: bytes) -> list[str]:
    """What a strict server finds wrong."""
    return read_mail(mail, ORGANIZER, [INVITE.to], NOW)[1]


def test_a_strict_server_finds_nothing() -> None:
    """Headers, parts and invitation are as the rules have them, with and without an invitation."""
    assert wrong_with(mail_bytes(**GIVEN)) == []
    assert wrong_with(mail_bytes(**{**GIVEN, "invite": ""})) == []
    cancelled = file(cancelled=True, sequence=1)
    assert wrong_with(mail_bytes(**{**GIVEN, "invite": cancelled})) == []


def test_the_headers() -> None:
    """Who, to whom, about what; an id that stays the same; and that no machine need answer."""
    mail = message_from_bytes(mail_bytes(**GIVEN), policy=policy.default)
    assert mail["From"] == "Maple Street Dental <hello@maplestreet.example>"
    assert mail["To"] == INVITE.to
    assert mail["Message-ID"] == "<0123456789abcdef@maplestreet.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == NOW


def test_the_same_mail_is_the_same_bytes_but_for_its_seams() -> None:
    """A receiver that gets it twice can tell: id, words and invitation do not change."""
    one, other = (read_mail(mail_bytes(**GIVEN), ORGANIZER, [INVITE.to], NOW)[0] for _ in range(2))
    assert one == other


@given(
    subject=st.text(min_size=1).map(one_line).filter(lambda text: 0 < len(text) <= LONGEST_SUBJECT),
    body=st.text(),
    name=st.text(max_size=60).map(one_line),
)
def test_any_words_arrive(subject: str, body: str, name: str) -> None:
    """Whatever owners and callers say, the mail is one that a strict server takes."""
    sender = MailAddress(ORGANIZER, name)
    mail = mail_bytes(**{**GIVEN, "subject": subject, "body": body, "sender": sender})
    assert wrong_with(mail) == []


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("subject", "Hello\r\nBcc: eve@example.com", "subject"),
        ("subject", "Hello\nX: y", "subject"),
        ("subject", "Hello\x00", "subject"),
        ("subject", "", "subject"),
        ("subject", "x" * (LONGEST_SUBJECT + 1), "subject"),
        ("to", "dana@example.com\r\nBcc: eve@example.com", "address"),
        ("to", "dana@example.com, eve@example.com", "address"),
        ("to", "dänä@example.com", "address"),
        ("to", "", "address"),
        ("message_id", "x>\r\nBcc: eve@example.com", "message_id"),
        ("message_id", "", "message_id"),
        ("invite", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "invite"),
        ("invite", "METHOD:PUBLISH; x=y\r\n", "invite"),
    ],
)
def test_what_could_become_a_header_is_refused(field: str, value: str, code: str) -> None:
    """For good, with a code and without the value."""
    with pytest.raises(MailRefused) as refused:
        mail_bytes(**{**GIVEN, field: value})
    assert refused.value.code == code


def test_one_line() -> None:
    """Breaks and control characters become spaces, and spaces do not pile up."""
    assert one_line(" a\r\n b\x00\u2028c  d ") == "a b c d"
