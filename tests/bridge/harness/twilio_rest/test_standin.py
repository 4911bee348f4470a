"""The REST stand-in, asked by the real twilio client and by plain requests."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from bridge.harness.faults import Faults
from bridge.harness.twilio_rest.standin import TwilioRestStandin
from tests.bridge.harness.twilio_support import ACCOUNT_SID, AUTH_TOKEN, CALLER, NOW, OUR_NUMBER, standin

PATH = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
GOOD = {"To": CALLER, "From": OUR_NUMBER, "Body": "You're booked."}


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioRestStandin]:
    async with standin() as running:
        yield running


@pytest.fixture
def client(twilio: TwilioRestStandin) -> Iterator[Client]:
    """Twilio's own client."""
    real = Client(ACCOUNT_SID, AUTH_TOKEN)
    real.api.base_url = twilio.url
    yield real
    real.http_client.session.close()


async def in_thread(work: Callable[[], Any]) -> Any:
    """What the blocking client answers."""
    with ThreadPoolExecutor(1) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, work)


async def post(
    twilio: TwilioRestStandin, form: dict[str, str], path: str = PATH, token: str = AUTH_TOKEN
) -> tuple[int, Any]:
    """Status and answer of a plain request."""
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT_SID, token)}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(twilio.url + path, data=form) as response,
    ):
        return response.status, await response.json()


async def test_the_real_client_creates_lists_and_reads(twilio: TwilioRestStandin, client: Client) -> None:
    """What Twilio's client sends is accepted, and it understands every answer."""
    message = await in_thread(lambda: client.messages.create(to=CALLER, from_=OUR_NUMBER, body="One"))
    assert (message.status, message.direction, message.date_created) == ("queued", "outbound-api", NOW)
    second = await in_thread(lambda: client.messages.create(to=CALLER, from_=OUR_NUMBER, body="Two"))
    assert message.sid != second.sid
    listed = await in_thread(
        lambda: client.messages.list(to=CALLER, date_sent_after=NOW - timedelta(minutes=5))
    )
    assert [each.body for each in listed] == ["Two", "One"]
    assert await in_thread(lambda: client.messages.list(to="+12025550199")) == []
    assert await in_thread(lambda: client.messages.list(date_sent_after=NOW + timedelta(minutes=5))) == []
    assert await in_thread(lambda: client.messages.list(date_sent_before=NOW - timedelta(minutes=5))) == []
    assert len(await in_thread(lambda: client.messages.list(date_sent=NOW.date()))) == 2
    assert (await in_thread(lambda: client.messages(message.sid).fetch())).body == "One"
    assert [each["body"] for each in twilio.messages] == ["One", "Two"]
    assert [entry.data["from_"] for entry in twilio.ledger.of("message")] == [OUR_NUMBER] * 2
    assert twilio.ledger.breaches() == []


async def test_the_real_client_follows_pages(twilio: TwilioRestStandin, client: Client) -> None:
    """A list longer than a page is read to its end."""
    for number in range(5):
        await post(twilio, GOOD | {"Body": str(number)})
    listed = await in_thread(lambda: client.messages.list(page_size=2))
    assert [each.body for each in listed] == ["4", "3", "2", "1", "0"]


async def test_a_refusal_is_what_the_client_knows(twilio: TwilioRestStandin, client: Client) -> None:
    """Twilio's client reads status and code from an error, as from the real service."""
    twilio.refuse_number(CALLER, 21610)
    with pytest.raises(TwilioRestException) as failure:
        await in_thread(lambda: client.messages.create(to=CALLER, from_=OUR_NUMBER, body="One"))
    assert (failure.value.status, failure.value.code) == (400, 21610)
    with pytest.raises(TwilioRestException) as failure:
        await in_thread(lambda: client.messages("SM" + "f" * 32).fetch())
    assert (failure.value.status, failure.value.code) == (404, 20404)
    assert twilio.messages == []
    assert twilio.ledger.breaches() == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"To": "2025550143"}, 21211),
        ({"To": "tel:+12025550143"}, 21211),
        ({"From": "+12025550199"}, 21606),
        ({"StatusCallback": "/twilio/status"}, 21609),
    ],
)
async def test_what_our_client_must_not_send_is_refused_and_a_breach(
    twilio: TwilioRestStandin, changed: dict[str, str], code: int
) -> None:
    """A message outside Twilio's rules gets Twilio's code and fails the run."""
    status, answer = await post(twilio, GOOD | changed)
    assert (status, answer["code"], answer["status"]) == (400, code, 400)
    assert twilio.messages == []
    assert len(twilio.ledger.breaches()) == 1


async def test_an_unknown_parameter_is_taken_no_notice_of_but_a_breach(twilio: TwilioRestStandin) -> None:
    """Twilio drops what it does not know; the run fails all the same."""
    status, _ = await post(twilio, GOOD | {"Text": "hello"})
    assert status == 201
    assert len(twilio.messages) == 1
    assert [entry.data["what"] for entry in twilio.ledger.breaches()] == ["create: unknown parameter Text"]


async def test_a_wrong_password_is_401(twilio: TwilioRestStandin) -> None:
    """Without the account's token or a key nothing is accepted."""
    status, answer = await post(twilio, GOOD, token="wrong")
    assert (status, answer["code"]) == (401, 20003)
    assert len(twilio.ledger.breaches()) == 1


@pytest.mark.parametrize("resource", ["Conferences.json", "Nothing.json"])
async def test_what_is_not_played_is_404_and_a_breach(twilio: TwilioRestStandin, resource: str) -> None:
    """Conferences are only entered by TwiML."""
    status, answer = await post(twilio, {}, PATH.replace("Messages.json", resource))
    assert (status, answer["code"]) == (404, 20404)
    assert len(twilio.ledger.breaches()) == 1


async def test_another_account_is_not_found(twilio: TwilioRestStandin) -> None:
    """The account in the path is the account of the login."""
    status, answer = await post(twilio, GOOD, PATH.replace(ACCOUNT_SID, "AC" + "1" * 32))
    assert (status, answer["code"]) == (404, 20404)


async def test_faults_are_played_once_each(twilio: TwilioRestStandin) -> None:
    """An error without effect, an error that lies, a lost answer: each as often as asked for."""
    twilio.fail_next("create", 429, 20429)
    assert (await post(twilio, GOOD))[0] == 429
    assert twilio.messages == []
    twilio.fail_next("create", 500, 20500, after=True)
    assert (await post(twilio, GOOD))[0] == 500
    assert len(twilio.messages) == 1
    twilio.lose_answer_next("create")
    with pytest.raises(aiohttp.ClientError):
        await post(twilio, GOOD)
    assert len(twilio.messages) == 2
    assert (await post(twilio, GOOD))[0] == 201


def test_a_fault_of_an_unknown_operation_is_a_mistake() -> None:
    """A misspelt operation would otherwise never be played, and the test would pass."""
    with pytest.raises(ValueError, match="no such operation"):
        Faults(frozenset({"create"})).fail_next("creat", 500, "x")
