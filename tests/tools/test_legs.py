"""Ringing a person, moving and ending legs: at most once, and never a number that is not allowed."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.harness.twilio_rest.standin import TwilioRestStandin
from tests.bridge.harness.twilio_support import ACCOUNT_SID, AUTH_TOKEN, OUR_NUMBER, standin
from tools.legs import RING_S, Legs
from tools.ports import LegAmbiguous, LegError, LegGone, LegRefused, TelephonePort

PERSON = "+12025550180"
LEG = "CA" + "2" * 32
ANSWERED = "https://voice.example.test/person?call=CA1#rc=3&rp=all"
STATUS = "https://voice.example.test/status?call=CA1"
MakeLegs = Callable[..., Legs]


class Switchgear:
    """What the REST stand-in asks of a telephone, written down."""

    def __init__(self) -> None:
        self.rung: list[tuple[dict[str, str], list[str]]] = []
        self.moved: list[str] = []
        self.ended = 0
        self.state: str | None = "in-progress"

    def ring(self, parameters: dict[str, str], events: Iterable[str]) -> str:
        self.rung.append((parameters, list(events)))
        return LEG

    def status(self, call_sid: str) -> str | None:
        return self.state

    def redirect(self, call_sid: str, url: str) -> None:
        self.moved.append(url)

    def end(self, call_sid: str) -> None:
        self.ended += 1


@pytest.fixture
def gear() -> Switchgear:
    return Switchgear()


@pytest.fixture
async def twilio(gear: Switchgear) -> AsyncIterator[TwilioRestStandin]:
    """A stand-in that must have seen nothing it would call a breach."""
    async with standin() as running:
        running.put_through(gear)
        yield running
        assert running.ledger.breaches() == []


@pytest.fixture
async def make(twilio: TwilioRestStandin) -> AsyncIterator[MakeLegs]:
    """Makes telephones and closes them."""
    made: list[Legs] = []

    def one(**changed: object) -> Legs:
        given = {
            "account_sid": ACCOUNT_SID,
            "auth_token": AUTH_TOKEN,
            "from_number": OUR_NUMBER,
            "api_url": twilio.url,
            "may_ring": frozenset({PERSON}),
            "timeout_s": 2.0,
        }
        made.append(Legs(**{**given, **changed}))  # type: ignore[arg-type]
        return made[-1]

    yield one
    for legs in made:
        await legs.close()


async def ring(legs: TelephonePort, to: str = PERSON) -> str:
    return await legs.ring(to=to, answered_url=ANSWERED, status_url=STATUS)


async def test_a_person_is_rung_from_our_own_number(make: MakeLegs, gear: Switchgear) -> None:
    """With a time limit, an ear for answering machines, and callbacks for the whole of the leg."""
    assert await ring(make()) == LEG
    ((parameters, events),) = gear.rung
    assert (parameters["To"], parameters["From"]) == (PERSON, OUR_NUMBER)
    assert (parameters["Url"], parameters["StatusCallback"]) == (ANSWERED, STATUS)
    assert (parameters["Timeout"], parameters["MachineDetection"]) == (str(RING_S), "Enable")
    assert events == ["initiated", "answered", "completed"]


async def test_a_leg_is_moved_looked_at_and_ended(make: MakeLegs, gear: Switchgear) -> None:
    """By the address of its next document, or for good."""
    legs = make()
    await legs.redirect(LEG, ANSWERED)
    assert gear.moved == [ANSWERED]
    assert not await legs.is_over(LEG)
    await legs.end(LEG)
    assert gear.ended == 1
    for state in ("completed", "busy", "failed", "no-answer", "canceled", None):
        gear.state = state
        assert await legs.is_over(LEG)


async def test_a_leg_that_is_over(make: MakeLegs, gear: Switchgear) -> None:
    """Ending it is no error; it cannot be moved any more."""
    for state in ("completed", None):
        gear.state = state
        await make().end(LEG)
        with pytest.raises(LegGone):
            await make().redirect(LEG, ANSWERED)
    assert (gear.ended, gear.moved) == (0, [])


@given(st.text(max_size=20) | st.from_regex(re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII), fullmatch=True))
def test_no_other_number_is_ever_dialled(number: str) -> None:
    """Not one request is made for it, whoever asks; nothing listens at this address, and nobody notices."""
    if number == PERSON:
        return

    async def main() -> None:
        legs = Legs(
            account_sid=ACCOUNT_SID,
            auth_token=AUTH_TOKEN,
            from_number=OUR_NUMBER,
            api_url="http://127.0.0.1:1",
            may_ring=frozenset({PERSON}),
        )
        with pytest.raises(LegRefused) as refused:
            await ring(legs, number)
        assert refused.value.code == "not_allowed"
        await legs.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, 21211, LegRefused),
        (400, 21215, LegRefused),  # the country is not permitted
        (401, 20003, LegRefused),
        (429, 20429, LegRefused),
        (404, 20404, LegGone),
        (408, 408, LegAmbiguous),
        (500, 20500, LegAmbiguous),
        (503, 20503, LegAmbiguous),
    ],
)
async def test_refusals_say_what_is_certain(
    make: MakeLegs, twilio: TwilioRestStandin, status: int, code: int, kind: type[LegError]
) -> None:
    """Below 500 nothing rings; above, it may. Twilio's words, which name numbers, go no further."""
    twilio.fail_next("ring", status, code)
    with pytest.raises(LegError) as raised:
        await ring(make())
    assert type(raised.value) is kind
    assert str(raised.value) == str(code)
    assert raised.value.__context__ is None


async def test_a_lost_answer_is_not_asked_for_again(
    make: MakeLegs, twilio: TwilioRestStandin, gear: Switchgear
) -> None:
    """The person's telephone rings once, whatever became of the answer."""
    twilio.lose_answer_next("ring")
    with pytest.raises(LegAmbiguous):
        await ring(make())
    twilio.fail_next("ring", 500, 20500, after=True)
    with pytest.raises(LegAmbiguous):
        await ring(make())
    twilio.delay("ring", 1.0, after=True)
    with pytest.raises(LegAmbiguous) as late:
        await ring(make(deadline_s=0.2))
    assert late.value.code == "deadline"
    assert len(gear.rung) == 3


async def test_nobody_listens(make: MakeLegs) -> None:
    """A connection that was never made rings nobody, for certain."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(LegRefused) as refused:
        await ring(make(api_url=f"http://127.0.0.1:{port}"))
    assert refused.value.code == "connect"


async def test_an_answer_without_a_sid_is_no_answer(make: MakeLegs, gear: Switchgear) -> None:
    """Something was made, but nobody knows what."""
    gear.ring = lambda parameters, events: ""  # type: ignore[method-assign]
    with pytest.raises(LegAmbiguous):
        await ring(make())
