"""Moving and cancelling: the calendar follows the row, or it is known how far it got.

How a new event is written is told in `test_booking.py`, through the tool that does it.
"""

from datetime import timedelta
from typing import Any

import pytest

from tests.tools.scene import CHAIR_1, CHAIR_2, Scene
from tools.appointments import Outcome, begin, delete_event, move_event
from tools.google_events import OURS
from tools.ports import CalendarAmbiguous, CalendarChanged, CalendarUnavailable
from tools.store import Reservation, ReservationState, StoreUnavailable

UNAVAILABLE = CalendarUnavailable("quotaExceeded")
AMBIGUOUS = CalendarAmbiguous("timeout")
CHANGED = CalendarChanged("conditionNotMet")
LOST = StoreUnavailable("locked")
LATER = timedelta(hours=2)
BOOKED, MOVED = ReservationState.BOOKED, ReservationState.MOVED


class Move:
    """A booking on Tuesday at noon, and a row in `booking` that is to take its place."""

    def __init__(self, scene: Scene, old: Reservation, new: Reservation, first: bool) -> None:
        self.scene = scene
        self.old = old
        self.new = new
        self.first = first

    async def run(self) -> Outcome:
        return await move_event(self.scene.kit, self.new, self.old, first=self.first)

    async def again(self) -> Outcome:
        """A second attempt with the same hold."""
        row, first = await begin(self.scene.kit, hold_id=self.new.id, call_sid="CA1", customer_name="Dana")
        assert not first
        return await move_event(self.scene.kit, row, self.old, first=first)

    async def states(self) -> tuple[ReservationState, ReservationState]:
        rows = [await self.scene.store.reservation(row.id) for row in (self.old, self.new)]
        return rows[0].state, rows[1].state

    def stands_at(self, row: Reservation) -> bool:
        """Whether our one event is where this row has it."""
        events = self.scene.calendar.ours()
        return [(event.start, event.reservation_id) for event in events] == [(row.start, row.id)]


async def moving(scene: Scene, by: timedelta = LATER, calendar_id: str = CHAIR_1) -> Move:
    await scene.book_first()
    old = await scene.store.reservation(scene.facts.booking_id)
    held = await scene.store.hold(
        calendar_id=calendar_id,
        service=old.service,
        start=old.start + by,
        end=old.end + by,
        call_sid="CA1",
        caller_number=old.caller_number,
        now=scene.clock.now(),
        keep_for=timedelta(minutes=5),
        moves_id=old.id,
    )
    new, first = await begin(scene.kit, hold_id=held.id, call_sid="CA1", customer_name="Dana Reed")
    assert first
    scene.calendar.asked.clear()
    return Move(scene, old, new, first)


# --- moved --------------------------------------------------------------------------


@pytest.mark.parametrize("by", [LATER, timedelta(minutes=15), -timedelta(minutes=15)])
async def test_a_booking_is_moved_with_its_event(scene: Scene, by: timedelta) -> None:
    """Looked at, patched, looked at again; its own old time is not in its way."""
    move = await moving(scene, by)
    assert await move.run() is Outcome.DONE
    assert move.stands_at(move.new)
    assert await move.states() == (MOVED, BOOKED)
    assert scene.calendar.asked == ["events_between", "get", "move", "events_between"]
    assert scene.calendar.private[move.new.event_id or ""][OURS] == move.new.id


async def test_into_another_calendar_it_is_a_new_event(scene: Scene) -> None:
    """Written there first; only then the old one is deleted."""
    move = await moving(scene, calendar_id=CHAIR_2)
    assert await move.run() is Outcome.DONE
    assert move.stands_at(move.new)
    assert await move.states() == (MOVED, BOOKED)
    assert scene.calendar.asked == ["events_between", "insert", "events_between", "delete"]


async def test_an_old_event_that_cannot_be_deleted_now_is_left_to_recovery(scene: Scene) -> None:
    """The caller has the new time; the old one is leaving and stays taken."""
    move = await moving(scene, calendar_id=CHAIR_2)
    scene.calendar.before("delete", AMBIGUOUS)
    assert await move.run() is Outcome.DONE
    assert await move.states() == (ReservationState.LEAVING, BOOKED)


