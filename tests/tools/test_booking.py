"""create_event: booked only when it is in the calendar, failed only when it certainly is not."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.tools.scene import CHAIR_1, HANG, Scene
from tools import spoken
from tools.google_events import OURS
from tools.ports import CalendarAmbiguous, CalendarUnavailable
from tools.result import Gate, Reply
from tools.store import ReservationState, StoreUnavailable

UNAVAILABLE = CalendarUnavailable("backendError")
AMBIGUOUS = CalendarAmbiguous("timeout")
LOST = StoreUnavailable("locked")


async def row(scene: Scene, hold_id: str) -> Any:
    found = await scene.store.reservation(hold_id)
    assert found is not None
    return found


async def agree(scene: Scene, hold_id: str, gate: Gate = Gate.OPEN, name: str = "Dana Reed") -> Any:
    return await scene.run("create_event", gate, hold_id=hold_id, customer_name=name)


# --- the good end -----------------------------------------------------------------


async def test_a_booking(scene: Scene) -> None:
    """The event is in the calendar under the row's own id, and only then it is said."""
    hold_id = await scene.hold_first()
    result = await agree(scene, hold_id)
    assert result.output == {
        "ok": True,
        "say": "You're booked: cleaning on Tuesday, November twenty-fourth at noon.",
        "booking_id": "booking_1",
    }
    assert result.closes_gate
    (event,) = scene.calendar.ours()
    booked = await row(scene, hold_id)
    assert (booked.state, booked.event_id) == (ReservationState.BOOKED, event.id)
    assert event.summary == "Cleaning: Dana Reed"
    assert scene.calendar.private[event.id][OURS] == hold_id
    assert (event.start, event.end) == (
        scene.facts.offered["slot_1"].start,
        scene.facts.offered["slot_1"].end,
    )
    assert scene.facts.booking_id == hold_id
    assert scene.facts.hold_id is None


async def test_the_calendar_is_looked_at_before_and_after(scene: Scene) -> None:
    """Nothing is written unseen, and nothing is said unseen."""
    hold_id = await scene.hold_first()
    scene.calendar.asked.clear()
    await agree(scene, hold_id)
    assert scene.calendar.asked == ["events_between", "insert", "events_between"]


async def test_asking_twice_books_once(scene: Scene) -> None:
    """A repeat says the same and writes nothing."""
    hold_id = await scene.hold_first()
    first = await agree(scene, hold_id)
    again = await agree(scene, hold_id, Gate.NO_PROPOSAL)
    assert again.output == first.output
    assert scene.calendar.asked.count("insert") == 1


async def test_the_buffer_is_kept_but_not_written(scene: Scene) -> None:
    """The event is the appointment; the row keeps the buffer as well."""
    await scene.run("check_availability", service="filling", from_date="2026-11-24", to_date="2026-11-24")
    held = await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")
    await agree(scene, held.output["hold_id"])
    (event,) = scene.calendar.ours()
    assert event.end - event.start == timedelta(minutes=60)
    assert (await row(scene, held.output["hold_id"])).end - event.end == timedelta(minutes=15)


# --- the gate ---------------------------------------------------------------------


@pytest.mark.parametrize("gate", [Gate.UNHEARD, Gate.UNANSWERED])
async def test_an_unheard_or_unanswered_read_back_books_nothing_and_nobody_speaks(
    scene: Scene, gate: Gate
) -> None:
    """The agent must not talk over its own question."""
    hold_id = await scene.hold_first()
    result = await agree(scene, hold_id, gate)
    assert not result.output["ok"]
    assert result.output["say"] == ""
    assert result.reply is Reply.NONE
    assert result.error_code == gate.value
    assert scene.calendar.ours() == []
    assert (await row(scene, hold_id)).state is ReservationState.HELD
    assert (await agree(scene, hold_id)).output["ok"]


async def test_without_a_proposal_the_model_is_told_to_read_back(scene: Scene) -> None:
    """The model is sent back a step; it speaks."""
    result = await agree(scene, await scene.hold_first(), Gate.NO_PROPOSAL)
    assert "call hold_slot" in result.output["problem"]
    assert result.reply is Reply.MODEL
    assert scene.calendar.ours() == []


async def test_a_hold_that_is_not_this_calls_is_refused(scene: Scene) -> None:
    """Neither an invented id nor another call's hold books anything."""
    other = await scene.another_call().hold_first()
    for hold_id in (other, "made-up"):
        result = await agree(scene, hold_id)
        assert "not the hold of this call" in result.output["problem"]
    assert scene.calendar.ours() == []


