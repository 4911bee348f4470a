"""What becomes of a text that its process left, or that may have been sent or not.

pending: it certainly was not sent, so it is, if it still is of use. unknown: it is looked up
in the service's list; found or not, it is never sent again, and stays `unknown` for the
owner to see. Used by `recovery.py`, for texts that it has claimed.
"""

from datetime import timedelta

from tools.kit import Kit
from tools.ports import SmsRetry
from tools.store import ReservationState, Text, TextState
from tools.texts import send_claimed, settle

OF_USE_FOR = timedelta(hours=1)  # a confirmation that comes later than this only confuses
LOOKED_UP_FOR = timedelta(days=1)  # while the list cannot be read


async def settle_text(kit: Kit, text: Text) -> None:
    """Bring a claimed text to its end. Raises SmsRetry, StoreError: to be repeated."""
    if text.state is TextState.PENDING:
        await _send(kit, text)
    else:
        await _look_up(kit, text)


async def _send(kit: Kit, text: Text) -> None:
    of_use = await _is_of_use(kit, text)
    if not await kit.store.claim_text(text_id=text.id, now=kit.clock.now()):
        return  # its own process was only slow
    if of_use:
        await send_claimed(kit, text)
    else:
        await settle(kit, text, TextState.FAILED, error_code="out_of_date")


async def _is_of_use(kit: Kit, text: Text) -> bool:
    now = kit.clock.now()
    if text.queued_at is not None and now >= text.queued_at + OF_USE_FOR:
        return False
    if text.reservation_id is None:
        return True
    row = await kit.store.reservation(text.reservation_id)
    return row is not None and row.state is ReservationState.BOOKED and row.start > now


async def _look_up(kit: Kit, text: Text) -> None:
    now = kit.clock.now()
    since = text.queued_at or now - LOOKED_UP_FOR
    try:
        message_sid = await kit.sms.find(to=text.to_number, body=text.body, since=since)
    except SmsRetry:
        if now < since + LOOKED_UP_FOR:
            raise
        message_sid = None
    if message_sid is not None:
        await settle(kit, text, TextState.SENT, message_sid=message_sid)
    else:
        await kit.store.text_is_done(text_id=text.id, now=now)
