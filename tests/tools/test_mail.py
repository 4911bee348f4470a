"""Sending mail: over TLS, at most once, certain about what failed, silent about address and words."""

import asyncio
import logging
import ssl
import traceback
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bridge.harness.leftovers import left_over, standing
from bridge.harness.mail.standin import HOST, MailStandin
from tests.bridge.harness.mail_support import EXPIRED, NOW, certificate, standin
from tests.tools.test_invitation import INVITE, ORGANIZER
from tools.mail import Mail
from tools.ports import MailAmbiguous, MailError, MailPort, MailRefused, MailRetry
from tools.smtp_url import MailAddress, Security, SmtpServer

SENDER = MailAddress(ORGANIZER, "Maple Street Dental")
SECRET = "do-not-show-this-value"
LOGIN = ("robin@example.com", SECRET)
MakeMail = Callable[..., Mail]


@pytest.fixture
async def server() -> AsyncIterator[MailStandin]:
    """A stand-in that must have seen nothing it would call a breach."""
    async with standin() as running:
        yield running
    assert running.ledger.breaches() == []


def mail_to(server: MailStandin, security: Security = Security.NONE, **changed: object) -> Mail:
    times = {name: changed.pop(name) for name in ("open_s", "accept_s") if name in changed}
    given = {"host": HOST, "port": server.port, "security": security, **changed}
    return Mail(SmtpServer(**given), SENDER, **times)  # type: ignore[arg-type]


async def send(mail: Mail, message_id: str = "0123456789abcdef") -> str:
    return await mail.send(
        to=INVITE.to,
        subject="Your cleaning on Tuesday",
        body="Hello Dana,\n.\n\nsee you.\n",
        invite=mail.invitation(INVITE),
        message_id=message_id,
        now=NOW,
    )


async def failure(mail: Mail) -> MailError:
    with pytest.raises(MailError) as failed:
        await send(mail)
    return failed.value


async def test_a_mail_arrives(server: MailStandin) -> None:
    """Words, invitation and id as given; the answer is what the server said."""
    port: MailPort = mail_to(server)
    assert isinstance(port, Mail)
    assert await send(port) == "2.0.0 OK queued as 00000001"
    (mail,) = server.mails
    assert (mail.sender, mail.to, mail.message_id) == (ORGANIZER, INVITE.to, "0123456789abcdef")
    assert mail.body.splitlines() == ["Hello Dana,", ".", "", "see you."]
    assert mail.invite is not None
    assert (mail.invite.start, mail.invite.organizer) == (INVITE.start, ORGANIZER)


async def test_each_mail_has_a_connection_of_its_own(server: MailStandin) -> None:
    """Several at once do not get into each other's way, and none is kept open."""
    mail = mail_to(server)
    await asyncio.gather(*(send(mail, f"{number}") for number in range(5)))
    assert sorted(each.message_id for each in server.mails) == ["0", "1", "2", "3", "4"]
    assert server.connections == 5


@pytest.mark.parametrize("operation", ["mail", "rcpt", "data"])
@pytest.mark.parametrize(("code", "error"), [(550, MailRefused), (451, MailRetry), (421, MailRetry)])
async def test_a_no_is_certain(
    server: MailStandin, operation: str, code: int, error: type[MailError]
) -> None:
    """5xx is for good, 4xx for now; wherever the server says it, it has not taken the mail."""
    server.refuse(operation, code)
    failed = await failure(mail_to(server))
    assert (type(failed), failed.code) == (error, str(code))
    assert server.mails == []


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_lost_answer_is_ambiguous(server: MailStandin, accepted: bool) -> None:
    """The connection is gone after the mail's last line: it is sent once, and nobody knows."""
    server.drop_after_data(accepted=accepted)
    assert isinstance(await failure(mail_to(server)), MailAmbiguous)
    assert (len(server.mails), server.connections) == (int(accepted), 1)


async def test_a_slow_answer_is_ambiguous(server: MailStandin) -> None:
    """So long as a server is silent after the last line, it may have the mail."""
    server.delay("data", 30)
    assert isinstance(await failure(mail_to(server, accept_s=0.1)), MailAmbiguous)


@pytest.mark.parametrize("operation", ["mail", "rcpt"])
async def test_a_slow_server_may_be_tried_again(server: MailStandin, operation: str) -> None:
    """Before the mail itself is sent, nothing can have been accepted."""
    server.delay(operation, 30)
    assert isinstance(await failure(mail_to(server, open_s=0.1)), MailRetry)


async def test_no_connection_may_be_tried_again(server: MailStandin) -> None:
    """Nobody listens there."""
    mail = mail_to(server)
    await server.stop()
    failed = await failure(mail)
    assert (type(failed), failed.code) == (MailRetry, "ConnectionRefusedError")


