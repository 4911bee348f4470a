"""Facts made true again from the store's rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.tools.shop import shop
from tools.facts import CallFacts, Done, Move
from tools.result import Claim
from tools.resuming import true_again
from tools.slots import Slot
from tools.store import Reservation, ReservationState

SHOP = shop()
NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
START = datetime(2026, 11, 25, 19, 0, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
CALL = "CA1"
CHAIR = "chair-1@maplestreet.example"
STATES = ReservationState


def row(id_: str, state: ReservationState, *, hours: int = 0, **more: Any) -> Reservation:
    given: dict[str, Any] = {"call_sid": CALL, "expires_at": NOW + timedelta(minutes=5)}
    return Reservation(
        id=id_,
        calendar_id=CHAIR,
        service="cleaning",
        start=START + timedelta(hours=hours),
        end=START + timedelta(hours=hours) + HALF_HOUR,
        state=state,
        caller_number="+12025550143",
        **given | more,
    )


def facts(**given: Any) -> CallFacts:
    slots = {
        f"slot_{n}": Slot(
            id=f"slot_{n}",
            calendar_id=CHAIR,
            service="cleaning",
            start=START + timedelta(hours=n - 1),
            end=START + timedelta(hours=n - 1) + HALF_HOUR,
        )
        for n in (1, 2)
    }
    return CallFacts(
        call_sid=CALL, caller_number="+12025550143", our_number="+12025550100", offered=slots, **given
    )


def holding(**given: Any) -> CallFacts:
    """A call whose snapshot was taken when slot_1 was held and read back."""
    return facts(
        hold_id="h", held_slot_id="slot_1", held_name="Dana Reed", proposed="h", text_asked=True, **given
    )


def again(known: CallFacts, *rows: Reservation) -> CallFacts:
    true_again(known, SHOP, rows, NOW)
    return known


def test_a_hold_that_still_stands() -> None:
    """It is kept, and nothing stands proposed any more."""
    known = again(holding(), row("h", STATES.HELD))
    assert (known.hold_id, known.held_slot_id, known.held_name) == ("h", "slot_1", "Dana Reed")
    assert (known.proposed, known.text_asked, known.unconfirmed_id) == (None, False, None)


@pytest.mark.parametrize(
    "rows",
    [(), (row("h", STATES.HELD, expires_at=NOW),), (row("h", STATES.EXPIRED),), (row("h", STATES.RELEASED),)],
)
def test_a_hold_that_is_gone(rows: tuple[Reservation, ...]) -> None:
    """It is forgotten; the slot was offered all the same."""
    known = again(holding(), *rows)
    assert (known.hold_id, known.held_slot_id, known.held_name) == (None, None, None)
    assert "slot_1" in known.offered


def test_a_booking_under_way() -> None:
    """It may be in the calendar or not: nothing else may be booked until that is known."""
    known = again(holding(), row("h", STATES.BOOKING, expires_at=None))
    assert (known.hold_id, known.unconfirmed_id, known.done) == (None, "h", {})


def test_a_booking_that_was_finished() -> None:
    """It is done, under an id of the call, and a repeated create_event finds it."""
    known = again(holding(), row("h", STATES.BOOKED, wants_text=True))
    assert known.done["booking_1"].claim is Claim.BOOKED
    assert known.done["booking_1"].start.tzinfo == SHOP.tz
    assert known.found["booking_1"].id == "h"
    assert (known.booking_id, known.booked_hold_id, known.booked_slot_id) == ("h", "h", "slot_1")
    assert (known.hold_id, known.text_consent) == (None, True)


def test_a_booking_that_was_unknown_and_failed() -> None:
    """Nothing came of it: the caller may choose again."""
    known = again(facts(unconfirmed_id="h"), row("h", STATES.FAILED))
    assert (known.unconfirmed_id, known.done) == (None, {})


def test_a_hold_that_lapsed_while_it_was_booked() -> None:
    """Another row took its place, which may be on its way: it stays unknown, and so do we."""
    lapsed = row("h", STATES.EXPIRED)
    assert again(facts(unconfirmed_id="h"), lapsed).unconfirmed_id == "h"
    other = row("h2", STATES.BOOKING, expires_at=None)
    assert again(facts(unconfirmed_id="h"), lapsed, other).unconfirmed_id == "h2"


def test_a_booking_the_snapshot_knows() -> None:
    """It is told once."""
    done = {"booking_1": Done(claim=Claim.BOOKED, service="cleaning", start=START)}
    booked = row("h", STATES.BOOKED)
    known = again(facts(found={"booking_1": booked}, done=done, confirmation_sent=True), booked)
    assert known.done == done
    assert known.confirmation_sent


def moving(*, begun: bool = False) -> CallFacts:
    old = row("old", STATES.BOOKED, call_sid="CA0")
    move = Move(booking_id="booking_1", moved_from="old", slot_id="slot_2", hold_id="h", begun=begun)
    return facts(found={"booking_1": old}, next_booking=old, moving=move, proposed="h")


def test_a_move_that_was_proposed() -> None:
    """It must be proposed again; the booking stands."""
    old = row("old", STATES.BOOKED, call_sid="CA0")
    known = again(moving(), old, row("h", STATES.HELD, hours=1, moves_id="old"))
    assert (known.moving, known.next_booking, known.done) == (None, old, {})


def test_a_move_under_way() -> None:
    """It is unknown, and asked for again it is that same move."""
    old = row("old", STATES.BOOKED, call_sid="CA0")
    known = again(moving(begun=True), old, row("h", STATES.BOOKING, hours=1, moves_id="old"))
    assert known.unconfirmed_id == "h"
    assert known.moving == Move(
        booking_id="booking_1", moved_from="old", slot_id="slot_2", hold_id="h", begun=True
    )


def test_a_move_that_was_finished() -> None:
    """The booking has its new time under its old id, and had another."""
    old = row("old", STATES.MOVED, call_sid="CA0")
    known = again(moving(begun=True), old, row("h", STATES.BOOKED, hours=1, moves_id="old"))
    done = known.done["booking_1"]
    assert (done.claim, done.was) == (Claim.MOVED, START)
    assert known.found["booking_1"].id == known.booking_id == "h"
    assert (known.moving, known.next_booking, known.booked_hold_id) == (None, None, None)


@pytest.mark.parametrize("state", [STATES.LEAVING, STATES.CANCELLED])
def test_a_cancellation_that_began(state: ReservationState) -> None:
    """From then on it will end, whoever deletes the event."""
    old = row("old", STATES.BOOKED, call_sid="CA0")
    gone = msgspec.structs.replace(old, state=state, ends_as=STATES.CANCELLED)
    known = again(facts(found={"booking_1": old}, cancelling="booking_1"), gone)
    assert known.done["booking_1"].claim is Claim.CANCELLED
    assert known.cancelling is None


def test_a_cancellation_that_did_not_begin() -> None:
    """The booking stands; whether it is to go is asked again."""
    old = row("old", STATES.BOOKED, call_sid="CA0")
    known = again(facts(found={"booking_1": old}), old)
    assert known.done == {}


def test_rows_of_other_calls_are_not_ours() -> None:
    """What another call of the same number has booked was not done in this one."""
    known = again(facts(), row("other", STATES.BOOKED, call_sid="CA0"))
    assert (known.done, known.found) == ({}, {})
