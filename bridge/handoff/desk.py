"""The desk at which callers are handed over: takes in what Twilio tells, and does what follows.

Shell around `states.py`. Each thing that happens is committed first, in the table `handoffs`; what it
orders is then done in the background, since no webhook waits for Twilio's REST interface. Orders that
were lost with their process, or that Twilio did not carry out, are found by `run`, which every process
does: a handoff that waits too long is due, and one process takes it on. Read `bridge/twilio/handoff.py`
for where Twilio tells.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from bridge.handoff.states import Happened, Order, State
from bridge.store.calls import CallStore
from bridge.store.handoffs import Handoff, HandoffStore
from bridge.store.journal import Journal
from bridge.twilio.calling_back import CallingBack
from tools.business import Business
from tools.callbacks import NOBODY_CAME
from tools.clock import Clock
from tools.ports import LegAmbiguous, LegError, LegGone, TelephonePort
from tools.store import StoreError

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
END_AGAIN_S = (2.0, 4.0, 8.0)  # pauses before a leg that would not end is ended once more
CLOSE_S = 3.0

Address = Callable[[str], str]
"""The address of a route of ours, from a path below /twilio/handoff."""


class HandoffDesk:
    """The handoffs of one process. Any number of processes may have one on the same database."""

    def __init__(
        self,
        *,
        handoffs: HandoffStore,
        calls: CallStore,
        calling_back: CallingBack,
        telephone: TelephonePort,
        address: Address,
        business: Business,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._handoffs = handoffs
        self._calls = calls
        self._calling_back = calling_back
        self._telephone = telephone
        self._address = address
        self._business = business
        self._journal = journal
        self._clock = clock
        self._doing: set[asyncio.Task[None]] = set()
        self._closed = False

    # --- what happens -----------------------------------------------------------------

    async def begin(self, call_sid: str, caller_number: str | None) -> State:
        """A caller is to be put on hold and the person rung; at an hour when nobody is there, the caller
        goes back to the agent at once. Where it is then. Raises StoreError.
        """
        now = self._clock.now()
        # The record of the call agrees it with a brief; where that was lost, it is agreed without one.
        await self._handoffs.agree(call_sid=call_sid, caller_number=caller_number, brief="", now=now)
        there = self._business.person_at(now) is not None
        handoff = await self.tell(call_sid, Happened.HELD if there else Happened.NOBODY_THERE)
        assert handoff is not None, "it was agreed just before"
        if handoff.state is State.WAITING:
            self._soon(lambda: self.tell(call_sid, Happened.RING))
        return handoff.state

    async def where(self, call_sid: str) -> Handoff | None:
        """The handoff of a call, if there is one. Raises StoreError."""
        return await self._handoffs.handoff(call_sid)

    async def tell(self, call_sid: str, happened: Happened, person_sid: str | None = None) -> Handoff | None:
        """Take in what happened; where the handoff is then, None where there is none. Raises StoreError."""
        advanced = await self._handoffs.advance(
            call_sid=call_sid, happened=happened, now=self._clock.now(), person_sid=person_sid
        )
        if advanced is None:
            return None
        handoff = advanced.handoff
        if advanced.orders:
            log.info("handoff", call_sid=call_sid, happened=happened.value, state=handoff.state.value)
        for order in advanced.orders:
            self._soon(partial(self._do, order, handoff))
        return handoff

    def tell_soon(self, call_sid: str, happened: Happened, person_sid: str | None = None) -> None:
        """As `tell`, for whoever need not know what follows; repeated until the store has taken it."""
        self._journal.put(lambda: self.tell(call_sid, happened, person_sid))

    # --- what waits too long -----------------------------------------------------------

    async def run(self) -> None:
        """Look for what is due until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Take on every handoff that is due. Never raises."""
        try:
            for call_sid in await self._handoffs.due(self._clock.now()):
                await self._done(partial(self.tell, call_sid, Happened.DUE))
        except Exception as error:  # the wide net: without this task nobody finds what was lost
            log.warning("handoffs_not_seen", error=type(error).__name__)

    async def close(self) -> None:
        """Give what is being done a little time; what is cut off is found by the next process."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                while self._doing:  # what is done may order more
                    await asyncio.wait(self._doing)
        self._closed = True
        for task in self._doing:
            task.cancel()
        await asyncio.gather(*self._doing, return_exceptions=True)

    # --- what follows -----------------------------------------------------------------

    def _soon(self, work: Callable[[], Awaitable[object]]) -> None:
        if self._closed:  # the journal may still write down what happened
            return
        task = asyncio.create_task(self._done(work), name="handoff")
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)

    async def _done(self, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except (StoreError, LegError) as error:
            # What was not done stays due; what Twilio tells of it comes again by its own way.
            code = error.code if isinstance(error, LegError) else ""
            log.warning("handoff_order_failed", error=type(error).__name__, code=code)
        except Exception as error:  # the wide net: nobody awaits these
            log.error("handoff_broke", error=type(error).__name__)

    async def _do(self, order: Order, handoff: Handoff) -> None:
        match order:
            case Order.RING:
                await self._ring(handoff)
            case Order.END_PERSON:
                await self._end_person(handoff)
            case Order.FETCH_CALLER:
                await self._fetch_caller(handoff)
            case Order.CHECK_LEGS:
                await self._check_legs(handoff)
            case Order.CALL_BACK:
                self._call_back(handoff)

    async def _ring(self, handoff: Handoff) -> None:
        """Once. Where it is unknown whether it rings, Twilio's own callbacks tell, or time does."""
        number = self._business.person_at(self._clock.now())
        if number is None:
            await self.tell(handoff.call_sid, Happened.NOT_RUNG)
            return
        about = f"?call={handoff.call_sid}"
        try:
            leg = await self._telephone.ring(
                to=number,
                answered_url=self._address(f"/person{about}"),
                status_url=self._address(f"/status{about}"),
            )
        except LegAmbiguous as error:
            log.warning("not_known_to_ring", call_sid=handoff.call_sid, code=error.code)
        except LegError as error:
            log.warning("not_rung", call_sid=handoff.call_sid, code=error.code)
            await self.tell(handoff.call_sid, Happened.NOT_RUNG)
        else:
            await self.tell(handoff.call_sid, Happened.STILL_THERE, leg)

    async def _end_person(self, handoff: Handoff) -> None:
        if handoff.person_sid is None:
            return
        for pause in END_AGAIN_S:
            try:
                await self._telephone.end(handoff.person_sid)
                return
            except LegError:
                await asyncio.sleep(pause)
        await self._telephone.end(handoff.person_sid)

    async def _fetch_caller(self, handoff: Handoff) -> None:
        try:
            await self._telephone.redirect(handoff.call_sid, self._address("/back"))
        except LegGone:
            await self.tell(handoff.call_sid, Happened.CALLER_GONE)

    async def _check_legs(self, handoff: Handoff) -> None:
        if await self._telephone.is_over(handoff.call_sid):
            await self.tell(handoff.call_sid, Happened.CALLER_GONE)
        elif handoff.person_sid is None or await self._telephone.is_over(handoff.person_sid):
            await self.tell(handoff.call_sid, Happened.PERSON_GONE)

    def _call_back(self, handoff: Handoff) -> None:
        # After the call's own end, which was put there before and says that it was put through.
        self._journal.put(lambda: self._calls.nobody_came(call_sid=handoff.call_sid))
        self._journal.put(
            lambda: self._calling_back.ask(
                handoff.call_sid, handoff.caller_number, NOBODY_CAME, brief=handoff.brief
            )
        )
