"""The switchboard: takes accepted streams, keeps the live calls, ends them all at the end.

Shell. It builds each `Call` from parts that `app.py` made once. Read `call.py` next.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

import structlog

from bridge.call.call import Call, ToolRunner
from bridge.call.clips import Clips
from bridge.call.leg import Socket
from bridge.call.manners import Manners
from bridge.call.record import CallRecord
from bridge.call.session import Session
from bridge.realtime.session_config import SessionConfig
from tools.clock import Clock
from tools.facts import CallFacts
from tools.greeting import Opening


class Switchboard:
    """All live calls of this process."""

    def __init__(
        self,
        *,
        at_once: int,
        manners: Manners,
        clips: Clips,
        open_model: Callable[[CallFacts], Awaitable[Socket]],
        opening: Callable[[CallFacts], Opening],
        model_config: Callable[[Opening], SessionConfig],
        tools: ToolRunner,
        keep_fresh: Callable[[], AbstractContextManager[None]],
        new_record: Callable[[CallFacts], CallRecord],
        clock: Clock,
    ) -> None:
        """`opening`: how a call begins, by what is known of its caller.

        `keep_fresh`: entered for as long as a call lasts; prefetches what its tools will want to know.
        """
        self._at_once = at_once
        self._manners = manners
        self._clips = clips
        self._open_model = open_model
        self._opening = opening
        self._model_config = model_config
        self._tools = tools
        self._keep_fresh = keep_fresh
        self._new_record = new_record
        self._clock = clock
        self._calls: dict[str, Call] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self.stopping = False

    @property
    def live(self) -> int:
        """How many calls are being held."""
        return len(self._calls)

    @property
    def is_full(self) -> bool:
        return len(self._calls) >= self._at_once

    def has(self, call_sid: str) -> bool:
        """True while a call has a stream here: a second one for it is refused."""
        return call_sid in self._calls

    async def take(self, facts: CallFacts, socket: Socket, stream_sid: str) -> None:
        """Hold one call to its end."""
        with structlog.contextvars.bound_contextvars(call_sid=facts.call_sid), self._keep_fresh():
            opening = self._opening(facts)
            call = Call(
                facts=facts,
                session=Session(self._manners, opening.known, self._clips),
                caller_socket=socket,
                stream_sid=stream_sid,
                open_model=lambda: self._open_model(facts),
                model_config=self._model_config(opening),
                tools=self._tools,
                record=self._new_record(facts),
                clock=self._clock,
            )
            self._calls[facts.call_sid] = call
            self._idle.clear()
            try:
                await call.run()
            finally:
                del self._calls[facts.call_sid]
                if not self._calls:
                    self._idle.set()

    async def stop(self, within_s: float) -> None:
        """Send every caller on to the next step; waits for the calls, bounded."""
        self.stopping = True
        for call in list(self._calls.values()):
            call.stop()
        try:
            async with asyncio.timeout(within_s):
                await self._idle.wait()
        except TimeoutError:
            structlog.get_logger(__name__).warning("calls_left_at_stop", calls=len(self._calls))
