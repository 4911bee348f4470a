"""reschedule_event again: what may come in its way, and what is then true and said.

"Moved" only when it is, "nothing was changed" only when nothing was; the old booking stands till then.
"""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.tools.moving import WEDNESDAY, agreed, mover
from tests.tools.scene import CHAIR_1, HANG, Scene
from tools import spoken, spoken_changes
from tools.ports import CalendarAmbiguous, CalendarUnavailable
from tools.result import Gate
from tools.store import ReservationState, StoreUnavailable

UNAVAILABLE = CalendarUnavailable("backendError")
AMBIGUOUS = CalendarAmbiguous("timeout")
LOST = StoreUnavailable("locked")
HOLD_S = 5 * 60.0  # of the sample business; these tests run where time jumps
BOOKED, BOOKING, MOVED = ReservationState.BOOKED, ReservationState.BOOKING, ReservationState.MOVED


# --- a person was first ---------------------------------------------------------------


def is_taken(result: Any) -> bool:
    return bool(
        result.output["say"].startswith(
            "I'm sorry, that time has just been taken. Your appointment stays as it is. I have "
        )
        and result.error_code == "slot_taken"
        and result.closes_gate
        and result.output["slots"]
    )


@pytest.mark.parametrize("when", ["before the proposal", "before the move", "during the move"])
async def test_a_person_at_the_new_time_stops_it(scene: Scene, when: str) -> None:
    """Other times are offered; the old booking stands, and can be moved to one of them."""
    one = await mover(scene)
    if when == "before the proposal":
        one.take()
        result = await one.ask(Gate.NO_PROPOSAL)
    else:
        await one.ask(Gate.NO_PROPOSAL)
        if when == "during the move":
            scene.calendar.before("move", one.take)
        else:
            one.take()
        result = await one.ask()
    assert is_taken(result)
    assert one.stands()
    assert await one.state() is BOOKED
    fresh = result.output["slots"][0]["id"]
    await one.ask(Gate.NO_PROPOSAL, fresh)
    assert (await one.ask(Gate.OPEN, fresh)).output["say"].startswith("It's moved")


async def test_another_call_at_the_new_time_stops_it(scene: Scene) -> None:
    """Between our own rows the store decides."""
    one = await mover(scene)
    other = scene.another_call()
    (slot, *_) = other.offered(await other.check(WEDNESDAY))
    await other.run("hold_slot", slot_id=slot.id, customer_name="Max Cole")
    assert is_taken(await one.ask(Gate.NO_PROPOSAL))
    assert one.stands()


# --- the hold ran out -----------------------------------------------------------------


async def test_a_hold_that_ran_out_during_the_yes_is_taken_again(scene: Scene) -> None:
    """If the time is still free the caller gets it, without being asked twice."""
    one = await agreed(scene)
    await asyncio.sleep(HOLD_S)
    assert (await one.ask()).output["say"].startswith("It's moved")
    assert (await one.ask()).output["say"].startswith("It's moved"), "asked twice"
    assert len(scene.calendar.ours()) == 1
    assert await one.state() is MOVED


async def test_a_hold_that_ran_out_and_was_lost_offers_others(scene: Scene) -> None:
    """Somebody was waiting; the old booking stands."""
    one = await agreed(scene)
    await asyncio.sleep(HOLD_S)
    other = scene.another_call()
    (slot, *_) = other.offered(await other.check(WEDNESDAY))
    assert (await other.run("hold_slot", slot_id=slot.id, customer_name="Max Cole")).output["ok"]
    assert is_taken(await one.ask())
    assert one.stands()


# --- certain failures -----------------------------------------------------------------


@pytest.mark.parametrize("method", ["events_between", "get", "move"])
async def test_what_certainly_changed_nothing_is_told_so(scene: Scene, method: str) -> None:
    """The old booking stands, the row ends failed, and it may be tried again."""
    one = await agreed(scene)
    scene.calendar.before(method, UNAVAILABLE)
    result = await one.ask()
    assert result.output == {"ok": False, "say": spoken_changes.not_moved()}
    assert result.closes_gate
    assert one.stands()
    assert await one.state() is BOOKED
    await one.ask(Gate.NO_PROPOSAL)
    assert (await one.ask()).output["say"].startswith("It's moved")


@pytest.mark.parametrize("by", ["moved", "deleted"])
async def test_a_person_who_was_at_the_event_knows_more(scene: Scene, by: str) -> None:
    """Nothing is changed, and it is not said where the appointment stands."""
    one = await agreed(scene)
    (event,) = scene.calendar.ours()
    later = event.start + timedelta(hours=1)
    if by == "moved":
        scene.calendar.change(CHAIR_1, event.id, start=later, end=later + timedelta(minutes=30))
    else:
        scene.calendar.remove(CHAIR_1, event.id)
    assert (await one.ask()).output["say"] == spoken_changes.not_moved()


async def test_a_booking_that_ended_meanwhile_is_not_moved(scene: Scene) -> None:
    """Cancelled by another call: before the proposal, and between it and the yes."""
    one = await agreed(scene)
    await scene.store.begin_leaving(
        reservation_id=one.old.id, ends_as=ReservationState.CANCELLED, now=scene.clock.now()
    )
    for _ in range(2):
        result = await one.ask()
        assert result.output == {"ok": False, "say": spoken_changes.booking_gone(person=True)}
        assert result.error_code == "booking_gone"


