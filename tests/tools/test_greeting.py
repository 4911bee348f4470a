"""The first words of a call: the booking for whom the network vouches, the neutral ones for the others."""

from datetime import UTC, datetime

import msgspec

from bridge.call.claims import claims_in
from tools.business import Business, Mode
from tools.facts import CallFacts
from tools.greeting import opening_of
from tools.result import Claim, Receipt
from tools.store import Reservation, ReservationState

ROW = Reservation(
    id="r1",
    calendar_id="chair-1@maplestreet.example",
    service="cleaning",
    start=datetime(2026, 11, 26, 19, tzinfo=UTC),
    end=datetime(2026, 11, 26, 19, 30, tzinfo=UTC),
    state=ReservationState.BOOKED,
    call_sid="CA1",
    caller_number="+12025550143",
    expires_at=None,
    customer_name="Dana Reed",
)


def facts(row: Reservation | None) -> CallFacts:
    return CallFacts(call_sid="CA2", caller_number="+12025550143", our_number="", next_booking=row)


def test_everybody_else_is_greeted_neutrally(business: Business) -> None:
    """Exactly the owner's opening, and nothing is true yet."""
    begins = opening_of(business, facts(None))
    assert begins.words == business.wording.opening
    assert (begins.caller, begins.known) == ("Who is calling is not proved.", None)


def test_a_returning_caller(business: Business) -> None:
    """Greeting and disclosure as ever, then service and start, never the name; and what now?"""
    begins = opening_of(business, facts(ROW))
    assert begins.words == (
        "Thank you for calling Maple Street Dental. I'm Robin, an automated assistant. I see your next "
        "appointment: cleaning on Thursday, November twenty-sixth at two PM. "
        "Would you like to move it, or book another appointment?"
    )
    assert "Dana" not in begins.words + begins.caller
    assert "booking_1: cleaning, Thursday, 2026-11-26 14:00." in begins.caller


def test_the_greeting_is_true(business: Business) -> None:
    """Whatever it may be taken to claim, there is a receipt for it, with its day."""
    begins = opening_of(business, facts(ROW))
    assert begins.known is not None
    assert begins.known.receipts == (Receipt(Claim.BOOKED, "r1"),)
    assert begins.known.output["say"] in begins.words
    assert claims_in(begins.words) <= {Claim.BOOKED}


def test_where_nothing_is_booked_any_more(business: Business) -> None:
    """An appointment of an earlier day could neither be moved nor followed by another."""
    leads = msgspec.structs.replace(business, mode=Mode.LEADS)
    assert opening_of(leads, facts(ROW)).words == business.wording.opening


def test_a_service_that_was_dropped(business: Business) -> None:
    """It has no name that could be said."""
    row = msgspec.structs.replace(ROW, service="whitening")
    assert opening_of(business, facts(row)).words == business.wording.opening
