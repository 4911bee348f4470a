"""When an appointment is, as its row and the business have it."""

from datetime import UTC, datetime, timedelta

import msgspec

from tests.tools.shop import CUT, shop
from tools.appointment_times import appointment_times
from tools.store import Reservation, ReservationState

START = datetime(2026, 11, 24, 14, tzinfo=UTC)
ROW = Reservation(
    id="r",
    calendar_id="a",
    service="cut",
    start=START,
    end=START + timedelta(minutes=45),
    state=ReservationState.BOOKED,
    call_sid="CA1",
    caller_number=None,
    expires_at=None,
)


def test_the_buffer_is_not_part_of_it() -> None:
    """A haircut of thirty minutes in a row of forty-five."""
    assert appointment_times(shop(), ROW) == (START, START + timedelta(minutes=30))


def test_it_never_ends_after_its_row() -> None:
    """The owner has made the service longer since it was booked."""
    longer = shop(service=msgspec.structs.replace(CUT, minutes=60))
    assert appointment_times(longer, ROW) == (START, ROW.end)


def test_a_service_that_is_gone() -> None:
    """The owner has dropped it: then the row is all that is known."""
    assert appointment_times(shop(), msgspec.structs.replace(ROW, service="dye")) == (START, ROW.end)
