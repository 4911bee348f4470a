"""Legs that are rung by request: what each kind of person does, what is told, and who is left behind."""

import asyncio

import pytest

from bridge.harness.telephone.person import DEEDS, Callbacks, Person
from tests.bridge.harness.peer import NUMBER, PUBLIC, Peer, run_clean

PERSON = "+12025550180"
ASKED = {
    "To": PERSON,
    "From": NUMBER,
    "Url": f"{PUBLIC}/answered",
    "StatusCallback": f"{PUBLIC}/told",
    "Timeout": "25",
    "MachineDetection": "Enable",
}
EVENTS = ("initiated", "answered", "completed")
DOCUMENTS = {
    "/answered": "<Gather numDigits='1' timeout='8' action='/key'><Say>Press one</Say></Gather>",
    "/key": "<Hangup/>",
}
TOLD = {
    "busy": ["initiated", "busy"],
    "fails": ["initiated", "failed"],
    "no_answer": ["initiated", "no-answer"],
}


@pytest.mark.parametrize("deed", DEEDS)
def test_what_a_person_does(deed: str) -> None:
    """Whoever answers hears the document and presses a key, or none; the rest never hears it."""

    async def main() -> None:
        async with Peer(DOCUMENTS) as peer:
            telephone = peer.telephone()
            telephone.exchange.person = Person(deed=deed)
            telephone.exchange.ring(ASKED, EVENTS)
            await telephone.exchange.settle(60)
            told = [form["CallStatus"] for form in peer.forms_of("/told")]
            assert told == TOLD.get(deed, ["initiated", "in-progress", "completed"])
            answered = [form["AnsweredBy"] for form in peer.forms_of("/answered")]
            by = "machine_start" if deed == "machine" else "human"
            assert answered == ([] if deed in TOLD else [by])
            keys = [form["Digits"] for form in peer.forms_of("/key")]
            assert keys == {"accepts": ["1"], "declines": ["2"]}.get(deed, [])
            assert list(telephone.ledger.of("orphan")) == []
            assert telephone.ledger.breaches() == []

    run_clean(main())


def test_callbacks_twice_or_never() -> None:
    """Each event as often as Twilio happens to tell it."""

    async def main() -> None:
        for times in (0, 2):
            async with Peer(DOCUMENTS) as peer:
                telephone = peer.telephone()
                telephone.exchange.callbacks = Callbacks(times=times)
                telephone.exchange.ring(ASKED, EVENTS)
                await telephone.exchange.settle(60)
                assert len(peer.forms_of("/told")) == 3 * times

    run_clean(main())


def test_a_leg_is_ended_while_it_rings() -> None:
    """It was canceled, and nobody ever heard a word."""

    async def main() -> None:
        async with Peer(DOCUMENTS) as peer:
            exchange = peer.telephone().exchange
            leg = exchange.ring(ASKED, EVENTS)
            await asyncio.sleep(1)
            exchange.end(leg)
            await exchange.settle(10)
            assert exchange.status(leg) == "canceled"
            assert [form["CallStatus"] for form in peer.forms_of("/told")] == ["initiated", "canceled"]
            assert exchange.status("CA" + "9" * 32) is None

    run_clean(main())


def test_whoever_sits_in_a_room_alone_is_an_orphan() -> None:
    """A person who was joined to nobody, and whom nobody lets go."""

    async def main() -> None:
        documents = {"/answered": "<Dial><Conference endConferenceOnExit='true'>r</Conference></Dial>"}
        async with Peer(documents) as peer:
            telephone = peer.telephone()
            leg = telephone.exchange.ring(ASKED, EVENTS)
            await telephone.exchange.settle(60)
            (orphan,) = telephone.ledger.of("orphan")
            assert orphan.data == {"leg": leg, "status": "in-progress"}

    run_clean(main())


def test_a_caller_on_hold_is_fetched_or_loses_patience() -> None:
    """Another document takes the place of the conference; who hangs up leaves the room."""

    async def main() -> None:
        documents = {
            "/twilio/voice": "<Dial><Conference startConferenceOnEnter='false'>r</Conference></Dial>",
            "/fetched": "<Hangup/>",
        }
        async with Peer(documents) as peer:
            telephone = peer.telephone()
            calling = asyncio.create_task(telephone.call(NUMBER, [], {}))
            await asyncio.sleep(5)
            assert telephone.call_sid is not None
            telephone.exchange.redirect(telephone.call_sid, f"{PUBLIC}/fetched")
            await calling
            assert next(telephone.ledger.of("hung_up")).data == {"by": "twiml"}
            impatient = peer.telephone(patience_s=3.0)
            await impatient.call(NUMBER, [], {})
            assert next(impatient.ledger.of("hung_up")).data == {"by": "caller"}
            assert impatient.exchange.conferences.people() == []

    run_clean(main())
