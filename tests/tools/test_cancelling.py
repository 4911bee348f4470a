"""cancel_event: nothing ends without a yes; once it is decided it will, and only then it is said."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.tools.left_behind import sweep
from tests.tools.scene import CHAIR_1, HANG, Scene
from tools import spoken, spoken_changes
from tools.ports import CalendarAmbiguous, CalendarUnavailable
from tools.result import Claim, Gate, Receipt, Reply
from tools.store import Channel, Reservation, ReservationState, StoreUnavailable

UNAVAILABLE = CalendarUnavailable("backendError")
AMBIGUOUS = CalendarAmbiguous("timeout")
LOST = StoreUnavailable("locked")
SAID = "It's cancelled: cleaning on Tuesday, November twenty-fourth at noon."
BOOKED, CANCELLED = ReservationState.BOOKED, ReservationState.CANCELLED
LEAVING = ReservationState.LEAVING


async def cancel(scene: Scene, gate: Gate = Gate.OPEN, booking_id: str = "booking_1") -> Any:
    return await scene.run("cancel_event", gate, booking_id=booking_id)


async def state(scene: Scene, row: Reservation) -> Any:
    return (await scene.store.reservation(row.id)).state


async def stands(scene: Scene, row: Reservation) -> bool:
    """Whether the booking is as it was."""
    events = [(event.start, event.reservation_id) for event in scene.calendar.ours()]
    return events == [(row.start, row.id)] and await state(scene, row) is BOOKED


async def agreed(scene: Scene) -> Reservation:
    """A booking that was shown, and whose cancellation was proposed."""
    row = await scene.shown()
    assert (await cancel(scene, Gate.NO_PROPOSAL)).output["ok"]
    scene.calendar.asked.clear()
    return row


# --- proposed, then done --------------------------------------------------------------


async def test_the_first_call_only_asks(scene: Scene) -> None:
    """Whatever the gate says: it is about something else."""
    row = await scene.shown()
    result = await cancel(scene, Gate.OPEN)
    assert result.output == {
        "ok": True,
        "say": (
            "To confirm: cancelling your cleaning on Tuesday, November twenty-fourth at noon. "
            "Shall I cancel it?"
        ),
    }
    assert result.proposal == scene.facts.proposed is not None
    assert result.read_back is not None
    assert result.receipts == ()
    assert await stands(scene, row)


async def test_the_second_call_cancels(scene: Scene) -> None:
    """The event is gone, the row cancelled, and only then it is said; nobody is asked about it again."""
    row = await agreed(scene)
    scene.facts.next_booking = row
    result = await cancel(scene)
    assert result.output == {"ok": True, "say": SAID}
    assert result.closes_gate
    assert result.receipts == (Receipt(Claim.CANCELLED, row.id),)
    assert scene.calendar.ours() == []
    assert await state(scene, row) is CANCELLED
    assert scene.facts.done["booking_1"].claim is Claim.CANCELLED
    assert scene.facts.next_booking is None


async def test_asking_again_says_the_same_and_does_nothing(scene: Scene) -> None:
    """After success a repeat is answered as before, whatever the gate."""
    await agreed(scene)
    first = await cancel(scene)
    scene.calendar.asked.clear()
    scene.store.asked.clear()
    again = await cancel(scene, Gate.NO_PROPOSAL)
    assert (again.output, again.receipts) == (first.output, first.receipts)
    assert scene.calendar.asked == scene.store.asked == []


async def test_a_yes_to_one_cancels_no_other(scene: Scene) -> None:
    """Another booking is another proposal, and replaces the first."""
    first = await scene.booked_before()
    second = await scene.booked_before("2026-11-25")
    scene.facts.attested = True
    await scene.run("find_bookings")
    await cancel(scene, Gate.NO_PROPOSAL)
    assert (await cancel(scene, booking_id="booking_2")).output["say"].endswith("Shall I cancel it?")
    assert (await cancel(scene)).output["say"].endswith("Shall I cancel it?")
    assert (await cancel(scene)).output["say"] == SAID
    assert await state(scene, first) is CANCELLED
    assert await state(scene, second) is BOOKED


async def test_what_is_asked_in_one_breath_has_no_yes(scene: Scene) -> None:
    """The gate was open for a hold: two calls at once propose the cancellation and do not make it."""
    row = await scene.shown()
    hold_id = await scene.hold_first()
    text = '{"booking_id":"booking_1"}'
    asking = [scene.dispatcher.run(scene.facts, "cancel_event", text, Gate.OPEN, hold_id) for _ in range(2)]
    for result in await asyncio.gather(*asking):
        assert result.output["say"].endswith("Shall I cancel it?")
    assert await stands(scene, row)


async def test_a_yes_to_a_cancellation_books_no_hold(scene: Scene) -> None:
    """What was held before is not what the caller agreed to."""
    await scene.shown()
    hold_id = await scene.hold_first()
    await cancel(scene, Gate.NO_PROPOSAL)
    result = await scene.run("create_event", hold_id=hold_id, customer_name="Dana Reed")
    assert result.error_code == "out_of_turn"
    assert len(scene.calendar.ours()) == 1


async def test_a_moved_booking_can_be_cancelled(scene: Scene) -> None:
    """Under the same id, and at the time it was moved to."""
    old = await scene.shown()
    (slot, *_) = scene.offered(await scene.check("2026-11-25", moving="booking_1"))
    for gate in (Gate.NO_PROPOSAL, Gate.OPEN):
        await scene.run("reschedule_event", gate, booking_id="booking_1", slot_id=slot.id)
    await cancel(scene, Gate.NO_PROPOSAL)
    result = await cancel(scene)
    assert result.output["say"].startswith("It's cancelled: cleaning on Wednesday")
    assert result.receipts[0].booking == scene.facts.found["booking_1"].id != old.id
    assert scene.calendar.ours() == []
    assert scene.facts.moving is None
    again = await scene.run("reschedule_event", booking_id="booking_1", slot_id=slot.id)
    assert again.error_code == "booking_gone"


async def test_a_cancelled_text_is_queued_with_it(scene: Scene) -> None:
    """To a customer who wants texts: in the transaction that makes it true."""
    earlier = scene.another_call("CA0", scene.facts.caller_number)
    earlier.facts.text_consent = True
    await earlier.book_first()
    scene.facts.attested = True
    await scene.run("find_bookings")
    await cancel(scene, Gate.NO_PROPOSAL)
    await cancel(scene)
    row_id = scene.facts.found["booking_1"].id
    text = await scene.store.text(reservation_id=row_id, kind="cancelled", channel=Channel.SMS)
    assert text.to == scene.facts.caller_number


# --- the gate -------------------------------------------------------------------------


@pytest.mark.parametrize("gate", [Gate.UNHEARD, Gate.UNANSWERED])
async def test_an_unheard_or_unanswered_read_back_cancels_nothing(scene: Scene, gate: Gate) -> None:
    """Nobody speaks, the proposal stands, and the yes that comes later counts."""
    row = await agreed(scene)
    result = await cancel(scene, gate)
    assert (result.output["say"], result.reply, result.error_code) == ("", Reply.NONE, gate.value)
    assert await stands(scene, row)
    assert (await cancel(scene)).output["say"] == SAID


async def test_what_was_not_read_back_is_read_back(scene: Scene) -> None:
    """The caller answered something else: the sentence comes again; in the end a person."""
    row = await agreed(scene)
    for _ in range(2):
        result = await cancel(scene, Gate.NOT_READ_BACK)
        assert result.error_code == "not_read_back"
        assert result.output["say"].startswith("To confirm: cancelling your cleaning")
    assert (await cancel(scene, Gate.NOT_READ_BACK)).output["say"] == spoken.not_settled(person=True)
    assert await stands(scene, row)


# --- once it is decided ---------------------------------------------------------------


@pytest.mark.parametrize("trouble", [UNAVAILABLE, AMBIGUOUS, HANG, RuntimeError("boom")])
async def test_it_is_cancelled_whatever_the_calendar_says(scene: Scene, trouble: Exception | str) -> None:
    """The row is leaving: recovery deletes the event, so the sentence is true already."""
    row = await agreed(scene)
    scene.calendar.before("delete", trouble)
    result = await cancel(scene)
    assert result.output == {"ok": True, "say": SAID}
    assert await state(scene, row) is LEAVING
    await sweep(scene)
    assert scene.calendar.ours() == []
    assert await state(scene, row) is CANCELLED


async def test_it_is_cancelled_when_the_end_cannot_be_written(scene: Scene) -> None:
    """The event is gone and the row says that it is going."""
    row = await agreed(scene)
    scene.store.before("finish_leaving", LOST)
    assert (await cancel(scene)).output["say"] == SAID
    assert scene.calendar.ours() == []
    assert await state(scene, row) is LEAVING


async def test_an_event_a_person_deleted_is_cancelled(scene: Scene) -> None:
    """There is nothing to delete, and the row ends."""
    row = await agreed(scene)
    scene.calendar.remove(CHAIR_1, row.event_id or "")
    assert (await cancel(scene)).output["say"] == SAID
    assert await state(scene, row) is CANCELLED


# --- unknown --------------------------------------------------------------------------


def is_unknown(scene: Scene, result: Any, *, promised: bool = True) -> bool:
    return bool(
        result.output == {"ok": False, "say": spoken_changes.cancel_unknown(promised)}
        and result.error_code == "cancel_unknown"
        and not result.receipts
        and not scene.facts.done
    )


@pytest.mark.parametrize("trouble", [LOST, HANG, RuntimeError("boom")])
@pytest.mark.parametrize("written", [False, True])
async def test_a_store_that_does_not_answer_makes_it_unknown(
    scene: Scene, trouble: Exception | str, written: bool
) -> None:
    """Neither cancelled nor not; a person is asked once, and a second try finds out."""
    row = await agreed(scene)
    (scene.store.after if written else scene.store.before)("begin_leaving", trouble, trouble)
    assert is_unknown(scene, await cancel(scene))
    if not written:
        assert is_unknown(scene, await cancel(scene))
    tasks = [task.message for task in await scene.report.callbacks()]
    assert tasks == [
        "Check the calendar and tell the caller whether this is cancelled: cleaning, 2026-11-24 12:00."
    ]
    assert (await cancel(scene)).output["say"] == SAID
    assert scene.calendar.ours() == []
    assert await state(scene, row) is CANCELLED


async def test_recovery_may_have_been_faster(scene: Scene) -> None:
    """What could not be told is cancelled by the time it is asked again."""
    await agreed(scene)
    scene.store.after("begin_leaving", LOST)
    await cancel(scene)
    await sweep(scene)
    assert (await cancel(scene)).output["say"] == SAID


async def test_no_call_back_is_promised_that_nobody_was_asked_for(scene: Scene) -> None:
    """When even the task cannot be saved, the caller is asked to ring again."""
    await agreed(scene)
    scene.store.before("begin_leaving", LOST)
    scene.store.before("add_callback", LOST)
    assert is_unknown(scene, await cancel(scene), promised=False)


@pytest.mark.parametrize("trouble", [LOST, HANG, RuntimeError("boom")])
async def test_a_proposal_that_breaks_changes_nothing(scene: Scene, trouble: Exception | str) -> None:
    """Before the yes nothing can be done: no task for a person."""
    row = await scene.shown()
    scene.store.before("reservation", trouble)
    assert (await cancel(scene)).output == {"ok": False, "say": spoken.out_of_order()}
    assert await stands(scene, row)
    assert "add_callback" not in scene.store.asked


# --- what is refused ------------------------------------------------------------------


@pytest.mark.parametrize("proved", ["attested", "proved_by_code", ""])
async def test_who_may_cancel_a_booking(scene: Scene, proved: str) -> None:
    """Vouched for, or proved by a code; who only seems to call from the number gets nowhere."""
    row = await scene.booked_before()
    if proved:
        setattr(scene.facts, proved, True)
        await scene.run("find_bookings")
    first, second = await cancel(scene), await cancel(scene)
    assert second.output["ok"] is first.output["ok"] is bool(proved)
    if not proved:
        assert {first.error_code, second.error_code} == {"not_proven"}
        assert first.output["say"] == spoken_changes.shall_i_text_a_code()
        assert await stands(scene, row)


async def test_ids_of_others_reach_nothing(scene: Scene) -> None:
    """Neither a made-up id, nor one of another call, nor a row put there that is somebody else's."""
    row = await scene.shown()
    other = scene.another_call()
    other.facts.attested = True
    assert (await cancel(other)).error_code == "out_of_turn"
    for made_up in (row.id, "booking_x", "booking_1\n", ""):
        assert (await cancel(other, booking_id=made_up)).error_code == "bad_arguments"
    other.facts.found["booking_1"] = row
    assert (await cancel(other)).error_code == "out_of_turn"
    assert await stands(scene, row)


