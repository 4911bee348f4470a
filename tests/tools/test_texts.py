"""Sending a claimed text: who is never sent any, whoever asks for it, and what is kept of a refusal."""

from typing import Any

import pytest

from tests.tools.left_behind import sweep
from tests.tools.scene import Scene
from tools import spoken
from tools.errors import Declined
from tools.ports import SmsRefused
from tools.store import StoreUnavailable, Text, TextState
from tools.texts import number_to_text, send_claimed

CALLER = "+12025550143"
ABROAD = "+447400123456"
LOST = StoreUnavailable("locked")


async def claimed(scene: Scene, to: str = CALLER) -> Text:
    """A text that this process has claimed."""
    text: Text = await scene.store.queue_text(
        reservation_id=None, kind="other", to=to, body="Hello", call_sid="CA1", now=scene.clock.now()
    )
    assert await scene.store.claim_text(text_id=text.id, now=scene.clock.now())
    return text


async def stop(scene: Scene) -> None:
    """The caller texts STOP."""
    await scene.store.set_opted_out(number=CALLER, opted_out=True, now=scene.clock.now())


async def the_text(scene: Scene) -> Any:
    [text] = await scene.report.texts()
    return text


async def test_a_stop_that_comes_after_the_claim_counts(scene: Scene) -> None:
    """Looked at right before sending, whatever was seen when it was queued."""
    text = await claimed(scene)
    await stop(scene)
    assert await send_claimed(scene.kit, text) is TextState.FAILED
    assert ((await the_text(scene)).error_code, scene.sms.asked) == ("opted_out", [])


async def test_an_opt_out_that_cannot_be_seen_sends_nothing(scene: Scene) -> None:
    """It is pending again, and recovery sends it once the store answers."""
    text = await claimed(scene)
    scene.store.before("caller", LOST)
    assert await send_claimed(scene.kit, text) is TextState.PENDING
    assert scene.sms.asked == []
    await sweep(scene)
    assert (await the_text(scene)).state is TextState.SENT


async def test_a_country_that_is_not_texted_to(scene: Scene) -> None:
    """Not even a text that stands in the outbox already."""
    assert await send_claimed(scene.kit, await claimed(scene, ABROAD)) is TextState.FAILED
    assert ((await the_text(scene)).error_code, scene.sms.asked) == ("country_not_texted", [])


async def test_what_twilio_refuses_for_a_stop_is_kept(scene: Scene) -> None:
    """21610 says what we did not hear; another refusal says nothing of the kind."""
    for code, kept in (("21614", False), ("21610", True)):
        scene.sms.before("send", SmsRefused(code))
        assert await send_claimed(scene.kit, await claimed(scene)) is TextState.FAILED
        caller = await scene.store.caller(CALLER)
        assert (caller is not None and caller.opted_out_at is not None) is kept


async def test_a_refusal_that_cannot_be_kept_is_still_one(scene: Scene) -> None:
    """The text failed all the same; the next one will tell it again."""
    scene.sms.before("send", SmsRefused("21610"))
    scene.store.before("set_opted_out", LOST)
    assert await send_claimed(scene.kit, await claimed(scene)) is TextState.FAILED
    assert (await the_text(scene)).error_code == "21610"


@pytest.mark.parametrize(
    ("number", "say", "code"),
    [
        (None, spoken.text_without_number(), "no_number"),
        (ABROAD, spoken.text_not_there(), "country_not_texted"),
        (CALLER, spoken.text_blocked(), "opted_out"),
    ],
)
async def test_who_is_told_why(scene: Scene, number: str | None, say: str, code: str) -> None:
    """Each with the sentence that is true."""
    await stop(scene)
    scene.facts.caller_number = number
    with pytest.raises(Declined) as declined:
        await number_to_text(scene.kit, scene.facts)
    assert (declined.value.say, declined.value.code) == (say, code)
    assert scene.facts.opted_out is (number == CALLER)


async def test_who_may_be_texted(scene: Scene) -> None:
    """Also whoever was opted out when the call began, and is not any more."""
    scene.facts.opted_out = True
    assert await number_to_text(scene.kit, scene.facts) == CALLER
    assert not scene.facts.opted_out