async def test_a_server_that_says_nothing_may_be_tried_again() -> None:
    """It takes the connection and never greets."""
    gone = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        gone.set()

    silent = await asyncio.start_server(say_nothing, HOST, 0)
    port = silent.sockets[0].getsockname()[1]
    mail = Mail(SmtpServer(host=HOST, port=port, security=Security.NONE), SENDER, open_s=0.1)
    assert isinstance(await failure(mail), MailRetry)
    await gone.wait()
    silent.close()


# --- TLS --------------------------------------------------------------------------------


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_over_tls(security: Security, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a certificate that the machine trusts, and a login, either way of TLS."""
    file, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with standin(tls=context, tls_at_once=security is Security.TLS, login=LOGIN) as server:
        await send(mail_to(server, security, user=LOGIN[0], password=LOGIN[1]))
        assert len(server.mails) == 1
        assert server.ledger.breaches() == []


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_certificate_that_nobody_signed_is_refused(security: Security, tmp_path: Path) -> None:
    """Not a word of the mail, and no password, is sent to whoever shows it."""
    _, context = certificate(tmp_path)
    async with standin(tls=context, tls_at_once=security is Security.TLS, login=LOGIN) as server:
        failed = await failure(mail_to(server, security, user=LOGIN[0], password=LOGIN[1]))
        assert (type(failed), failed.code) == (MailRetry, "SSLCertVerificationError")
        assert (server.mails, server.ledger.entries) == ([], [])


@pytest.mark.parametrize("wrong", ["another address", "expired"])
async def test_a_wrong_certificate_is_refused(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed by somebody we trust is not enough: it must be for this server, and still be good."""
    made = certificate(tmp_path, "127.9.9.9") if wrong != "expired" else certificate(tmp_path, until=EXPIRED)
    monkeypatch.setenv("SSL_CERT_FILE", str(made[0]))
    async with standin(tls=made[1]) as server:
        assert isinstance(await failure(mail_to(server, Security.STARTTLS)), MailRetry)
        assert server.mails == []


@pytest.mark.parametrize("login", [LOGIN, (None, None)])
async def test_without_tls_nothing_is_sent(server: MailStandin, login: tuple[str | None, str | None]) -> None:
    """A server, or somebody on the way, that offers no STARTTLS gets neither password nor mail."""
    failed = await failure(mail_to(server, Security.STARTTLS, user=login[0], password=login[1]))
    assert isinstance(failed, MailRetry)
    assert (server.mails, server.ledger.entries) == ([], [])


async def test_a_wrong_password_may_be_put_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the owner's mistake and not the mail's: the mail waits."""
    file, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with standin(tls=context, login=LOGIN) as server:
        failed = await failure(mail_to(server, Security.STARTTLS, user=LOGIN[0], password="wrong"))
        assert (type(failed), failed.code) == (MailRetry, "535")
        assert {entry.data["right"] for entry in server.ledger.of("login")} == {False}


def test_no_password_without_tls() -> None:
    """Settings refuse it already; here it cannot happen."""
    plain = SmtpServer(host=HOST, port=25, security=Security.NONE, user="robin", password=SECRET)
    with pytest.raises(ValueError, match="TLS"):
        Mail(plain, SENDER)


def test_certificates_are_checked() -> None:
    """Name and chain, as the machine trusts them."""
    mail = Mail(SmtpServer(host="mail.example.com", port=587, security=Security.STARTTLS), SENDER)
    assert mail._tls is not None
    assert (mail._tls.verify_mode, mail._tls.check_hostname) == (ssl.CERT_REQUIRED, True)


# --- what is told ------------------------------------------------------------------------


async def test_nothing_personal_is_told(server: MailStandin, caplog: pytest.LogCaptureFixture) -> None:
    """Neither errors nor logs name the address or a word, though the server's answers do."""
    caplog.set_level(logging.DEBUG)
    mail = mail_to(server)
    told = []
    faults: list[Callable[[], None]] = [
        lambda: server.refuse("rcpt", 550),
        lambda: server.refuse("data", 451),
        lambda: server.drop_after_data(accepted=False),
    ]
    for arrange in faults:
        arrange()
        failed = await failure(mail)
        told.append("".join(traceback.format_exception(failed)))
        assert failed.__context__ is None
    for text in [*told, caplog.text]:
        assert INVITE.to not in text
        assert "somebody@example.com" not in text
        assert "Your cleaning" not in text


async def test_nothing_is_left_behind() -> None:
    """Sent, refused, lost or cancelled in the middle: every socket and task is gone."""
    before = standing()
    async with standin() as server:
        listening = standing()
        mail = mail_to(server)
        await send(mail)
        server.refuse("rcpt", 550)
        await failure(mail)
        server.drop_after_data(accepted=True)
        await failure(mail)
        server.delay("data", 30)
        sending = asyncio.create_task(send(mail, "cancelled"))
        arrived = asyncio.Event()
        server.ledger.watch(lambda _, entry: arrived.set() if entry.data["operation"] == "data" else None)
        await arrived.wait()
        sending.cancel()
        await asyncio.wait([sending])
        assert sending.cancelled()
        assert (await left_over(listening, 2.0))[0] == []
    assert (await left_over(before, 2.0))[0] == []
