"""Has a person call back, with all that is known of the call: for whoever does not have the call itself.

Shell. A webhook, a handoff or the word that a call is over come to any process; what was collected
stands in the call's snapshot. Read `bridge/call/called_back.py` for what that is,
`tools/owner.py` for how the owner is told.
"""

from bridge.call.called_back import callback_of
from bridge.call.record import what_was_done
from bridge.store.calls import CallRow, CallStore
from bridge.twilio.resuming import Resuming, facts_of
from tools.business import Business
from tools.clock import Clock
from tools.facts import CallFacts
from tools.messages import tasks_left
from tools.owner import ask
from tools.store import BookingStore


class CallingBack:
    """Tasks about calls of one business."""

    def __init__(
        self,
        *,
        calls: CallStore,
        bookings: BookingStore,
        resuming: Resuming,
        business: Business,
        clock: Clock,
    ) -> None:
        self._calls = calls
        self._bookings = bookings
        self._resuming = resuming
        self._business = business
        self._clock = clock

    async def ask(self, call_sid: str, number: str | None, reason: str, *, brief: str = "") -> None:
        """One task per call and reason. Raises StoreError.

        `number`: the caller's, where the call's row does not have it. `brief`: what is known where there
        is no snapshot.
        """
        row = await self._calls.call(call_sid)
        facts = await self.facts(call_sid, row)
        facts.caller_number = facts.caller_number or number
        await self.ask_about(facts, reason, brief=brief if row is None or row.snapshot is None else "")

    async def ask_about(self, facts: CallFacts, reason: str, *, brief: str = "") -> None:
        """The same with the facts, and with the tasks that the call itself could not write.

        None for a withheld number of which nothing is known: nobody could do it. Raises StoreError.
        """
        task = callback_of(self._business, facts, reason, brief or what_was_done(facts, reason))
        tasks = [*tasks_left(self._business, facts), *([task] if task.number or task.message else [])]
        for each in tasks:
            await ask(self._bookings, self._business, each, now=self._clock.now())

    async def facts(self, call_sid: str, row: CallRow | None) -> CallFacts:
        """What is known of a call that this process may never have had. Raises StoreError."""
        fresh = facts_of(call_sid, row)
        if row is None or row.snapshot is None:
            return fresh  # it never had a stream
        return (await self._resuming.snapshot(row, fresh)).facts
