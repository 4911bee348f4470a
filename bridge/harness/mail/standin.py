"""The mail server stand-in: takes mail by SMTP, looks at every byte of it, and keeps it.

aiosmtpd speaks the protocol, on the loop of all parties (its own Controller would bring a
thread). What our client should never send is accepted as a patient server would, and written
as a breach. Read next: `mail/messages.py`.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bridge.harness.faults import Faults
from bridge.harness.ledger import Ledger
from bridge.harness.mail.messages import ReceivedMail, read_mail

OPERATIONS = frozenset({"mail", "rcpt", "data"})
HOST = "127.0.0.1"
GONE_S = 2.0  # for what is still talking when the stand-in is stopped


class MailStandin:
    """`async with MailStandin(ledger, now=...) as mail:`; then `mail.url`."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        now: Callable[[], datetime],
        tls: ssl.SSLContext | None = None,
        tls_at_once: bool = False,
        login: tuple[str, str] | None = None,
    ) -> None:
        """`tls`: it offers STARTTLS, or speaks TLS from the start. `login`: user and password it wants."""
        self.ledger = ledger
        self.faults = Faults(OPERATIONS)
        self.mails: list[ReceivedMail] = []  # every mail accepted, in order
        self.connections = 0  # made so far
        self._now = now
        self._tls = tls
        self._tls_at_once = tls_at_once
        self._login = login
        self._server: asyncio.Server | None = None
        self._live: set[_Connection] = set()
        self.port = 0
        # It writes addresses and commands into a log; whatever is of use stands in the ledger.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)

    # --- for the runner and for tests ---------------------------------------------------

    @property
    def url(self) -> str:
        """For SMTP_URL; without TLS, as it is on this machine."""
        return f"smtp://{HOST}:{self.port}"

    def refuse(self, operation: str, code: int, times: int = 1) -> None:
        """Answer the next commands with this code. Operations: mail, rcpt, data."""
        self.faults.fail_next(operation, code, "asked for", times)

    def drop_after_data(self, *, accepted: bool) -> None:
        """The next mail's last line gets no answer: the connection is lost."""
        if accepted:
            self.faults.lose_answer_next("data")
        else:
            self.faults.fail_next("data", 0, "dropped")

    def delay(self, operation: str, seconds: float) -> None:
        """Be slow at every such command from now on; 0 ends it."""
        self.faults.delay(operation, seconds)

    async def start(self) -> None:
        """Listen on a free port of the loopback device; after `stop`, on the same one again."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self, loop), HOST, self.port, ssl=self._tls if self._tls_at_once else None
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close every connection; repeating it is harmless."""
        tasks = self.vanish()
        if tasks:
            await asyncio.wait(tasks, timeout=GONE_S)

    def vanish(self) -> "list[asyncio.Task[None]]":
        """Nothing listens any more, and nothing that is open goes on; what served it ends in a moment."""
        if self._server is None:
            return []
        self._server.close()
        self._server = None
        tasks = [connection.task for connection in self._live if connection.task is not None]
        for connection in list(self._live):
            connection.drop()
        for task in tasks:  # one waits for ever for a handshake that the client has broken off
            task.cancel()
        return tasks

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    # --- what the connections ask: aiosmtpd's hooks ---------------------------------------

    def check_login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        """Whether this is who may send."""
        right = self._login is not None and isinstance(data, LoginPassword)
        right = right and (data.login.decode(), data.password.decode()) == self._login
        self.ledger.write("login", right=right)
        return AuthResult(success=right, handled=False)  # aiosmtpd says no by itself

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._login is not None and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if (said := await self._fault("mail")) is not None:
            return said
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if (said := await self._fault("rcpt")) is not None:
            return said
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: "_Connection", session: Session, envelope: Envelope
    ) -> str:
        said = await self._fault("data")
        if said is None:
            said = f"250 2.0.0 OK queued as {len(self.mails) + 1:08X}"
            self._take(envelope)
        if self.faults.take_loss("data") or said.startswith("0 "):
            server.drop()
        return said

    async def handle_exception(self, error: Exception) -> str:
        """A mistake of the stand-in's own, or a mail that nobody can read."""
        self.ledger.write("breach", what="the mail server broke", detail=type(error).__name__)
        return "451 4.3.0 Local error"

    async def _fault(self, operation: str) -> str | None:
        self.ledger.write("asked", operation=operation)
        await asyncio.sleep(self.faults.seconds_before(operation))
        failure = self.faults.take_failure(operation)
        if failure is None:
            return None
        self.ledger.write("refused", operation=operation, code=failure.status)
        # As real servers do, it quotes the address, which is why its words must not be passed on.
        return f"{failure.status} {failure.reason} for somebody@example.com"

    def _take(self, envelope: Envelope) -> None:
        mail, wrong = read_mail(
            envelope.original_content or b"", envelope.mail_from or "", envelope.rcpt_tos, self._now()
        )
        if any(earlier.message_id == mail.message_id for earlier in self.mails):
            wrong.append("the same Message-ID a second time")
        self.mails.append(mail)
        self.ledger.write("mail", to=mail.to, subject=mail.subject, message_id=mail.message_id)
        for what in wrong:
            self.ledger.write("breach", what=what, detail=f"mail {len(self.mails)}")

    # --- connections ----------------------------------------------------------------------

    def opened(self, connection: "_Connection") -> None:
        self.connections += 1
        self._live.add(connection)

    def closed(self, connection: "_Connection") -> None:
        self._live.discard(connection)

    @property
    def manner(self) -> dict[str, Any]:
        """How aiosmtpd is to serve a connection."""
        starts_tls = self._tls is not None and not self._tls_at_once
        return {
            "tls_context": self._tls if starts_tls else None,
            "require_starttls": starts_tls,
            "auth_require_tls": not self._tls_at_once,
            "authenticator": self.check_login,
        }


class _Connection(SMTP):
    """One client's connection."""

    def __init__(self, standin: MailStandin, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(standin, hostname="mail.example.test", loop=loop, **standin.manner)
        self._standin = standin

    @property
    def task(self) -> "asyncio.Task[None] | None":
        """What serves it."""
        return self._handler_coroutine

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._original_transport is None:  # not the same one again, now over TLS
            self._standin.opened(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._standin.closed(self)

    def drop(self) -> None:
        """Lose the connection, without a word."""
        transport = self._original_transport or self.transport  # below TLS, if it began in plain
        if isinstance(transport, asyncio.Transport):
            with contextlib.suppress(AttributeError):  # asyncio's own, on TLS that is being closed
                transport.abort()
