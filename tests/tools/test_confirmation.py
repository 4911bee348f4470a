"""send_confirmation: the caller's own number, the owner's words, at most once."""

import asyncio
from datetime import UTC, datetime

import pytest

from tests.tools.scene import HANG, Scene
from tools import spoken
from tools.confirmation import written_date, written_time
from tools.ports import SmsAmbiguous, SmsRefused, SmsRetry
from tools.store import StoreUnavailable, TextState

BODY = (
    "Maple Street Dental: cleaning for Dana Reed on Tuesday, November 24 at 12:00 PM. "
    "48 Maple Street, Springfield"
)


async def state(scene: Scene) -> TextState:
    """The state of the one text in the outbox."""
    text = await scene.store.queue_text(
        reservation_id=scene.facts.booking_id,
        kind="confirmation",
        to_number="+12025550143",
        body="",
        call_sid="CA1",
        now=scene.clock.now(),
    )
    found: TextState = text.state
    return found


async def test_a_booking_is_texted_to_the_caller(scene: Scene) -> None:
    """The number is the network's, the values are the store's."""
    await scene.book_first()
    result = await scene.run("send_confirmation")
    assert result.output == {"ok": True, "say": "I've sent you a text."}
    assert scene.sms.sent == [("+12025550143", BODY)]
    assert scene.facts.confirmation_sent
    assert await state(scene) is TextState.SENT


async def test_asking_twice_sends_once(scene: Scene) -> None:
    """A repeat says so, also when this process has forgotten."""
    await scene.book_first()
    await scene.run("send_confirmation")
    assert (await scene.run("send_confirmation")).output["say"] == spoken.text_already_sent()
    scene.facts.confirmation_sent = False
    assert (await scene.run("send_confirmation")).output["say"] == spoken.text_already_sent()
    assert len(scene.sms.sent) == 1


async def test_asking_twice_at_once_sends_once(scene: Scene) -> None:
    """Two tool calls of one response are taken one after the other."""
    await scene.book_first()
    both = await asyncio.gather(scene.run("send_confirmation"), scene.run("send_confirmation"))
    assert [result.output["ok"] for result in both] == [True, True]
    assert len(scene.sms.sent) == 1


async def test_nothing_is_texted_before_a_booking(scene: Scene) -> None:
    """A hold is no booking."""
    await scene.hold_first()
    result = await scene.run("send_confirmation")
    assert "nothing is booked in this call" in result.output["problem"]
    assert scene.sms.sent == []


async def test_a_withheld_number_gets_no_text(scene: Scene) -> None:
    """There is nobody to text; the caller is told."""
    scene.facts.caller_number = None
    await scene.book_first()
    assert (await scene.run("send_confirmation")).output["say"] == spoken.text_without_number()


async def test_no_argument_can_name_a_number(scene: Scene) -> None:
    """The model cannot have anybody else texted."""
    await scene.book_first()
    result = await scene.run("send_confirmation", to="+12025550199")
    assert "unknown field `to`" in result.output["problem"]
    assert scene.sms.sent == []


@pytest.mark.parametrize(
    ("troubles", "say", "end", "tries"),
    [
        ([SmsRefused("21610")], spoken.text_failed(), TextState.FAILED, 1),
        ([SmsRetry("20429")], spoken.text_sent(), TextState.SENT, 2),
        ([SmsRetry("20429"), SmsRetry("20429")], spoken.text_failed(), TextState.FAILED, 2),
        ([SmsAmbiguous("timeout")], spoken.text_unknown(), TextState.UNKNOWN, 1),
        ([SmsRetry("20429"), SmsAmbiguous("timeout")], spoken.text_unknown(), TextState.UNKNOWN, 2),
    ],
)
async def test_what_goes_wrong_is_told_truly(
    scene: Scene, troubles: list[Exception], say: str, end: TextState, tries: int
) -> None:
    """Only what was certainly not accepted is sent again, and what was said stays true."""
    await scene.book_first()
    scene.sms.before("send", *troubles)
    assert (await scene.run("send_confirmation")).output["say"] == say
    assert await state(scene) is end
    assert scene.sms.asked.count("send") == tries
    assert (await scene.run("send_confirmation")).output["ok"] is (end is TextState.SENT)
    assert scene.sms.asked.count("send") == tries, "final, whatever it was"


async def test_a_text_that_never_gets_an_answer_is_unknown(scene: Scene) -> None:
    """Cut off by the deadline: neither sent nor not sent, and never sent again."""
    await scene.book_first()
    scene.sms.after("send", HANG)
    assert (await scene.run("send_confirmation")).output["say"] == spoken.text_unknown()
    assert (await scene.run("send_confirmation")).output["say"] == spoken.text_unknown()
    assert len(scene.sms.sent) == 1


async def test_a_text_of_another_process_is_not_sent_twice(scene: Scene) -> None:
    """Whoever claimed the row sends it; everybody else does not know."""
    await scene.book_first()
    text = await scene.store.queue_text(
        reservation_id=scene.facts.booking_id,
        kind="confirmation",
        to_number="+12025550143",
        body="",
        call_sid="CA1",
        now=scene.clock.now(),
    )
    assert await scene.store.claim_text(text_id=text.id, now=scene.clock.now())
    assert (await scene.run("send_confirmation")).output["say"] == spoken.text_unknown()
    assert scene.sms.sent == []


async def test_a_store_lost_after_sending_does_not_unsay_it(scene: Scene) -> None:
    """The text is out; its row stays claimed, so nobody sends it again."""
    await scene.book_first()
    scene.store.before("settle_text", StoreUnavailable("locked"))
    assert (await scene.run("send_confirmation")).output["ok"]
    assert await state(scene) is TextState.SENDING


async def test_a_store_lost_before_sending_sends_nothing(scene: Scene) -> None:
    """Without a claimed row nothing may be sent."""
    await scene.book_first()
    scene.store.before("claim_text", StoreUnavailable("locked"))
    assert (await scene.run("send_confirmation")).output["say"] == spoken.text_unknown()
    assert scene.sms.sent == []


def test_written_dates_and_times() -> None:
    """A text has figures, without leading noughts."""
    start = datetime(2026, 12, 1, 9, 5, tzinfo=UTC)
    assert (written_date(start), written_time(start)) == ("Tuesday, December 1", "9:05 AM")
    assert written_time(start.replace(hour=0)) == "12:05 AM"
    assert written_time(start.replace(hour=12)) == "12:05 PM"
