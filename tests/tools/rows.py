"""A booking as the store gives it, for tests that need no store."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tests.tools.scene import CHAIR_1
from tools.store import Reservation, ReservationState

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)  # Tuesday, 12:00 in New York


def booking(start: datetime = NOON, **more: Any) -> Reservation:
    """A cleaning for somebody who wants texts."""
    row = Reservation(
        id="r1",
        calendar_id=CHAIR_1,
        service="cleaning",
        start=start,
        end=start + timedelta(minutes=30),
        state=ReservationState.BOOKING,
        call_sid="CA1",
        caller_number="+12025550143",
        expires_at=None,
        event_id="e1",
        customer_name="Dana Reed",
        wants_text=True,
    )
    return msgspec.structs.replace(row, **more)
