"""When an appointment is: a row keeps the buffer after it as well.

Pure.
"""

from datetime import datetime, timedelta

from tools.business import Business
from tools.store import Reservation


def appointment_times(business: Business, row: Reservation) -> tuple[datetime, datetime]:
    """Beginning and end of the appointment itself."""
    service = business.service(row.service)
    if service is None:  # the owner has dropped it since
        return row.start, row.end
    return row.start, min(row.end, row.start + timedelta(minutes=service.minutes))