async def test_a_name_that_was_not_read_back_is_refused(scene: Scene) -> None:
    """The caller agreed to what they heard; case and spaces make no difference."""
    hold_id = await scene.hold_first()
    result = await agree(scene, hold_id, name="Max Cole")
    assert "customer_name" in result.output["problem"]
    assert scene.calendar.ours() == []
    assert (await agree(scene, hold_id, name="dana reed")).output["ok"]


# --- the hold ran out -------------------------------------------------------------


HOLD_S = 5 * 60.0  # of the sample business; these tests run where time jumps


async def test_a_hold_that_ran_out_during_the_yes_is_taken_again(scene: Scene) -> None:
    """If the time is still free the caller gets it, without being asked twice."""
    hold_id = await scene.hold_first()
    await asyncio.sleep(HOLD_S)
    assert (await agree(scene, hold_id)).output["ok"]
    assert (await row(scene, hold_id)).state is ReservationState.EXPIRED
    assert scene.facts.booking_id != hold_id
    assert (await row(scene, str(scene.facts.booking_id))).state is ReservationState.BOOKED
    assert (await agree(scene, hold_id)).output["ok"], "asked twice"
    assert len(scene.calendar.ours()) == 1


async def test_a_hold_that_ran_out_and_was_lost_offers_others(scene: Scene) -> None:
    """Another call holds it now: the caller is told and offered fresh times."""
    hold_id = await scene.hold_first()
    await asyncio.sleep(HOLD_S)
    await scene.another_call().hold_first()
    result = await agree(scene, hold_id)
    assert result.output["say"].startswith("I'm sorry, that time has just been taken. I have ")
    assert result.output["slots"]
    assert result.closes_gate
    assert scene.calendar.ours() == []


# --- a person was first -----------------------------------------------------------


async def test_a_persons_event_before_the_insert_withdraws(scene: Scene) -> None:
    """Nothing is written; the row ends withdrawn; other times are offered."""
    hold_id = await scene.hold_first()
    slot = scene.facts.offered["slot_1"]
    scene.calendar.write(CHAIR_1, slot.start, slot.end)
    result = await agree(scene, hold_id)
    assert not result.output["ok"]
    assert result.output["say"].startswith("I'm sorry, that time has just been taken.")
    assert "insert" not in scene.calendar.asked
    assert (await row(scene, hold_id)).state is ReservationState.WITHDRAWN
    assert scene.facts.hold_id is None


async def test_a_persons_event_during_the_insert_takes_ours_back(scene: Scene) -> None:
    """Seen on the second look: ours is deleted, then the caller is told."""
    hold_id = await scene.hold_first()
    slot = scene.facts.offered["slot_1"]
    scene.calendar.before("insert", lambda: scene.calendar.write(CHAIR_1, slot.start, slot.end))
    result = await agree(scene, hold_id)
    assert result.output["say"].startswith("I'm sorry, that time has just been taken.")
    assert scene.calendar.ours() == []
    assert (await row(scene, hold_id)).state is ReservationState.WITHDRAWN


@pytest.mark.parametrize("troubles", [[AMBIGUOUS], [UNAVAILABLE], [AMBIGUOUS, AMBIGUOUS]])
async def test_taking_ours_back_may_fail(scene: Scene, troubles: list[Exception]) -> None:
    """Deleted at the second try, or a person is asked: never told as taken while ours may stand."""
    hold_id = await scene.hold_first()
    slot = scene.facts.offered["slot_1"]
    scene.calendar.before("insert", lambda: scene.calendar.write(CHAIR_1, slot.start, slot.end))
    scene.calendar.before("delete", *troubles)
    result = await agree(scene, hold_id)
    if len(troubles) == 1:
        assert result.error_code == "slot_taken"
        assert scene.calendar.ours() == []
    else:
        assert result.output["say"] == spoken.booking_unknown(promised=True)
        assert (await row(scene, hold_id)).state is ReservationState.BOOKING


# --- certain failures -------------------------------------------------------------


@pytest.mark.parametrize("method", ["events_between", "insert"])
async def test_what_certainly_wrote_nothing_is_told_as_not_booked(scene: Scene, method: str) -> None:
    """The row ends failed, the time is free again, a message is offered."""
    hold_id = await scene.hold_first()
    scene.calendar.before(method, UNAVAILABLE)
    result = await agree(scene, hold_id)
    assert result.output == {"ok": False, "say": spoken.not_booked()}
    assert result.closes_gate
    assert scene.calendar.ours() == []
    assert (await row(scene, hold_id)).state is ReservationState.FAILED


