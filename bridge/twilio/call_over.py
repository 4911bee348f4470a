"""A call is over, as Twilio says: what nobody has written down is, and somebody calls back.

Shell. It waits a moment, for the process that had the call may be writing its end just now, and longer where
that one has seen its stream end: a tool may still run there. A killed process writes nothing, and a stream
that was lost may never have been asked after: then what is left is what the snapshot knew. Read `routes.py`
for when this is asked.
"""

import asyncio

from bridge.call.messages import NextStep
from bridge.call.phases import LIMITS
from bridge.call.record import call_outcome, call_summary
from bridge.handoff.states import State
from bridge.store.calls import CallRow, CallStore, Outcome
from bridge.store.handoffs import HandoffStore
from bridge.store.journal import Journal
from bridge.twilio.calling_back import CallingBack
from tools.callbacks import END_UNKNOWN, NOBODY_CAME
from tools.clock import Clock
from tools.facts import CallFacts

GRACE_S = 3.0  # for another process to write down the end that it saw
FINISHING_S = 25.0  # and to let a tool run to its end: the longest takes 20 s, and 3 to say it can't tell


class CallOver:
    """Ends of calls that nobody saw."""

    def __init__(
        self,
        *,
        calls: CallStore,
        handoffs: HandoffStore,
        calling_back: CallingBack,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._calls = calls
        self._handoffs = handoffs
        self._calling_back = calling_back
        self._journal = journal
        self._clock = clock
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._finishing: set[str] = set()  # calls that were given FINISHING_S
        self._flushed = False

    def soon(self, call_sid: str) -> None:
        """See to a call in a moment; nobody waits for it."""
        if call_sid not in self._waiting and call_sid not in self._finishing:
            self._wait(call_sid, GRACE_S)

    def now(self, call_sid: str) -> None:
        """See to a call whose end, if this process saw it, is in the journal already."""
        if (handle := self._waiting.pop(call_sid, None)) is not None:
            handle.cancel()
        self._journal.put(lambda: self._close(call_sid))

    def flush(self) -> None:
        """This process ends: no more waiting. Call it before the journal is closed."""
        self._flushed = True
        for call_sid in list(self._waiting):
            self.now(call_sid)

    def _wait(self, call_sid: str, seconds: float) -> None:
        self._waiting[call_sid] = asyncio.get_running_loop().call_later(seconds, self.now, call_sid)

    async def _close(self, call_sid: str) -> None:
        """Close the call's row if nobody has, and ask a person to call back if the caller was let down."""
        if await self._is_finishing(call_sid):
            return
        closed = await self._calls.close_if_open(call_sid=call_sid, now=self._clock.now())
        self._finishing.discard(call_sid)
        row = await self._calls.call(call_sid)
        if row is None:
            return
        # It may have been closed by an earlier try of this, which then broke off. A process that saw a caller
        # hang up, and did not say in time how its last tool ended, was killed.
        unseen = (closed or row.reason == END_UNKNOWN) and row.next_step in (None, NextStep.HANG_UP)
        reason = END_UNKNOWN if unseen else await self._let_down(row)
        if reason is None:
            return
        facts = await self._calling_back.facts(call_sid, row)
        if unseen and row.snapshot is not None:
            await self._write_end(facts)
        if reason == NOBODY_CAME:
            await self._calls.nobody_came(call_sid=call_sid)
        await self._calling_back.ask_about(facts, reason)

    async def _is_finishing(self, call_sid: str) -> bool:
        """True while the end of the call's stream was seen, and not yet how the call ended: look again later.

        Once, and not where this process ends: better a task too many than a caller nobody calls back.
        """
        row = await self._calls.call(call_sid)
        seen = row is not None and row.outcome is None and row.next_step is not None
        if not seen or self._flushed or call_sid in self._finishing:
            return False
        self._finishing.add(call_sid)
        self._wait(call_sid, FINISHING_S)
        return True

    async def _let_down(self, row: CallRow) -> str | None:
        """Why somebody should call back after an end that was seen; None: the caller was not let down."""
        if row.next_asked_at is None and row.next_step == NextStep.TROUBLE:
            return row.next_step_reason or END_UNKNOWN
        if row.next_asked_at is None and row.next_step == NextStep.PERSON:
            # Twilio never asked whom to ring.
            return row.next_step_reason if row.next_step_reason in LIMITS else NOBODY_CAME
        if row.outcome is not Outcome.TRANSFERRED:
            return None
        handoff = await self._handoffs.handoff(row.call_sid)
        # On hold (the desk's own order may be lost with its process), or on the way back to the agent,
        # where a new stream would have written another end.
        vain = handoff is not None and handoff.state in (State.RETURNED, State.GONE)
        return NOBODY_CAME if vain else None

    async def _write_end(self, facts: CallFacts) -> None:
        """What the call's row can say of an end that nobody saw."""
        outcome = call_outcome(facts, END_UNKNOWN)
        await self._calls.close_call(
            call_sid=facts.call_sid,
            outcome=outcome,
            reason=END_UNKNOWN,
            summary=call_summary(facts, outcome),
            now=self._clock.now(),
        )
