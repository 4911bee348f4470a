"""reschedule_event: nothing moves without a yes, and only for whom the booking belongs to."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from tests.tools.moving import WEDNESDAY, Mover, agreed, mover
from tests.tools.scene import Scene
from tools import spoken_changes
from tools.google_events import OURS
from tools.result import Claim, Gate, Receipt, Reply
from tools.store import Lead, ReservationState

BOOKED, MOVED = ReservationState.BOOKED, ReservationState.MOVED


# --- proposed, then done --------------------------------------------------------------


async def test_the_first_call_only_asks(scene: Scene) -> None:
    """Whatever the gate says: it is about something else. Nothing of the calendar changes."""
    one = await mover(scene)
    result = await one.ask(Gate.OPEN)
    assert result.output == {
        "ok": True,
        "say": (
            "To confirm: moving your cleaning from Tuesday, November twenty-fourth at noon to Wednesday, "
            "November twenty-fifth at nine AM. Shall I move it?"
        ),
    }
    assert result.proposal == scene.facts.proposed is not None
    assert result.read_back is not None
    assert result.receipts == ()
    assert one.stands()
    held = await scene.store.reservation(result.proposal)
    assert (held.state, held.moves_id) == (ReservationState.HELD, one.old.id)


async def test_the_second_call_moves(scene: Scene) -> None:
    """The event has its new time under the new row, and only then it is said."""
    one = await agreed(scene)
    result = await one.ask()
    assert result.output == {
        "ok": True,
        "say": "It's moved: cleaning on Wednesday, November twenty-fifth at nine AM.",
        "booking_id": "booking_1",
    }
    assert result.closes_gate
    assert one.event_start() == "2026-11-25T09:00:00-05:00"
    (event,) = scene.calendar.ours()
    new = await scene.store.reservation(scene.facts.booking_id)
    assert (new.state, new.event_id, new.moves_id) == (BOOKED, event.id, one.old.id)
    assert scene.calendar.private[event.id][OURS] == new.id
    assert await one.state() is MOVED
    assert result.receipts == (Receipt(Claim.MOVED, new.id, replaces=one.old.id),)


async def test_the_customer_goes_with_it(scene: Scene) -> None:
    """Name, address, note and the wish to be texted are the booking's, wherever it is moved."""
    earlier = scene.another_call("CA0", scene.facts.caller_number)
    earlier.facts.lead = Lead(email="dana@example.com", reason="A crown came off")
    earlier.facts.text_consent = True
    await earlier.book_first()
    old = await scene.store.reservation(earlier.facts.booking_id)
    scene.facts.attested = True
    await scene.run("find_bookings")
    one = Mover(scene, old, scene.offered(await scene.check(WEDNESDAY))[0].id)
    await one.ask(Gate.NO_PROPOSAL)
    await one.ask()
    new = await scene.store.reservation(scene.facts.booking_id)
    kept = (new.customer_name, new.customer_email, new.note, new.wants_text)
    assert kept == (old.customer_name, old.customer_email, old.note, old.wants_text)
    assert kept[1] == "dana@example.com"
    assert "crown" in kept[2]
    assert kept[3]


async def test_asking_again_says_the_same_and_does_nothing(scene: Scene) -> None:
    """After success a repeat is answered as before, whatever the gate."""
    one = await agreed(scene)
    first = await one.ask()
    scene.calendar.asked.clear()
    again = await one.ask(Gate.NO_PROPOSAL)
    assert (again.output, again.receipts) == (first.output, first.receipts)
    assert scene.calendar.asked == []


async def test_other_arguments_are_a_new_proposal(scene: Scene) -> None:
    """The yes was to another time; the one proposed last is what a yes moves it to."""
    one = await agreed(scene)
    other = scene.offered(await scene.check(WEDNESDAY, moving="booking_1"))[1]
    result = await one.ask(Gate.OPEN, other.id)
    assert result.output["say"].endswith("Shall I move it?")
    assert one.stands()
    assert (await one.ask(Gate.OPEN)).output["say"].endswith("Shall I move it?"), "that one was let go"
    assert (await one.ask(Gate.OPEN, other.id)).output["say"].endswith("Shall I move it?")
    assert (await one.ask(Gate.OPEN, other.id)).output["ok"]
    assert one.event_start() == other.start.isoformat()


async def test_moved_twice(scene: Scene) -> None:
    """The booking keeps its id in the call; each receipt replaces the one before."""
    one = await agreed(scene)
    first = (await one.ask()).receipts[0]
    other = scene.offered(await scene.check("2026-11-30", moving="booking_1"))[0]
    await one.ask(Gate.NO_PROPOSAL, other.id)
    second = (await one.ask(Gate.OPEN, other.id)).receipts[0]
    assert second.replaces == first.booking
    assert one.event_start() == other.start.isoformat()
    assert scene.facts.found["booking_1"].id == second.booking
    assert scene.facts.done["booking_1"].was == one.old.start


