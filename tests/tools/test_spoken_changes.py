"""Sentences about bookings that exist: what they say, and what they claim."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bridge.call.claims import claims_in
from tools import spoken_changes as spoken
from tools.read_back import names, to_cancel, to_move
from tools.result import Claim

NEW_YORK = ZoneInfo("America/New_York")
TUESDAY = datetime(2026, 11, 24, 12, tzinfo=NEW_YORK)
WEDNESDAY = datetime(2026, 11, 25, 9, 30, tzinfo=NEW_YORK)


def test_one_two_and_three_bookings() -> None:
    """Each with its article, the last one after an "and"."""
    cleaning, exam, filling = ("cleaning", TUESDAY), ("exam", WEDNESDAY), ("filling", WEDNESDAY)
    at = "Wednesday, November twenty-fifth at nine thirty AM"
    assert spoken.bookings([cleaning]) == "You have a cleaning on Tuesday, November twenty-fourth at noon."
    assert spoken.bookings([exam, filling]) == f"You have an exam on {at}, and a filling on {at}."
    assert spoken.bookings([exam, exam, filling]) == (
        f"You have an exam on {at}, an exam on {at}, and a filling on {at}."
    )


def test_a_moved_booking_is_named_at_its_new_time_only() -> None:
    """Whoever hears the old day in it might go there; and a claim about that day must not be covered."""
    assert spoken.moved("cleaning", WEDNESDAY) == (
        "It's moved: cleaning on Wednesday, November twenty-fifth at nine thirty AM."
    )


@pytest.mark.parametrize("person", [True, False])
def test_a_person_is_offered_where_there_is_one(person: bool) -> None:
    """And a message always."""
    for sentence in (spoken.cannot_be_proven, spoken.booking_gone, spoken.too_late):
        assert ("speak to a person?" in sentence(person)) is person
        assert "Shall I take a message" in sentence(person)


@pytest.mark.parametrize("promised", [True, False])
def test_a_call_back_is_said_only_where_it_is_promised(promised: bool) -> None:
    """Neither wording says whether it is done."""
    for sentence in (spoken.move_unknown, spoken.cancel_unknown):
        assert "can't tell yet" in sentence(promised)
        assert ("will call you back" in sentence(promised)) is promised


@pytest.mark.parametrize(
    ("sentence", "claims"),
    [
        (spoken.moved("cleaning", WEDNESDAY), {Claim.MOVED}),
        (spoken.cancelled("cleaning", TUESDAY), {Claim.CANCELLED}),
        (spoken.bookings([("cleaning", TUESDAY), ("exam", WEDNESDAY)]), set()),
        (spoken.no_bookings(), set()),
        (spoken.bookings_unseen(), set()),
        (spoken.read_back_move("cleaning", TUESDAY, WEDNESDAY), set()),
        (spoken.read_back_cancel("cleaning", TUESDAY), set()),
        (spoken.move_taken([WEDNESDAY]), set()),
        (spoken.move_taken([]), set()),
        (spoken.not_moved(), set()),
        (spoken.move_unknown(promised=True), set()),
        (spoken.move_unknown(promised=False), set()),
        (spoken.cancel_unknown(promised=True), set()),
        (spoken.cancel_unknown(promised=False), set()),
        (spoken.booking_gone(person=True), set()),
        (spoken.too_late(person=True), set()),
        (spoken.same_time(), set()),
        (spoken.shall_i_text_a_code(), set()),
        (spoken.cannot_be_proven(person=False), set()),
    ],
)
def test_they_claim_what_they_have_receipts_for(sentence: str, claims: set[Claim]) -> None:
    """What a tool gives the agent to say is never cut by the truth guard."""
    assert claims_in(sentence) == claims


def test_the_read_backs_name_what_is_asked_of_them() -> None:
    """Said word for word they open the gate; without the day, or for another thing, they do not."""
    move = spoken.read_back_move("cleaning", TUESDAY, WEDNESDAY)
    cancel = spoken.read_back_cancel("cleaning", TUESDAY)
    assert names(to_move(WEDNESDAY), move)
    assert names(to_cancel(TUESDAY), cancel)
    assert not names(to_cancel(TUESDAY), move)
    assert not names(to_move(TUESDAY), cancel)
    assert not names(to_cancel(WEDNESDAY), cancel)
