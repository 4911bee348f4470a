"""Sends a text that was claimed in the outbox, at most once, and settles its row.

Whoever claimed it (`claim_text`) is the only one who may. What goes wrong decides: certainly
not accepted may be sent again; accepted or not is never sent again, but looked up a minute
later by `recovery.py`. Used by the tools that text, and by `recovery.py`.
"""

import asyncio

import structlog

from tools.kit import Kit
from tools.ports import SmsAmbiguous, SmsRefused, SmsRetry
from tools.store import StoreError, Text, TextState

log = structlog.get_logger(__name__)

ATTEMPTS = 2  # only ever repeated when the first was certainly not accepted
RETRY_AFTER_S = 1.0


async def send_claimed(kit: Kit, text: Text) -> TextState:
    """What became of it: sent, failed or unknown."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            message_sid = await kit.sms.send(to=text.to_number, body=text.body)
        except SmsAmbiguous as error:
            return await settle(kit, text, TextState.UNKNOWN, error_code=error.code)
        except (SmsRefused, SmsRetry) as error:
            if isinstance(error, SmsRetry) and attempt < ATTEMPTS:
                await asyncio.sleep(RETRY_AFTER_S)
                continue
            # Final, so that what is said now stays true: a later send would contradict it.
            return await settle(kit, text, TextState.FAILED, error_code=error.code)
        else:
            break
    return await settle(kit, text, TextState.SENT, message_sid=message_sid)


async def settle(
    kit: Kit, text: Text, state: TextState, *, message_sid: str | None = None, error_code: str | None = None
) -> TextState:
    """Write down what became of a text. `state`, also when that could not be written."""
    try:
        await kit.store.settle_text(
            text_id=text.id,
            state=state,
            now=kit.clock.now(),
            message_sid=message_sid,
            error_code=error_code,
        )
    except StoreError as error:
        # The row stays in `sending`, which nobody sends again; what happened is known here.
        log.warning("text_not_settled", state=state.value, error=type(error).__name__)
    return state