async def test_an_old_event_stays_while_the_new_row_is_not_known_as_booked(scene: Scene) -> None:
    """The store was lost at the end: recovery finishes the new row first, then the old one."""
    move = await moving(scene, calendar_id=CHAIR_2)
    scene.store.before("finish_booking", LOST)
    assert await move.run() is Outcome.DONE
    assert len(scene.calendar.ours()) == 2
    assert await move.states() == (BOOKED, ReservationState.BOOKING)


async def test_a_note_written_meanwhile_does_not_stop_a_move(scene: Scene) -> None:
    """412 once: read again, the event is where it was, so it is moved from what it is now."""
    move = await moving(scene)
    event_id = move.old.event_id or ""
    scene.calendar.before("move", lambda: scene.calendar.change(CHAIR_1, event_id, summary="Bring x-rays"))
    assert await move.run() is Outcome.DONE
    assert scene.calendar.asked.count("move") == 2
    assert await move.states() == (MOVED, BOOKED)


# --- a person was first -----------------------------------------------------------------


async def test_a_person_at_the_new_time_stops_a_move(scene: Scene) -> None:
    """Nothing is written; what was booked is booked."""
    move = await moving(scene)
    scene.calendar.write(CHAIR_1, move.new.start, move.new.end)
    assert await move.run() is Outcome.TAKEN
    assert move.stands_at(move.old)
    assert await move.states() == (BOOKED, ReservationState.WITHDRAWN)


async def test_a_person_seen_after_the_move_sends_it_back(scene: Scene) -> None:
    """Seen on the second look: the event goes back to where it was."""
    move = await moving(scene)
    scene.calendar.before("move", lambda: scene.calendar.write(CHAIR_1, move.new.start, move.new.end))
    assert await move.run() is Outcome.TAKEN
    assert move.stands_at(move.old)
    assert await move.states() == (BOOKED, ReservationState.WITHDRAWN)


async def test_a_person_who_came_after_us_is_reported(scene: Scene) -> None:
    """Ours stands, and the owner is told once that two appointments lie over each other."""
    move = await moving(scene)
    just_after = scene.clock.now() + timedelta(seconds=1)
    scene.calendar.after(
        "move",
        lambda: scene.calendar.write(CHAIR_1, move.new.start, move.new.end, created=just_after),
    )
    assert await move.run() is Outcome.DONE
    assert await move.states() == (MOVED, BOOKED)
    assert scene.store.asked.count("add_callback") == 1


# --- certain failures ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "troubles"),
    [
        ("events_between", [UNAVAILABLE]),
        ("get", [UNAVAILABLE]),
        ("move", [UNAVAILABLE]),
        ("move", [CHANGED, CHANGED]),
    ],
)
async def test_what_certainly_changed_nothing_leaves_the_booking(
    scene: Scene, method: str, troubles: list[Exception]
) -> None:
    """Quota, 412 twice, no answer to a read: not moved, and booked as before."""
    move = await moving(scene)
    scene.calendar.before(method, *troubles)
    assert await move.run() is Outcome.NOT_DONE
    assert move.stands_at(move.old)
    assert await move.states() == (BOOKED, ReservationState.FAILED)


async def test_an_event_a_person_moved_is_not_moved_by_us(scene: Scene) -> None:
    """What the caller was told no longer holds; a person knows more."""
    move = await moving(scene)
    start = move.old.start + timedelta(hours=1)
    scene.calendar.change(CHAIR_1, move.old.event_id or "", start=start, end=start + timedelta(minutes=30))
    assert await move.run() is Outcome.NOT_DONE
    assert await move.states() == (BOOKED, ReservationState.FAILED)


async def test_an_event_a_person_deleted_is_not_moved(scene: Scene) -> None:
    """There is nothing to move; the row of the booking is the owner's to settle."""
    move = await moving(scene)
    scene.calendar.remove(CHAIR_1, move.old.event_id or "")
    assert await move.run() is Outcome.NOT_DONE


