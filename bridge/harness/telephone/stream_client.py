"""Twilio's end of one media stream: frames out every 20 ms, a playout clock, marks and clears.

Sends what the caller says and plays what the server sends, on a schedule that never drifts
(tick n is due at t0 + n * 20 ms). What the server gets wrong is a breach, and the stream goes
on, as Twilio does. Source: Twilio, Media Streams: WebSocket Messages; warnings 31931, 31950,
31951. Read next: phone_call.py, which opens it and decides what comes after.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping

import msgspec
from aiohttp import ClientWebSocketResponse, WSCloseCode, WSMsgType

from bridge.harness.ledger import Ledger
from bridge.harness.telephone.caller import Caller, CallerStep
from bridge.harness.telephone.keypad import Keypad, code_in
from bridge.harness.telephone.line_faults import LineFaults
from bridge.harness.telephone.mouthpiece import Mouthpiece
from bridge.harness.telephone.playout import Playout
from bridge.harness.telephone.stream_messages import (
    LARGEST_PAYLOAD_CHARS,
    BadMessage,
    Clear,
    Mark,
    Media,
    Writer,
    read,
)
from bridge.harness.telephone.stretches import HANG_MS, Stretches, Turn

TICK_S = 0.02
TICK_MS = 20
CLOSE_S = 5.0  # for `stop` and the closing handshake; a server that reads nothing gets no more
_BYTES_PER_MS = 8


class CallerEnd(msgspec.Struct, frozen=True):
    """The caller's side of the call; lives as long as the call, over all its streams."""

    script: Caller
    mouthpiece: Mouthpiece
    agent: Stretches
    clips: Mapping[str, bytes]  # mu-law, 8 kHz, no header
    sent_audio: bytearray  # every byte sent, in order
    heard_audio: bytearray  # every byte played to the caller, 160 a tick
    latest_text: Callable[[], str]  # the words of the latest text message the caller got; "" for none


class StreamEnd(msgspec.Struct, frozen=True):
    """How a stream ended."""

    hung_up: bool  # the caller did; else the server closed or was lost
    code: int | None

    @property
    def lost(self) -> bool:
        """Nobody closed it: the network, or the server's process, is gone."""
        return not self.hung_up and self.code in (None, WSCloseCode.ABNORMAL_CLOSURE)


