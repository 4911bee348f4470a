"""The receptionist moves and cancels bookings: look up, propose, read back, do."""

from datetime import timedelta
from typing import Any

import pytest

from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.recording import Intent
from tests.bridge.harness.policy_scene import (
    BOOK,
    CHECK,
    DAY,
    FIRST,
    HALF_PAST,
    NO,
    OFFER,
    TEXTED,
    TWO,
    YES,
    Conversation,
    line,
)
from tools import spoken, spoken_changes, spoken_identity

CANCEL = line(Intent.CANCEL)
MOVE = line(Intent.RESCHEDULE, day=DAY, part="afternoon")
FIND = CallTool("find_bookings", {})
CANCEL_1 = CallTool("cancel_event", {"booking_id": "booking_1"})
MOVE_1 = CallTool("reschedule_event", {"booking_id": "booking_1", "slot_id": "slot_1"})
CHECK_1 = CallTool("check_availability", {**CHECK.arguments, "moving": "booking_1"})
THEIRS = spoken_changes.bookings([("cleaning", TWO)])
CLEANING = {"id": "booking_1", "service": "cleaning"}
FOUND = {"ok": True, "say": THEIRS, "bookings": [CLEANING]}
ASK_CANCEL = spoken_changes.read_back_cancel("cleaning", TWO)
ASK_MOVE = spoken_changes.read_back_move("cleaning", TWO, HALF_PAST)
CANCELLED = spoken_changes.cancelled("cleaning", TWO)
MOVED = spoken_changes.moved("cleaning", HALF_PAST)
MORE = Say("Is there anything else?")


def says(sentence: str, *, ok: bool = True) -> dict[str, Any]:
    return {"ok": ok, "say": sentence}


def cancelling() -> Conversation:
    """On to where the cancellation is read back."""
    call = Conversation()
    call.hear(CANCEL)
    call.answer("find_bookings", FOUND)
    call.answer("cancel_event", says(ASK_CANCEL))
    return call


def moving() -> Conversation:
    """On to where the move is read back."""
    call = Conversation()
    call.hear(MOVE)
    call.answer("find_bookings", FOUND)
    call.answer("check_availability", OFFER)
    call.hear(FIRST)
    call.answer("reschedule_event", says(ASK_MOVE))
    return call


def test_a_cancellation_is_asked_for_twice() -> None:
    """The first answer is read back; the same call comes again after the yes, and only then it is done."""
    call = Conversation()
    assert call.hear(CANCEL) == [FIND]
    assert call.answer("find_bookings", FOUND) == [Say(THEIRS), CANCEL_1]
    assert call.answer("cancel_event", says(ASK_CANCEL)) == [Say(ASK_CANCEL)]
    assert call.turn() == [Say(ASK_CANCEL)]
    assert call.hear(YES) == [CANCEL_1]
    assert call.answer("cancel_event", says(CANCELLED)) == [Say(CANCELLED), MORE]
    assert call.hear(YES) == [MORE]


def test_a_move_looks_for_times_with_the_booking_out_of_the_way() -> None:
    """The new time is chosen as for a booking, proposed, and texted when it is done."""
    call = Conversation()
    assert call.hear(MOVE) == [FIND]
    assert call.answer("find_bookings", FOUND) == [Say(THEIRS), Say("Let me look."), CHECK_1]
    assert call.answer("check_availability", OFFER) == [Say(spoken.offer([TWO, HALF_PAST]))]
    assert call.hear(FIRST) == [MOVE_1]
    assert call.answer("reschedule_event", says(ASK_MOVE)) == [Say(ASK_MOVE)]
    assert call.hear(YES) == [MOVE_1]
    assert call.answer("reschedule_event", says(MOVED)) == [Say(MOVED), CallTool("send_confirmation", {})]
    assert call.answer("send_confirmation", TEXTED) == [Say("I've sent you a text."), MORE]


