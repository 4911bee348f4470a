"""What is written about a booking."""

from datetime import UTC, datetime

import msgspec

from tests.tools.rows import booking
from tools.business import Business
from tools.written import about, written_date, written_time


def test_written_dates_and_times() -> None:
    """Figures, without leading noughts."""
    start = datetime(2026, 12, 1, 9, 5, tzinfo=UTC)
    assert (written_date(start), written_time(start)) == ("Tuesday, December 1", "9:05 AM")
    assert written_time(start.replace(hour=0)) == "12:05 AM"
    assert written_time(start.replace(hour=12)) == "12:05 PM"


def test_every_value_of_a_booking(business: Business) -> None:
    """On the business's clock, in the owner's words."""
    wording = "{business}|{service}|{name}|{date}|{time}|{address}|{cancellation}"
    assert about(business, booking(), wording).split("|") == [
        "Maple Street Dental",
        "cleaning",
        "Dana Reed",
        "Tuesday, November 24",
        "12:00 PM",
        "48 Maple Street, Springfield",
        business.wording.cancellation_rules,
    ]


def test_what_is_not_known_any_more(business: Business) -> None:
    """A service that the owner has dropped goes by its key, a customer without a name is "you"."""
    row = msgspec.structs.replace(booking(), service="whitening", customer_name=None)
    assert about(business, row, "{service} for {name}") == "whitening for you"