async def test_a_booking_that_is_being_moved_is_left_alone(scene: Scene) -> None:
    """Another call began to move it at this moment."""
    one = await mover(scene)
    other = scene.another_call("CA3", scene.facts.caller_number)
    other.facts.attested = True
    await other.run("find_bookings")
    (slot, *_) = other.offered(await other.check("2026-11-30"))
    await other.run("reschedule_event", booking_id="booking_1", slot_id=slot.id)
    scene.calendar.before("move", AMBIGUOUS)
    scene.calendar.before("get", None, UNAVAILABLE)
    await other.run("reschedule_event", booking_id="booking_1", slot_id=slot.id)
    assert (await one.ask(Gate.NO_PROPOSAL)).error_code == "booking_gone"


# --- unknown outcomes -----------------------------------------------------------------


async def test_a_move_whose_answer_was_lost_is_found(scene: Scene) -> None:
    """The event is at its new time: moved."""
    one = await agreed(scene)
    scene.calendar.after("move", AMBIGUOUS)
    assert (await one.ask()).output["say"].startswith("It's moved")


@pytest.mark.parametrize("look", [None, UNAVAILABLE])
async def test_a_move_that_cannot_be_found_stays_open(scene: Scene, look: Exception | None) -> None:
    """Neither moved nor not moved; a person is asked, once, and a second try finds the first."""
    one = await agreed(scene)
    scene.calendar.before("move", AMBIGUOUS)
    scene.calendar.before("get", None, look)
    assert one.is_unknown(await one.ask())
    assert one.is_unknown(await one.ask(Gate.NO_PROPOSAL))
    assert scene.store.asked.count("add_callback") == 1
    assert await one.state() is BOOKED
    assert (await one.ask()).output["say"].startswith("It's moved")
    assert scene.facts.unconfirmed_id is None


async def test_a_lapsed_hold_with_an_unknown_second_row_is_not_told_as_gone(scene: Scene) -> None:
    """Asked again, it is our own first attempt that is moving the booking: still unknown."""
    one = await agreed(scene)
    await asyncio.sleep(HOLD_S)
    scene.calendar.before("move", AMBIGUOUS)
    scene.calendar.before("get", None, UNAVAILABLE)
    assert one.is_unknown(await one.ask())
    assert one.is_unknown(await one.ask())


async def test_while_it_is_unknown_nothing_else_is_kept(scene: Scene) -> None:
    """Neither another time for this booking nor for a new one."""
    one = await agreed(scene)
    scene.calendar.before("move", AMBIGUOUS)
    scene.calendar.before("get", None, UNAVAILABLE)
    await one.ask()
    other = scene.offered(await scene.check("2026-11-30"))[0]
    assert (await one.ask(Gate.OPEN, other.id)).error_code == "booking_unconfirmed"
    held = await scene.run("hold_slot", slot_id=other.id, customer_name="Dana Reed")
    assert held.error_code == "booking_unconfirmed"


@pytest.mark.parametrize("method", ["begin_booking", "end_booking"])
async def test_a_store_that_is_lost_makes_nothing_certain(scene: Scene, method: str) -> None:
    """The row may be in `booking` and finished later."""
    one = await agreed(scene)
    if method == "begin_booking":
        scene.store.after(method, LOST)
    else:
        scene.calendar.before("move", UNAVAILABLE)
        scene.store.before(method, LOST)
    assert one.is_unknown(await one.ask())


async def test_a_store_lost_at_the_end_does_not_undo_the_move(scene: Scene) -> None:
    """The event stands at its new time and the row names it."""
    one = await agreed(scene)
    scene.store.before("finish_booking", LOST)
    assert (await one.ask()).output["say"].startswith("It's moved")
    assert await one.state(scene.facts.booking_id) is BOOKING


@pytest.mark.parametrize("method", ["events_between", "get", "move"])
async def test_running_out_of_time_is_unknown(scene: Scene, method: str) -> None:
    """A move cut off by its deadline is told neither as moved nor as not moved."""
    one = await agreed(scene)
    scene.calendar.before(method, HANG)
    assert one.is_unknown(await one.ask())


@pytest.mark.parametrize("trouble", [RuntimeError("boom"), LOST, HANG])
async def test_a_proposal_that_breaks_changes_nothing(scene: Scene, trouble: Exception | str) -> None:
    """Before the yes nothing can be done: no task for a person, and what was proposed is void."""
    one = await mover(scene)
    scene.store.after("hold", trouble)
    result = await one.ask(Gate.NO_PROPOSAL)
    assert result.output == {"ok": False, "say": spoken.calendar_unseen()}
    assert result.closes_gate
    assert one.stands()
    assert "add_callback" not in scene.store.asked


async def test_no_call_back_is_promised_that_nobody_was_asked_for(scene: Scene) -> None:
    """When even the task cannot be saved, the caller is asked to ring again."""
    one = await agreed(scene)
    scene.calendar.before("move", AMBIGUOUS)
    scene.calendar.before("get", None, UNAVAILABLE)
    scene.store.before("add_callback", LOST)
    assert (await one.ask()).output["say"] == spoken_changes.move_unknown(promised=False)
