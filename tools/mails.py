"""Sends a mail that was queued in the outbox, at most once, and settles its row.

As with texts, what goes wrong decides: certainly not accepted is tried again, later and later
for some hours; accepted or not is never sent again. Nobody can be asked what became of a mail,
so one that a process left while sending it stays `unknown`, for the owner to see. Used by
`recovery.py`, for mails that it has claimed; no tool waits for one.
"""

from datetime import timedelta

import structlog

from tools.kit import Kit
from tools.notices import CANCELLED
from tools.owner import is_owner
from tools.ports import MailAmbiguous, MailPort, MailRefused, MailRetry
from tools.store import UNFINISHED_AFTER, ReservationState, Text, TextState
from tools.texts import settle

log = structlog.get_logger(__name__)

OF_USE_FOR = timedelta(hours=6)  # a mail may be read in the evening, but not answer a call of yesterday
OWNER_TOLD_FOR = timedelta(days=1)  # whoever calls back wants to know, late or not
RETRY_AT_LEAST_EVERY = timedelta(minutes=30)


async def settle_mail(kit: Kit, text: Text) -> None:
    """Send a claimed mail, or leave it as it is for good. Raises MailRetry, StoreError: to be repeated."""
    if text.state is not TextState.PENDING:
        await kit.store.text_is_done(text_id=text.id, now=kit.clock.now())
        return
    of_use = await _is_of_use(kit, text)
    if of_use and kit.mail is None:
        raise MailRetry("not_configured")  # another process may have been given a server already
    if not await kit.store.claim_text(text_id=text.id, now=kit.clock.now()):
        return  # its booking was moved or cancelled, or another process was faster
    if of_use and kit.mail is not None:
        await send_claimed_mail(kit, kit.mail, text)
    else:
        await settle(kit, text, TextState.FAILED, error_code="out_of_date")


async def send_claimed_mail(kit: Kit, mail: MailPort, text: Text) -> TextState:
    """What became of it: sent, failed, unknown, or pending again."""
    try:
        said = await mail.send(
            to=text.to,
            subject=text.subject,
            body=text.body,
            invite=text.invite,
            message_id=text.id,
            now=kit.clock.now(),
        )
    except (MailRefused, MailRetry, MailAmbiguous) as error:
        state = _STATE_AFTER[type(error)]
        log.warning("mail_not_sent", state=state.value, code=error.code)
        due_at = kit.clock.now() + _wait(kit, text)
        return await settle(kit, text, state, error_code=error.code, due_at=due_at)
    return await settle(kit, text, TextState.SENT, message_sid=said)


_STATE_AFTER = {
    MailRefused: TextState.FAILED,
    MailRetry: TextState.PENDING,
    MailAmbiguous: TextState.UNKNOWN,
}


def _wait(kit: Kit, text: Text) -> timedelta:
    """As long as it has waited already: later and later, without counting the attempts."""
    waited = timedelta() if text.queued_at is None else kit.clock.now() - text.queued_at
    return min(max(waited, UNFINISHED_AFTER), RETRY_AT_LEAST_EVERY)


async def _is_of_use(kit: Kit, text: Text) -> bool:
    now = kit.clock.now()
    of_use_for = OF_USE_FOR if text.callback_id is None else OWNER_TOLD_FOR
    if text.queued_at is not None and now >= text.queued_at + of_use_for:
        return False
    if text.callback_id is not None:
        return is_owner(kit.business.owner, text.channel, text.to)
    if text.reservation_id is None:
        return True
    row = await kit.store.reservation(text.reservation_id)
    if row is None or row.start <= now:
        return False
    return text.kind == CANCELLED or row.state is ReservationState.BOOKED
