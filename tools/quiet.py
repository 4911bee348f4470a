"""The hours in which nobody is reminded of anything.

Pure. The owner gives them, on the business's clock; they may span midnight. A reminder that
would fall into them is sent before they begin, as after them the appointment may be over.
"""

from datetime import datetime, time, timedelta

from tools.business import Business

MARGIN = timedelta(minutes=15)  # before they begin, so that a slow server is still in time


def is_quiet(business: Business, at: datetime) -> bool:
    """`at`: aware."""
    begins, ends = business.reminders.quiet
    minute = _minute(at.astimezone(business.tz))
    if begins <= ends:
        return begins <= minute < ends
    return minute >= begins or minute < ends


def before_quiet(business: Business, at: datetime) -> datetime:
    """`at`, or just before the quiet hours that it lies in."""
    if not is_quiet(business, at):
        return at
    begins, _ = business.reminders.quiet
    local = at.astimezone(business.tz)
    day = local.date() if _minute(local) >= begins else local.date() - timedelta(days=1)
    began = datetime.combine(day, time(begins // 60, begins % 60), tzinfo=business.tz)
    return began.astimezone(at.tzinfo) - MARGIN


def after_quiet(business: Business, at: datetime) -> datetime:
    """`at`, or the end of the quiet hours that it lies in."""
    if not is_quiet(business, at):
        return at
    begins, ends = business.reminders.quiet
    local = at.astimezone(business.tz)
    day = local.date() + timedelta(days=1 if ends < begins <= _minute(local) else 0)
    return datetime.combine(day, time(ends // 60, ends % 60), tzinfo=business.tz).astimezone(at.tzinfo)


def _minute(local: datetime) -> int:
    return local.hour * 60 + local.minute
