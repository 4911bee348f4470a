"""Handing a caller over, warm: every way it can go, through the real server and Twilio's stand-ins."""

from collections.abc import Callable
from typing import Any

import pytest

from bridge.handoff.states import Happened, State
from bridge.harness.telephone.person import DEEDS, Callbacks, Person
from bridge.harness.twilio_rest.standin import TwilioRestStandin
from bridge.store.calls import NOBODY_CAME_SUMMARY, Outcome
from bridge.store.handoffs import Advanced, HandoffStore
from bridge.store.report import Report
from tests.exchange import STEPS, WARM, ZERO, Ending, handing_over
from tests.server import CALLER, NUMBER, PERSON, in_no_time
from tools import spoken
from tools.business_file import parse_business
from tools.store import StoreUnavailable

TALKED = Ending(state=State.TALKED, talked=True)
BACK = Ending(state=State.RETURNED, streams=2, callbacks=("nobody_answered",))
GONE = Ending(state=State.GONE, callbacks=("nobody_answered",))
NOBODY_CAME = parse_business(WARM).wording.nobody_came
SUNDAYS = WARM.replace("[handoff]", '[handoff]\nhours = { sunday = ["09:00-12:00"] }')
CALLBACKS = {
    "twice": Callbacks(times=2),
    "late": Callbacks(late_s=7.0),
    "late and twice": Callbacks(times=2, late_s=20.0),
    "lost": Callbacks(times=0),
}
Fault = Callable[[TwilioRestStandin], None]


@pytest.mark.parametrize("deed", DEEDS)
@in_no_time
async def test_what_the_person_does(deed: str) -> None:
    """Accepted: the two talk. Anything else: the caller is with the agent again, and is called back."""
    async with handing_over(person=Person(deed=deed)) as over:
        await over.call()
        await (TALKED if deed == "accepts" else BACK).check(over)
        assert over.rung() == [PERSON]
        assert (NOBODY_CAME in over.spoken()) == (deed != "accepts")


@pytest.mark.parametrize("how", CALLBACKS)
@pytest.mark.parametrize("deed", DEEDS)
@in_no_time
async def test_callbacks_twice_late_or_lost(deed: str, how: str) -> None:
    """The same end, by the other requests or by time; the person is rung once."""
    async with handing_over(person=Person(deed=deed), callbacks=CALLBACKS[how]) as over:
        await over.call()
        await (TALKED if deed == "accepts" else BACK).check(over)
        assert over.rung() == [PERSON]


@pytest.mark.parametrize("patience_s", [0.0, 1.0, 5.0, 11.0])
@pytest.mark.parametrize("how", ["once", *CALLBACKS])
@in_no_time
async def test_a_caller_who_does_not_wait(how: str, patience_s: float) -> None:
    """Before the telephone rings, while it rings, while the person is told, and at their key's time.

    The person's leg ends, nobody is left alone in the room, and somebody calls back.
    """
    callbacks = CALLBACKS.get(how, Callbacks())
    async with handing_over(person=Person(deed="no_key"), callbacks=callbacks, patience_s=patience_s) as over:
        await over.call()
        await GONE.check(over)
        (task,) = await over.callbacks()
        assert task.number == CALLER
        (call,) = await over.server.rows(Report.calls)
        assert (call.outcome, call.summary) == (Outcome.ENDED, NOBODY_CAME_SUMMARY)


@in_no_time
async def test_a_person_who_accepts_when_the_caller_has_just_gone() -> None:
    """Their leg ends too: with a word, or by request."""
    for patience_s in (7.0, 8.0, 9.0, 10.0):
        async with handing_over(patience_s=patience_s) as over:
            await over.call()
            over.telephone.ledger.write("settled")
            assert over.wrong() == []
            assert (await over.handoff()).state in (State.GONE, State.TALKED)


@in_no_time
async def test_a_long_talk_is_left_alone() -> None:
    """Both legs are looked at meanwhile, and are there."""
    async with handing_over(person=Person(talks_s=400)) as over:
        await over.call()
        await TALKED.check(over)


@in_no_time
async def test_the_brief_is_told_to_the_person_alone() -> None:
    """Who, why, and the key; an answering machine hears nothing of it."""
    for deed in ("accepts", "machine"):
        async with handing_over(person=Person(deed=deed)) as over:
            await over.call()
            told = [text for text in over.spoken() if "Maple Street Dental" in text]
            brief = "A call for Maple Street Dental. The caller gave no name. They pressed zero."
            press = "Press 1 to take the call, or hang up."
            assert told == ([f"{brief} {press}"] if deed == "accepts" else [])


@in_no_time
async def test_the_person_sees_our_number() -> None:
    """callerId is ours: another one Twilio would refuse, or not believe."""
    async with handing_over() as over:
        await over.call()
        (made,) = over.rest.ledger.of("call")
        assert (made.data["from_"], made.data["to"]) == (NUMBER, PERSON)


# --- Twilio's REST interface fails ------------------------------------------------

NO_RING: dict[str, Fault] = {
    "refused": lambda rest: rest.fail_next("ring", 400, 21215),
    "too many requests": lambda rest: rest.fail_next("ring", 429, 20429),
    "a server error": lambda rest: rest.fail_next("ring", 500, 20500),
}
RINGS_ALL_THE_SAME: dict[str, Fault] = {
    "a server error": lambda rest: rest.fail_next("ring", 503, 20503, after=True),
    "the answer is lost": lambda rest: rest.lose_answer_next("ring"),
    "the answer is late": lambda rest: rest.delay("ring", 7.0, after=True),
}
HARMLESS: dict[str, Fault] = {
    "redirect refused": lambda rest: rest.fail_next("update_call", 429, 20429),
    "redirect fails": lambda rest: rest.fail_next("update_call", 500, 20500, times=3),
    "redirect done, answer lost": lambda rest: rest.lose_answer_next("update_call"),
    "redirect slow": lambda rest: rest.delay("update_call", 9.0, after=True),
    "nothing can be looked up": lambda rest: rest.fail_next("get_call", 500, 20500, times=50),
}


