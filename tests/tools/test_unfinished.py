"""What becomes of reservations that a process left behind."""

import asyncio
from datetime import timedelta

import pytest

from tests.tools.left_behind import UNAVAILABLE, left_in_booking, row, sweep, told
from tests.tools.scene import CHAIR_1, CHAIR_2, Scene
from tests.tools.test_appointments import Move, moving
from tools.ports import CalendarAmbiguous
from tools.recovery import EVERY_S, Swept
from tools.store import LOOK_AGAIN_AFTER, ReservationState, StoreUnavailable
from tools.tasks import Reason
from tools.unfinished import LOOK_EVERY, LOOK_FOR

AMBIGUOUS = CalendarAmbiguous("timeout")
LOST = StoreUnavailable("locked")
BOOKED, BOOKING = ReservationState.BOOKED, ReservationState.BOOKING


# --- bookings -------------------------------------------------------------------------


async def test_a_booking_whose_event_stands_is_finished(scene: Scene) -> None:
    """Booked after all; a person tells the caller."""
    await left_in_booking(scene, AMBIGUOUS, after=True)
    assert await sweep(scene) == Swept(reservations=1)
    assert (await row(scene)).state is BOOKED
    assert len(scene.calendar.ours()) == 1
    assert await told(scene) == [Reason.FINISHED_LATE]


async def test_a_booking_without_an_event_is_released_for_good(scene: Scene) -> None:
    """Its id is buried first, so an insert that arrives after that finds the tombstone."""
    left = await left_in_booking(scene, AMBIGUOUS)
    await sweep(scene)
    assert (await row(scene)).state is ReservationState.FAILED
    assert left.event_id in scene.calendar.deleted
    assert await told(scene) == [Reason.NOT_FINISHED]
    # The time is free again: a caller who is still there and says yes once more gets it, anew.
    again = await scene.run("create_event", hold_id=left.id, customer_name="Dana Reed")
    assert again.output["ok"]
    assert [event.id for event in scene.calendar.ours()] == [(await row(scene)).event_id]


async def test_a_booking_over_a_persons_event_is_taken_back(scene: Scene) -> None:
    """Our event is deleted, theirs stays."""
    left = await left_in_booking(scene, AMBIGUOUS, after=True)
    scene.calendar.write(CHAIR_1, left.start, left.end)
    await sweep(scene)
    assert (await row(scene)).state is ReservationState.WITHDRAWN
    assert scene.calendar.ours() == []
    assert await told(scene) == [Reason.NOT_FINISHED]


@pytest.mark.parametrize("method", ["bury", "events_between"])
async def test_what_cannot_be_settled_now_is_due_again(scene: Scene, method: str) -> None:
    """The calendar is still away: a minute later once more, and nothing is lost meanwhile."""
    await left_in_booking(scene, AMBIGUOUS, after=True)
    scene.calendar.before(method, *([None] if method == "events_between" else []), UNAVAILABLE)
    if method == "events_between":
        scene.calendar.before(method, UNAVAILABLE)
    first = await sweep(scene)
    assert first.open == 1 or method == "events_between"
    await sweep(scene)
    assert (await row(scene)).state is BOOKED
    assert await told(scene) == [Reason.FINISHED_LATE]


@pytest.mark.parametrize("method", ["add_callback", "finish_booking"])
async def test_a_sweeper_that_dies_is_followed_by_another(scene: Scene, method: str) -> None:
    """Whatever step it got to, the next one does the rest, and no task is written twice."""
    await left_in_booking(scene, AMBIGUOUS, after=True)
    scene.store.after(method, LOST)
    await sweep(scene)
    await sweep(scene)
    assert (await row(scene)).state is BOOKED
    assert await told(scene) == [Reason.FINISHED_LATE]


# --- moves ----------------------------------------------------------------------------


async def left_moving(scene: Scene, stumble: str, calendar_id: str = CHAIR_1) -> Move:
    """A move whose patch was lost on its way ("before") or whose answer was ("after")."""
    move = await moving(scene, calendar_id=calendar_id)
    await scene.store.set_due(reservation_id=move.old.id, due_at=None)
    write = "move" if calendar_id == CHAIR_1 else "insert"
    getattr(scene.calendar, stumble)(write, AMBIGUOUS)
    scene.calendar.before("get", *([None] if calendar_id == CHAIR_1 else []), UNAVAILABLE)
    await move.run()
    return move


