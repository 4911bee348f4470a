"""What a server that looks closely finds wrong with a mail."""

import pytest

from bridge.harness.mail.messages import read_mail
from tests.bridge.harness.mail_support import NOW

SENDER, TO = "hello@example.com", "dana@example.com"
GOOD = "\r\n".join(
    [
        "From: Maple <hello@example.com>",
        "To: dana@example.com",
        "Subject: Your cleaning",
        "Date: Mon, 23 Nov 2026 14:05:00 +0000",
        "Message-ID: <0123@example.com>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        'Content-Type: text/plain; charset="utf-8"',
        "",
        "Hello",
        "",
    ]
)


def wrong_with(mail: str) -> list[str]:
    return read_mail(mail.encode(), SENDER, [TO], NOW)[1]


def test_a_good_one() -> None:
    """Nothing is found, and what it says is kept."""
    mail, wrong = read_mail(GOOD.encode(), SENDER, [TO], NOW)
    assert wrong == []
    assert (mail.message_id, mail.sender, mail.to, mail.subject) == ("0123", SENDER, TO, "Your cleaning")
    assert mail.body.strip() == "Hello"
    assert mail.invite is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\r\n", "\n"),
        ("Hello\r\n", "Hällo\r\n"),
        ("Hello\r\n", "x" * 999 + "\r\n"),
        ("Maple <hello@", "Maple <eve@"),
        ("To: dana@", "To: eve@"),
        ("To: dana@example.com", "To: dana@example.com, eve@example.com"),
        ("Subject: Your cleaning", "Subject: "),
        ("Subject: Your cleaning", "Subject: a\r\nSubject: b"),
        ("Subject: Your cleaning", "Subject: a\r\nBcc: eve@example.com"),
        ("23 Nov 2026 14:05", "23 Nov 2026 15:05"),
        ("<0123@example.com>", "0123"),
        ("Auto-Submitted: auto-generated\r\n", ""),
        ("auto-generated", "no"),
        ("text/plain;", "text/html;"),
        ("text/plain;", "multipart/mixed;"),
    ],
)
def test_a_wrong_one_is_seen(old: str, new: str) -> None:
    """One thing wrong, and it is named."""
    assert old in GOOD
    assert wrong_with(GOOD.replace(old, new))
