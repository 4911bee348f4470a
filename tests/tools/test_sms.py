"""Sending texts: at most once, certain about what failed, silent about number and words."""

import asyncio
import contextlib
import gc
import logging
import socket
import threading
import traceback
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from bridge.harness.twilio_rest.standin import TwilioRestStandin
from tests.bridge.harness.twilio_support import (
    ACCOUNT_SID,
    API_KEY,
    AUTH_TOKEN,
    CALLER,
    NOW,
    OUR_NUMBER,
    standin,
)
from tools.ports import SmsAmbiguous, SmsError, SmsPort, SmsRefused, SmsRetry
from tools.sms import Sms

MakeSms = Callable[..., Sms]
OTHER = "+12025550144"
BODY = "You're booked: Thursday at two PM."


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioRestStandin]:
    """A stand-in that must have seen nothing it would call a breach."""
    async with standin() as running:
        yield running
        assert running.ledger.breaches() == []


@pytest.fixture
async def make(twilio: TwilioRestStandin) -> AsyncIterator[MakeSms]:
    """Makes text clients and closes them."""
    made: list[Sms] = []

    def one(**changed: object) -> Sms:
        given = {
            "account_sid": ACCOUNT_SID,
            "auth_token": AUTH_TOKEN,
            "from_number": OUR_NUMBER,
            "api_url": twilio.url,
            "timeout_s": 2.0,
        }
        made.append(Sms(**{**given, **changed}))  # type: ignore[arg-type]
        return made[-1]

    yield one
    for sms in made:
        await sms.close()


@pytest.fixture
def sms(make: MakeSms) -> Sms:
    return make()


async def test_a_text_is_sent_and_named(twilio: TwilioRestStandin, sms: Sms) -> None:
    """The answer is the message's sid, and Twilio has number and words as given."""
    sid = await sms.send(to=CALLER, body=BODY)
    (message,) = twilio.messages
    assert (message["sid"], message["to"], message["from"], message["body"]) == (
        sid,
        CALLER,
        OUR_NUMBER,
        BODY,
    )


async def test_an_api_key_may_stand_in_for_the_token(twilio: TwilioRestStandin, make: MakeSms) -> None:
    """With a key the account is still the one in the address."""
    await make(auth_token="", api_key=API_KEY).send(
        to=CALLER, body=BODY, status_callback="https://voice.example.com/s"
    )
    assert len(twilio.messages) == 1


@pytest.mark.parametrize("code", [21211, 21610, 21614, 21408])
async def test_a_refusal_is_for_good(twilio: TwilioRestStandin, sms: Sms, code: int) -> None:
    """Twilio's 400 is SmsRefused with Twilio's code."""
    twilio.refuse_number(CALLER, code)
    with pytest.raises(SmsRefused) as failure:
        await sms.send(to=CALLER, body=BODY)
    assert failure.value.code == str(code)


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (400, 21611)])
async def test_a_queue_that_is_full_may_be_tried_later(
    twilio: TwilioRestStandin, sms: Sms, status: int, code: int
) -> None:
    """Too many requests, or too many texts waiting: certainly not accepted, and welcome later."""
    twilio.fail_next("create", status, code)
    with pytest.raises(SmsRetry) as failure:
        await sms.send(to=CALLER, body=BODY)
    assert failure.value.code == str(code)
    await sms.send(to=CALLER, body=BODY)
    assert len(twilio.messages) == 1


@pytest.mark.parametrize("stored", [True, False])
async def test_a_server_error_is_ambiguous_and_sent_once(
    twilio: TwilioRestStandin, sms: Sms, stored: bool
) -> None:
    """A 500 may hide a text that went out; nothing is sent again here."""
    twilio.fail_next("create", 500, 20500, after=stored)
    with pytest.raises(SmsAmbiguous):
        await sms.send(to=CALLER, body=BODY)
    assert len(twilio.messages) == (1 if stored else 0)


async def test_a_lost_answer_is_ambiguous_and_sent_once(twilio: TwilioRestStandin, sms: Sms) -> None:
    """Connection lost after sending: accepted once, and not sent again, on a fresh or a kept connection."""
    for already in (0, 2):
        twilio.lose_answer_next("create")
        with pytest.raises(SmsAmbiguous):
            await sms.send(to=CALLER, body=BODY)
        assert len(twilio.messages) == already + 1
        await sms.send(to=CALLER, body=BODY)


async def test_a_slow_answer_is_ambiguous_and_sent_once(twilio: TwilioRestStandin, make: MakeSms) -> None:
    """A read that timed out after Twilio had accepted the text."""
    twilio.delay("create", 30, after=True)
    with pytest.raises(SmsAmbiguous) as failure:
        await make(timeout_s=0.1).send(to=CALLER, body=BODY)
    assert failure.value.code == "timeout"
    assert len(twilio.messages) == 1


async def test_a_deadline_ends_the_waiting(twilio: TwilioRestStandin, make: MakeSms) -> None:
    """Texts in flight at the deadline are ambiguous; one that never got a thread may be sent again."""
    twilio.delay("create", 30, after=True)
    sms = make(timeout_s=0.4, deadline_s=0.1)
    sending = [sms.send(to=CALLER, body=BODY) for _ in range(3)]
    results = await asyncio.gather(*sending, return_exceptions=True)
    assert [type(result) for result in results] == [SmsAmbiguous, SmsAmbiguous, SmsRetry]
    await sms.close()
    assert len(twilio.messages) == 2