async def test_a_move_that_arrived_is_finished(scene: Scene) -> None:
    """The event is where the new row has it: moved after all."""
    move = await left_moving(scene, "after")
    await sweep(scene)
    assert await move.states() == (ReservationState.MOVED, BOOKED)
    assert await told(scene) == [Reason.FINISHED_LATE]


async def test_a_move_that_did_not_arrive_never_will(scene: Scene) -> None:
    """The event gets a new etag before its time is given up: a late patch names the old one."""
    move = await left_moving(scene, "before")
    etag = scene.calendar.ours()[0].etag
    await sweep(scene)
    assert await move.states() == (BOOKED, ReservationState.FAILED)
    assert move.stands_at(move.old)
    assert scene.calendar.ours()[0].etag != etag
    assert await told(scene) == [Reason.NOT_FINISHED]


async def test_a_move_over_a_persons_event_is_sent_back(scene: Scene) -> None:
    """The event goes back to its old time, which nobody could take meanwhile."""
    move = await left_moving(scene, "after")
    scene.calendar.write(CHAIR_1, move.new.start, move.new.end)
    await sweep(scene)
    assert await move.states() == (BOOKED, ReservationState.WITHDRAWN)
    assert move.stands_at(move.old)


@pytest.mark.parametrize("stumble", ["before", "after"])
async def test_a_move_into_another_calendar_ends_with_one_event(scene: Scene, stumble: str) -> None:
    """Finished, its old event is deleted; not begun, it stays where it was."""
    move = await left_moving(scene, stumble, CHAIR_2)
    await sweep(scene)
    await sweep(scene)
    if stumble == "after":
        assert await move.states() == (ReservationState.MOVED, BOOKED)
        assert move.stands_at(move.new)
    else:
        assert await move.states() == (BOOKED, ReservationState.FAILED)
        assert move.stands_at(move.old)


async def test_a_move_of_an_event_that_was_deleted_ends_with_none(scene: Scene) -> None:
    """A person deleted it meanwhile: neither the old booking nor the new one stands."""
    move = await left_moving(scene, "before")
    scene.calendar.remove(CHAIR_1, move.old.event_id or "")
    await sweep(scene)
    await sweep(scene)
    assert await move.states() == (ReservationState.CANCELLED, ReservationState.FAILED)


async def test_an_event_that_is_not_seen_keeps_a_move_open(scene: Scene) -> None:
    """Neither there nor deleted: both times stay taken until one of the two is seen."""
    move = await left_moving(scene, "before")
    hidden = scene.calendar.events[CHAIR_1].pop(move.old.event_id or "")
    assert (await sweep(scene)).open == 1
    assert await move.states() == (BOOKED, BOOKING)
    scene.calendar.events[CHAIR_1][hidden.id] = hidden
    await sweep(scene)
    assert await move.states() == (BOOKED, ReservationState.FAILED)


# --- cancellations ------------------------------------------------------------------------


async def test_a_cancellation_is_finished(scene: Scene) -> None:
    """The event is deleted, then the time is free."""
    await scene.book_first()
    await scene.store.begin_leaving(
        reservation_id=scene.facts.booking_id, ends_as=ReservationState.CANCELLED, now=scene.clock.now()
    )
    scene.calendar.before("delete", UNAVAILABLE)
    assert (await sweep(scene)).open == 1
    await sweep(scene)
    assert (await row(scene)).state is ReservationState.CANCELLED
    assert scene.calendar.ours() == []


# --- the third look -----------------------------------------------------------------------

LOOK_S = LOOK_AGAIN_AFTER.total_seconds() + 1


async def test_a_booking_that_stands_alone_is_looked_at_once(scene: Scene) -> None:
    """And is never due again."""
    await scene.book_first()
    assert await sweep(scene, LOOK_S) == Swept(reservations=1)
    assert (await row(scene)).due_at is None
    assert await told(scene) == []


async def test_a_person_who_was_first_and_is_seen_late_gets_the_time(scene: Scene) -> None:
    """The calendar showed them only afterwards: ours is taken back, and a person tells the caller."""
    before = scene.clock.now()
    await asyncio.sleep(1)
    await scene.book_first()
    booked = await row(scene)
    scene.calendar.write(CHAIR_1, booked.start, booked.end, created=before, updated=before)
    await sweep(scene, LOOK_S)
    assert (await row(scene)).state is ReservationState.WITHDRAWN
    assert scene.calendar.ours() == []
    assert await told(scene) == [Reason.WITHDRAWN]