async def test_what_is_asked_in_one_breath_has_no_yes(scene: Scene) -> None:
    """The gate was open for a hold: two calls at once propose the move and do not make it."""
    one = await mover(scene)
    hold_id = await scene.hold_first()
    text = msgspec.json.encode({"booking_id": "booking_1", "slot_id": one.slot_id}).decode()
    asking = [
        scene.dispatcher.run(scene.facts, "reschedule_event", text, Gate.OPEN, hold_id) for _ in range(2)
    ]
    results = await asyncio.gather(*asking)
    assert all(result.output["say"].endswith("Shall I move it?") for result in results)
    assert one.stands()


async def test_a_hold_that_gave_way_to_a_move_is_not_booked(scene: Scene) -> None:
    """The yes was to the move: create_event with the earlier hold finds nothing to book."""
    one = await mover(scene)
    hold_id = await scene.hold_first()
    await one.ask(Gate.NO_PROPOSAL)
    assert scene.facts.hold_id is None
    result = await scene.run("create_event", hold_id=hold_id, customer_name="Dana Reed")
    assert result.error_code == "out_of_turn"
    assert len(scene.calendar.ours()) == 1


# --- the gate -------------------------------------------------------------------------


@pytest.mark.parametrize("gate", [Gate.UNHEARD, Gate.UNANSWERED])
async def test_an_unheard_or_unanswered_read_back_moves_nothing(scene: Scene, gate: Gate) -> None:
    """Nobody speaks, the proposal stands, and the yes that comes later counts."""
    one = await agreed(scene)
    result = await one.ask(gate)
    assert (result.output["say"], result.reply, result.error_code) == ("", Reply.NONE, gate.value)
    assert one.stands()
    assert (await one.ask()).output["say"].startswith("It's moved")


async def test_what_was_not_read_back_is_read_back(scene: Scene) -> None:
    """The caller answered something else: the sentence comes again."""
    one = await agreed(scene)
    result = await one.ask(Gate.NOT_READ_BACK)
    assert result.error_code == "not_read_back"
    assert result.output["say"].startswith("To confirm: moving your cleaning from Tuesday")
    assert one.stands()


# --- what is refused ------------------------------------------------------------------


@pytest.mark.parametrize("proved", ["attested", "proved_by_code", ""])
async def test_who_may_move_a_booking(scene: Scene, proved: str) -> None:
    """Vouched for, or proved by a code; who only seems to call from the number gets nowhere."""
    row = await scene.booked_before()
    if proved:
        setattr(scene.facts, proved, True)
        await scene.run("find_bookings")
    (slot, *_) = scene.offered(await scene.check(WEDNESDAY))
    one = Mover(scene, row, slot.id)
    first, second = await one.ask(), await one.ask()
    assert second.output["ok"] is first.output["ok"] is bool(proved)
    if not proved:
        assert {first.error_code, second.error_code} == {"not_proven"}
        assert one.stands()


async def test_ids_of_others_reach_nothing(scene: Scene) -> None:
    """Neither a made-up id, nor one of another call, nor a row put there that is somebody else's."""
    old = await scene.shown()
    other = scene.another_call()
    other.facts.attested = True
    (slot, *_) = other.offered(await other.check(WEDNESDAY))
    for booking_id in ("booking_1", "booking_9"):
        result = await other.run("reschedule_event", booking_id=booking_id, slot_id=slot.id)
        assert result.error_code == "out_of_turn"
    for made_up in (old.id, "slot_1", "booking_x", "booking_1\n"):
        result = await other.run("reschedule_event", booking_id=made_up, slot_id=slot.id)
        assert result.error_code == "bad_arguments"
    other.facts.found["booking_1"] = old
    result = await other.run("reschedule_event", booking_id="booking_1", slot_id=slot.id)
    assert result.error_code == "out_of_turn"
    assert (await scene.store.reservation(old.id)).state is BOOKED


async def test_a_booking_of_this_call_needs_no_proof(scene: Scene) -> None:
    """Who made it may move it, from a withheld number too; then it counts as booked at its new time."""
    scene.facts.caller_number = None
    booked = await scene.book_first()
    assert booked.output["booking_id"] == "booking_1"
    (slot, *_) = scene.offered(await scene.check(WEDNESDAY, moving="booking_1"))
    one = Mover(scene, scene.facts.found["booking_1"], slot.id)
    await one.ask(Gate.NO_PROPOSAL)
    assert (await one.ask()).output["ok"]
    assert scene.facts.done["booking_1"].claim is Claim.BOOKED
    assert scene.facts.done["booking_1"].start == slot.start


