"""The mail server's stand-in: reached by the standard library's client, strict, and able to fail."""

import asyncio
import contextlib
import smtplib
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import pytest

from bridge.harness.leftovers import left_over, standing
from bridge.harness.mail.standin import HOST, MailStandin
from tests.bridge.harness.mail.test_messages import GOOD, SENDER, TO
from tests.bridge.harness.mail_support import standin

T = TypeVar("T")


@pytest.fixture
async def server() -> AsyncIterator[MailStandin]:
    async with standin() as running:
        yield running


async def with_client(server: MailStandin, do: Callable[[smtplib.SMTP], T]) -> T:
    """Speak to it as another client would, which blocks and so has a thread."""

    def work() -> T:
        with smtplib.SMTP(HOST, server.port, local_hostname="client.example", timeout=5) as client:
            return do(client)

    return await asyncio.to_thread(work)


def send(client: smtplib.SMTP, mail: str = GOOD) -> None:
    client.sendmail(SENDER, [TO], mail.encode())


async def test_a_mail_is_kept(server: MailStandin) -> None:
    """In order, in the ledger, and without a breach."""
    await with_client(server, send)
    await with_client(server, lambda client: send(client, GOOD.replace("0123", "0124")))
    assert [mail.message_id for mail in server.mails] == ["0123", "0124"]
    assert [entry.data["to"] for entry in server.ledger.of("mail")] == [TO, TO]
    assert server.ledger.breaches() == []
    assert server.connections == 2


async def test_what_should_not_be_sent_is_a_breach(server: MailStandin) -> None:
    """It is taken, as patient servers do, and the run fails."""
    await with_client(server, lambda client: send(client, GOOD.replace("auto-generated", "no")))
    [breach] = server.ledger.breaches()
    assert breach.data["what"] == "Auto-Submitted is missing"
    assert len(server.mails) == 1


async def test_the_same_mail_twice_is_a_breach(server: MailStandin) -> None:
    """Whoever sends a mail again has broken the first rule of the outbox."""
    await with_client(server, send)
    await with_client(server, send)
    assert [breach.data["what"] for breach in server.ledger.breaches()] == [
        "the same Message-ID a second time"
    ]


async def test_what_nobody_can_read_is_a_breach(server: MailStandin) -> None:
    """Its words are in no alphabet that there is: the server answers as one that broke."""
    with pytest.raises(smtplib.SMTPDataError, match="451"):
        await with_client(server, lambda client: send(client, GOOD.replace("utf-8", "nonsense")))
    [breach] = server.ledger.breaches()
    assert breach.data["detail"] == "LookupError"


@pytest.mark.parametrize("operation", ["mail", "rcpt", "data"])
async def test_it_refuses_when_told_to(server: MailStandin, operation: str) -> None:
    """So many times, with that code; then it takes mail again."""
    server.refuse(operation, 451, times=1)
    with pytest.raises(smtplib.SMTPException, match="451"):
        await with_client(server, send)
    assert server.mails == []
    await with_client(server, send)
    assert len(server.mails) == 1


@pytest.mark.parametrize("accepted", [True, False])
async def test_it_loses_the_connection_when_told_to(server: MailStandin, accepted: bool) -> None:
    """After the mail's last line, having taken it or not."""
    server.drop_after_data(accepted=accepted)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        await with_client(server, send)
    assert len(server.mails) == int(accepted)


async def test_nothing_is_left_when_it_stops() -> None:
    """A client that is still connected loses its connection."""
    before = standing()
    async with standin() as server:
        reader, writer = await asyncio.open_connection(HOST, server.port)
        assert (await reader.readline()).startswith(b"220 ")
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    with contextlib.suppress(ConnectionResetError):
        await writer.wait_closed()
    await server.stop()
    assert (await left_over(before, 2.0))[0] == []


async def test_a_server_that_vanishes_and_comes_back(server: MailStandin) -> None:
    """Meanwhile nobody is connected; then it is at the same place."""
    server.vanish()
    with pytest.raises(ConnectionRefusedError):
        await with_client(server, send)
    await server.start()
    await with_client(server, send)
    assert len(server.mails) == 1
