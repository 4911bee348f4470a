"""What a mail server that looked closely would find in a mail of ours.

Pure. The mail is parsed by the standard library; whatever in it should never be sent is named.
Source: RFC 5322, RFC 6047, RFC 3834. Read next: `mail/invites.py`. Used by `mail/standin.py`.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import msgspec

from bridge.harness.mail.invites import SeenInvite, read_invite

CLOCKS_APART = timedelta(minutes=5)  # the Date of a mail against ours
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"),
}
_PLAIN = [*HEADERS, "Content-Transfer-Encoding"]
_MESSAGE_ID = re.compile(r"<([A-Za-z0-9-]+)@[A-Za-z0-9.-]+>")


class ReceivedMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that was accepted."""

    message_id: str  # the part before the @
    sender: str
    to: str
    subject: str
    body: str
    invite: SeenInvite | None  # None: there is none that could be read


def read_mail(
    content: bytes, sender: str, recipients: list[str], now: datetime
) -> tuple[ReceivedMail, list[str]]:
    """The mail, and what is wrong with it. `sender`, `recipients`: as the server was told."""
    mail = message_from_bytes(content, policy=policy.default)
    wrong = [*_wrong_bytes(content), *_wrong_headers(mail, sender, recipients, now)]
    for part in mail.walk():
        wrong += [f"{part.get_content_type()}: {type(defect).__name__}" for defect in part.defects]
    invite, wrong_parts = _parts(mail)
    wrong += wrong_parts
    body = mail.get_body(("plain",))
    found = _MESSAGE_ID.fullmatch(str(mail["Message-ID"]))
    received = ReceivedMail(
        message_id="" if found is None else found[1],
        sender=sender,
        to=", ".join(recipients),
        subject=str(mail["Subject"]),
        body="" if body is None else body.get_content(),
        invite=invite,
    )
    return received, wrong


def _wrong_bytes(content: bytes) -> Iterator[str]:
    if not content.isascii():
        yield "not everything is ASCII"
    if re.search(rb"(?<!\r)\n|\r(?!\n)", content):
        yield "a line does not end with CRLF"
    if max(len(line) for line in content.split(b"\r\n")) > 998:
        yield "a line is longer than 998 characters"


def _wrong_headers(mail: EmailMessage, sender: str, recipients: list[str], now: datetime) -> Iterator[str]:
    names = [name for name in mail.keys() if name != "Content-Transfer-Encoding"]  # noqa: SIM118 - with doubles
    if sorted(names) != sorted(HEADERS):
        yield f"headers: {', '.join(sorted(names))}"
        return
    if [address.addr_spec for address in mail["From"].addresses] != [sender]:
        yield "From is not who the server was told"
    if [address.addr_spec for address in mail["To"].addresses] != recipients:
        yield "To is not who the server was told"
    if not str(mail["Subject"]).strip():
        yield "no subject"
    if mail["Date"].datetime is None or abs(mail["Date"].datetime - now) > CLOCKS_APART:
        yield "Date is not now"
    if not _MESSAGE_ID.fullmatch(str(mail["Message-ID"])):
        yield "Message-ID is not one of ours"
    if mail["Auto-Submitted"] != "auto-generated":
        yield "Auto-Submitted is missing"


def _parts(mail: EmailMessage) -> tuple[SeenInvite | None, list[str]]:
    """The invitation, if there is one, and what is wrong with the way the parts stand."""
    if mail.get_content_type() == "text/plain":
        return None, []
    shape = _shape(mail)
    if shape != [
        "multipart/mixed",
        ["multipart/alternative", "text/plain", "text/calendar"],
        "application/ics",
    ]:
        return None, [f"parts: {shape}"]
    both, attached = mail.iter_parts()
    _, calendar = both.iter_parts()
    file = calendar.get_payload(decode=True)
    assert isinstance(file, bytes), "a part that has no parts"
    invite, wrong = read_invite(file.decode())
    if attached.get_payload(decode=True) != file:
        wrong.append("the file is not the same as the invitation")
    if attached.get_filename() != "invite.ics" or attached.get_content_disposition() != "attachment":
        wrong.append("the file is no attachment called invite.ics")
    if invite is not None:
        if calendar.get_param("method") != invite.method:
            wrong.append("the part and the invitation differ in their method")
        if invite.attendee != mail["To"].addresses[0].addr_spec:
            wrong.append("the invitation is for somebody else")
        if invite.organizer != mail["From"].addresses[0].addr_spec:
            wrong.append("the organizer is not who sends the mail")
    return invite, wrong


def _shape(part: Any) -> list[Any] | str:
    if not part.is_multipart():
        return str(part.get_content_type())
    return [part.get_content_type(), *(_shape(inner) for inner in part.iter_parts())]
