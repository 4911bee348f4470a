"""What a text that comes in means, what is done about it, and what it is answered."""

import asyncio
from typing import Any

import pytest

from tests.tools.scene import Scene
from tools.inbound import (
    CONFIRM_WORDS,
    HELP_WORDS,
    RESCHEDULE_WORDS,
    START_WORDS,
    STOP_WORDS,
    Incoming,
    Meaning,
    meaning,
    receive,
    reply,
)
from tools.store import ReservationState, StoreUnavailable, TextState

CALLER = "+12025550143"
STRANGER = "+12025550199"
NUMBER = "+12025550100"


def text(body: str, number: str = CALLER, sid: str = "SM1", opt_out_type: str = "") -> Incoming:
    return Incoming(sid=sid, number=number, our_number=NUMBER, body=body, opt_out_type=opt_out_type)


async def answered(scene: Scene, incoming: Incoming, *, has_called: bool = False) -> str | None:
    """What a text is answered in the end."""
    answer = await receive(scene.kit, incoming, has_called=has_called)
    return None if answer is None else await reply(scene.kit, incoming, answer)


async def tasks(scene: Scene) -> list[Any]:
    """Tasks for a person that came of texts."""
    return [task for task in await scene.report.callbacks() if task.reason == "text"]


async def is_out(scene: Scene) -> bool:
    """Whether the caller has opted out."""
    caller = await scene.store.caller(CALLER)
    return caller is not None and caller.opted_out_at is not None


# --- meaning --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (STOP_WORDS, Meaning.STOP),
        (START_WORDS, Meaning.START),
        (HELP_WORDS, Meaning.HELP),
        (CONFIRM_WORDS, Meaning.CONFIRM),
        (RESCHEDULE_WORDS, Meaning.RESCHEDULE),
    ],
)
def test_keywords(words: frozenset[str], meant: Meaning) -> None:
    """In any case, with any space or mark around."""
    for word in words:
        for body in (word, word.lower(), word.title(), f"  {word}\n", f"{word}.", f'"{word}"'):
            assert meaning(text(body)) is meant, body


def test_twilios_own_words_are_all_known() -> None:
    """Source: Twilio, opt-out keywords."""
    assert {"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"} == STOP_WORDS
    assert {"START", "YES", "UNSTOP"} == START_WORDS


@pytest.mark.parametrize(
    "body", ["please stop by at two", "I want to cancel my appointment", "cc", "yes please", "at 3?", "?"]
)
def test_sentences_are_no_keywords(body: str) -> None:
    """Twilio does not take them so either."""
    assert meaning(text(body)) is Meaning.OTHER


@pytest.mark.parametrize(
    ("body", "opt_out_type", "meant"),
    [
        ("Please stop texting me", "STOP", Meaning.STOP),
        ("arret", "STOP", Meaning.STOP),
        ("hello", "START", Meaning.START),
        ("HELP", "HELP", Meaning.NOTHING),  # answered by Twilio
        ("STOP", "HELP", Meaning.NOTHING),
        ("", "", Meaning.NOTHING),  # a picture
        ("  ", "", Meaning.NOTHING),
    ],
)
def test_twilios_word_goes_before_ours(body: str, opt_out_type: str, meant: Meaning) -> None:
    """With Advanced Opt-Out the owner of the account chooses the words."""
    assert meaning(text(body, opt_out_type=opt_out_type)) is meant


# --- STOP and START -------------------------------------------------------------------


async def test_stop_and_start_are_kept_and_not_answered(scene: Scene) -> None:
    """For ever, until START."""
    for body, out in (("STOP", True), ("hi", True), ("START", False), ("Optout", True), ("unstop", False)):
        assert await answered(scene, text(body)) is None
        assert await is_out(scene) is out, body


async def test_whoever_has_opted_out_is_answered_nothing(scene: Scene) -> None:
    """But what they write reaches a person."""
    await answered(scene, text("STOP"))
    assert await answered(scene, text("Am I on Tuesday?", sid="SM2"), has_called=True) is None
    assert [task.message for task in await tasks(scene)] == ["Am I on Tuesday?"]


async def test_stop_cancels_what_was_still_to_be_sent(scene: Scene) -> None:
    """The confirmation and the reminder."""
    await scene.book_first()
    await answered(scene, text("STOP"))
    assert {row.state for row in await scene.report.texts()} == {TextState.CANCELLED}


