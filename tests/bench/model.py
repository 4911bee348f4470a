"""The bursting Realtime service: one session per socket, a conversation that never ends.

It speaks the protocol as the harness's stand-in does and checks none of it. Which call a session belongs to
it learns from the first frame. A turn's audio comes five times faster than it plays; half of the turns are
spoken over by the caller, the others heard to the end. Read `wire.py` for what is sent.
"""

import asyncio
import contextlib
import json
import random
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from tests.bench import wire
from tests.bench.line import Line
from tests.bench.samples import now
from tests.bench.stamp import BYTES_PER_MS, CALLER, MODEL, STAMP_CHARS, read_stamp, rest, stamp

PIECE_MS = 200  # of audio in a delta
SPEED = 5  # seconds of speech per second
GREETING_MS = 2000
TURN_MS = 3000
ANSWER_MS = 1000  # a turn that the server asks for, after a tool
CALLER_S = 1.0  # how long the caller speaks
THINKING_S = 0.4
TOOL = "check_availability"
_BYTES = PIECE_MS * BYTES_PER_MS
_REST = rest(_BYTES)
_APPEND = b"input_audio_buffer.append"
_AUDIO = b'"audio":"'


class Mood:
    """What all sessions of the model do beside talking; changed while they talk."""

    def __init__(self) -> None:
        self.tools = 0  # each session's next turns, so many of them, end with a tool call; no answer does


