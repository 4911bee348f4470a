"""One mail as it goes over the line: headers, the words, the invitation.

Pure. Nothing that comes from a caller can become a header of its own: a line break or another
control character in a header's value is refused. Used by `mail.py`.
Source: RFC 5322 (headers), RFC 6047 (how an invitation travels), RFC 3834 (Auto-Submitted).
"""

import re
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage

from tools.ports import MailRefused
from tools.smtp_url import MailAddress, is_address

LONGEST_SUBJECT = 200  # characters
# Carries any text in lines of ASCII, as not every server on the way takes more.
_POLICY = policy.SMTP.clone(cte_type="7bit")
_METHOD = re.compile(r"^METHOD:(REQUEST|CANCEL)\r$", re.MULTILINE)
_MESSAGE_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


def mail_bytes(
    *,
    sender: MailAddress,
    to: str,
    subject: str,
    body: str,
    invite: str,
    message_id: str,
    now: datetime,
) -> bytes:
    """The mail, lines ended by CRLF. `invite` may be empty. Raises MailRefused.

    The invitation stands in it twice: as another form of the words, which calendars of mail
    programs read, and as a file, for all others.
    """
    if not is_address(to):
        raise MailRefused("address")
    if not subject.isprintable() or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise MailRefused("subject")
    if not _MESSAGE_ID.fullmatch(message_id):
        raise MailRefused("message_id")
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(display_name=sender.name, addr_spec=sender.address)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = subject
    mail["Date"] = now
    mail["Message-ID"] = f"<{message_id}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # so that nobody's holiday answer comes back
    mail.set_content(body)
    if invite:
        method = _METHOD.search(invite)
        if method is None:
            raise MailRefused("invite")
        mail.add_alternative(invite, subtype="calendar", params={"method": method[1]})
        mail.add_attachment(invite.encode(), maintype="application", subtype="ics", filename="invite.ics")
    return mail.as_bytes()


def one_line(text: str) -> str:
    """`text` without line breaks and control characters, which no name, address or subject needs."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
