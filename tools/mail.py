"""Sends a mail by SMTP, at most once, and says what is certain when it fails.

One connection for each mail. A server that has not answered the mail's last line may have it
or not, and there is no list in which to look it up; hence two steps, of which only the second
can be ambiguous. Servers' answers quote addresses, so errors of our own carry a code only.
Conforms to `ports.MailPort`.
Source: RFC 5321 4.2 (answers), RFC 3207 (STARTTLS).
"""

import asyncio
import contextlib
import ssl
from datetime import datetime

import aiosmtplib

from tools.invitation import calendar_file
from tools.mail_message import mail_bytes
from tools.ports import Invite, MailAmbiguous, MailError, MailRefused, MailRetry
from tools.smtp_url import MailAddress, Security, SmtpServer

# Both together are over before another process would take the mail for left: UNFINISHED_AFTER.
OPEN_S = 15.0  # from the connection to the server's word that it takes mail for this address
ACCEPT_S = 25.0  # for the mail itself: servers look into it before they answer
QUIT_S = 2.0
LONGEST_ANSWER = 120  # characters of a server's answer that are kept


class Mail:
    """Mail from one address of ours, by one server."""

    def __init__(
        self,
        server: SmtpServer,
        sender: MailAddress,
        *,
        open_s: float = OPEN_S,
        accept_s: float = ACCEPT_S,
    ) -> None:
        """Opens no socket. Certificates are checked against those the machine trusts."""
        if server.security is Security.NONE and server.user is not None:
            raise ValueError("a password goes over TLS only")
        self._server = server
        self._sender = sender
        self._open_s = open_s
        self._accept_s = accept_s
        self._tls = None if server.security is Security.NONE else ssl.create_default_context()

    def invitation(self, invite: Invite) -> str:
        """See MailPort."""
        return calendar_file(invite, self._sender.address)

    async def send(
        self, *, to: str, subject: str, body: str, invite: str, message_id: str, now: datetime
    ) -> str:
        """See MailPort. Takes a minute at most."""
        mail = mail_bytes(
            sender=self._sender,
            to=to,
            subject=subject,
            body=body,
            invite=invite,
            message_id=message_id,
            now=now,
        )
        client = self._client()
        try:
            outcome = await self._open(client, to) or await self._hand_over(client, mail)
        finally:
            client.close()
        if isinstance(outcome, MailError):
            raise outcome
        return outcome

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            local_hostname=self._sender.domain,  # else the machine's own name is looked up, on the loop
            use_tls=self._server.security is Security.TLS,
            start_tls=self._server.security is Security.STARTTLS,
            tls_context=self._tls,
            timeout=self._accept_s,
        )

    # --- errors are returned: a traceback would lead to the address -----------------------

    async def _open(self, client: aiosmtplib.SMTP, to: str) -> MailError | None:
        """Come as far as the server's word that it takes mail from us to `to`."""
        try:
            async with asyncio.timeout(self._open_s):
                await client.connect()
                if self._server.user is not None and self._server.password is not None:
                    await client.login(self._server.user, self._server.password)
                await client.mail(self._sender.address)
                await client.rcpt(to)
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPRecipientRefused) as error:
            return _answered(error.code)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # No connection, no TLS, no login: not this mail's fault, and somebody may put it right.
            return MailRetry(_name(error))
        return None

    async def _hand_over(self, client: aiosmtplib.SMTP, mail: bytes) -> str | MailError:
        """Send it, and wait for the one answer that counts."""
        try:
            async with asyncio.timeout(self._accept_s):
                answer = await client.data(mail)
        except aiosmtplib.SMTPDataError as error:
            return _answered(error.code)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return MailAmbiguous(_name(error))
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=QUIT_S)
        said = "".join(char for char in answer.message if char.isprintable())
        return said[:LONGEST_ANSWER]


def _answered(code: int) -> MailError:
    """The server said no, or something that is neither yes nor no."""
    match code // 100:
        case 4:
            return MailRetry(str(code))
        case 5:
            return MailRefused(str(code))
        case _:
            return MailAmbiguous(str(code))


def _name(error: Exception) -> str:
    """What kind of error it was: SMTP's code, or the name of what is behind it."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return str(error.code)
    return type(error.__cause__ or error).__name__
