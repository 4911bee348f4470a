"""The mail about a booking follows it: the same entry in the customer's calendar, wherever it is moved."""

from datetime import timedelta
from typing import Any

import msgspec

from bridge.harness.mail.invites import SeenInvite, read_invite
from tests.tools.left_behind import row
from tests.tools.post import DANA, with_mail
from tests.tools.scene import CHAIR_1, CHAIR_2, Scene
from tools.business import Business, Wording
from tools.notices import CANCELLED, CONFIRMATION, MOVED, booked_notices, cancelled_notices
from tools.store import Channel, Notice, Reservation, TextState


def mail_in(notices: tuple[Notice, ...]) -> Notice:
    [mail] = [notice for notice in notices if notice.channel is Channel.EMAIL]
    return mail


def invite_in(notice: Notice) -> SeenInvite:
    found, wrong = read_invite(notice.invite)
    assert wrong == []
    assert found is not None
    return found


async def moved(scene: Scene, old: Reservation, days: int, calendar_id: str) -> Reservation:
    """The booking, moved by days, into whatever calendar."""
    store, now = scene.store, scene.clock.now()
    hold = await store.hold(
        calendar_id=calendar_id,
        service="checkup",
        start=old.start + timedelta(days=days),
        end=old.end + timedelta(days=days),
        call_sid="CA1",
        caller_number=old.caller_number,
        now=now,
        keep_for=timedelta(minutes=5),
        moves_id=old.id,
    )
    given: dict[str, Any] = {"call_sid": "CA1", "event_id": hold.id, "customer_name": "Dana Reed"}
    begun = await store.begin_booking(hold_id=hold.id, now=now, **given)
    return await store.finish_booking(  # type: ignore[no-any-return]
        reservation_id=begun.id, now=now, notices=booked_notices(scene.kit, begun)
    )


async def test_a_line_of_moves_is_one_appointment(scene: Scene) -> None:
    """In the same calendar or into another one: the id stays, the changes are counted."""
    with_mail(scene)
    await scene.book_first()
    first = await row(scene)
    second = await moved(scene, first, 1, CHAIR_1)
    third = await moved(scene, second, 1, CHAIR_2)
    assert second.event_id == first.event_id != third.event_id
    sent = [booked_notices(scene.kit, each) for each in (first, second, third)]
    sent.append(cancelled_notices(scene.kit, third))
    invites = [invite_in(mail_in(notices)) for notices in sent]
    assert {invite.uid for invite in invites} == {first.id}
    assert [invite.sequence for invite in invites] == [0, 1, 2, 3]
    assert [invite.method for invite in invites] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    assert [invite.start for invite in invites] == [first.start, second.start, third.start, third.start]
    assert [mail_in(each).kind for each in sent] == [CONFIRMATION, MOVED, MOVED, CANCELLED]


async def test_an_unsent_mail_is_overtaken(scene: Scene) -> None:
    """What a move makes untrue is not sent any more; the new time is, to the same address."""
    with_mail(scene)
    await scene.book_first()
    await moved(scene, await row(scene), 1, CHAIR_1)
    mails = [text for text in await scene.report.texts() if text.channel is Channel.EMAIL]
    assert {(mail.kind, mail.state, mail.to) for mail in mails} == {
        (CONFIRMATION, TextState.CANCELLED, DANA),
        (MOVED, TextState.PENDING, DANA),
    }


def with_wording(business: Business, **wording: str) -> Business:
    changed: Wording = msgspec.structs.replace(business.wording, **wording)
    return msgspec.structs.replace(business, wording=changed)


async def test_the_owners_words(scene: Scene) -> None:
    """All placeholders are filled in, and a subject is one line, whatever stands in them."""
    with_mail(scene)
    await scene.book_first()
    kit = msgspec.structs.replace(
        scene.kit,
        business=with_wording(
            scene.business,
            email_subject="{service}\n{date} {time} " + "x" * 300,
            email_body="{name}, {business}, {address}, {cancellation}",
            cancellation_rules="Call a day before.",
        ),
    )
    mail = mail_in(
        booked_notices(kit, msgspec.structs.replace(await row(scene), customer_name="Dana\r\nReed"))
    )
    assert mail.subject.startswith("cleaning Tuesday, November 24 12:00 PM xxx")
    assert len(mail.subject) == 200
    assert mail.body.endswith("Reed, Maple Street Dental, 48 Maple Street, Springfield, Call a day before.\n")


async def test_the_buffer_is_not_in_the_invitation(scene: Scene) -> None:
    """A row keeps the time after an appointment as well; the customer's calendar does not."""
    with_mail(scene)
    await scene.book_first()
    booking = await row(scene)
    longer = msgspec.structs.replace(booking, end=booking.end + timedelta(minutes=15))
    assert invite_in(mail_in(booked_notices(scene.kit, longer))).end == booking.end