# --- unknown outcomes -------------------------------------------------------------------


async def test_a_move_whose_answer_was_lost_is_found(scene: Scene) -> None:
    """The event is at its new time under the new row: moved."""
    move = await moving(scene)
    scene.calendar.after("move", AMBIGUOUS)
    assert await move.run() is Outcome.DONE
    assert await move.states() == (MOVED, BOOKED)


@pytest.mark.parametrize("look", [None, UNAVAILABLE])
async def test_a_move_that_cannot_be_found_stays_open(scene: Scene, look: Exception | None) -> None:
    """It may still arrive: both rows stay, so that nobody else gets either time."""
    move = await moving(scene)
    scene.calendar.before("move", AMBIGUOUS)
    scene.calendar.before("get", None, look)
    assert await move.run() is Outcome.UNKNOWN
    assert await move.states() == (BOOKED, ReservationState.BOOKING)
    assert await move.again() is Outcome.DONE
    assert await move.states() == (MOVED, BOOKED)


@pytest.mark.parametrize("method", ["events_between", "move"])
async def test_a_second_attempt_that_fails_is_still_unknown(scene: Scene, method: str) -> None:
    """Only the first could be certain that nothing was written."""
    move = await moving(scene)
    scene.calendar.before("move", AMBIGUOUS)
    await move.run()
    scene.calendar.before(method, UNAVAILABLE)
    assert await move.again() is Outcome.UNKNOWN
    assert await move.states() == (BOOKED, ReservationState.BOOKING)


async def test_an_event_that_cannot_be_sent_back_stays_open(scene: Scene) -> None:
    """A person was first and our event may still stand over theirs: nothing is claimed."""
    move = await moving(scene)
    scene.calendar.before(
        "move", lambda: scene.calendar.write(CHAIR_1, move.new.start, move.new.end), UNAVAILABLE
    )
    assert await move.run() is Outcome.UNKNOWN
    assert await move.states() == (BOOKED, ReservationState.BOOKING)


async def test_a_store_that_is_lost_makes_nothing_certain(scene: Scene) -> None:
    """Nothing was written, but that could not be written down: recovery may still come to another end."""
    move = await moving(scene)
    scene.calendar.before("move", UNAVAILABLE)
    scene.store.before("end_booking", LOST)
    assert await move.run() is Outcome.UNKNOWN


# --- cancelled --------------------------------------------------------------------------


async def leaving(scene: Scene) -> Any:
    await scene.book_first()
    return await scene.store.begin_leaving(
        reservation_id=scene.facts.booking_id, ends_as=ReservationState.CANCELLED, now=scene.clock.now()
    )


async def test_a_cancelled_booking_has_no_event(scene: Scene) -> None:
    """Deleted first, cancelled then; a second time is harmless."""
    row = await leaving(scene)
    assert await delete_event(scene.kit, row) is Outcome.DONE
    assert await delete_event(scene.kit, row) is Outcome.DONE
    assert scene.calendar.ours() == []
    assert (await scene.store.reservation(row.id)).state is ReservationState.CANCELLED


@pytest.mark.parametrize("trouble", [UNAVAILABLE, AMBIGUOUS])
async def test_a_cancellation_that_the_calendar_did_not_take_is_unknown(
    scene: Scene, trouble: Exception
) -> None:
    """The row is leaving: recovery deletes the event later."""
    row = await leaving(scene)
    scene.calendar.before("delete", trouble)
    assert await delete_event(scene.kit, row) is Outcome.UNKNOWN
    assert (await scene.store.reservation(row.id)).state is ReservationState.LEAVING


async def test_a_cancellation_that_the_store_did_not_take_is_unknown(scene: Scene) -> None:
    """The event is gone and the row says that it is going."""
    row = await leaving(scene)
    scene.store.before("finish_leaving", LOST)
    assert await delete_event(scene.kit, row) is Outcome.UNKNOWN
    assert scene.calendar.ours() == []