async def test_no_connection_may_be_tried_again(make: MakeSms) -> None:
    """Not one byte can have arrived, so it is certain."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(SmsRetry) as failure:
        await make(api_url=f"http://127.0.0.1:{port}").send(to=CALLER, body=BODY)
    assert failure.value.code == "connect"


async def test_an_answer_that_makes_no_sense_is_ambiguous(make: MakeSms) -> None:
    """A proxy's page with status 200 says nothing about the text."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(SmsAmbiguous) as failure:
            await make(api_url=f"http://127.0.0.1:{port}").send(to=CALLER, body=BODY)
    assert failure.value.code == "bad_answer"


@pytest.mark.parametrize(
    ("to", "body", "code"),
    [
        ("2025550143", BODY, "not_e164"),
        (CALLER + "\n", BODY, "not_e164"),
        (CALLER, "", "body_length"),
        (CALLER, "x" * 1601, "body_length"),
    ],
)
async def test_what_twilio_would_refuse_is_not_sent(
    twilio: TwilioRestStandin, sms: Sms, to: str, body: str, code: str
) -> None:
    """A number or body outside the rules is refused before anything is sent."""
    with pytest.raises(SmsRefused) as failure:
        await sms.send(to=to, body=body)
    assert failure.value.code == code
    assert list(twilio.ledger.entries) == []


async def test_a_text_whose_answer_was_lost_is_found(twilio: TwilioRestStandin, sms: Sms) -> None:
    """By number, words and time: the latest of those that fit."""
    await sms.send(to=CALLER, body=BODY)
    await sms.send(to=CALLER, body="Something else.")
    await sms.send(to=OTHER, body=BODY)
    twilio.lose_answer_next("create")
    with pytest.raises(SmsAmbiguous):
        await sms.send(to=CALLER, body=BODY)
    twilio.messages[0]["date_created"] = "Mon, 23 Nov 2026 14:00:00 +0000"
    twilio.messages[3]["body"] = f"Sent from your Twilio trial account - {BODY}"
    assert await sms.find(to=CALLER, body=BODY, since=NOW) == twilio.messages[3]["sid"]
    assert await sms.find(to=CALLER, body=BODY, since=NOW + timedelta(minutes=1)) is None
    assert await sms.find(to=CALLER, body="See you.", since=NOW) is None


async def test_a_list_that_cannot_be_read_says_nothing(twilio: TwilioRestStandin, make: MakeSms) -> None:
    """Neither found nor missing: refused, without an answer, too slow, or closed."""
    sms = make(timeout_s=0.1, deadline_s=0.3)
    await sms.send(to=CALLER, body=BODY)
    twilio.fail_next("list", 503, 20503)
    with pytest.raises(SmsRetry, match="unread"):
        await sms.find(to=CALLER, body=BODY, since=NOW)
    twilio.lose_answer_next("list")
    with pytest.raises(SmsRetry, match="unread"):
        await sms.find(to=CALLER, body=BODY, since=NOW)
    twilio.delay("list", 30)
    with pytest.raises(SmsRetry, match="unread"):
        await sms.find(to=CALLER, body=BODY, since=NOW)
    await sms.close()
    with pytest.raises(SmsRetry, match="deadline"):
        await sms.find(to=CALLER, body=BODY, since=NOW)


async def test_number_and_words_never_reach_an_error_or_a_log(
    twilio: TwilioRestStandin, sms: Sms, caplog: pytest.LogCaptureFixture
) -> None:
    """Twilio's error quotes the number; ours, its whole chain, and all logs do not."""
    caplog.set_level(logging.DEBUG)
    twilio.refuse_number(CALLER, 21610)
    seen = []
    for _ in range(2):
        with pytest.raises(SmsError) as failure:
            await sms.send(to=CALLER, body=BODY)
        twilio.refuse_number(CALLER, 21211)
        twilio.lose_answer_next("create")
        assert failure.value.__cause__ is None
        assert failure.value.__context__ is None
        seen.append("".join(traceback.format_exception(failure.value)))
    everything = "".join(seen) + caplog.text
    for secret in (CALLER, CALLER[1:], BODY, AUTH_TOKEN):
        assert secret not in everything


async def test_regions_of_the_environment_do_not_move_the_address(
    twilio: TwilioRestStandin, make: MakeSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twilio's client would rewrite the host; TWILIO_API_URL alone decides."""
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    await make().send(to=CALLER, body=BODY)
    assert len(twilio.messages) == 1


async def test_it_has_the_shape_the_tools_ask_for(sms: Sms) -> None:
    """Sms is an SmsPort."""
    port: SmsPort = sms
    assert port is sms


async def test_nothing_is_left_after_close(twilio: TwilioRestStandin, make: MakeSms) -> None:
    """No thread, no socket and no task; a closed one answers SmsRetry; twice is harmless."""
    before = set(threading.enumerate())
    sms = make()
    assert set(threading.enumerate()) == before
    await asyncio.gather(*(sms.send(to=CALLER, body=BODY) for _ in range(5)))
    assert set(threading.enumerate()) > before
    await sms.close()
    await sms.close()
    assert set(threading.enumerate()) == before
    assert _connections_to(int(twilio.url.rpartition(":")[2])) == 0
    with pytest.raises(SmsRetry):
        await sms.send(to=CALLER, body=BODY)
    await twilio.stop()
    assert asyncio.all_tasks() == {asyncio.current_task()}


def _connections_to(port: int) -> int:
    """How many open sockets of this process lead there."""
    found = 0
    for each in gc.get_objects():
        if isinstance(each, socket.socket) and each.fileno() >= 0:
            with contextlib.suppress(OSError):  # not connected
                found += each.getpeername()[1:2] == (port,)
    return found
