"""What becomes of a text that its process left, or that may have been sent or not.

pending: it certainly was not sent, so it is, if it still is of use: a reminder until its
appointment begins, what the owner is told of a callback for a day, everything else for an hour.
unknown: it is looked up in the service's list; found or not, it is never sent again, and stays
`unknown` for the owner to see. Used by `recovery.py`, for texts that it has claimed.
"""

from datetime import datetime, timedelta

from tools.codes import KIND as CODE
from tools.kit import Kit
from tools.notices import CANCELLED, REMINDER
from tools.owner import is_owner
from tools.ports import SmsRetry
from tools.quiet import after_quiet, is_quiet
from tools.store import ReservationState, Text, TextState
from tools.texts import send_claimed, settle

OF_USE_FOR = timedelta(hours=1)  # what comes later than this only confuses; but for reminders
OWNER_TOLD_FOR = timedelta(days=1)  # whoever calls back wants to know, late or not
LOOKED_UP_FOR = timedelta(days=1)  # while the list cannot be read
BOOKED_ONLY = (ReservationState.BOOKED,)
# States of its reservation in which a text of another kind is true.
_TRUE_OF = {CANCELLED: (ReservationState.LEAVING, ReservationState.CANCELLED, ReservationState.WITHDRAWN)}


async def settle_text(kit: Kit, text: Text) -> None:
    """Bring a claimed text to its end. Raises SmsRetry, StoreError: to be repeated."""
    if text.state is TextState.PENDING:
        await _send(kit, text)
    else:
        await _look_up(kit, text)


async def _send(kit: Kit, text: Text) -> None:
    now = kit.clock.now()
    of_use = await _is_of_use(kit, text, now)
    if not await kit.store.claim_text(text_id=text.id, now=now):
        return  # its own process was only slow
    if of_use and text.kind.startswith(REMINDER) and is_quiet(kit.business, now):
        # It comes late, as no server was running.
        await settle(kit, text, TextState.PENDING, due_at=after_quiet(kit.business, now))
    elif of_use:
        await send_claimed(kit, text)
    else:
        await settle(kit, text, TextState.FAILED, error_code="out_of_date")


async def _is_of_use(kit: Kit, text: Text, now: datetime) -> bool:
    """Whether it is still true, and not too late to be sent."""
    if text.kind == CODE:
        return False  # the call that wanted it is over, and the row does not hold the code
    if text.callback_id is not None:
        fresh = _is_fresh(text, now, OWNER_TOLD_FOR)
        return fresh and is_owner(kit.business.owner, text.channel, text.to)
    if text.reservation_id is None:
        return _is_fresh(text, now)
    row = await kit.store.reservation(text.reservation_id)
    if row is None or row.start <= now or row.state not in _TRUE_OF.get(text.kind, BOOKED_ONLY):
        return False
    return text.kind.startswith(REMINDER) or _is_fresh(text, now)


def _is_fresh(text: Text, now: datetime, of_use_for: timedelta = OF_USE_FOR) -> bool:
    return text.queued_at is None or now < text.queued_at + of_use_for


async def _look_up(kit: Kit, text: Text) -> None:
    now = kit.clock.now()
    since = text.queued_at or now - LOOKED_UP_FOR
    try:
        message_sid = await kit.sms.find(to=text.to, body=text.body, since=since)
    except SmsRetry:
        if now < since + LOOKED_UP_FOR:
            raise
        message_sid = None
    if message_sid is not None:
        await settle(kit, text, TextState.SENT, message_sid=message_sid)
    else:
        await kit.store.text_is_done(text_id=text.id, now=now)
