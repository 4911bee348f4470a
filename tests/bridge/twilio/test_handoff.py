"""The addresses of a handoff, asked by hand: twice, too late, in another order, by nobody we know."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from bridge.handoff.states import State
from bridge.store import handoffs
from bridge.store.handoffs import Handoff, HandoffStore
from bridge.store.report import Report
from bridge.store.store import Store
from tests.exchange import WARM, Handover, handing_over
from tests.server import AUTH_TOKEN, BEGIN, CALLER, PERSON, Server, in_no_time, until
from tools.business_file import parse_business
from tools.legs import Legs
from tools.ports import LegRefused
from tools.store import StoreUnavailable

CALL = "CA" + "1" * 32
LEG = "CA" + "2" * 32
ABOUT = f"?call={CALL}"
WORDING = parse_business(WARM).wording
HOLD = "<Conference"
GATHER = "<Gather"
HANG_UP = "<Hangup />"
STREAM = "<Stream"


class Quiet:
    """Twilio's exchange, with legs that do nothing."""

    def __init__(self) -> None:
        self.rung: list[str] = []
        self.moved: list[str] = []
        self.ended: list[str] = []
        self.over: set[str] = set()

    def ring(self, parameters: dict[str, str], events: Iterable[str]) -> str:
        self.rung.append(parameters["To"])
        return LEG

    def status(self, call_sid: str) -> str:
        return "completed" if call_sid in self.over else "in-progress"

    def redirect(self, call_sid: str, url: str) -> None:
        self.moved.append(url)

    def end(self, call_sid: str) -> None:
        self.ended.append(call_sid)


class Scene:
    """A call that is to go to a person, and Twilio by hand."""

    def __init__(self, over: Handover) -> None:
        self.server: Server = over.server
        self.gear = Quiet()
        over.rest.put_through(self.gear)

    async def agreed(self, brief: str = "Dana is on the line.") -> None:
        """The call's stream has ended with the wish for a person."""
        store = await Store.open(self.server.database_url)
        try:
            await store.handoffs.agree(call_sid=CALL, caller_number=CALLER, brief=brief, now=BEGIN)
            await store.calls.set_next_step(call_sid=CALL, step="person", reason="transfer", now=BEGIN)
        finally:
            await store.close()

    async def asks(self, path: str, **more: str) -> str:
        """The caller's leg asks; the document."""
        answer = await self.server.post(f"/twilio/{path}", CALL, **more)
        assert answer.status == 200
        return answer.body

    async def person(self, path: str, **more: str) -> str:
        """The person's leg asks; the document."""
        answer = await self.server.post(f"/twilio/handoff/{path}{ABOUT}", LEG, **more)
        assert answer.status in (200, 204)
        return answer.body

    async def at(self, state: State) -> Handoff:
        """Wait until the handoff is there."""
        async with asyncio.timeout(30):
            while True:
                (row,) = await self.server.rows(Report.handoffs)
                assert isinstance(row, Handoff)
                if row.state is state:
                    return row
                await asyncio.sleep(0.05)

    async def at_last(self, state: State) -> Handoff:
        """Wait until it is there, also for longer than a look takes to come round."""
        await asyncio.sleep(100)
        return await self.at(state)

    async def asks_status(self) -> None:
        """The caller's leg is over."""
        answer = await self.server.post("/twilio/status", CALL, CallStatus="completed")
        assert answer.status == 204

    async def briefed(self) -> None:
        await self.agreed()
        assert HOLD in await self.asks("next")
        await self.at(State.RINGING)
        await until(lambda: bool(self.gear.rung))
        assert GATHER in await self.person("person", AnsweredBy="human")


