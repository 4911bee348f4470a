"""What the owner is told of a caller to be called back: the words, once, and only to the owner."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools.left_behind import MINUTE_S, sweep
from tests.tools.post import with_mail
from tests.tools.scene import Scene
from tools.arguments import Urgency
from tools.business import Business, Owner
from tools.business_file import parse_business
from tools.callbacks import Callback
from tools.gsm7 import fits, segments
from tools.messages import tasks_left
from tools.owner import MOST_SEGMENTS, ask, notices, owner_warnings, text_body, without_mail
from tools.ports import SmsAmbiguous, SmsRetry
from tools.recovery import EVERY_S
from tools.store import Channel, StoreUnavailable, TextState

OWNER, OFFICE = "+12025550181", "office@example.com"
TASK = Callback(
    call_sid="CA1",
    key="CA1",
    number="+12025550143",
    name="Dana Reed",
    message="Lost a filling.\nUrgency: urgent",
    reason="message",
    urgency=Urgency.URGENT,
    best_time="after five",
)
SHOP = parse_business(
    f"""
name = "Maple Street Dental"
agent = "Robin"
zone = "America/New_York"
address = "48 Maple Street"
mode = "leads"
hours = {{}}
[owner]
sms = "{OWNER}"
email = "{OFFICE}"
"""
)
SUBJECT = "Maple Street Dental: call back Dana Reed (urgent)"
NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
change = msgspec.structs.replace


def worded(**wording: str) -> Business:
    return change(SHOP, wording=change(SHOP.wording, **wording))


# --- words ----------------------------------------------------------------------------


def test_the_text() -> None:
    """Whom to call, why, how soon and when, in one line."""
    assert text_body(SHOP, TASK) == (
        "Maple Street Dental: call Dana Reed, +12025550143 (left a message; urgent; best time: after five). "
        "Lost a filling. Urgency: urgent"
    )


def test_what_is_not_known_is_said_so() -> None:
    """No empty places, and none of our own words for nothing."""
    bare = Callback(call_sid="CA1", key="CA1", number=None, name=None, message="", reason="end_unknown")
    assert text_body(SHOP, bare) == (
        "Maple Street Dental: call a caller, no number (the call broke off; not urgent; best time: any)."
    )


def test_an_emergency_comes_first() -> None:
    """In the text, and in subject and body of the mail, whatever the owner's wording."""
    urgent = change(TASK, urgency=Urgency.EMERGENCY)
    business = worded(owner_text="{name}", owner_subject="{name}", owner_body="{name}")
    told = notices(business, urgent, NOW)
    assert [notice.body.strip() for notice in told] == ["EMERGENCY: Dana Reed"] * 2
    assert told[1].subject == "EMERGENCY: Dana Reed"


def test_a_mail_has_all_of_it() -> None:
    """Lines stay lines there, nothing is cut, and no invitation goes with it."""
    _, mail = notices(SHOP, change(TASK, message="x" * 500 + "\nUrgency: urgent"), NOW)
    assert (mail.channel, mail.to, mail.subject) == (Channel.EMAIL, OFFICE, SUBJECT)
    assert "x" * 500 + "\nUrgency: urgent\n" in mail.body
    assert (mail.invite, mail.due_at) == ("", NOW)


def test_who_is_told_is_the_owners_to_say() -> None:
    """By text, by mail, by both, or not at all."""
    for owner, channels in (
        (Owner(sms=OWNER), [Channel.SMS]),
        (Owner(email=OFFICE), [Channel.EMAIL]),
        (Owner(sms=OWNER, email=OFFICE), [Channel.SMS, Channel.EMAIL]),
        (Owner(), []),
    ):
        assert [one.channel for one in notices(change(SHOP, owner=owner), TASK, NOW)] == channels


def test_words_of_a_caller_are_data() -> None:
    """Braces stay braces, typographic marks cost nothing, and a line cannot be faked in a subject."""
    told = change(TASK, message="{business} {0} “now” – please")
    assert text_body(SHOP, told).endswith('{business} {0} "now" - please')
    _, mail = notices(SHOP, change(TASK, name="Dana\nBcc: x@y.io"), NOW)
    assert mail.subject == "Maple Street Dental: call back Dana Bcc: x@y.io (urgent)"


def test_a_long_message_is_cut_at_a_word() -> None:
    """What matters stands before it."""
    text = text_body(SHOP, change(TASK, message="please call " * 60))
    assert segments(text) == MOST_SEGMENTS
    assert text.endswith(("please call...", "call please..."))
    assert text.startswith("Maple Street Dental: call Dana Reed")


@settings(max_examples=40)
@given(
    message=st.text(max_size=600),
    name=st.text(min_size=1, max_size=60) | st.none(),
    wording=st.sampled_from(["{message}", "{message} {name} {number}", "ж" * 400, "x" * 490, "{name}"]),
)
def test_no_text_is_longer_than_three(message: str, name: str | None, wording: str) -> None:
    """Whatever a caller says and an owner writes, and a text in GSM-7 stays one where it can."""
    told = change(TASK, message=message, name=name, urgency=Urgency.EMERGENCY)
    text = text_body(worded(owner_text=wording), told)
    assert segments(text) <= MOST_SEGMENTS
    assert text.startswith("EMERGENCY: ")
    if message.isascii() and (name or "").isascii() and wording.isascii():
        assert fits(text)