async def test_not_booked_is_not_told_when_the_row_may_be_finished_later(scene: Scene) -> None:
    """The store did not take the end: what is left in `booking` may yet become an event."""
    hold_id = await scene.hold_first()
    scene.calendar.before("insert", UNAVAILABLE)
    scene.store.before("end_booking", LOST)
    result = await agree(scene, hold_id)
    assert result.output["say"] == spoken.booking_unknown(promised=True)


# --- unknown outcomes -------------------------------------------------------------


def is_unknown(scene: Scene, result: Any) -> bool:
    return bool(
        result.output == {"ok": False, "say": spoken.booking_unknown(promised=True)}
        and result.error_code == "booking_unknown"
        and scene.facts.booking_id is None
        and scene.facts.callback_id is not None
    )


async def test_an_insert_whose_answer_was_lost_is_found(scene: Scene) -> None:
    """The event is there under our id: booked."""
    hold_id = await scene.hold_first()
    scene.calendar.after("insert", AMBIGUOUS)
    assert (await agree(scene, hold_id)).output["ok"]
    assert "get" in scene.calendar.asked
    assert (await row(scene, hold_id)).state is ReservationState.BOOKED


@pytest.mark.parametrize("look", [None, UNAVAILABLE])
async def test_an_insert_that_cannot_be_found_stays_open(scene: Scene, look: Exception | None) -> None:
    """Not there yet is not the same as not there: neither booked nor not booked, and a person is asked."""
    hold_id = await scene.hold_first()
    scene.calendar.before("insert", AMBIGUOUS)
    scene.calendar.before("get", look)
    assert is_unknown(scene, await agree(scene, hold_id))
    assert (await row(scene, hold_id)).state is ReservationState.BOOKING


async def test_a_second_try_finds_the_first_attempt(scene: Scene) -> None:
    """The same hold uses the same event id; nothing is written twice."""
    hold_id = await scene.hold_first()
    scene.calendar.before("insert", AMBIGUOUS)
    assert is_unknown(scene, await agree(scene, hold_id))
    event_id = (await row(scene, hold_id)).event_id
    assert (await agree(scene, hold_id)).output["ok"]
    assert [event.id for event in scene.calendar.ours()] == [event_id]
    assert scene.facts.unconfirmed_id is None


@pytest.mark.parametrize("method", ["events_between", "insert"])
async def test_a_second_try_that_fails_is_still_unknown(scene: Scene, method: str) -> None:
    """The first attempt may have written: only it could be certain. One person is asked once."""
    hold_id = await scene.hold_first()
    scene.calendar.before("insert", AMBIGUOUS)
    assert is_unknown(scene, await agree(scene, hold_id))
    scene.calendar.before(method, UNAVAILABLE)
    assert is_unknown(scene, await agree(scene, hold_id))
    assert scene.store.asked.count("add_callback") == 1
    assert (await row(scene, hold_id)).state is ReservationState.BOOKING


async def test_after_an_unknown_outcome_nothing_else_is_held(scene: Scene) -> None:
    """The caller might end up with two appointments."""
    hold_id = await scene.hold_first()
    scene.calendar.before("insert", AMBIGUOUS)
    await agree(scene, hold_id)
    result = await scene.run("hold_slot", slot_id="slot_2", customer_name="Dana Reed")
    assert result.output["say"] == spoken.booking_unknown(promised=True)
    assert result.error_code == "booking_unconfirmed"


async def test_an_event_gone_at_the_second_look_is_unknown(scene: Scene) -> None:
    """Somebody deleted it: it is not claimed."""
    hold_id = await scene.hold_first()
    scene.calendar.after("insert", lambda: scene.calendar.remove(CHAIR_1, scene.calendar.ours()[0].id))
    assert is_unknown(scene, await agree(scene, hold_id))


async def test_an_event_that_is_not_seen_yet_is_booked(scene: Scene) -> None:
    """The calendar's reads lag behind its writes; its answer to the insert is proof enough."""
    hold_id = await scene.hold_first()
    scene.calendar.after("insert", lambda: scene.calendar.events[CHAIR_1].clear())
    assert (await agree(scene, hold_id)).output["ok"]
    assert (await row(scene, hold_id)).state is ReservationState.BOOKED


