"""The switchboard: takes accepted streams, keeps the live calls, ends them all at the end.

Shell. It builds each `Call` from parts that `app.py` made once. Read `call.py` next.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

import structlog

from bridge.call.call import Call, ToolRunner
from bridge.call.clips import Clips
from bridge.call.leg import Socket
from bridge.call.limits import Budget, CallLimits
from bridge.call.manners import Manners
from bridge.call.messages import ConfigureModel, ModelOpened, Usage
from bridge.call.places import Places
from bridge.call.record import CallRecord
from bridge.call.resumption import FIRST_STREAM, Resumption
from bridge.call.session import Session
from bridge.call.timeline import UNKNOWN, Arrival
from bridge.call.waiting_legs import WaitingLegs
from bridge.realtime.session_config import SessionConfig
from tools.clock import Clock
from tools.facts import CallFacts
from tools.greeting import Opening

SETTLED_S = 2.0  # a call whose stream is over writes down what comes next within this


class Switchboard:
    """All live calls of this process."""

    def __init__(
        self,
        *,
        places: Places,
        manners: Manners,
        clips: Clips,
        open_model: Callable[[CallFacts], Awaitable[Socket]],
        open_early: bool,
        opening: Callable[[CallFacts], Opening],
        model_config: Callable[[Opening], SessionConfig],
        tools: ToolRunner,
        keep_fresh: Callable[[], AbstractContextManager[None]],
        new_record: Callable[[CallFacts, Resumption, Arrival], CallRecord],
        limits: CallLimits,
        price: Callable[[Usage], int],
        clock: Clock,
    ) -> None:
        """`opening`: how a call begins, by what is known of its caller.

        `open_early`: a model's leg is opened before its call's stream comes, see `expect`.

        `keep_fresh`: entered for as long as a call lasts; prefetches what its tools will want to know.
        """
        self._places = places
        self._manners = manners
        self._clips = clips
        self._open_model = open_model
        self._open_early = open_early
        self._waiting = WaitingLegs()
        self._opening = opening
        self._model_config = model_config
        self._tools = tools
        self._keep_fresh = keep_fresh
        self._new_record = new_record
        self._limits = limits
        self._price = price
        self._clock = clock
        self._calls: dict[str, Call] = {}  # whose stream is up, by call sid
        self._finishing: set[Call] = set()  # whose stream is over, and a tool still runs
        self._idle = asyncio.Event()
        self._idle.set()
        self.stopping = False

    @property
    def live(self) -> int:
        """How many calls are being held."""
        return len(self._calls) + len(self._finishing)

    @property
    def is_full(self) -> bool:
        """True while all places are taken, here or in other workers of this server."""
        return self._places.free <= 0

    def has(self, call_sid: str) -> bool:
        """True while a call has a stream here: a second one for it is refused."""
        return call_sid in self._calls

    def ends_itself(self, call_sid: str) -> bool:
        """True while something of the call is still here, and will write down how it ended."""
        return self.has(call_sid) or any(call.facts.call_sid == call_sid for call in self._finishing)

    async def let_go(self, call_sid: str) -> None:
        """The telephone has left our stream: the call gives up its place, and says what comes next.

        Returns when that is written down, or after SETTLED_S. A tool may go on; nobody waits for it.
        """
        self._waiting.drop(call_sid)  # where the stream was refused, or never came
        call = self._calls.pop(call_sid, None)
        if call is None:
            return
        self._places.hold(len(self._calls))
        self._finishing.add(call)
        call.lost()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLED_S):
                await call.settled.wait()

    def expect(self, facts: CallFacts, know: Callable[[], Awaitable[None]]) -> None:
        """A call was let in and its stream will come: its model's leg is opened meanwhile, if there is room.

        `know`: writes into `facts` what the store knows of the caller.
        """

        async def configuration() -> str:
            await know()
            return self._first_order(facts)

        has_room = len(self._waiting) < self._places.free
        if self._open_early and has_room and not self.stopping:
            self._waiting.open(facts.call_sid, lambda: self._open_model(facts), configuration)

    def expect_no_more(self, call_sid: str) -> None:
        """The call is over: what waits for it need not wait."""
        self._waiting.drop(call_sid)

    def _first_order(self, facts: CallFacts) -> str:
        """What a call with these facts tells its model first."""
        opening = self._opening(facts)
        session = Session(self._manners, opening.known, self._clips)
        (order,) = session.receive(ModelOpened("", 0), self._clock.monotonic())
        if not isinstance(order, ConfigureModel):
            raise TypeError("a session is configured before anything else")
        return self._model_config(opening).encode(order)

    async def _model_of(self, facts: CallFacts) -> Socket:
        """The leg that waits for this call, else a new one."""
        return await self._waiting.take(facts.call_sid) or await self._open_model(facts)

    async def take(
        self,
        facts: CallFacts,
        socket: Socket,
        stream_sid: str,
        begins: Resumption = FIRST_STREAM,
        arrival: Arrival = UNKNOWN,
    ) -> None:
        """Hold one call to the end of its stream, and of its tools."""
        with structlog.contextvars.bound_contextvars(call_sid=facts.call_sid), self._keep_fresh():
            opening = self._opening(facts)
            budget = Budget(
                self._limits, self._clock.monotonic(), lasted_s=begins.lasted_s, spent=begins.spent
            )
            known = begins.known if begins.stream or begins.note else opening.known
            call = Call(
                facts=facts,
                session=Session(self._manners, known, self._clips),
                caller_socket=socket,
                stream_sid=stream_sid,
                open_model=lambda: self._model_of(facts),
                model_config=self._model_config(opening),
                tools=self._tools,
                record=self._new_record(facts, begins, arrival),
                budget=budget,
                price=self._price,
                clock=self._clock,
                note=begins.note,
            )
            self._calls[facts.call_sid] = call
            self._places.hold(len(self._calls))
            self._idle.clear()
            try:
                await call.run()
            finally:
                self._finishing.discard(call)
                if self._calls.get(facts.call_sid) is call:
                    del self._calls[facts.call_sid]
                    self._places.hold(len(self._calls))
                if not self.live:
                    self._idle.set()

    async def stop(self, within_s: float) -> None:
        """Send every caller on to the next step; waits for the calls, bounded."""
        self.stopping = True
        closing = asyncio.create_task(self._waiting.close(), name="close waiting legs")
        for call in list(self._calls.values()):
            call.stop()
        try:
            async with asyncio.timeout(within_s):
                await self._idle.wait()
        except TimeoutError:
            structlog.get_logger(__name__).warning("calls_left_at_stop", calls=self.live)
        await closing
