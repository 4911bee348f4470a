"""One live call: two legs, one session, the tools it runs and the timer it keeps.

The shell around `session.py`. It carries out what the session orders and tells it what
happened; it decides nothing. However a call ends, no task, timer or socket of it is left.
Read `leg.py` for the sockets and `record.py` for what is written down.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

import structlog

from bridge.call import messages as m
from bridge.call.leg import Leg, Socket, SocketClosed, run_leg
from bridge.call.limits import Budget
from bridge.call.phases import EndReason, Phase
from bridge.call.record import CallRecord
from bridge.call.session import Session
from bridge.realtime import codec as model_codec
from bridge.realtime.session_config import SessionConfig
from bridge.twilio import codec as caller_codec
from tools.clock import Clock
from tools.facts import CallFacts
from tools.result import Gate, ToolResult

log = structlog.get_logger(__name__)

CLOSE_S = 2.0  # a peer that does not answer a close is not waited for longer


class ToolRunner(Protocol):
    """`tools/dispatch.py`, as the call sees it."""

    async def run(
        self, facts: CallFacts, name: str, arguments_json: str, gate: Gate, proposal: str | None
    ) -> ToolResult:
        """Never raises; bounded by the tool's own deadline."""


class Call:
    """Runs one call from the accepted stream to its end."""

    def __init__(
        self,
        *,
        facts: CallFacts,
        session: Session,
        caller_socket: Socket,
        stream_sid: str,
        open_model: Callable[[], Awaitable[Socket]],
        model_config: SessionConfig,
        tools: ToolRunner,
        record: CallRecord,
        budget: Budget,
        price: Callable[[m.Usage], int],
        clock: Clock,
        note: str = "",
    ) -> None:
        """`price`: of a turn, in millionths of a dollar. `note`: what the model must know from the first."""
        self.facts = facts
        self.settled = asyncio.Event()  # what comes after the stream is written down
        self._budget = budget
        self._price = price
        self._note = note
        self._session = session
        self._stream_sid = stream_sid
        self._open_model = open_model
        self._model_config = model_config
        self._tools = tools
        self._record = record
        self._clock = clock
        self._caller = Leg(caller_socket, sent=self._audio_sent)
        self._model: Leg | None = None  # None while there is none, or a new one is opened
        self._last_model: Leg | None = None
        self._model_task: asyncio.Task[None] | None = None  # of the leg that counts
        self._legs: set[asyncio.Task[None]] = set()
        self._end: m.EndStream | None = None
        self._ended = asyncio.Event()
        self._timer: asyncio.Handle | None = None
        self._timer_for = math.inf  # when it goes off
        self._running_tools: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Run to the end: returns when both sockets are closed and every tool has answered."""
        _ = self._start_leg(self._run_caller(), "caller leg")
        self._model_task = self._start_leg(self._run_model(), "model leg")
        try:
            if self._note:
                self.handle(m.Advised(self._note))
            self.handle(m.StreamStarted(self._stream_sid))
            await self._ended.wait()
            if self._end is not None:
                # Committed first: any process must be able to say what comes next.
                await self._record.commit_next_step(self._end.next_step, self._end.reason)
        finally:
            self.settled.set()
            if self._timer is not None:
                self._timer.cancel()
            # Both at once: a caller's end that is slow to close must not keep the model's session.
            closing = [leg.socket.close(1000, "") for leg in (self._caller, self._model) if leg is not None]
            await asyncio.gather(*closing, return_exceptions=True)
            for task in self._legs:
                if not task.cancelling():  # one that was replaced may still be closing its socket
                    task.cancel()
            if self._legs:
                await asyncio.wait(self._legs, timeout=CLOSE_S)
            if self._running_tools:  # a hang-up ends the legs, not a booking in flight
                await asyncio.wait(self._running_tools)
            delays = self._session.delays.summary()
            self._record.finish(self.facts, self._end, self._caller, self._last_model, delays)

    def stop(self) -> None:
        """This process is about to end."""
        self._tell(m.ServerStopping())

    def lost(self) -> None:
        """The telephone says that our stream is over, whether or not the socket knows."""
        self._tell(m.CallerLegClosed(stopped=False, code=None))

    def _tell(self, event: m.Event) -> None:
        try:
            self.handle(event)
        except Exception as error:  # one broken call must not keep the others from being sent on
            self._broke(error)

    def handle(self, event: m.Event) -> None:
        """Tell the session what happened and carry out what follows. Awaits nothing."""
        if isinstance(event, m.ModelLegClosed) and not self._ended.is_set():
            self._record.model_lost(event)
        now = self._clock.monotonic()
        for action in self._session.receive(event, now):
            self._carry_out(action)
        if not self._is_over and (due := self._budget.due(now)) is not None:
            for action in self._session.receive(due, now):
                self._carry_out(action)
        self._set_timer()

    @property
    def _is_over(self) -> bool:
        return self._session.phase is Phase.ENDED

    # --- events -------------------------------------------------------------------

    async def _run_caller(self) -> None:
        closed = await run_leg(self._caller, self._from_caller)
        self.handle(m.CallerLegClosed(stopped=False, code=closed.code))

    def _from_caller(self, text: str | bytes) -> None:
        match event := caller_codec.decode(text, self._stream_sid):
            case m.FrameArrived():  # no `handle`: nothing is decided by one, and nothing becomes due
                if (order := self._session.frame(event)) is not None:
                    self._to_model(model_codec.encode(order))
            case caller_codec.StreamStopped():
                self.handle(m.CallerLegClosed(stopped=True, code=None))
            case m.Event():
                self.handle(event)
            case _:
                self._caller.ignored += 1  # nothing we know, or a second start

    async def _run_model(self) -> None:
        this = asyncio.current_task()
        try:
            socket = await self._open_model()
        except SocketClosed as refused:
            if this is self._model_task:
                self.handle(m.ModelLegClosed(refused.code, refused.reason, refused.status))
            return
        leg = self._model = self._last_model = Leg(socket, before=self._last_model)

        def receive(text: str | bytes) -> None:
            if leg is self._model:  # else it was replaced, and nothing it says counts any more
                self._from_model(text)

        try:
            closed = await run_leg(leg, receive)
        finally:
            # Also when the call ended while the socket was being opened: a session left open is paid for.
            await socket.close(1000, "")
        if this is self._model_task:
            self.handle(m.ModelLegClosed(closed.code, closed.reason))

    def _from_model(self, text: str | bytes) -> None:
        event = model_codec.decode(text)
        if event is not None:
            if isinstance(event, m.ModelConfigured):
                self._record.model_configured(self._clock.monotonic())
            self.handle(event)

    def _reopen_model(self) -> None:
        """A new leg in the place of the old one, which closes meanwhile."""
        log.warning("model_reopened")
        if self._model_task is not None and self._model_task is not asyncio.current_task():
            self._model_task.cancel()
        self._model = None
        self._model_task = self._start_leg(self._run_model(), "model leg")

    def _start_leg(self, running: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(running, name=name)
        self._legs.add(task)
        task.add_done_callback(self._leg_is_over)
        return task

    def _leg_is_over(self, task: asyncio.Task[None]) -> None:
        """A leg that breaks by our own mistake ends the call too."""
        self._legs.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broke(error)

    def _audio_sent(self, item_id: str, audio_bytes: int) -> None:
        # Not by `handle`: as for a frame.
        now = self._clock.monotonic()
        self._record.audio_sent(now)
        self._session.receive(m.AudioSent(item_id, audio_bytes), now)

    def _set_timer(self) -> None:
        deadline = self._deadline()
        if deadline >= self._timer_for:
            return  # it goes off before, and is then set for what is left: most deadlines are put off anyway
        if self._timer is not None:
            self._timer.cancel()
        self._timer_for = deadline
        # What the handle says of its time cannot be relied on: uvloop's for a due one says nothing.
        self._timer = asyncio.get_running_loop().call_at(deadline, self._tick)

    def _deadline(self) -> float:
        """When the session or the budget wants a Tick."""
        if self._is_over:
            return math.inf
        theirs, ours = self._session.deadline(), self._budget.deadline()
        return ours if theirs is None else min(theirs, ours)

    def _tick(self) -> None:
        self._timer, self._timer_for = None, math.inf
        if self._deadline() > self._clock.monotonic():
            self._set_timer()
            return
        try:
            self.handle(m.Tick())
        except Exception as error:  # outside every task: nobody else would notice
            self._broke(error)

    # --- actions ------------------------------------------------------------------

    def _carry_out(self, action: m.Action) -> None:
        match action:
            case m.PlayAudio(item_id=item_id, audio_b64=audio_b64, audio_bytes=count):
                text = caller_codec.encode_media(self._stream_sid, audio_b64)
                self._caller.put(text, item_id=item_id, audio_bytes=count, purgeable=True)
            case m.SendMark(name=name):
                self._caller.put(caller_codec.encode_mark(self._stream_sid, name), purgeable=True)
            case m.ClearPlayback():
                self._caller.purge()
                self._caller.put(caller_codec.encode_clear(self._stream_sid))
            case m.ReopenModel():
                self._reopen_model()
            case m.ConfigureModel() | m.SetListening():
                self._to_model(self._model_config.encode(action))
            case m.RunTool():
                task = asyncio.create_task(self._run_tool(action), name=f"tool {action.name}")
                self._running_tools.add(task)
                task.add_done_callback(self._running_tools.discard)
            case m.RecordTurn():
                self._record.turn(action)
            case m.RecordInterruption():
                self._record.interruption(action)
            case m.RecordClip():
                self._record.clip(action)
            case m.RecordReview():
                self._record.review(action)
            case m.RecordUsage(usage=usage):
                micros = self._price(usage)
                self._budget.spend(micros)
                self._record.usage(usage, micros)
            case m.EndStream():
                self._end = action
                self._ended.set()
            case _:
                self._to_model(model_codec.encode(action))

    def _to_model(self, text: str) -> None:
        if self._model is not None:
            self._model.put(text)

    async def _run_tool(self, action: m.RunTool) -> None:
        began = self._clock.monotonic()
        result = await self._tools.run(
            self.facts, action.name, action.arguments_json, action.gate, action.proposal
        )
        try:
            self._record.tool_call(action, result, self._clock.monotonic() - began)
            self.handle(m.ToolFinished(action.call_id, result))
        except Exception as error:  # nobody awaits a tool: without this the caller would wait for ever
            self._broke(error)

    def _broke(self, error: BaseException) -> None:
        """A mistake of ours: the caller is sent on to a person instead of hearing nothing."""
        log.error("call_broke", exc_info=error)
        self._end = m.EndStream(m.NextStep.TROUBLE, EndReason.SERVER_ERROR)
        self._ended.set()