@pytest.mark.parametrize("method", ["begin_leaving", "add_callback", "finish_leaving"])
async def test_what_is_being_taken_back_is_followed_to_its_end(scene: Scene, method: str) -> None:
    """A sweeper that dies at any step of it: the caller is told once, the event is gone."""
    before = scene.clock.now()
    await asyncio.sleep(1)
    await scene.book_first()
    booked = await row(scene)
    scene.calendar.write(CHAIR_1, booked.start, booked.end, created=before, updated=before)
    scene.store.after(method, LOST)
    await sweep(scene, LOOK_S)
    await sweep(scene)
    assert (await row(scene)).state is ReservationState.WITHDRAWN
    assert scene.calendar.ours() == []
    assert await told(scene) == [Reason.WITHDRAWN]


@pytest.mark.parametrize("came_s", [-60, 60])
async def test_a_booking_stands_when_it_is_not_certain_that_a_person_was_first(
    scene: Scene, came_s: int
) -> None:
    """Written after us, or written before and put there after us: the owner is told of the clash."""
    await scene.book_first()
    booked, now = await row(scene), scene.clock.now()
    created, updated = now + timedelta(seconds=came_s), now + timedelta(seconds=60)
    scene.calendar.write(CHAIR_1, booked.start, booked.end, created=created, updated=updated)
    await sweep(scene, LOOK_S)
    assert (await row(scene)).state is BOOKED
    assert await told(scene) == [Reason.CLASH]


async def test_a_note_in_a_moved_event_does_not_make_a_person_the_first(scene: Scene) -> None:
    """It counts as an update; when the event came to its time is forgotten then, so the booking stands."""
    move = await moving(scene)
    await move.run()
    now, event_id = scene.clock.now(), move.new.event_id or ""
    later = now + 3 * LOOK_AGAIN_AFTER
    scene.calendar.write(CHAIR_1, move.new.start, move.new.end, created=later, updated=later)
    scene.calendar.change(CHAIR_1, event_id, updated=now + timedelta(hours=1))
    await sweep(scene, LOOK_S)
    assert await move.states() == (ReservationState.MOVED, BOOKED)
    assert await told(scene) == [Reason.CLASH]


async def test_an_event_a_person_deleted_at_once_frees_its_time(scene: Scene) -> None:
    """The owner does not want the appointment: the row ends too, and the caller is to be told."""
    await scene.book_first()
    scene.calendar.remove(CHAIR_1, scene.calendar.ours()[0].id)
    await sweep(scene, LOOK_S)
    assert (await row(scene)).state is ReservationState.CANCELLED
    assert await told(scene) == [Reason.EVENT_DELETED]


async def test_an_event_a_person_moved_is_theirs(scene: Scene) -> None:
    """It stands, elsewhere: that is the owner's doing, and nothing is said."""
    await scene.book_first()
    [event] = scene.calendar.ours()
    later = timedelta(hours=3)
    scene.calendar.change(CHAIR_1, event.id, start=event.start + later, end=event.end + later)
    await sweep(scene, LOOK_S)
    assert ((await row(scene)).state, (await row(scene)).due_at) == (BOOKED, None)


async def test_an_event_that_is_not_shown_is_looked_for(scene: Scene) -> None:
    """For some minutes; then a person is asked, and the booking stands."""
    await scene.book_first()
    hidden = scene.calendar.events[CHAIR_1].copy()
    scene.calendar.events[CHAIR_1].clear()
    await sweep(scene, LOOK_S)
    assert await told(scene) == []
    for _ in range(LOOK_FOR // LOOK_EVERY):
        await sweep(scene, LOOK_EVERY.total_seconds() + EVERY_S)
    assert await told(scene) == [Reason.EVENT_MISSING]
    assert (await row(scene)).state is BOOKED
    scene.calendar.events[CHAIR_1] = hidden


async def test_a_customer_whose_booking_ends_without_them_is_texted(scene: Scene) -> None:
    """They were told that it stands: one text says that it does not, and nothing reminds them of it."""
    await scene.book_first()
    scene.calendar.remove(CHAIR_1, scene.calendar.ours()[0].id)
    await sweep(scene, LOOK_S)
    for _ in range(3):
        await sweep(scene)
    [(to, body)] = scene.sms.sent
    assert (to, "is cancelled" in body) == ("+12025550143", True)
    await sweep(scene, 24 * 3600.0)
    assert len(scene.sms.sent) == 1