@in_no_time
async def test_everything_twice() -> None:
    """The same answer to the same question, and one ring."""
    async with handing_over() as over:
        scene = Scene(over)
        await scene.agreed()
        first = await scene.asks("next")
        await scene.at(State.RINGING)
        await until(lambda: bool(scene.gear.rung))
        assert await scene.asks("next") == first
        briefs = [await scene.person("person", AnsweredBy="human") for _ in range(2)]
        joins = [await scene.person("key", Digits="1") for _ in range(2)]
        ends = [await scene.asks("handoff/over", CallStatus="in-progress") for _ in range(2)]
        for answers, holds in ((briefs, GATHER), (joins, HOLD), (ends, HANG_UP)):
            assert answers[0] == answers[1]
            assert holds in answers[0]
        assert "Dana is on the line." in briefs[0]
        for _ in range(2):
            await scene.person("status", CallStatus="completed")
            await scene.asks_status()
        await scene.at(State.TALKED)
        assert scene.gear.rung == [PERSON]


@in_no_time
async def test_the_caller_is_taken_back_as_often_as_it_is_asked() -> None:
    """Each time with a token of its own, so that a lost answer costs nothing."""
    async with handing_over() as over:
        scene = Scene(over)
        await scene.briefed()
        await scene.person("key", Digits="2")
        await scene.at(State.RETURNING)
        await until(lambda: bool(scene.gear.moved))
        answers = [await scene.asks("handoff/back") for _ in range(2)]
        assert answers[0] != answers[1]
        for answer in answers:
            assert STREAM in answer
            assert WORDING.nobody_came in answer.replace("&apos;", "'")
        assert HANG_UP in await scene.person("key", Digits="1")
        await scene.at(State.RETURNED)


@pytest.mark.parametrize("answered_by", ["machine_start", "machine_end_beep", "fax"])
@in_no_time
async def test_a_machine_hears_nothing(answered_by: str) -> None:
    """It is hung up on without a word, and the caller comes back."""
    async with handing_over() as over:
        scene = Scene(over)
        await scene.agreed()
        await scene.asks("next")
        await scene.at(State.RINGING)
        answer = await scene.person("person", AnsweredBy=answered_by)
        assert HANG_UP in answer
        assert "<Say" not in answer
        await scene.at(State.RETURNING)


@in_no_time
async def test_the_key_comes_before_the_answer() -> None:
    """What was not written down of the brief does not keep the two apart."""
    async with handing_over() as over:
        scene = Scene(over)
        await scene.agreed()
        await scene.asks("next")
        await scene.at(State.RINGING)
        assert HOLD in await scene.person("key", Digits="1")


@in_no_time
async def test_the_leg_is_over_before_it_was_answered() -> None:
    """The answer comes too late for the caller, who is on the way back."""
    async with handing_over() as over:
        scene = Scene(over)
        await scene.agreed()
        await scene.asks("next")
        await scene.at(State.RINGING)
        await scene.person("status", CallStatus="completed")
        await scene.at(State.RETURNING)
        assert HANG_UP in await scene.person("person", AnsweredBy="human")


@in_no_time
async def test_a_caller_who_hangs_up_ends_the_other_leg() -> None:
    """The call's own status callback says so; the person's leg is ended by request."""
    async with handing_over() as over:
        scene = Scene(over)
        await scene.briefed()
        await scene.asks_status()
        await scene.at(State.GONE)
        await until(lambda: scene.gear.ended == [LEG])
        assert HANG_UP in await scene.person("key", Digits="1")
        assert scene.gear.moved == []


@pytest.mark.parametrize(("lost", "state"), [(LEG, State.RETURNING), (CALL, State.TALKED)])
@in_no_time
async def test_both_legs_are_looked_at_while_they_talk(lost: str, state: State) -> None:
    """A person who was lost brings the caller back; a caller who was lost lets the person go."""
    async with handing_over() as over:
        scene = Scene(over)
        await scene.briefed()
        assert HOLD in await scene.person("key", Digits="1")
        await asyncio.sleep(100)
        await scene.at(State.JOINED)
        scene.gear.over.add(lost)
        await scene.at_last(state)
        if lost == CALL:
            await until(lambda: scene.gear.ended == [LEG])
        else:
            await until(lambda: bool(scene.gear.moved))