class StreamClient:
    """One stream, from `connected` to the closed socket."""

    def __init__(
        self,
        socket: ClientWebSocketResponse,
        writer: Writer,
        caller: CallerEnd,
        ledger: Ledger,
        faults: LineFaults,
        *,
        first_timestamp_ms: int,
    ) -> None:
        self._socket = socket
        self._writer = writer
        self._caller = caller
        self._ledger = ledger
        self._faults = faults
        self._first_timestamp_ms = first_timestamp_ms
        self._playout = Playout()
        self._keypad = Keypad()
        self._line: tuple[str, int] | None = None  # clip and step being said
        self._late_start: tuple[str, int] | None = None  # and the tick at which it is sent
        self._hung_up = False

    async def run(self, parameters: Mapping[str, str]) -> StreamEnd:
        """Run to the end of the stream. Cancelling this is the caller hanging up.

        Either way the socket is closed afterwards and no task is left.
        """
        listening = asyncio.create_task(self._listen(), name="telephone: server's messages")
        start_after_s = self._faults.take_start()
        self._faults.stream = self
        try:
            await self._send(self._writer.connected())
            start = self._writer.start(parameters)
            if start_after_s == 0:
                await self._send(start)
            elif start_after_s is not None:
                self._late_start = (start, int(start_after_s / TICK_S))
            await self._tick_until_over(listening)
        finally:
            self._faults.stream = None
            end = await self._end(listening)
        return end

    def lose(self) -> None:
        """The network is gone: no `stop`, no close frame, a reset connection."""
        connection = self._socket._response.connection  # aiohttp has no public way to be this rude
        if connection is not None and connection.transport is not None:
            connection.transport.abort()

    async def _end(self, listening: asyncio.Task[None]) -> StreamEnd:
        hung_up = not listening.done()
        if hung_up:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await self._send(self._writer.stop())
                    await self._socket.close(code=1000)
        listening.cancel()
        (failure,) = await asyncio.gather(listening, return_exceptions=True)
        if isinstance(failure, Exception):
            raise failure
        self._fall_silent()
        end = StreamEnd(hung_up, 1000 if hung_up else self._socket.close_code)
        self._ledger.write("stream_ended", by="caller" if hung_up else "server", code=end.code)
        return end

    # --- the clock ----------------------------------------------------------------

    async def _tick_until_over(self, listening: asyncio.Task[None]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        number = 0
        while not self._hung_up:
            await _until(loop, began + number * TICK_S, listening)
            if listening.done():
                return
            if self._late_start is not None and number == self._late_start[1]:
                await self._send(self._late_start[0])
            await self._tick(self._first_timestamp_ms + number * TICK_MS)
            number += 1

    async def _tick(self, timestamp_ms: int) -> None:
        heard, marks = self._playout.tick()
        self._caller.heard_audio.extend(heard)
        for name in marks:
            await self._return_mark(name)
        self._note(self._caller.agent.hear(heard))
        busy = self._caller.mouthpiece.speaking or self._keypad.busy
        begun = self._caller.script.tick(self._caller.agent, busy)
        if begun is not None:
            self._begin(*begun)
        await self._press(self._keypad.tick())
        frame = self._caller.mouthpiece.frame()
        self._caller.sent_audio.extend(frame)
        frames = self._faults.frames(self._writer.media(frame, timestamp_ms))
        for message in (*frames, *self._faults.take_said()):
            await self._send(message)
        if self._line is not None and not self._caller.mouthpiece.speaking:
            self._end_line()

    # --- the caller ---------------------------------------------------------------

    def _begin(self, index: int, step: CallerStep) -> None:
        if step.clip:
            self._line = (step.clip, index)
            self._ledger.write("line_began", clip=step.clip, text=step.text, step=index)
            self._caller.mouthpiece.say(self._caller.clips[step.clip])
        self._keypad.type(step.press or "")
        if step.press_code:
            self._type_code()
        if step.hang_up:
            self._hung_up = True

    def _type_code(self) -> None:
        code = code_in(self._caller.latest_text())
        if not code:
            self._breach("no code", "the caller was to type a code and had got none by text")
        self._keypad.type(code)

    async def _press(self, digit: str | None) -> None:
        if digit is not None:
            self._ledger.write("pressed", digit=digit)
            await self._send(self._writer.dtmf(digit))

    def _end_line(self) -> None:
        if self._line is not None:
            clip, step = self._line
            self._ledger.write("line_ended", clip=clip, step=step)
            self._line = None

    def _fall_silent(self) -> None:
        """The stream is over: nobody says anything any more."""
        self._end_line()
        self._caller.mouthpiece.fall_silent()
        self._keypad.let_go()
        self._note(self._caller.agent.stop(), over=True)

    def _note(self, change: Turn | None, *, over: bool = False) -> None:
        heard_bytes = len(self._caller.heard_audio)
        if change is Turn.BEGAN:
            self._ledger.write("agent_began", heard_bytes=heard_bytes - TICK_MS * _BYTES_PER_MS)
        elif change is Turn.ENDED:
            # The end is where the last sound was, not where the silence became long enough.
            quiet_ms = self._caller.agent.quiet_ms if over else HANG_MS
            self._ledger.write("agent_ended", heard_bytes=heard_bytes - quiet_ms * _BYTES_PER_MS)

    # --- the server ---------------------------------------------------------------

    async def _listen(self) -> None:
        """Take the server's messages until the socket is closed."""
        async for message in self._socket:
            if message.type is WSMsgType.TEXT:
                await self._take(message.data)
            elif message.type is WSMsgType.BINARY:
                self._breach("31950", f"binary frame of {len(message.data)} bytes")

    async def _take(self, text: str) -> None:
        try:
            message = read(text, self._writer.stream_sid)
        except BadMessage as error:
            self._breach("31951", str(error))
            return
        match message:
            case Media():
                self._play(message)
            case Mark(name=name):
                if self._playout.add_mark(name):
                    await self._return_mark(name)
            case Clear():
                dropped, marks = self._playout.clear()
                heard_bytes = len(self._caller.heard_audio)
                self._ledger.write("cleared", dropped_bytes=dropped, heard_bytes=heard_bytes)
                for name in marks:
                    self._ledger.write("mark_cleared", name=name)
                    if not self._faults.keeps_marks:
                        await self._send(self._writer.mark(name))

    def _play(self, media: Media) -> None:
        self._ledger.write("media", audio_bytes=len(media.audio))
        if media.payload_chars > LARGEST_PAYLOAD_CHARS:
            self._breach("oversize", f"{media.payload_chars} characters of base64 (limit unconfirmed)")
        if discarded := self._playout.add_audio(media.audio):
            self._breach("31931", f"more than ten minutes queued: {discarded} bytes discarded")

    async def _return_mark(self, name: str) -> None:
        if self._faults.keeps_marks:
            return
        self._ledger.write("mark", name=name, heard_bytes=len(self._caller.heard_audio))
        await self._send(self._writer.mark(name))

    async def _send(self, message: str | bytes) -> None:
        # When the server has just gone, the listening task is about to say so.
        with contextlib.suppress(ConnectionError):
            if isinstance(message, bytes):
                await self._socket.send_bytes(message)
            else:
                await self._socket.send_str(message)

    def _breach(self, what: str, detail: str) -> None:
        self._ledger.write("breach", what=what, detail=detail)


async def _until(loop: asyncio.AbstractEventLoop, when: float, other: asyncio.Task[None]) -> None:
    """Sleep until the loop's time is `when`, or `other` is done. Always lets other tasks run."""
    waiter: asyncio.Future[None] = loop.create_future()

    def wake(_: object = None) -> None:
        if not waiter.done():
            waiter.set_result(None)

    timer = loop.call_at(when, wake)
    other.add_done_callback(wake)
    try:
        await waiter
    finally:
        timer.cancel()
        other.remove_done_callback(wake)