def test_which_booking_is_meant() -> None:
    """The line says which of theirs, from the soonest; one there is not is left alone."""
    found = {**FOUND, "bookings": [CLEANING, {"id": "booking_2", "service": "filling"}]}
    call = Conversation()
    call.hear(line(Intent.CANCEL, booking=2))
    assert call.answer("find_bookings", found)[1] == CallTool("cancel_event", {"booking_id": "booking_2"})
    call = Conversation()
    call.hear(line(Intent.CANCEL, booking=2))
    assert call.answer("find_bookings", FOUND) == [Say(THEIRS), MORE]


def test_a_code_is_sent_after_a_yes_and_what_is_keyed_is_checked() -> None:
    """Then the bookings are looked up again, and the wish goes on."""
    call = Conversation()
    call.hear(CANCEL)
    asks = spoken_changes.shall_i_text_a_code()
    assert call.answer("find_bookings", says(asks, ok=False)) == [Say(asks)]
    assert call.hear(YES) == [CallTool("send_code", {})]
    assert call.answer("send_code", says(spoken_identity.code_sent())) == [Say(spoken_identity.code_sent())]
    call.mind.noted("user", "(The caller pressed 4 8 2 9 1 3, that is 482913.)")
    assert call.turn() == [CallTool("check_code", {"code": "482913"})]
    wrong = says(spoken_identity.code_wrong(), ok=False)
    assert call.answer("check_code", wrong) == [Say(spoken_identity.code_wrong())]
    right = spoken_identity.code_right()
    assert call.answer("check_code", says(right)) == [Say(right), FIND]
    assert call.answer("find_bookings", FOUND) == [Say(THEIRS), CANCEL_1]


def test_a_no_to_the_code_changes_nothing() -> None:
    """Who wants no code is not sent one."""
    call = Conversation()
    call.hear(CANCEL)
    call.answer("find_bookings", says(spoken_changes.shall_i_text_a_code(), ok=False))
    assert CallTool("send_code", {}) not in call.hear(NO)


@pytest.mark.parametrize(("scene", "change"), [(cancelling, CANCEL_1), (moving, MOVE_1)])
def test_a_no_to_the_read_back_ends_the_proposal(scene: Any, change: CallTool) -> None:
    """A later yes changes nothing."""
    call = scene()
    assert change not in call.hear(NO)
    assert change not in call.hear(YES)


@pytest.mark.parametrize(("scene", "change"), [(cancelling, CANCEL_1), (moving, MOVE_1)])
def test_a_refused_change_is_not_asked_for_again(scene: Any, change: CallTool) -> None:
    """What the tool says is said, and a further yes means something else, but for the read-back again."""
    call = scene()
    again = call.hear(YES)
    assert again == [change]
    read_back = ASK_CANCEL if change is CANCEL_1 else ASK_MOVE
    assert call.answer(change.name, says(read_back, ok=False)) == [Say(read_back)]
    assert call.hear(YES) == [change]
    gone = spoken_changes.booking_gone(person=False)
    assert call.answer(change.name, says(gone, ok=False)) == [Say(gone)]
    assert change not in call.hear(YES)


def test_a_change_asked_for_anew_is_proposed_anew() -> None:
    """An earlier yes to the same change is used up."""
    call = cancelling()
    call.hear(YES)
    call.answer("cancel_event", says(spoken_changes.booking_gone(person=False), ok=False))
    call.hear(CANCEL)
    call.answer("find_bookings", FOUND)
    assert call.answer("cancel_event", says(ASK_CANCEL)) == [Say(ASK_CANCEL)]


def test_a_new_wish_replaces_the_move() -> None:
    """Who would rather book another appointment chooses a time for that one."""
    call = moving()
    assert call.hear(BOOK) == [Say("Let me look."), CHECK]
    call.answer("check_availability", OFFER)
    assert call.hear(line(Intent.CHOOSE, option=1, name="Dana Reed"))[0] == CallTool(
        "hold_slot", {"slot_id": "slot_1", "customer_name": "Dana Reed"}
    )


def test_a_range_of_days_for_a_move() -> None:
    """`until` widens the search."""
    call = Conversation()
    call.hear(line(Intent.RESCHEDULE, day=DAY, until=DAY + timedelta(days=2)))
    look = call.answer("find_bookings", FOUND)[-1]
    assert isinstance(look, CallTool)
    assert (look.arguments["to_date"], look.arguments["moving"]) == ("2026-11-27", "booking_1")
