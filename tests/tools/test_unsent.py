"""What becomes of texts that a process left behind."""

import asyncio
from datetime import timedelta
from typing import Any

from tests.tools.left_behind import MINUTE_S, sweep
from tests.tools.scene import Scene
from tools.appointments import Outcome, begin, move_event
from tools.notices import cancelled_notices
from tools.ports import SmsAmbiguous, SmsRetry
from tools.recovery import EVERY_S, Recovery
from tools.store import LOOK_AGAIN_AFTER, ReservationState, StoreUnavailable, TextState

LOST = StoreUnavailable("locked")
LOOK_S = LOOK_AGAIN_AFTER.total_seconds() + 1


async def confirmation(scene: Scene) -> Any:
    """The text that was queued with the booking; its reminder is not due yet."""
    [text] = [each for each in await scene.report.texts() if each.kind == "confirmation"]
    return text


async def text_left(scene: Scene, method: str) -> Any:
    """A confirmation whose process died before it did this."""
    await scene.book_first()
    await sweep(scene, LOOK_S)
    scene.store.before(method, LOST)
    await scene.run("send_confirmation")
    return await confirmation(scene)


async def state_of_text(scene: Scene) -> TextState:
    state: TextState = (await confirmation(scene)).state
    return state


async def test_a_text_that_nobody_sent_is_sent(scene: Scene) -> None:
    """Once, by one of them."""
    await text_left(scene, "claim_text")
    await asyncio.sleep(MINUTE_S)
    await asyncio.gather(*(Recovery(scene.kit).sweep() for _ in range(4)))
    assert await state_of_text(scene) is TextState.SENT
    assert len(scene.sms.sent) == 1


async def test_a_text_that_was_sent_is_found(scene: Scene) -> None:
    """It went out, and that could not be written: Twilio's list has it, and it is not sent again."""
    await text_left(scene, "settle_text")
    await sweep(scene)
    text = await confirmation(scene)
    assert (text.state, text.message_sid) == (TextState.SENT, "SM1")
    assert len(scene.sms.sent) == 1


async def test_a_text_that_cannot_be_found_stays_unknown(scene: Scene) -> None:
    """Looked up once, a minute later; shown, and never sent again."""
    await scene.book_first()
    scene.sms.before("send", SmsAmbiguous("timeout"))
    await scene.run("send_confirmation")
    for _ in range(3):
        await sweep(scene)
    assert await state_of_text(scene) is TextState.UNKNOWN
    assert (scene.sms.asked.count("find"), scene.sms.sent) == (1, [])


async def test_a_list_that_cannot_be_read_is_asked_again(scene: Scene) -> None:
    """For a day; then the text stays unknown."""
    await text_left(scene, "settle_text")
    scene.sms.before("find", SmsRetry("unread"), SmsRetry("unread"))
    assert (await sweep(scene)).open == 1
    assert (await sweep(scene, 25 * 3600)).open == 0
    assert await state_of_text(scene) is TextState.UNKNOWN
    await sweep(scene)
    assert scene.sms.asked.count("find") == 2


async def test_a_text_that_is_hours_late_is_not_sent(scene: Scene) -> None:
    """It would only confuse."""
    await text_left(scene, "claim_text")
    await sweep(scene, 2 * 3600.0)
    text = await confirmation(scene)
    assert (text.state, text.error_code, scene.sms.sent) == (TextState.FAILED, "out_of_date", [])


# --- reminders ------------------------------------------------------------------------


async def booked_on(scene: Scene, day: str, **wish: Any) -> Any:
    """A cleaning on that day, its confirmation sent; the booking."""
    result = await scene.check(day, **wish)
    slot_id = result.output["slots"][0]["id"]
    held = await scene.run("hold_slot", slot_id=slot_id, customer_name="Dana Reed")
    await scene.run("create_event", hold_id=held.output["hold_id"], customer_name="Dana Reed")
    await scene.run("send_confirmation")
    await sweep(scene, LOOK_S)
    return await scene.store.reservation(scene.facts.booking_id)


def reminders(scene: Scene) -> list[str]:
    """Those that went out."""
    return [body for _, body in scene.sms.sent if "a reminder of your cleaning" in body]


async def seconds_to(scene: Scene, row: Any, hours: float) -> float:
    """Until so many hours before the appointment."""
    left: timedelta = row.start - timedelta(hours=hours) - scene.clock.now()
    return left.total_seconds()