class ModelSession(WSListener):
    """One session."""

    def __init__(self, number: int, lines: Callable[[int], Line | None], mood: Mood) -> None:
        self._number = number
        self._lines = lines
        self._mood = mood
        self._dice = random.Random(number)
        self._line: Line | None = None
        self._linked = asyncio.Event()
        self._asked: list[dict[str, str] | None] = []  # turns that the server asks for, and we owe
        self._asking = asyncio.Event()
        self._turns = 0
        self._tools = 0
        self._speaking: str | None = None  # the turn's id
        self._cut = False
        self._is_configured = False
        self._transport: WSTransport | None = None
        self._talking: asyncio.Task[None] | None = None

    # --- the socket -----------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._say(wire.session("session.created", self._name, {"type": "audio/pcm", "rate": 24000}))
        self._talking = asyncio.get_running_loop().create_task(self._talk())

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transport = None
        if self._talking is not None:
            self._talking.cancel()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        at = now()
        if frame.msg_type is WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        if frame.msg_type is not WSMsgType.TEXT:
            return
        text = frame.get_payload_as_bytes()
        if text.find(_APPEND, 0, 64) >= 0:
            begin = text.index(_AUDIO) + len(_AUDIO)
            found = read_stamp(text[begin : begin + STAMP_CHARS])
            if found is not None and found[0] == CALLER:
                self._frame(found[1], found[3], at)
            return
        self._told(json.loads(text))

    @property
    def _name(self) -> str:
        return f"sess_{self._number}"

    def _frame(self, call: int, number: int, at: float) -> None:
        if self._line is None:
            self._line = self._lines(call)
            if self._line is None:
                return
            self._linked.set()
        self._line.frame_arrived(number, at)

    def _told(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "session.update":
                self._say(wire.session("session.updated", self._name, wire.PCMU))
                self._is_configured = True
            case "response.create":
                self._asked_for_turn(message)
            case "response.cancel":
                self._cut = True
            case "conversation.item.truncate":
                self._truncated(message["item_id"], message["audio_end_ms"])
            case "conversation.item.delete":
                self._truncated(message["item_id"], 0)
            case "conversation.item.create":
                item = {**message["item"], "status": "completed"}
                self._say(wire.event("conversation.item.added", previous_item_id=None, item=item))
                self._say(wire.event("conversation.item.done", previous_item_id=None, item=item))

    def _asked_for_turn(self, message: dict[str, Any]) -> None:
        if self._speaking is None:
            self._asked.append(message.get("response", {}).get("metadata"))
            self._asking.set()
            return
        code = "conversation_already_has_active_response"
        fault = {"type": "invalid_request_error", "code": code, "message": code, "param": None}
        self._say(wire.event("error", error={**fault, "event_id": message.get("event_id")}))

    def _truncated(self, item_id: str, heard_ms: float) -> None:
        kind, _, turn = item_id.rpartition("_")
        if self._line is not None and kind == "item_said":
            self._line.truncated(int(turn), heard_ms)

    # --- the conversation -----------------------------------------------------------

    async def _talk(self) -> None:
        await self._asking.wait()  # for the greeting
        await self._linked.wait()
        assert self._line is not None
        await self._speak(self._line, GREETING_MS, wire.GREETING, self._take_asked())
        over = False
        while True:
            if not over:
                await self._heard_out(self._line)
                await self._pause(self._dice.uniform(0.2, 0.8))
            await self._caller_speaks(self._line, over=over)
            cut_after_s = self._dice.uniform(0.4, 2.2) if self._dice.random() < 0.5 else None
            over = await self._turn(self._line, cut_after_s)

    async def _turn(self, line: Line, cut_after_s: float | None) -> bool:
        """Speak; true when the caller begins to speak meanwhile, before all of it was heard."""
        asked = self._take_asked()
        if cut_after_s is None:
            await self._speak(line, TURN_MS, wire.WORDS, asked)
            return False
        speaking = asyncio.create_task(self._speak(line, TURN_MS, wire.WORDS, asked))
        try:
            await asyncio.sleep(cut_after_s)
            if line.unplayed_ms < PIECE_MS:  # a server that is far behind: nothing to interrupt yet
                await speaking
                return False
            self._interrupt(line)
            await speaking
        finally:
            speaking.cancel()
        return True

    def _interrupt(self, line: Line) -> None:
        self._cut = self._speaking is not None
        self._caller_began(line, over=True)

    async def _caller_speaks(self, line: Line, *, over: bool) -> None:
        """To the end of what they say. `over`: they have begun already, over the agent's turn."""
        if not over:
            self._caller_began(line, over=False)
        await asyncio.sleep(CALLER_S)
        line.caller_finished()
        item_id = f"item_heard_{self._turns}"
        kind = "input_audio_buffer"
        self._say(wire.event(f"{kind}.speech_stopped", audio_end_ms=2000, item_id=item_id))
        self._say(wire.event(f"{kind}.committed", previous_item_id=None, item_id=item_id))
        item = wire.message(item_id, "user", "completed")
        self._say(wire.event("conversation.item.added", previous_item_id=None, item=item))
        await asyncio.sleep(THINKING_S)
        kind = "conversation.item.input_audio_transcription.completed"
        self._say(wire.event(kind, item_id=item_id, content_index=0, transcript="The morning, please."))

    def _caller_began(self, line: Line, *, over: bool) -> None:
        line.caller_began(now(), over=over)
        kind = "input_audio_buffer.speech_started"
        self._say(wire.event(kind, audio_start_ms=1000, item_id=f"item_heard_{self._turns}"))

    async def _heard_out(self, line: Line) -> None:
        while (left_ms := line.unplayed_ms) > 0:
            await self._pause(max(0.02, left_ms / 1000))

    async def _pause(self, seconds: float) -> None:
        """Wait; a turn that the server asks for meanwhile is spoken."""
        until = now() + seconds
        while (left_s := until - now()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._asking.wait()
            if self._asked and self._line is not None:
                await self._speak(self._line, ANSWER_MS, wire.WORDS, self._take_asked())

    def _take_asked(self) -> dict[str, str] | None:
        self._asking.clear()
        return self._asked.pop(0) if self._asked else None

    # --- a turn ---------------------------------------------------------------------

    async def _speak(
        self, line: Line, length_ms: int, said: list[str], metadata: dict[str, str] | None
    ) -> None:
        self._turns += 1
        turn, self._cut = self._turns, False
        turn_id, item_id = f"resp_{turn}", f"item_said_{turn}"
        ids = {"response_id": turn_id, "item_id": item_id, "output_index": 0, "content_index": 0}
        self._speaking = turn_id
        self._say(wire.response("response.created", turn_id, "in_progress", metadata))
        item = wire.message(item_id, "assistant", "in_progress")
        self._say(wire.event("response.output_item.added", response_id=turn_id, output_index=0, item=item))
        self._say(wire.event("conversation.item.added", previous_item_id=None, item=item))
        self._say(wire.event("response.content_part.added", **ids, part={"type": "audio", "transcript": ""}))
        pieces = length_ms // PIECE_MS
        began, told = now(), 0
        for number in range(pieces):
            words_due = -(-len(said) * (number + 1) // pieces)
            for word in said[told:words_due]:
                self._send(wire.words(turn_id, item_id, f"{word} "))
            told = words_due
            at = now()
            label = stamp(MODEL, line.number, turn, line.piece_sent(turn, _BYTES, at))
            self._send(wire.audio(turn_id, item_id, label + _REST))
            await asyncio.sleep(max(0.0, began + (number + 1) * PIECE_MS / 1000 / SPEED - now()))
            if self._cut:
                break
        status = "incomplete" if self._cut else "completed"
        self._say(wire.event("response.output_audio.done", **ids))
        self._say(wire.event("response.output_audio_transcript.done", **ids, transcript=" ".join(said)))
        item = wire.message(item_id, "assistant", status)
        if not self._cut:
            self._say(wire.event("conversation.item.done", previous_item_id=None, item=item))
        self._say(wire.event("response.output_item.done", response_id=turn_id, output_index=0, item=item))
        answers = length_ms == ANSWER_MS  # to a tool's; with another tool after it there would be no end
        if self._tools < self._mood.tools and not self._cut and not answers:
            self._tools += 1
            self._use_tool(turn, turn_id)
        ended = "cancelled" if self._cut else "completed"
        details = {"type": "cancelled", "reason": "turn_detected"} if self._cut else None
        self._say(
            wire.response("response.done", turn_id, ended, metadata, usage=wire.USAGE, status_details=details)
        )
        self._speaking = None

    def _use_tool(self, turn: int, turn_id: str) -> None:
        # Far enough ahead that nothing prefetched will do.
        day = datetime.now(UTC).date() + timedelta(days=59)
        arguments = {"service": "cleaning", "from_date": f"{day}", "to_date": f"{day}"}
        item = wire.tool_call(f"item_tool_{turn}", f"call_{turn}", TOOL, arguments, "completed")
        self._say(wire.event("conversation.item.done", previous_item_id=None, item=item))
        self._say(wire.event("response.output_item.done", response_id=turn_id, output_index=1, item=item))

    def _say(self, text: str) -> None:
        self._send(text.encode())

    def _send(self, text: bytes) -> None:
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, text)


class Model:
    """The service. `await start(...)`, then `url`."""

    def __init__(self, lines: Callable[[int], Line | None]) -> None:
        self.mood = Mood()
        self._lines = lines
        self._sessions = 0
        self._servers: list[asyncio.Server] = []

    async def start(self, tls: ssl.SSLContext | None = None) -> str:
        """Listen on a free port; the address, without the model."""
        server = await ws_create_server(self._open, "127.0.0.1", 0, ssl=tls)
        self._servers.append(server)
        scheme = "ws" if tls is None else "wss"
        return f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/realtime"

    def _open(self, _: WSUpgradeRequest) -> WSListener:
        self._sessions += 1
        return ModelSession(self._sessions, self._lines, self.mood)

    def stop(self) -> None:
        for server in self._servers:
            server.close()