@pytest.mark.parametrize(
    ("owner", "mails", "warned"),
    [
        (Owner(), True, ["owner: nobody is told"]),
        (Owner(sms=OWNER), False, []),
        (Owner(email=OFFICE), True, []),
        (Owner(email=OFFICE), False, ["owner.email: no mail is sent", "owner: nobody is told"]),
        (Owner(sms=OWNER, email=OFFICE), False, ["owner.email: no mail is sent"]),
    ],
)
def test_what_an_owner_is_warned_of(owner: Owner, mails: bool, warned: list[str]) -> None:
    """A line for each, so that nobody waits for texts that never come."""
    found = owner_warnings(change(SHOP, owner=owner), mails=mails)
    assert len(found) == len(warned)
    assert all(line.startswith(begins) for line, begins in zip(found, warned, strict=True))


def test_without_a_mail_server_no_mail_waits() -> None:
    """The text is queued all the same."""
    assert without_mail(SHOP).owner == Owner(sms=OWNER)


# --- told once ------------------------------------------------------------------------


def owned(scene: Scene, **more: Any) -> Scene:
    """The same call at a business whose owner is told by text."""
    return scene.at(owner=Owner(sms=OWNER, **more))


def to_owner(scene: Scene) -> list[str]:
    return [body for to, body in scene.sms.sent if to == OWNER]


async def message(scene: Scene, words: str = "Lost a filling.", **more: str) -> None:
    assert (await scene.run("take_message", message=words, **more)).output["ok"]


async def state(scene: Scene) -> TextState:
    [text] = await scene.report.texts()
    return text.state


async def test_the_owner_is_told_at_the_next_look(scene: Scene) -> None:
    """Within seconds, once, with the best time; whoever calls agreed to nothing and pays for nothing."""
    scene = owned(scene)
    await message(scene, best_time="tomorrow morning")
    for _ in range(3):
        await sweep(scene, EVERY_S)
    [body] = to_owner(scene)
    assert "best time: tomorrow morning" in body
    assert body.endswith("Lost a filling.")
    [task] = await scene.report.callbacks()
    assert (task.urgency, task.best_time) == ("normal", "tomorrow morning")


async def test_the_best_time_told_before_counts(scene: Scene) -> None:
    """Kept with the details of the call, it stands with whatever task comes of it."""
    await scene.run("save_details", best_time="after five", urgency="urgent")
    await message(scene)
    [task] = await scene.report.callbacks()
    assert (task.urgency, task.best_time) == ("urgent", "after five")


async def test_a_number_abroad_is_the_owners_own_matter(scene: Scene) -> None:
    """The countries of texts are for callers."""
    scene = scene.at(owner=Owner(sms="+4930901820"))
    await message(scene)
    await sweep(scene, EVERY_S)
    assert [to for to, _ in scene.sms.sent] == ["+4930901820"]


async def test_stop_is_obeyed(scene: Scene) -> None:
    """Also by the owner's own number, before and after the text was queued."""
    scene = owned(scene)
    await message(scene)
    await scene.store.set_opted_out(number=OWNER, opted_out=True, now=scene.clock.now())
    await message(scene, "Another word.")
    await sweep(scene, EVERY_S)
    assert scene.sms.sent == []
    assert {text.state for text in await scene.report.texts()} == {TextState.CANCELLED}


async def test_what_twilio_did_not_take_is_sent_later(scene: Scene) -> None:
    """Certainly not accepted: tried again each minute, and sent once."""
    scene = owned(scene)
    await message(scene)
    scene.sms.before("send", *[SmsRetry("429")] * 4)
    for _ in range(4):
        await sweep(scene, MINUTE_S)
    assert len(to_owner(scene)) == 1
    assert scene.sms.asked.count("send") == 5


async def test_what_may_have_been_sent_is_not_sent_again(scene: Scene) -> None:
    """At most once, as every text."""
    scene = owned(scene)
    await message(scene)
    scene.sms.after("send", SmsAmbiguous("timeout"))
    for _ in range(3):
        await sweep(scene, MINUTE_S)
    assert len(to_owner(scene)) == 1
    assert await state(scene) is TextState.SENT  # it was found in the service's list


@pytest.mark.parametrize(("after_s", "sent"), [(20 * 3600.0, 1), (25 * 3600.0, 0)])
async def test_late_is_better_than_never_for_a_day(scene: Scene, after_s: float, sent: int) -> None:
    """A server that was away tells of the evening in the morning."""
    scene = owned(scene)
    await message(scene)
    await sweep(scene, after_s)
    assert len(to_owner(scene)) == sent


async def test_a_number_that_is_no_longer_the_owners_is_not_told(scene: Scene) -> None:
    """What was queued for it stays unsent when the business file names another one."""
    await message(owned(scene))
    scene = scene.at(owner=Owner(sms="+12025550182"))
    await sweep(scene, EVERY_S)
    assert scene.sms.sent == []
    assert await state(scene) is TextState.FAILED


async def test_a_mail_goes_the_way_of_all_mails(scene: Scene) -> None:
    """Once, to the owner's address, without an invitation."""
    scene = scene.at(owner=Owner(email=OFFICE))
    box = with_mail(scene)
    await message(scene)
    for _ in range(2):
        await sweep(scene, EVERY_S)
    [letter] = box.sent
    assert (letter.to, letter.invite) == (OFFICE, "")
    assert "Lost a filling." in letter.body


async def test_a_task_whose_answer_was_lost_is_told_of_once(scene: Scene) -> None:
    """Written again, by whomever, it is the same task and the same text."""
    scene = owned(scene)
    scene.store.after("add_callback", StoreUnavailable("answer lost"))
    await scene.run("take_message", message="Lost a filling.")
    [task] = tasks_left(scene.business, scene.facts)
    for _ in range(2):
        await ask(scene.store, scene.business, task, now=scene.clock.now())
    await sweep(scene, EVERY_S)
    assert len(to_owner(scene)) == len(await scene.report.callbacks()) == 1
