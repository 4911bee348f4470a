"""Mail about bookings: queued with the booking, sent once by recovery, never doubled, given up in time."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from bridge.harness.mail.invites import SeenInvite, read_invite
from tests.tools.left_behind import MINUTE_S, row, sweep
from tests.tools.post import DANA, Letter, Postbox, with_mail
from tests.tools.scene import HANG, Scene
from tools.notices import cancelled_notices
from tools.ports import MailAmbiguous, MailError, MailRefused, MailRetry
from tools.recovery import EVERY_S, MAILS_AT_ONCE, STOP_S, Recovery
from tools.store import Channel, ReservationState, StoreUnavailable, Text, TextState

LOST = StoreUnavailable("locked")
SOON_S = 1.0
HOUR_S = 3600.0
DOWN = MailRetry("ConnectionRefusedError")


async def mails(scene: Scene) -> list[Text]:
    """What is in the outbox for the mail server, in order."""
    return [text for text in await scene.report.texts() if text.channel is Channel.EMAIL]


async def state_of_mail(scene: Scene) -> TextState:
    [mail] = await mails(scene)
    return mail.state


async def booked_with(scene: Scene, *stumbles: Any, after: bool = False) -> Postbox:
    """A booking whose mail stumbles when it is sent."""
    box = with_mail(scene)
    (box.after if after else box.before)("send", *stumbles)
    await scene.book_first()
    return box


def invite_in(letter: Letter) -> SeenInvite:
    found, wrong = read_invite(letter.invite)
    assert wrong == []
    assert found is not None
    return found


async def test_a_booking_with_an_address_is_mailed(scene: Scene) -> None:
    """At the next sweep, with the owner's words and an invitation for its very time."""
    box = await booked_with(scene)
    swept = await sweep(scene, SOON_S)
    [letter] = box.sent
    [mail] = await mails(scene)
    booking = await row(scene)
    assert swept.mails == 1
    assert (mail.state, mail.message_sid) == (TextState.SENT, "queued as 1")
    assert (letter.to, letter.message_id) == (DANA, mail.id)
    assert letter.subject == "Maple Street Dental: cleaning on Tuesday, November 24 at 12:00 PM"
    assert letter.body.startswith(
        "Hello Dana Reed,\n\nyour cleaning is booked for Tuesday, November 24 at 12:00"
    )
    invite = invite_in(letter)
    assert (invite.method, invite.uid, invite.sequence) == ("REQUEST", booking.id, 0)
    assert (invite.start, invite.end) == (booking.start, booking.start + timedelta(minutes=30))
    assert (invite.summary, invite.attendee) == ("Cleaning at Maple Street Dental", DANA)


@pytest.mark.parametrize("configured", [True, False])
async def test_without_an_address_or_a_server_nothing_is_mailed(scene: Scene, configured: bool) -> None:
    """Nobody is promised a mail."""
    if configured:
        with_mail(scene, address=None)
    else:
        with_mail(scene)
        scene.dispatcher.kit = msgspec.structs.replace(scene.dispatcher.kit, mail=None)
    result = await scene.book_first()
    assert await mails(scene) == []
    assert "mail" not in result.output["say"]


async def test_a_mail_is_sent_once(scene: Scene) -> None:
    """However often and wherever it is swept."""
    box = await booked_with(scene)
    await asyncio.gather(*(sweep(scene, SOON_S) for _ in range(4)))
    await sweep(scene)
    await sweep(scene, HOUR_S)
    assert len(box.sent) == 1


# --- what goes wrong ------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [True, False])
async def test_an_ambiguous_mail_is_never_sent_again(scene: Scene, sent: bool) -> None:
    """It stays unknown for the owner to see, and no service is asked what became of it."""
    box = await booked_with(scene, MailAmbiguous("TimeoutError"), after=sent)
    looked_at = [(await sweep(scene, after_s)).mails for after_s in (SOON_S, MINUTE_S, MINUTE_S, HOUR_S)]
    assert await state_of_mail(scene) is TextState.UNKNOWN
    assert looked_at == [1, 1, 0, 0]
    assert (len(box.sent), box.asked) == (int(sent), ["send"])
    assert "find" not in scene.sms.asked


async def test_a_refused_mail_has_failed(scene: Scene) -> None:
    """The server's code is kept, and nothing more is tried."""
    box = await booked_with(scene, MailRefused("550"))
    await sweep(scene, SOON_S)
    await sweep(scene)
    [mail] = await mails(scene)
    assert (mail.state, mail.error_code, box.asked) == (TextState.FAILED, "550", ["send"])


async def test_a_server_that_is_down_is_tried_later_and_later(scene: Scene) -> None:
    """After a minute, two, four, ...; and once it is back the mail goes out, once."""
    box = await booked_with(scene, *[DOWN] * 4)
    began = scene.clock.now()
    tried = []
    for _ in range(70):
        before = len(box.asked)
        await sweep(scene, 10.0)
        if len(box.asked) > before:
            tried.append((scene.clock.now() - began).total_seconds())
    waits = [later - earlier for earlier, later in pairwise(tried)]
    assert len(tried) == 5
    assert waits == sorted(waits)
    assert waits[0] >= 60
    assert waits[-1] >= 4 * 60
    assert (await state_of_mail(scene), len(box.sent)) == (TextState.SENT, 1)


async def test_a_mail_is_given_up_in_time(scene: Scene) -> None:
    """A server that is away all day: after some hours the mail would only confuse."""
    box = await booked_with(scene, *[DOWN] * 100)
    for _ in range(16):
        await sweep(scene, HOUR_S / 2)
    [mail] = await mails(scene)
    assert (mail.state, mail.error_code) == (TextState.FAILED, "out_of_date")
    asked = len(box.asked)
    await sweep(scene, HOUR_S)
    assert (len(box.asked), box.sent) == (asked, [])


