"""Asking a person to settle what a call could not: whether a write of ours was done or not.

The store may be what hangs, and the caller waits: so it is tried for a moment only, and a call
back is promised only when the task stands. Used by `booking.py`, `rescheduling.py` and
`cancelling.py`; what is found out without a caller on the line is in `tasks.py`.
"""

import asyncio

import structlog

from tools.callbacks import Callback, urgency_of
from tools.facts import CallFacts
from tools.kit import Kit
from tools.owner import ask
from tools.resuming import learn
from tools.store import StoreError

log = structlog.get_logger(__name__)

CALLBACK_S = 2.0
SETTLED_S = 1.0


async def ask_about_hold(
    kit: Kit, facts: CallFacts, *, hold_id: str, name: str | None, message: str, reason: str
) -> bool:
    """Keep in mind that the outcome of a hold is unknown, and ask a person, once per hold.

    True when the caller may be told that somebody will call back.
    """
    if facts.unconfirmed_id != hold_id:
        facts.unconfirmed_id = hold_id
        facts.callback_id = None
    if facts.callback_id is None:
        facts.callback_id = await _task(kit, facts, name, message, reason, hold_id)
    return facts.callback_id is not None and facts.caller_number is not None


async def ask_about_booking(
    kit: Kit, facts: CallFacts, *, booking: str, name: str | None, message: str, reason: str
) -> bool:
    """The same about a booking that was to be changed where it is. `booking`: the reservation's id."""
    saved = await _task(kit, facts, name, message, reason, booking)
    return saved is not None and facts.caller_number is not None


async def settle(kit: Kit, facts: CallFacts) -> None:
    """Take in what has become meanwhile of the write whose outcome was unknown, if anything has.

    `recovery.py` or a process that was stopping may have brought it to its end.
    """
    if facts.unconfirmed_id is None:
        return
    try:
        async with asyncio.timeout(SETTLED_S):
            row = await kit.store.reservation(facts.unconfirmed_id)
            if row is None:
                return
            moved = None if row.moves_id is None else await kit.store.reservation(row.moves_id)
    except (StoreError, TimeoutError):
        return  # it stays unknown
    learn(facts, kit.business, row, moved)


async def _task(
    kit: Kit, facts: CallFacts, name: str | None, message: str, reason: str, key: str
) -> str | None:
    task = Callback(
        call_sid=facts.call_sid,
        key=key,
        number=facts.caller_number,
        name=name,
        message=message,
        reason=reason,
        urgency=urgency_of(reason, facts.lead, facts.transfer_reason),
        best_time=facts.lead.best_time,
    )
    facts.unwritten[key] = task  # the record of the call writes it at the end, if it is still here
    try:
        async with asyncio.timeout(CALLBACK_S):
            task_id = await ask(kit.store, kit.business, task, now=kit.clock.now())
    except (StoreError, TimeoutError) as error:
        log.error("callback_not_saved", error=type(error).__name__)
        return None
    del facts.unwritten[key]
    return task_id
