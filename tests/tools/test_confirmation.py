"""send_confirmation: the caller's own number, the owner's words, at most once."""

import asyncio

import pytest

from tests.tools.left_behind import MINUTE_S, sweep
from tests.tools.scene import HANG, Scene
from tools import spoken
from tools.ports import SmsAmbiguous, SmsRefused, SmsRetry
from tools.store import StoreUnavailable, TextState

BODY = (
    "Maple Street Dental: cleaning for Dana Reed on Tuesday, November 24 at 12:00 PM. "
    "48 Maple Street, Springfield. To change or cancel, please call us."
)
CALLER = "+12025550143"


async def state(scene: Scene) -> TextState:
    """The state of the confirmation in the outbox."""
    text = await scene.store.text(reservation_id=scene.facts.booking_id, kind="confirmation")
    found: TextState = text.state
    return found


async def book_without_text(scene: Scene) -> None:
    """The caller says yes, and no to texts."""
    hold_id = await scene.hold_first()
    await scene.run("create_event", hold_id=hold_id, customer_name="Dana Reed", text_me=False)


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
        ([SmsRefused("21614")], spoken.text_failed(), TextState.FAILED, 1),
        ([SmsRefused("21610")], spoken.text_blocked(), TextState.FAILED, 1),
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
    text = await scene.store.text(reservation_id=scene.facts.booking_id, kind="confirmation")
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


# --- who agreed to it -----------------------------------------------------------------


async def test_the_yes_to_the_read_back_is_the_consent(scene: Scene) -> None:
    """It asks for it, the number keeps it, and the next read-back does not ask again."""
    await scene.book_first()
    assert scene.facts.text_consent
    caller = await scene.store.caller(CALLER)
    assert caller.consented_at is not None
    await scene.check("2026-11-25")
    again = await scene.run("hold_slot", slot_id="slot_4", customer_name="Dana Reed")
    assert again.output["say"].endswith("Shall I book it?")


async def test_whoever_declined_gets_no_text(scene: Scene) -> None:
    """Also when the model asks for it by habit: nothing is queued, and nothing kept as agreed."""
    await book_without_text(scene)
    result = await scene.run("send_confirmation")
    assert (result.output["say"], result.error_code) == (spoken.text_not_wanted(), "not_wanted")
    assert await scene.report.texts() == []
    assert await scene.store.caller(CALLER) is None
    assert not scene.facts.text_consent


async def test_whoever_declined_may_ask_after_all(scene: Scene) -> None:
    """That is a consent, and is kept as one; no reminder comes of it."""
    await book_without_text(scene)
    assert (await scene.run("send_confirmation", caller_asks=True)).output["say"] == spoken.text_sent()
    assert scene.sms.sent == [(CALLER, BODY)]
    assert (await scene.store.caller(CALLER)).consented_at is not None
    assert [text.kind for text in await scene.report.texts()] == ["confirmation"]


async def test_whoever_said_stop_gets_no_text(scene: Scene) -> None:
    """Nobody asks, nothing is sent, and the caller is told how to allow it."""
    await scene.store.set_opted_out(number=CALLER, opted_out=True, now=scene.clock.now())
    scene.facts.opted_out = True
    await scene.ask_tuesday()
    held = await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")
    assert held.output["say"].endswith("Shall I book it?")
    await scene.run("create_event", hold_id=held.output["hold_id"], customer_name="Dana Reed")
    for asks in (False, True):
        result = await scene.run("send_confirmation", caller_asks=asks)
        assert (result.output["say"], result.error_code) == (spoken.text_blocked(), "opted_out")
    assert scene.sms.asked == []


async def test_a_stop_during_the_call_counts(scene: Scene) -> None:
    """The text was queued with the booking; it is cancelled, and the reminder with it."""
    await scene.book_first()
    await scene.store.set_opted_out(number=CALLER, opted_out=True, now=scene.clock.now())
    assert (await scene.run("send_confirmation")).output["say"] == spoken.text_blocked()
    assert {text.state for text in await scene.report.texts()} == {TextState.CANCELLED}
    assert scene.sms.asked == []


