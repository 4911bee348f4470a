"""Email addresses as callers spell them: checked and in one form.

Uses the `email-validator` package, without its look-up of the domain: no I/O. What is
allowed is what `spoken_details.py` has words for, which is less than the standard's.
"""

import re

from email_validator import EmailNotValidError, validate_email

_LOCAL = re.compile(r"[a-z0-9._+'-]+")


class BadEmail(Exception):
    """No address that mail could reach; the text says what is wrong with it."""


def email_address(said: str) -> str:
    """`said` as it is written to, in small letters: nobody can hear the difference. Raises BadEmail."""
    try:
        address = validate_email(said.strip(), check_deliverability=False, strict=True).normalized
    except EmailNotValidError as error:
        raise BadEmail(str(error)) from error
    address = address.lower()
    local, _, domain = address.rpartition("@")
    if not _LOCAL.fullmatch(local) or not domain.isascii():
        raise BadEmail("only letters a to z, digits, dot, dash, underscore, plus and apostrophe can be used")
    return address
