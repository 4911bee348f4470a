"""A call is over, as Twilio says: what nobody has written down is, and somebody calls back.

Shell. It waits a moment, for the process that had the call may be writing its end just now. A killed
process writes nothing, and a stream that was lost may never have been asked after: then what is left
is what the snapshot knew. Read `routes.py` for when this is asked.
"""

import asyncio

from bridge.call.messages import NextStep
from bridge.call.record import call_outcome, call_summary
from bridge.store.calls import END_UNKNOWN, CallRow, CallStore
from bridge.store.journal import Journal
from bridge.twilio.resuming import Resuming, facts_of
from tools.business import Business
from tools.clock import Clock
from tools.lead import callback_note
from tools.store import BookingStore, Lead

GRACE_S = 3.0  # for another process to write down the end that it saw


class CallOver:
    """Ends of calls that nobody saw."""

    def __init__(
        self,
        *,
        calls: CallStore,
        bookings: BookingStore,
        resuming: Resuming,
        business: Business,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._calls = calls
        self._bookings = bookings
        self._resuming = resuming
        self._business = business
        self._journal = journal
        self._clock = clock
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    def soon(self, call_sid: str) -> None:
        """See to a call in a moment; nobody waits for it."""
        if call_sid not in self._waiting:
            loop = asyncio.get_running_loop()
            self._waiting[call_sid] = loop.call_later(GRACE_S, self.now, call_sid)

    def now(self, call_sid: str) -> None:
        """See to a call whose end, if this process saw it, is in the journal already."""
        if (handle := self._waiting.pop(call_sid, None)) is not None:
            handle.cancel()
        self._journal.put(lambda: self._close(call_sid))

    def flush(self) -> None:
        """This process ends: no more waiting. Call it before the journal is closed."""
        for call_sid in list(self._waiting):
            self.now(call_sid)

    async def _close(self, call_sid: str) -> None:
        """Close the call's row if nobody has, and ask a person to call back if the caller was let down.

        That is: nobody saw the end, or something broke and Twilio never asked what comes next.
        """
        now = self._clock.now()
        unseen = await self._calls.close_if_open(call_sid=call_sid, now=now)
        row = await self._calls.call(call_sid)
        if row is None:
            return
        unanswered = row.next_step == NextStep.TROUBLE and row.next_asked_at is None
        if not unseen and not unanswered:
            return
        name, message = await self._left_behind(row, write=unseen)
        if row.caller_number is not None:
            await self._bookings.add_callback(
                call_sid=call_sid,
                number=row.caller_number,
                name=name,
                message=message,
                reason=END_UNKNOWN if unseen else row.next_step_reason or END_UNKNOWN,
                now=now,
                key=call_sid,
            )

    async def _left_behind(self, row: CallRow, *, write: bool) -> tuple[str | None, str]:
        """Name and message for whoever calls back. `write`: the call's row gets what is known, too."""
        if row.snapshot is None:
            return None, ""  # it never had a stream
        facts = (await self._resuming.snapshot(row, facts_of(row.call_sid, row))).facts
        outcome = call_outcome(facts, END_UNKNOWN)
        summary = call_summary(facts, outcome)
        if write:
            await self._calls.close_call(
                call_sid=row.call_sid,
                outcome=outcome,
                reason=END_UNKNOWN,
                summary=summary,
                now=self._clock.now(),
            )
        told = (
            ""
            if facts.lead == Lead()
            else callback_note(facts.lead, facts.caller_number, self._business.fields)
        )
        return facts.lead.name or facts.held_name, "\n".join(part for part in (summary, told) if part)