async def test_start_allows_texts_again(scene: Scene) -> None:
    """Within the same call: the caller was told how, and did it."""
    await scene.store.set_opted_out(number=CALLER, opted_out=True, now=scene.clock.now())
    scene.facts.opted_out = True
    await scene.book_first()
    await scene.run("send_confirmation")
    await scene.store.set_opted_out(number=CALLER, opted_out=False, now=scene.clock.now())
    assert (await scene.run("send_confirmation", caller_asks=True)).output["say"] == spoken.text_sent()
    assert not scene.facts.opted_out


async def test_what_the_carrier_blocks_is_kept_for_ever(scene: Scene) -> None:
    """21610: the next text is not even tried, whatever it is about."""
    await scene.book_first()
    scene.sms.before("send", SmsRefused("21610"))
    await scene.run("send_confirmation")
    assert (await scene.store.caller(CALLER)).opted_out_at is not None
    later = scene.another_call(number=CALLER)
    await later.check("2026-11-25")
    hold_id = (await later.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")).output["hold_id"]
    await later.run("create_event", hold_id=hold_id, customer_name="Dana Reed")
    assert (await later.run("send_confirmation")).output["say"] == spoken.text_blocked()
    assert scene.sms.asked.count("send") == 1


async def test_a_country_that_is_not_texted_to(scene: Scene) -> None:
    """The truth, and no try."""
    abroad = scene.another_call(number="+447400123456")
    await abroad.book_first()
    result = await abroad.run("send_confirmation")
    assert (result.output["say"], result.error_code) == (spoken.text_not_there(), "country_not_texted")
    assert scene.sms.asked == []


async def test_the_caps_hold_here_too(scene: Scene) -> None:
    """A text that was not queued with its booking counts as any other."""
    await book_without_text(scene)
    for number in range(scene.business.texts.per_number):
        await scene.store.queue_text(
            reservation_id=None,
            kind="code",
            to=CALLER,
            body="",
            call_sid=f"CA9{number}",
            now=scene.clock.now(),
        )
    result = await scene.run("send_confirmation", caller_asks=True)
    assert (result.output["say"], result.error_code) == (spoken.texts_used_up(), "too_many_texts")


# --- whoever hangs up -----------------------------------------------------------------


async def test_a_caller_who_hangs_up_after_the_yes_gets_the_text(scene: Scene) -> None:
    """Nobody asked for send_confirmation any more: recovery sends it a minute later, once."""
    await scene.book_first()
    await sweep(scene, MINUTE_S / 2)
    assert scene.sms.sent == []
    for _ in range(3):
        await sweep(scene)
    assert scene.sms.sent == [(CALLER, BODY)]
    assert await state(scene) is TextState.SENT


async def test_a_booking_finished_by_recovery_is_texted_too(scene: Scene) -> None:
    """The process died between the calendar and the store; its caller hears of it all the same."""
    hold_id = await scene.hold_first()
    scene.store.before("finish_booking", StoreUnavailable("locked"))
    await scene.run("create_event", hold_id=hold_id, customer_name="Dana Reed")
    for _ in range(3):
        await sweep(scene)
    assert scene.sms.sent == [(CALLER, BODY)]


async def test_a_booking_not_yet_finished_is_texted_in_the_call(scene: Scene) -> None:
    """The event stands, so "you're booked" was said: the text is queued now, and not a second time."""
    hold_id = await scene.hold_first()
    scene.store.before("finish_booking", StoreUnavailable("locked"))
    await scene.run("create_event", hold_id=hold_id, customer_name="Dana Reed")
    assert (await scene.run("send_confirmation")).output["say"] == spoken.text_sent()
    for _ in range(3):
        await sweep(scene)
    assert scene.sms.sent == [(CALLER, BODY)]
    assert {text.kind for text in await scene.report.texts()} == {"confirmation", "reminder_24"}
