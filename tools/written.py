"""What is written about a booking: its date, its time, the owner's wording filled in.

Pure. In figures, as `spoken.py` says the same in words. Used for texts and emails.
"""

from datetime import datetime

from tools.business import Business
from tools.store import Reservation


def about(business: Business, row: Reservation, wording: str) -> str:
    """The owner's `wording` with a booking's values, on the business's clock."""
    service = business.service(row.service)
    start = row.start.astimezone(business.tz)
    filled = wording.format(
        business=business.name,
        service=row.service if service is None else service.name,
        name=row.customer_name or "you",
        date=written_date(start),
        time=written_time(start),
        address=business.address,
        cancellation=business.wording.cancellation_rules,
    )
    return filled.strip()


def written_date(start: datetime) -> str:
    """ "Thursday, November 26" """
    return f"{start:%A}, {start:%B} {start.day}"


def written_time(start: datetime) -> str:
    """ "2:30 PM" """
    return f"{start.hour % 12 or 12}:{start:%M} {'AM' if start.hour < 12 else 'PM'}"
