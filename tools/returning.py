"""What the store knows of a caller before the first word: texts they want, and what they have booked.

Read `greeting.py` for what is said of it, and `identity.py` for how a caller whom the network does not
vouch for proves who they are.
"""

import asyncio
from datetime import datetime, timedelta

import structlog

from tools.business import Business
from tools.facts import CallFacts
from tools.store import BookingStore, Reservation, StoreError

log = structlog.get_logger(__name__)

KNOW_S = 0.3  # the caller waits for hello no longer than this for our store


async def know_caller(store: BookingStore, business: Business, facts: CallFacts, now: datetime) -> None:
    """Write into `facts` what the store knows of the number, in time for the greeting or not at all."""
    if facts.caller_number is None:
        return
    try:
        async with asyncio.timeout(KNOW_S):
            caller = await store.caller(facts.caller_number)
            if caller is not None:
                facts.opted_out = caller.opted_out_at is not None
                facts.text_consent = caller.consented_at is not None
            if facts.attested and business.takes_bookings:
                rows = await store.bookings_of(caller_number=facts.caller_number, now=now)
                _remember(facts, business, rows, now)
    except (TimeoutError, StoreError) as error:
        log.warning("caller_unknown", error=type(error).__name__)


def _remember(facts: CallFacts, business: Business, rows: list[Reservation], now: datetime) -> None:
    """The soonest booking that has not begun, if the caller could have it moved."""
    soonest = next((row for row in rows if row.start > now), None)
    notice = timedelta(minutes=business.change_notice_minutes)
    if soonest is None or business.service(soonest.service) is None or soonest.start - now < notice:
        return  # not a later one instead: it would be called the next
    facts.next_booking = soonest
    facts.show(soonest)
