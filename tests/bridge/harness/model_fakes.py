"""Small ears, voice and mind for testing the model stand-in, and a client without any codec."""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from bridge.harness.hearing import Began, Ended
from bridge.harness.ledger import Ledger
from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.model.standin import ModelStandin
from bridge.harness.model.turn import Pace
from bridge.harness.recording import CallerLine
from bridge.harness.telephone.stretches import is_audible

FRAME = 160  # bytes
QUIET = b"\xff"
LOUD = b"\x00"
INSTANT = Pace(thinking_s=0, speed=1000, transcript_s=0)
STUCK = Pace(thinking_s=0, speed=0.0001)  # generates one piece and then waits for a cut
PCMU = {"type": "audio/pcmu"}
LISTENING = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,
    "create_response": True,
    "interrupt_response": True,
}
HELLO = CallerLine(clip="hello", text="Hello there.")


class Match(msgspec.Struct, frozen=True):
    """What the recogniser made of an utterance."""

    clip: str | None
    score: float


class EnergyEar:
    """Hears whatever is louder than the noise of the line, in frames of 20 ms."""

    def __init__(self) -> None:
        self.silence_ms: float = 500
        self.threshold = 0.5
        self._waiting = b""
        self._frames = 0
        self._loud = 0
        self._quiet = 0
        self._start_ms: float | None = None

    def feed(self, mulaw: bytes) -> list[Began | Ended]:
        self._waiting += mulaw
        heard: list[Began | Ended] = []
        while len(self._waiting) >= FRAME:
            frame, self._waiting = self._waiting[:FRAME], self._waiting[FRAME:]
            self._frames += 1
            if is_audible(frame):
                self._loud, self._quiet = self._loud + 1, 0
            else:
                self._loud, self._quiet = 0, self._quiet + 1
            now_ms = self._frames * 20
            if self._start_ms is None and self._loud >= 3:
                self._start_ms = now_ms - 60
                heard.append(Began(self._start_ms))
            elif self._start_ms is not None and self._quiet * 20 >= self.silence_ms:
                heard.append(Ended(self._start_ms, now_ms - self._quiet * 20))
                self._start_ms = None
        return heard


class LoudnessRecogniser:
    """Anything loud is the clip "hello" and nothing else is a clip."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def recognise(self, mulaw: bytes) -> Match:
        self.taken.append(mulaw)
        return Match("hello", 0.9) if LOUD in mulaw else Match(None, 0.1)


class Beeper:
    """Speaks 50 ms for each letter."""

    letter_bytes = 400

    def speak(self, text: str) -> bytes:
        return bytes(itertools.islice(itertools.cycle(range(100)), len(text) * self.letter_bytes))


class Script:
    """A policy that says its lines and keeps what it is told."""

    def __init__(self, turns: list[list[Say | CallTool]]) -> None:
        self.turns = turns
        self.told: list[tuple[str, Any]] = []
        self.instructions: list[tuple[str, frozenset[str]]] = []

    def instructed(self, instructions: str, tools: frozenset[str]) -> None:
        self.instructions.append((instructions, tools))

    def heard(self, line: CallerLine | None) -> None:
        self.told.append(("heard", line))

    def noted(self, role: str, text: str) -> None:
        self.told.append(("noted", (role, text)))

    def tool_answered(self, name: str, output: dict[str, Any]) -> None:
        self.told.append(("tool_answered", (name, output)))

    def next_turn(self, tools_allowed: bool) -> list[Say | CallTool]:
        self.told.append(("next_turn", tools_allowed))
        return self.turns.pop(0) if self.turns else []


class RawClient:
    """Speaks the protocol by hand and keeps every event."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket
        self.events: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self._number = 0

    async def send(self, kind: str, **fields: Any) -> str:
        """Send an event; its event_id."""
        self._number += 1
        event_id = f"client_{self._number}"
        event = {"type": kind, "event_id": event_id, **fields}
        self.sent.append(event)
        await self.websocket.send(json.dumps(event))
        return event_id

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            event: dict[str, Any] = json.loads(await self.websocket.recv())
        self.events.append(event)
        return event

    async def until(self, kind: str) -> dict[str, Any]:
        """The next event of this type; whatever comes before is kept."""
        while True:
            event = await self.next()
            if event["type"] == kind:
                return event

    async def fault(self) -> dict[str, Any]:
        """The `error` of the next error event."""
        error: dict[str, Any] = (await self.until("error"))["error"]
        return error

    async def configure(self, **more: Any) -> dict[str, Any]:
        """Set the session up for a telephone; session.updated."""
        audio = {
            "input": {"format": PCMU, "turn_detection": LISTENING},
            "output": {"format": PCMU},
        }
        await self.send("session.update", session={"type": "realtime", "audio": audio, **more})
        return await self.until("session.updated")

    async def append(self, audio: bytes, size: int = FRAME) -> None:
        """Send audio in pieces of `size` bytes."""
        for at in range(0, len(audio), size):
            piece = base64.b64encode(audio[at : at + size]).decode()
            await self.websocket.send(json.dumps({"type": "input_audio_buffer.append", "audio": piece}))

    async def speak(self, ms: int = 400) -> None:
        """Say something and fall silent for long enough."""
        await self.append(LOUD * (ms * 8) + QUIET * (300 * 8))

    async def note(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await self.send("conversation.item.create", item=item)

    async def answer(self, call_id: str, **output: Any) -> str:
        item = {"type": "function_call_output", "call_id": call_id, "output": json.dumps(output)}
        return await self.send("conversation.item.create", item=item)

    def kinds(self) -> list[str]:
        """Types of all events, runs of the same one folded into one."""
        return [kind for kind, _ in itertools.groupby(event["type"] for event in self.events)]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]


class Stage:
    """A running stand-in with all that a test may ask about it."""

    def __init__(self, turns: list[list[Say | CallTool]], pace: Pace) -> None:
        self.policy = Script(turns)
        self.recogniser = LoudnessRecogniser()
        self.ledger = Ledger("model", asyncio.get_running_loop().time)
        self.standin = ModelStandin(
            policy_factory=lambda: self.policy,
            ear_factory=EnergyEar,
            recogniser=self.recogniser,
            bank=Beeper(),
            ledger=self.ledger,
            seed=7,
            lines={"hello": HELLO},
            pace=pace,
        )

    def breaches(self) -> list[str]:
        return [entry.data["what"] for entry in self.ledger.breaches()]

    @asynccontextmanager
    async def client(
        self,
        query: str = "?model=gpt-realtime-2.1",
        path: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> AsyncIterator[RawClient]:
        url = self.standin.url if path is None else self.standin.url.replace("/v1/realtime", path)
        headers = {"Authorization": "Bearer key"} if headers is None else headers
        async with connect(
            url + query, additional_headers=headers, compression=None, proxy=None
        ) as websocket:
            yield RawClient(websocket)


@asynccontextmanager
async def stage_with(*turns: list[Say | CallTool], pace: Pace = INSTANT) -> AsyncIterator[Stage]:
    """A stand-in whose policy says these turns, one after another."""
    stage = Stage(list(turns), pace)
    async with stage.standin:
        yield stage


@asynccontextmanager
async def talk(
    *turns: list[Say | CallTool], pace: Pace = INSTANT, configured: bool = True, **session: Any
) -> AsyncIterator[tuple[RawClient, Stage]]:
    """A stand-in and a client of it, set up for a telephone."""
    async with stage_with(*turns, pace=pace) as stage, stage.client() as client:
        await client.until("session.created")
        if configured:
            await client.configure(**session)
        yield client, stage