async def test_an_event_a_person_moved_meanwhile_is_unknown(scene: Scene) -> None:
    """What stands in the calendar is not what the caller was told."""
    hold_id = await scene.hold_first()
    scene.calendar.after("insert", AMBIGUOUS)

    def move() -> None:
        (event,) = scene.calendar.ours()
        later = timedelta(hours=2)
        moved = msgspec.structs.replace(event, start=event.start + later, end=event.end + later)
        scene.calendar.events[CHAIR_1][event.id] = moved

    scene.calendar.before("get", move)
    assert is_unknown(scene, await agree(scene, hold_id))


async def test_a_second_look_that_fails_does_not_undo_an_answered_insert(scene: Scene) -> None:
    """The insert was answered with our event: that is proof enough."""
    hold_id = await scene.hold_first()
    scene.calendar.before("events_between", None, UNAVAILABLE)
    assert (await agree(scene, hold_id)).output["ok"]
    assert (await row(scene, hold_id)).state is ReservationState.BOOKED


async def test_a_store_lost_at_the_end_does_not_undo_the_event(scene: Scene) -> None:
    """The event stands and the row names it; it is finished later and said now."""
    hold_id = await scene.hold_first()
    scene.store.before("finish_booking", LOST)
    assert (await agree(scene, hold_id)).output["ok"]
    assert (await row(scene, hold_id)).state is ReservationState.BOOKING
    assert len(scene.calendar.ours()) == 1


async def test_a_store_lost_at_the_beginning_is_unknown(scene: Scene) -> None:
    """The row may be in `booking`; the calendar is not touched."""
    hold_id = await scene.hold_first()
    scene.store.after("begin_booking", LOST)
    assert is_unknown(scene, await agree(scene, hold_id))
    assert "insert" not in scene.calendar.asked


@pytest.mark.parametrize("method", ["events_between", "insert", "get"])
async def test_running_out_of_time_is_unknown(scene: Scene, method: str) -> None:
    """A create_event cut off by its deadline is told neither as booked nor as not booked."""
    hold_id = await scene.hold_first()
    if method == "get":
        scene.calendar.before("insert", AMBIGUOUS)
    scene.calendar.before(method, HANG)
    assert is_unknown(scene, await agree(scene, hold_id))


async def test_an_event_written_just_before_the_deadline_is_unknown(scene: Scene) -> None:
    """The event stands and the row names it; the caller is told that a person will say."""
    hold_id = await scene.hold_first()
    scene.calendar.after("insert", HANG)
    assert is_unknown(scene, await agree(scene, hold_id))
    assert len(scene.calendar.ours()) == 1
    assert (await row(scene, hold_id)).state is ReservationState.BOOKING


@pytest.mark.parametrize("trouble", [LOST, HANG])
async def test_no_call_back_is_promised_that_nobody_was_asked_for(
    scene: Scene, trouble: Exception | str
) -> None:
    """When even the task for a person cannot be saved, the caller is asked to ring again."""
    hold_id = await scene.hold_first()
    scene.calendar.before("insert", AMBIGUOUS)
    scene.store.before("add_callback", trouble)
    result = await agree(scene, hold_id)
    assert result.output["say"] == spoken.booking_unknown(promised=False)


async def test_no_call_back_is_promised_to_a_withheld_number(scene: Scene) -> None:
    """The task is made all the same: the owner can see the calendar."""
    scene.facts.caller_number = None
    hold_id = await scene.hold_first()
    scene.calendar.before("insert", AMBIGUOUS)
    assert (await agree(scene, hold_id)).output["say"] == spoken.booking_unknown(promised=False)
    assert scene.facts.callback_id is not None


async def test_a_mistake_of_ours_is_unknown_too(scene: Scene) -> None:
    """Whatever breaks in the middle, nothing is claimed."""
    hold_id = await scene.hold_first()
    scene.calendar.before("insert", RuntimeError("boom"))
    assert is_unknown(scene, await agree(scene, hold_id))


async def test_a_lapsed_hold_with_an_unknown_second_row_is_not_told_as_taken(scene: Scene) -> None:
    """Asked again, it is our own first attempt that has the time: still unknown."""
    hold_id = await scene.hold_first()
    await asyncio.sleep(HOLD_S)
    scene.calendar.before("insert", AMBIGUOUS)
    assert is_unknown(scene, await agree(scene, hold_id))
    assert is_unknown(scene, await agree(scene, hold_id))
