"""The address of the mail server, and of who sends."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.smtp_url import (
    MailAddress,
    Security,
    SmtpServer,
    SmtpUrlError,
    is_address,
    read_mail_from,
    read_smtp_url,
)

SECRET = "do-not-show-this-value"


def server(url: str) -> tuple[str, int, Security, str | None, str | None]:
    found = read_smtp_url(url)
    return found.host, found.port, found.security, found.user, found.password


def test_submission_with_starttls() -> None:
    """smtp:// to another machine always goes over TLS, from the second word on."""
    assert server("smtp://mail.example.com") == ("mail.example.com", 587, Security.STARTTLS, None, None)
    assert server("smtp://robin:pass@mail.example.com:2525")[1:] == (2525, Security.STARTTLS, "robin", "pass")


def test_submission_over_tls() -> None:
    """smtps:// speaks TLS from the first byte, on this machine too."""
    assert server("smtps://mail.example.com/") == ("mail.example.com", 465, Security.TLS, None, None)
    assert server("smtps://robin:pass@127.0.0.1:1465")[2] is Security.TLS


def test_a_server_on_this_machine() -> None:
    """Nobody can listen in between, so plain SMTP will do."""
    assert server("smtp://127.0.0.1:2525") == ("127.0.0.1", 2525, Security.NONE, None, None)


def test_signs_in_a_password() -> None:
    """Percent signs stand for what an address cannot hold."""
    assert server("smtp://robin%40example.com:p%40ss%3A%2F@mail.example.com")[3:] == (
        "robin@example.com",
        "p@ss:/",
    )


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://mail.example.com:port",
        "smtp://mail.example.com:70000",
        "smtp://[::1",
        "smtp://mail.example.com/inbox",
        "smtp://mail.example.com?tls=no",
        f"smtp://robin@{SECRET}.example.com",
        f"smtp://:{SECRET}@mail.example.com",
        f"smtp://robin:{SECRET}@127.0.0.1",
        f"smtp://robin:{SECRET}@localhost:25",
    ],
)
def test_addresses_that_cannot_be_used(url: str) -> None:
    """Refused, with what is expected, and nothing of what was given."""
    with pytest.raises(SmtpUrlError) as wrong:
        read_smtp_url(url)
    assert SECRET not in str(wrong.value)


def test_the_password_is_not_printed() -> None:
    """Whoever prints the server, in a log or a traceback, prints no password."""
    found = read_smtp_url(f"smtp://robin:{SECRET}@mail.example.com")
    assert isinstance(found, SmtpServer)
    assert SECRET not in f"{found!r} {found}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello@example.com", MailAddress("hello@example.com")),
        ("Maple Street <hello@example.com>", MailAddress("hello@example.com", "Maple Street")),
        ('"Dr. Maple, DDS" <hello@example.com>', MailAddress("hello@example.com", "Dr. Maple, DDS")),
    ],
)
def test_senders(text: str, expected: MailAddress) -> None:
    """An address, with or without a name."""
    assert read_mail_from(text) == expected
    assert expected.domain == "example.com"


@pytest.mark.parametrize(
    "text",
    [
        "Maple Street",
        "hello@localhost",
        "a@example.com, b@example.com",
        "Maple <a@example.com> b",
        "Maple\nBcc: x@example.com <a@example.com>",
        "hällo@example.com",
        "hello@exämple.com",
    ],
)
def test_senders_that_are_none(text: str) -> None:
    """Not one plain address."""
    with pytest.raises(SmtpUrlError):
        read_mail_from(text)


@given(st.text())
def test_nothing_else_is_raised(text: str) -> None:
    """Whatever an owner types is either understood or refused in our words."""
    for read in (read_smtp_url, read_mail_from):
        with contextlib.suppress(SmtpUrlError):
            read(text)


@pytest.mark.parametrize(
    "text", ["a b@example.com", "a@example.com\r\nX: y", "a@example.com>", "@example.com"]
)
def test_no_address_breaks_a_line(text: str) -> None:
    """What is an address can stand in a command and in a header as it is."""
    assert not is_address(text)
    assert is_address("dana.o'reed+x@mail.example.co.uk")