async def test_a_booking_of_this_call_needs_no_proof(scene: Scene) -> None:
    """Who made it may cancel it; then this call has booked nothing, and nothing can be texted."""
    hold_id = await scene.hold_first()
    booked = await scene.run("create_event", hold_id=hold_id, customer_name="Dana Reed")
    assert booked.output["booking_id"] == "booking_1"
    await cancel(scene, Gate.NO_PROPOSAL)
    assert (await cancel(scene)).output["say"] == SAID
    assert scene.facts.booking_id is None
    assert (await scene.run("send_confirmation")).error_code == "out_of_turn"
    again = await scene.run("create_event", hold_id=hold_id, customer_name="Dana Reed")
    assert again.error_code == "out_of_turn", "it is not booked any more"


@pytest.mark.parametrize(("notice", "minutes_before"), [(0, 0), (0, -10), (24 * 60, 24 * 60 - 1)])
async def test_too_late_to_change(scene: Scene, notice: int, minutes_before: int) -> None:
    """Not once it has begun, nor within the owner's notice, even after the yes."""
    row = await agreed(scene)
    business = msgspec.structs.replace(scene.business, change_notice_minutes=notice)
    scene.dispatcher.kit = msgspec.structs.replace(scene.dispatcher.kit, business=business)
    begins_in = (row.start - scene.clock.now()).total_seconds()
    await asyncio.sleep(begins_in - 60 * minutes_before)
    result = await cancel(scene)
    assert result.output == {"ok": False, "say": spoken_changes.too_late(person=True)}
    assert result.error_code == "too_late_to_change"
    assert await stands(scene, row)


