"""What becomes of texts that a process left behind."""

import asyncio
from typing import Any

import pytest

from tests.tools.left_behind import MINUTE_S, sweep
from tests.tools.scene import Scene
from tools.ports import SmsAmbiguous, SmsRetry
from tools.recovery import Recovery
from tools.store import LOOK_AGAIN_AFTER, ReservationState, StoreUnavailable, TextState

LOST = StoreUnavailable("locked")
LOOK_S = LOOK_AGAIN_AFTER.total_seconds() + 1


async def text_left(scene: Scene, method: str) -> Any:
    """A confirmation whose process died before it did this."""
    await scene.book_first()
    await sweep(scene, LOOK_S)
    scene.store.before(method, LOST)
    await scene.run("send_confirmation")
    [text] = await scene.report.texts()
    return text


async def state_of_text(scene: Scene) -> TextState:
    [text] = await scene.report.texts()
    return text.state


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
    [text] = await scene.report.texts()
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


@pytest.mark.parametrize("late_s", [MINUTE_S, 2 * 3600.0])
async def test_a_text_that_is_of_no_use_any_more_is_not_sent(scene: Scene, late_s: float) -> None:
    """Its booking was cancelled meanwhile, or hours have passed."""
    await text_left(scene, "claim_text")
    if late_s == MINUTE_S:
        await scene.store.begin_leaving(
            reservation_id=scene.facts.booking_id, ends_as=ReservationState.CANCELLED, now=scene.clock.now()
        )
    await sweep(scene, late_s)
    [text] = await scene.report.texts()
    assert (text.state, text.error_code, scene.sms.sent) == (TextState.FAILED, "out_of_date", [])