async def test_a_reminder_comes_at_its_hour(scene: Scene) -> None:
    """Not before, and once."""
    row = await booked_on(scene, "2026-12-02", part_of_day="afternoon")
    await sweep(scene, await seconds_to(scene, row, 24) - 60)
    assert reminders(scene) == []
    for _ in range(3):
        await sweep(scene)
    [body] = reminders(scene)
    assert "on Wednesday, December 2 at 12:00 PM" in body
    assert "Reply C to confirm" in body


async def test_a_reminder_of_a_cancelled_booking_is_not_sent(scene: Scene) -> None:
    """Nor a moment later; that it is cancelled is, once."""
    row = await booked_on(scene, "2026-12-02", part_of_day="afternoon")
    await scene.store.begin_leaving(
        reservation_id=row.id,
        ends_as=ReservationState.CANCELLED,
        now=scene.clock.now(),
        notices=cancelled_notices(scene.kit, row),
    )
    for _ in range(3):
        await sweep(scene)
    assert [body for _, body in scene.sms.sent if "is cancelled" in body] != []
    assert len(scene.sms.sent) == 2, "the confirmation, and that it is cancelled"
    await sweep(scene, await seconds_to(scene, row, 23))
    assert reminders(scene) == []


async def test_that_it_is_cancelled_is_told_within_seconds(scene: Scene) -> None:
    """No tool sends it: it goes at recovery's next look, once."""
    row = await booked_on(scene, "2026-12-02", part_of_day="afternoon")
    await scene.store.begin_leaving(
        reservation_id=row.id,
        ends_as=ReservationState.CANCELLED,
        now=scene.clock.now(),
        notices=cancelled_notices(scene.kit, row),
    )
    swept = [await sweep(scene, EVERY_S) for _ in range(3)]
    assert [each.texts for each in swept] == [1, 0, 0]
    assert "is cancelled" in scene.sms.sent[-1][1]


async def test_a_moved_booking_is_reminded_of_at_its_new_time(scene: Scene) -> None:
    """The old time's reminder is gone."""
    old = await booked_on(scene, "2026-12-02", part_of_day="afternoon")
    start = old.start + timedelta(days=1, minutes=30)
    hold = await scene.store.hold(
        calendar_id=old.calendar_id,
        service=old.service,
        start=start,
        end=start + timedelta(minutes=30),
        call_sid="CA1",
        caller_number=old.caller_number,
        now=scene.clock.now(),
        keep_for=timedelta(minutes=5),
        moves_id=old.id,
    )
    row, first = await begin(scene.kit, hold_id=hold.id, call_sid="CA1", customer_name="Dana Reed")
    assert await move_event(scene.kit, row, old, first=first) is Outcome.DONE
    await sweep(scene)
    assert "is moved to Thursday, December 3" in scene.sms.sent[-1][1]
    await sweep(scene, await seconds_to(scene, old, 23))
    assert reminders(scene) == []
    await sweep(scene, await seconds_to(scene, row, 23.5))
    assert [("December 3" in body) for body in reminders(scene)] == [True]


async def test_a_reminder_that_was_missed_waits_for_the_morning(scene: Scene) -> None:
    """No server was running in the afternoon: at eleven at night nobody is texted."""
    row = await booked_on(scene, "2026-12-02", part_of_day="afternoon")
    await sweep(scene, await seconds_to(scene, row, 13))
    await sweep(scene, 3600.0)
    assert reminders(scene) == []
    await sweep(scene, await seconds_to(scene, row, 3.9))
    assert len(reminders(scene)) == 1


async def test_a_reminder_of_what_is_over_is_not_sent(scene: Scene) -> None:
    """No server was running for a day."""
    row = await booked_on(scene, "2026-12-02", part_of_day="afternoon")
    await sweep(scene, await seconds_to(scene, row, -0.1))
    assert reminders(scene) == []


# --- what is not for recovery ---------------------------------------------------------


async def test_a_code_is_never_sent_by_recovery(scene: Scene) -> None:
    """The call that wanted it is over, and the row does not hold it."""
    await scene.store.queue_text(
        reservation_id=None,
        kind="code",
        to="+12025550143",
        body="Your code is ******.",
        call_sid="CA1",
        now=scene.clock.now(),
    )
    await sweep(scene)
    [text] = await scene.report.texts()
    assert (text.state, scene.sms.asked) == (TextState.FAILED, [])