@pytest.mark.parametrize(
    ("notice", "minutes_before", "refused"),
    [
        (0, 1, False),
        (0, 0, True),
        (0, -10, True),
        (24 * 60, 24 * 60 - 1, True),
        (24 * 60, 24 * 60 + 1, False),
    ],
)
async def test_too_late_to_change(scene: Scene, notice: int, minutes_before: int, refused: bool) -> None:
    """Not once it has begun, nor within the owner's notice: a message or a person."""
    one = await mover(scene)
    business = msgspec.structs.replace(scene.business, change_notice_minutes=notice)
    scene.dispatcher.kit = msgspec.structs.replace(scene.dispatcher.kit, business=business)
    begins_in = (one.old.start - scene.clock.now()).total_seconds()
    await asyncio.sleep(begins_in - 60 * minutes_before)
    result = await one.ask(Gate.NO_PROPOSAL)
    assert result.output["ok"] is not refused
    if refused:
        assert result.output["say"] == spoken_changes.too_late(person=True)
        assert result.error_code == "too_late_to_change"


async def test_what_this_call_booked_may_be_put_right_at_once(scene: Scene) -> None:
    """The owner's notice is for bookings that were made before."""
    business = msgspec.structs.replace(scene.business, change_notice_minutes=7 * 24 * 60)
    scene.dispatcher.kit = msgspec.structs.replace(scene.dispatcher.kit, business=business)
    await scene.book_first()
    (slot, *_) = scene.offered(await scene.check(WEDNESDAY))
    assert (await Mover(scene, scene.facts.found["booking_1"], slot.id).ask()).output["ok"]


async def test_slots_that_do_not_fit(scene: Scene) -> None:
    """Never offered, of another service, or the time it has: the model or the caller is told."""
    one = await mover(scene)
    assert "not offered" in (await one.ask(Gate.OPEN, "slot_99")).output["problem"]
    filling = scene.offered(await scene.check(WEDNESDAY, service="filling"))[0]
    assert "ask check_availability for cleaning" in (await one.ask(Gate.OPEN, filling.id)).output["problem"]
    own = msgspec.structs.replace(scene.facts.offered[one.slot_id], id="slot_50", start=one.old.start)
    scene.facts.offered["slot_50"] = own
    assert (await one.ask(Gate.OPEN, "slot_50")).output["say"] == spoken_changes.same_time()
    assert one.stands()


# --- what follows ---------------------------------------------------------------------


async def test_the_facts_name_the_new_booking(scene: Scene) -> None:
    """A text of this call tells the new time; the greeting's booking is the new one."""
    one = await mover(scene)
    scene.facts.next_booking = one.old
    await one.ask(Gate.NO_PROPOSAL)
    await one.ask()
    new_id = scene.facts.booking_id
    assert scene.facts.next_booking.id == scene.facts.found["booking_1"].id == new_id != one.old.id
    assert not scene.facts.confirmation_sent
    assert scene.facts.done["booking_1"].claim is Claim.MOVED


async def test_the_old_time_is_free_again(scene: Scene) -> None:
    """What was known of free times no longer counts."""
    one = await agreed(scene)
    other = scene.another_call()
    with scene.dispatcher.free_busy.kept_fresh():
        await asyncio.sleep(1)
        assert (await other.ask_tuesday()).output["slots"][0]["start"] != "2026-11-24T12:00:00-05:00"
        await one.ask()
        assert (await other.ask_tuesday()).output["slots"][0]["start"] == "2026-11-24T12:00:00-05:00"


@pytest.mark.parametrize("minutes", [-30, 30])
async def test_by_half_an_hour(scene: Scene, minutes: int) -> None:
    """Its own time and its buffer are not in its way: a filling moves by less than its length."""
    old = await scene.booked_before(WEDNESDAY, service="filling", part_of_day="afternoon")
    scene.facts.attested = True
    await scene.run("find_bookings")
    (slot, *_) = scene.offered(await scene.check(WEDNESDAY, service="filling"))
    start = (old.start + timedelta(minutes=minutes)).astimezone(scene.business.tz)
    scene.facts.offered["slot_60"] = msgspec.structs.replace(
        slot, id="slot_60", calendar_id=old.calendar_id, start=start, end=start + timedelta(minutes=60)
    )
    one = Mover(scene, old, "slot_60")
    await one.ask(Gate.NO_PROPOSAL)
    assert (await one.ask()).output["say"].startswith("It's moved")
    assert one.event_start() == start.isoformat()
