"""Email addresses: what is accepted, and what is said of the others."""

import pytest

from tools.email_addresses import BadEmail, email_address


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("dana@example.com", "dana@example.com"),
        (" Dana.Reed@Example.COM ", "dana.reed@example.com"),
        ("o'neil+x_7-a@mail.example.org", "o'neil+x_7-a@mail.example.org"),
    ],
)
def test_an_address_has_one_form(said: str, address: str) -> None:
    """Small letters, nothing around it."""
    assert email_address(said) == address


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("dana at example dot com", "must have an @-sign"),
        ("dana@", "after the @-sign"),
        ("@example.com", "before the @-sign"),
        ("dana@example", "should have a period"),
        ("da..na@example.com", "two periods"),
        ("dana reed@example.com", "SPACE"),
        ("dana@example.com\nBcc: all@example.com", "@-sign"),
        ("dana@example.com, max@example.com", "@-sign"),
        ("Dana <dana@example.com>", "display name|not allowed|@-sign"),
        ('"dana"@example.com', "Quoting"),
        ("dana@[127.0.0.1]", "IP address"),
        ("dana@localhost", "period"),
        ("dana%x@example.com", "letters a to z"),
        ("dänä@example.com", "letters a to z"),
        ("dana@münchen.de", "letters a to z"),
        ("dana@example.com\x00", "@-sign"),
        (f"{'d' * 65}@example.com", "too long"),
        ("", "@-sign"),
    ],
)
def test_what_is_wrong_is_named(said: str, why: str) -> None:
    """The model is told which part to ask for again; nothing that could carry a second header passes."""
    with pytest.raises(BadEmail, match=why):
        email_address(said)