@pytest.mark.parametrize("ends_as", [CANCELLED, ReservationState.WITHDRAWN])
async def test_a_booking_that_ends_otherwise_is_not_claimed(scene: Scene, ends_as: ReservationState) -> None:
    """Another call cancelled it, or it is being taken back: it is not this call's doing."""
    row = await agreed(scene)
    leave = {"reservation_id": row.id, "ends_as": ends_as, "now": scene.clock.now()}
    await scene.store.begin_leaving(**leave)
    result = await cancel(scene)
    assert result.output == {"ok": False, "say": spoken_changes.booking_gone(person=True)}
    assert "begin_leaving" not in scene.store.asked[scene.store.asked.index("begin_leaving") + 1 :]


async def test_a_booking_taken_back_at_this_moment_is_not_claimed(scene: Scene) -> None:
    """It began to leave between our look and our word."""
    row = await agreed(scene)
    taken_back = msgspec.structs.replace(row, state=LEAVING, ends_as=ReservationState.WITHDRAWN)

    async def other_was_first(**_: Any) -> Reservation:
        return taken_back

    scene.store.begin_leaving = other_was_first
    assert (await cancel(scene)).error_code == "booking_gone"
    assert scene.facts.cancelling is None


async def test_a_booking_that_is_being_moved_is_left_alone(scene: Scene) -> None:
    """A move whose outcome is unknown: it may yet be moved, so it cannot be cancelled now."""
    await scene.shown()
    (slot, *_) = scene.offered(await scene.check("2026-11-25", moving="booking_1"))
    await scene.run("reschedule_event", Gate.NO_PROPOSAL, booking_id="booking_1", slot_id=slot.id)
    scene.calendar.before("move", AMBIGUOUS)
    scene.calendar.before("get", None, UNAVAILABLE)
    await scene.run("reschedule_event", booking_id="booking_1", slot_id=slot.id)
    await cancel(scene, Gate.NO_PROPOSAL)
    assert (await cancel(scene)).error_code == "booking_gone"