async def test_a_mail_for_what_is_over_is_not_sent(scene: Scene) -> None:
    """The appointment has begun."""
    box = await booked_with(scene)
    start = (await row(scene)).start
    scene.store.before("claim_due_texts", None)
    await sweep(scene, (start - scene.clock.now()).total_seconds() + 1)
    assert (await state_of_mail(scene), box.sent) == (TextState.FAILED, [])


async def test_a_process_without_a_server_leaves_it_to_others(scene: Scene) -> None:
    """Settings reach the processes one after the other."""
    box = await booked_with(scene)
    with_server = scene.dispatcher.kit
    scene.dispatcher.kit = msgspec.structs.replace(with_server, mail=None)
    await sweep(scene, SOON_S)
    assert await state_of_mail(scene) is TextState.PENDING
    scene.dispatcher.kit = with_server
    await sweep(scene)
    assert len(box.sent) == 1


# --- a process that dies ---------------------------------------------------------------------


async def test_left_before_it_was_begun(scene: Scene) -> None:
    """Nothing was sent, so another process sends it."""
    box = await booked_with(scene)
    scene.store.before("claim_text", LOST)
    await sweep(scene, SOON_S)
    assert box.sent == []
    await sweep(scene)
    assert (await state_of_mail(scene), len(box.sent)) == (TextState.SENT, 1)


@pytest.mark.parametrize("sent", [True, False])
async def test_left_while_it_was_sent(scene: Scene, sent: bool) -> None:
    """Sent or not, nobody can tell: it is unknown from then on, and never sent again."""
    box = await booked_with(scene, HANG, after=sent)
    scene.store.before("settle_text", *[LOST] * 5)
    dying = asyncio.create_task(Recovery(scene.kit).sweep())
    await asyncio.sleep(SOON_S)
    assert await state_of_mail(scene) is TextState.SENDING
    for after_s in (MINUTE_S, MINUTE_S, HOUR_S):
        await sweep(scene, after_s)
    assert await state_of_mail(scene) is TextState.UNKNOWN
    assert (len(box.sent), box.asked) == (int(sent), ["send"])
    dying.cancel()
    await asyncio.wait([dying])


async def test_what_became_of_it_could_not_be_written(scene: Scene) -> None:
    """It went out; the row says unknown, which is as much as anybody can know later."""
    box = await booked_with(scene)
    scene.store.before("settle_text", LOST)
    await sweep(scene, SOON_S)
    await sweep(scene)
    await sweep(scene)
    assert (await state_of_mail(scene), len(box.sent)) == (TextState.UNKNOWN, 1)


async def test_a_process_that_stops_finishes_its_mail(scene: Scene) -> None:
    """A mail being sent gets some seconds to come to its end."""
    box = await booked_with(scene, lambda: None)
    held = asyncio.Event()
    sending, ends = box._begin, held.wait

    async def slowly(method: str) -> None:
        await sending(method)
        await ends()

    box._begin = slowly  # type: ignore[method-assign]
    running = asyncio.create_task(Recovery(scene.kit).run())
    await asyncio.sleep(SOON_S)
    running.cancel()
    await asyncio.sleep(STOP_S / 2)
    held.set()
    await asyncio.wait([running])
    assert (await state_of_mail(scene), len(box.sent)) == (TextState.SENT, 1)


async def test_a_process_that_stops_does_not_wait_for_ever(scene: Scene) -> None:
    """What is not sent by then stays in `sending`, and is unknown to whoever comes next."""
    await booked_with(scene, HANG)
    running = asyncio.create_task(Recovery(scene.kit).run())
    await asyncio.sleep(SOON_S)
    running.cancel()
    _, late = await asyncio.wait([running], timeout=STOP_S + 1)
    assert not late
    await sweep(scene)
    assert await state_of_mail(scene) is TextState.UNKNOWN


async def test_a_slow_mail_server_delays_nothing_else(scene: Scene) -> None:
    """Holds run out in time while mails wait for their server, and only a few wait at once."""
    box = await booked_with(scene, *[HANG] * 10)
    for number in range(MAILS_AT_ONCE + 1):
        other = scene.another_call(f"CB{number}", f"+1202555015{number}")
        other.facts.lead = scene.facts.lead
        await other.book_first()
    await scene.another_call().hold_first()
    running = asyncio.create_task(Recovery(scene.kit).run())
    await asyncio.sleep(SOON_S)
    assert len(box.asked) == MAILS_AT_ONCE
    await asyncio.sleep(scene.business.hold_minutes * 60 + EVERY_S)
    assert (await row(scene)).state is ReservationState.EXPIRED
    running.cancel()
    await asyncio.wait([running])


# --- moved and cancelled -----------------------------------------------------------------------


def test_errors_are_all_known() -> None:
    """Each error of the port says what becomes of the row."""
    assert set(MailError.__subclasses__()) == {MailRefused, MailRetry, MailAmbiguous}


async def test_a_cancellation_takes_it_out_again(scene: Scene) -> None:
    """The same appointment, changed once more, with the method that removes it."""
    box = await booked_with(scene)
    await sweep(scene, SOON_S)
    booking = await row(scene)
    await scene.store.begin_leaving(
        reservation_id=booking.id,
        ends_as=ReservationState.CANCELLED,
        now=scene.clock.now(),
        notices=cancelled_notices(scene.kit, booking),
    )
    await sweep(scene, SOON_S)
    [_, letter] = box.sent
    invite = invite_in(letter)
    assert (invite.method, invite.uid, invite.sequence) == ("CANCEL", booking.id, 1)
    assert letter.subject.endswith("cancelled")
    assert [mail.state for mail in await mails(scene)] == [TextState.SENT] * 2
