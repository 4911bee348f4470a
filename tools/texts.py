"""Sends a text that was claimed in the outbox, at most once, and settles its row.

Whoever claimed it (`claim_text`) is the only one who may. Right before, it is seen whether the
number takes texts of ours at all: whoever has said STOP gets none, whatever was queued. What goes
wrong decides: certainly not accepted may be sent again; accepted or not is never sent again, but
looked up a minute later by `recovery.py`. Used by the tools that text, and by `recovery.py`.
"""

import asyncio
from datetime import datetime

import structlog

from tools import spoken
from tools.countries import is_texted
from tools.errors import Declined
from tools.facts import CallFacts
from tools.kit import Kit
from tools.ports import SmsAmbiguous, SmsRefused, SmsRetry
from tools.store import StoreError, Text, TextState

log = structlog.get_logger(__name__)

ATTEMPTS = 2  # only ever repeated when the first was certainly not accepted
RETRY_AFTER_S = 1.0
BLOCKED_CODE = "21610"  # Twilio: "Attempt to send to unsubscribed recipient"
OPTED_OUT, NOT_THERE = "opted_out", "country_not_texted"  # error codes of texts that were never tried


async def number_to_text(kit: Kit, facts: CallFacts) -> str:
    """The number of this caller, if it may be texted now. Raises Declined, StoreError."""
    number = facts.caller_number
    if number is None:
        raise Declined(spoken.text_without_number(), code="no_number")
    if not is_texted(kit.business, number):
        raise Declined(spoken.text_not_there(), code=NOT_THERE)
    facts.opted_out = await _has_opted_out(kit, number)
    if facts.opted_out:
        raise Declined(spoken.text_blocked(), code=OPTED_OUT)
    return number


async def send_claimed(kit: Kit, text: Text) -> TextState:
    """What became of it: sent, failed or unknown; pending when it cannot be seen whether it may be sent."""
    try:
        if not is_texted(kit.business, text.to):
            return await settle(kit, text, TextState.FAILED, error_code=NOT_THERE)
        if await _has_opted_out(kit, text.to):
            return await settle(kit, text, TextState.FAILED, error_code=OPTED_OUT)
    except StoreError as error:
        log.warning("opt_out_unseen", error=type(error).__name__)
        return await settle(kit, text, TextState.PENDING)
    return await _send(kit, text)


async def _send(kit: Kit, text: Text) -> TextState:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            message_sid = await kit.sms.send(to=text.to, body=text.body)
        except SmsAmbiguous as error:
            return await settle(kit, text, TextState.UNKNOWN, error_code=error.code)
        except (SmsRefused, SmsRetry) as error:
            if isinstance(error, SmsRetry) and attempt < ATTEMPTS:
                await asyncio.sleep(RETRY_AFTER_S)
                continue
            if error.code == BLOCKED_CODE:
                await _keep_opt_out(kit, text.to)
            if isinstance(error, SmsRetry) and text.callback_id is not None:
                return await settle(kit, text, TextState.PENDING, error_code=error.code)
            # Final, so that what is said now stays true: a later send would contradict it.
            return await settle(kit, text, TextState.FAILED, error_code=error.code)
        else:
            break
    return await settle(kit, text, TextState.SENT, message_sid=message_sid)


async def settle(
    kit: Kit,
    text: Text,
    state: TextState,
    *,
    message_sid: str | None = None,
    error_code: str | None = None,
    due_at: datetime | None = None,
) -> TextState:
    """Write down what became of a text. `state`, also when that could not be written."""
    try:
        await kit.store.settle_text(
            text_id=text.id,
            state=state,
            now=kit.clock.now(),
            message_sid=message_sid,
            error_code=error_code,
            due_at=due_at,
        )
    except StoreError as error:
        # The row stays in `sending`, which nobody sends again; what happened is known here.
        log.warning("text_not_settled", state=state.value, error=type(error).__name__)
    return state


async def _has_opted_out(kit: Kit, number: str) -> bool:
    caller = await kit.store.caller(number)
    return caller is not None and caller.opted_out_at is not None


async def _keep_opt_out(kit: Kit, number: str) -> None:
    """The number has said STOP, and we did not hear it."""
    try:
        await kit.store.set_opted_out(number=number, opted_out=True, now=kit.clock.now())
    except StoreError as error:
        log.warning("opt_out_not_kept", error=type(error).__name__)  # the next text will tell it again