# --- what follows ---------------------------------------------------------------------


async def test_its_time_is_free_again(scene: Scene) -> None:
    """What was known of free times no longer counts."""
    noon = "2026-11-24T12:00:00-05:00"
    await agreed(scene)
    with scene.dispatcher.free_busy.kept_fresh():
        await asyncio.sleep(1)
        assert (await scene.ask_tuesday()).output["slots"][0]["start"] != noon
        await cancel(scene)
        assert (await scene.ask_tuesday()).output["slots"][0]["start"] == noon


async def test_a_hold_that_was_to_move_it_is_let_go(scene: Scene) -> None:
    """There is nothing left to move."""
    row = await scene.shown()
    (slot, *_) = scene.offered(await scene.check("2026-11-25", moving="booking_1"))
    move = {"booking_id": "booking_1", "slot_id": slot.id}
    held = (await scene.run("reschedule_event", Gate.NO_PROPOSAL, **move)).proposal
    await cancel(scene, Gate.NO_PROPOSAL)
    await cancel(scene)
    assert (await scene.store.reservation(held)).state is ReservationState.RELEASED
    assert (await scene.run("reschedule_event", **move)).error_code == "booking_gone"
    assert await state(scene, row) is CANCELLED


async def test_a_long_delete_does_not_keep_the_caller(scene: Scene) -> None:
    """What will happen in any case is not waited for."""
    await agreed(scene)
    scene.calendar.before("delete", HANG)
    began = scene.clock.now()
    await cancel(scene)
    assert scene.clock.now() - began < timedelta(seconds=6)