async def test_cancel_from_somebody_with_an_appointment_reaches_a_person(scene: Scene) -> None:
    """The network takes it as STOP, and so do we; but it may have meant the appointment."""
    await answered(scene, text("CANCEL", number=STRANGER))
    assert await tasks(scene) == []
    await scene.book_first()
    assert await answered(scene, text("cancel")) is None
    [task] = await tasks(scene)
    assert (task.number, task.name, task.message[:6]) == (CALLER, "Dana Reed", "CANCEL")
    assert await is_out(scene)
    row = await scene.store.reservation(scene.facts.booking_id)
    assert row.state is ReservationState.BOOKED


# --- answers --------------------------------------------------------------------------


async def test_c_confirms_the_next_appointment(scene: Scene) -> None:
    """Of that number, and it is told which; again is harmless."""
    await scene.book_first()
    for sid in ("SM1", "SM2"):
        said = await answered(scene, text(" c ", sid=sid))
        assert said == "Maple Street Dental: thank you, see you on Tuesday, November 24 at 12:00 PM."
    assert (await scene.store.reservation(scene.facts.booking_id)).confirmed_at is not None
    assert await tasks(scene) == []


async def test_c_is_not_for_the_appointment_that_is_going_on(scene: Scene) -> None:
    """Who sits in the chair confirms the next one."""
    await scene.book_first()
    first = scene.facts.booking_id
    await scene.check("2026-12-02")
    held = await scene.run("hold_slot", slot_id="slot_4", customer_name="Dana Reed")
    await scene.run("create_event", hold_id=held.output["hold_id"], customer_name="Dana Reed")
    row = await scene.store.reservation(first)
    await asyncio.sleep((row.start - scene.clock.now()).total_seconds() + 60)
    said = await answered(scene, text("C"))
    assert said is not None
    assert "Wednesday, December 2" in said
    assert (await scene.store.reservation(first)).confirmed_at is None


async def test_c_without_an_appointment_confirms_nothing(scene: Scene) -> None:
    """Another caller's stays as it is; a person sees the text, if the number is known at all."""
    await scene.book_first()
    said = await answered(scene, text("C", number=STRANGER), has_called=True)
    assert said is not None
    assert "passed on" in said
    assert (await scene.store.reservation(scene.facts.booking_id)).confirmed_at is None


async def test_reschedule_and_help_say_what_to_do(scene: Scene) -> None:
    """By calling the number that was texted; nothing is changed."""
    said = [await answered(scene, text(body, sid=body)) for body in ("Reschedule", "help", "INFO")]
    assert all(words is not None and NUMBER in words for words in said)
    assert said[1] == said[2] != said[0]


async def test_anything_else_of_somebody_known_reaches_a_person(scene: Scene) -> None:
    """Once, however often Twilio tells of it; whether by a booking or by a call."""
    await scene.book_first()
    for _ in range(3):
        await answered(scene, text("Can I come at three?"))
    await answered(scene, text("And where?", number=STRANGER, sid="SM2"), has_called=True)
    found = [(task.number, task.name, task.message) for task in await tasks(scene)]
    assert sorted(found, key=str) == [
        (CALLER, "Dana Reed", "Can I come at three?"),
        (STRANGER, None, "And where?"),
    ]


async def test_a_stranger_is_told_once_a_day(scene: Scene) -> None:
    """And nobody is bothered with it."""
    for sid, told in (("SM1", True), ("SM2", False), ("SM3", False)):
        said = await answered(scene, text("win a prize", number=STRANGER, sid=sid))
        assert (said is not None) is told
    assert await tasks(scene) == []


async def test_answers_are_bounded(scene: Scene) -> None:
    """So many to one number in a day; the messages still reach a person."""
    most = scene.business.texts.per_number
    said = [
        await answered(scene, text(f"hello {number}", sid=f"SM{number}"), has_called=True)
        for number in range(most + 3)
    ]
    assert [words is not None for words in said] == [True] * most + [False] * 3
    assert len(await tasks(scene)) == most + 3


async def test_a_number_abroad_is_answered_nothing(scene: Scene) -> None:
    """An answer costs what any text there costs."""
    assert await answered(scene, text("help", number="+447400123456")) is None
    assert await scene.report.texts() == []


async def test_an_answer_is_never_sent_again(scene: Scene) -> None:
    """It went with the webhook's answer; for recovery it is sent."""
    await answered(scene, text("help"))
    [row] = await scene.report.texts()
    assert (row.state, row.kind, row.to) == (TextState.SENT, "help", CALLER)
    assert scene.sms.asked == []


async def test_a_store_that_is_away_is_said(scene: Scene) -> None:
    """Whoever asked does it again later."""
    scene.store.before("set_opted_out", StoreUnavailable("locked"))
    with pytest.raises(StoreUnavailable):
        await receive(scene.kit, text("STOP"), has_called=False)