@in_no_time
async def test_a_person_who_never_got_into_the_room() -> None:
    """Their leg is over, the conference is not: the caller is fetched instead of hearing music for ever."""
    async with handing_over() as over:
        scene = Scene(over)
        await scene.briefed()
        await scene.person("key", Digits="1")
        await scene.person("status", CallStatus="completed")
        await scene.at(State.PARTED)
        await scene.at(State.RETURNING)
        await until(lambda: bool(scene.gear.moved))


@in_no_time
async def test_a_call_that_nobody_hands_over() -> None:
    """Signed, but about nothing we know: nobody is rung, no row is made, and the leg ends."""
    async with handing_over() as over:
        scene = Scene(over)
        assert HANG_UP in await scene.person("person", AnsweredBy="human")
        assert HANG_UP in await scene.person("key", Digits="1")
        assert HANG_UP in await scene.asks("handoff/back")
        await scene.person("status", CallStatus="completed")
        assert await scene.server.rows(Report.handoffs) == []
        assert scene.gear.rung == []


@pytest.mark.parametrize("path", ["person", "key", "status", "over", "back"])
@in_no_time
async def test_every_address_is_signed(path: str) -> None:
    """Also the question mark and what follows it."""
    async with handing_over() as over:
        client = over.server.client
        form = {"CallSid": LEG, "CallStatus": "completed", "Digits": "1"}
        for signed_as in ("", "bad"):
            answer = await client.post(f"/twilio/handoff/{path}{ABOUT}", form, signed_as=signed_as)
            assert answer.status == 403
        assert (await client.post(f"/twilio/handoff/{path}{ABOUT}", {"X": "1"})).status == 400
        assert AUTH_TOKEN not in over.server.log()


@in_no_time
async def test_dialled_after_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the store fails on the way into the conference, a person is dialled once, in the plain way."""
    real, tries = HandoffStore.advance, 0

    async def advance(store: HandoffStore, **given: Any) -> Any:
        nonlocal tries
        tries += 1
        advanced = await real(store, **given)
        if tries == 1:
            raise StoreUnavailable("its answer was lost")
        return advanced

    async with handing_over() as over:
        scene = Scene(over)
        await scene.agreed()
        monkeypatch.setattr(HandoffStore, "advance", advance)
        assert f"<Number>{PERSON}</Number>" in await scene.asks("next")
        await asyncio.sleep(30)
        assert scene.gear.rung == []
        await scene.asks("handoff", DialCallStatus="completed")
        await scene.asks_status()
        await asyncio.sleep(30)
        assert await scene.server.rows(Report.callbacks) == []


@in_no_time
async def test_a_caller_who_cannot_be_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twilio is asked for as long as a call may last, and then no more."""
    asked = 0

    async def refuse(*_: object) -> None:
        nonlocal asked
        asked += 1
        raise LegRefused("20003")

    monkeypatch.setattr(Legs, "redirect", refuse)
    monkeypatch.setattr(handoffs, "LONGEST", timedelta(minutes=2))
    async with handing_over() as over:
        scene = Scene(over)
        await scene.agreed()
        await scene.asks("next")
        await scene.at(State.RINGING)
        await scene.person("status", CallStatus="busy")
        await scene.at(State.RETURNING)
        await asyncio.sleep(180)
        await scene.at(State.GONE)
        before = asked
        await asyncio.sleep(60)
        assert asked == before > 0


@in_no_time
async def test_looking_goes_on_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that this version cannot read keeps no other handoff from being found."""
    real, looks = HandoffStore.due, 0

    async def due(store: HandoffStore, now: datetime) -> list[str]:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise ValueError("no state of ours")
        return await real(store, now)

    monkeypatch.setattr(HandoffStore, "due", due)
    async with handing_over():
        await asyncio.sleep(60)
        assert looks > 2