@pytest.mark.parametrize("fault", NO_RING)
@in_no_time
async def test_the_person_cannot_be_rung(fault: str) -> None:
    """The caller comes back; it is not tried again."""
    async with handing_over() as over:
        NO_RING[fault](over.rest)
        await over.call()
        await BACK.check(over)
        assert over.rung() == []


@pytest.mark.parametrize("fault", RINGS_ALL_THE_SAME)
@in_no_time
async def test_the_person_is_rung_and_nobody_says_so(fault: str) -> None:
    """Whoever accepts is joined: the leg tells of itself. Nobody is rung a second time."""
    async with handing_over() as over:
        RINGS_ALL_THE_SAME[fault](over.rest)
        await over.call()
        await TALKED.check(over)
        assert over.rung() == [PERSON]


@pytest.mark.parametrize("fault", HARMLESS)
@pytest.mark.parametrize("deed", ["accepts", "no_answer"])
@in_no_time
async def test_moving_the_caller_fails(fault: str, deed: str) -> None:
    """It is asked for again until it is done; a talk does not need it."""
    async with handing_over(person=Person(deed=deed, talks_s=200)) as over:
        HARMLESS[fault](over.rest)
        await over.call()
        await (TALKED if deed == "accepts" else BACK).check(over)


@in_no_time
async def test_ending_the_persons_leg_fails() -> None:
    """It is tried again, so that it does not go on ringing; and whoever answers meanwhile is let go."""
    for deed, ended_as in (("no_answer", "canceled"), ("accepts", "completed")):
        async with handing_over(person=Person(deed=deed), patience_s=1.0) as over:
            over.rest.fail_next("update_call", 500, 20500, times=2)
            await over.call()
            await GONE.check(over)
            (leg,) = over.telephone.ledger.of("dialled")
            assert leg.data["ended_as"] == ended_as


# --- our database is away ---------------------------------------------------------


@in_no_time
async def test_the_store_is_away_when_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain dial needs no store: the caller reaches the person all the same."""
    async with handing_over() as over:
        monkeypatch.setattr(HandoffStore, "handoff", _away)
        await over.call()
        (dialled,) = over.telephone.ledger.of("dialled")
        assert dialled.data["status"] == "completed"
        assert over.wrong() == []


@pytest.mark.parametrize("deed", ["accepts", "declines"])
@in_no_time
async def test_the_store_goes_away_while_the_person_is_told(
    deed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key cannot be written down: the person hears a word and is let go, the caller comes back."""
    async with handing_over(person=Person(deed=deed)) as over:
        advance = HandoffStore.advance
        lost = 0

        async def often_away(store: HandoffStore, *, happened: Happened, **more: Any) -> Advanced | None:
            nonlocal lost
            if happened in (Happened.ACCEPTED, Happened.DECLINED) and lost < 2:
                lost += 1
                raise StoreUnavailable("away")
            return await advance(store, happened=happened, **more)

        monkeypatch.setattr(HandoffStore, "advance", often_away)
        await over.call()
        await BACK.check(over)
        assert lost


async def _away(*_: Any, **__: Any) -> Any:
    raise StoreUnavailable("away")


# --- when nobody is there ---------------------------------------------------------


@in_no_time
async def test_outside_staffed_hours_a_message_is_taken_at_once() -> None:
    """Key 0 leads back to the agent without any ringing, however the owner hands over."""
    for business in (SUNDAYS, SUNDAYS.replace('mode = "warm"', 'mode = "cold"')):
        async with handing_over(business=business) as over:
            await over.call()
            await BACK.check(over)
            assert over.rung() == []
            assert list(over.telephone.ledger.of("dialled")) == []
            assert NOBODY_CAME in over.spoken()


@in_no_time
async def test_who_presses_zero_again_is_called_back() -> None:
    """The person is not rung twice for one caller, and the caller does not go round in circles."""
    async with handing_over(person=Person(deed="busy")) as over:
        await over.call((ZERO, ZERO))
        await BACK.check(over)
        assert over.rung() == [PERSON]
        assert parse_business(WARM).wording.call_back in over.spoken()
        (call,) = await over.server.rows(Report.calls)
        assert (call.outcome, call.summary) == (Outcome.ENDED, NOBODY_CAME_SUMMARY)


@in_no_time
async def test_the_agent_is_told_why_the_caller_is_back() -> None:
    """Its first words offer a message, and it does not offer a person again."""
    async with handing_over(person=Person(deed="declines")) as over:
        await over.call()
        said = [e.data["session"]["instructions"] for e in over.server.said.of("configured")]
        opening = f'"{spoken.may_i_take_a_message()}"'
        assert opening not in said[0]
        assert opening in said[-1]


@in_no_time
async def test_cold_is_as_simple_as_it_was() -> None:
    """Dialled through, without hold music, brief or row."""
    async with handing_over(business=WARM.replace('mode = "warm"', 'mode = "cold"')) as over:
        await over.call(STEPS)
        (dialled,) = over.telephone.ledger.of("dialled")
        assert dialled.data == {"number": PERSON, "status": "completed"}
        assert list(over.telephone.ledger.of("conference")) == []
        assert over.wrong() == []
