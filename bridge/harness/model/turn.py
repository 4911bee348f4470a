"""One turn of the model stand-in (OpenAI: response), generated as the Realtime service does.

Audio comes in bursts several times faster than it plays, the words of it ahead of the audio,
and a turn may be cut at any moment. The order of events is that of recorded sessions.
Source: OpenAI, Realtime API; orderings in recorded sessions. Read next: model/session.py.
"""

import asyncio
import json
import random
import re
from typing import Any, Protocol

import msgspec

from bridge.harness.ledger import Ledger
from bridge.harness.model.audio import bytes_per_ms, from_mulaw
from bridge.harness.model.conversation import Conversation, Item, audio_tokens, text_tokens
from bridge.harness.model.faults import TurnFault
from bridge.harness.model.law import TurnLaw
from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.model.senses import Bank
from bridge.harness.model.settings import Settings
from bridge.harness.model.wire import Meter, new_id, no_usage, obfuscation, turn_body

SHORTEST_BURST_MS = 100
LONGEST_BURST_MS = 500
WORDS_AHEAD_MS = 1500  # how far the transcript runs ahead of the audio
ARGUMENTS_PIECE = 6  # characters of a tool call's arguments per delta
PIECE_S = 0.02  # between such pieces, at the pace of speech

_WORDS = re.compile(r"\s*(?:\w[\w'’-]*|[^\w\s]+)")


class Pace(msgspec.Struct, frozen=True):
    """How fast turns are generated."""

    thinking_s: float = 0.2  # before the first item
    speed: float = 5.0  # seconds of speech per second
    transcript_s: float = 1.2  # a transcript of the caller's words comes at most this late


class Stage(Protocol):
    """What a turn needs of its session."""

    settings: Settings
    conversation: Conversation
    conversation_id: str
    law: TurnLaw
    meter: Meter
    rng: random.Random
    bank: Bank
    ledger: Ledger
    pace: Pace
    voice_locked: bool

    def send(self, kind: str, **fields: Any) -> None: ...
    def send_audio(self, audio: bytes, **ids: Any) -> None: ...
    def turn_is_over(self, turn: "Turn") -> None: ...
    def broke(self, error: Exception) -> None: ...


class _Open(msgspec.Struct):
    """The item being generated."""

    index: int
    item: Item
    text: str = ""  # words or arguments so far
    audio_bytes: int = 0


class Turn:
    """Generates its parts one after another in a task of its own, until done or cut."""

    def __init__(
        self,
        stage: Stage,
        by: str,
        parts: list[Say | CallTool],
        params: dict[str, Any],
        fault: TurnFault | None = None,
    ) -> None:
        """`by`: "vad" or "client". `params`: of response.create. `fault`: what goes wrong with it."""
        self.id = new_id("resp", stage.rng)
        self.by = by
        self.over = False
        self._stage = stage
        self._parts = parts
        self._fault = fault
        self._settings = stage.settings  # a change during a turn applies to the next one
        self._params = params
        self._body = turn_body(self.id, stage.conversation_id, self._settings, params, "in_progress")
        self._spoken = self._body["output_modalities"] == ["audio"] and fault is None
        self._open: _Open | None = None
        self._output: list[Item] = []
        self._made_text = 0
        self._made_audio = 0
        self._history = stage.conversation.tokens()
        stage.ledger.write("turn_started", turn_id=self.id, by=by)
        stage.law.turn_started()
        stage.send("response.created", response=self._body)
        self.task = asyncio.create_task(self._run(), name=f"turn {self.id}")

    def cut(self, reason: str) -> None:
        """Stop at once: `reason` is "turn_detected" or "client_cancelled"."""
        self.task.cancel()
        if self._open is not None:
            self._close("incomplete")
        self._end("cancelled", {"type": "cancelled", "reason": reason})

    async def _run(self) -> None:
        try:
            await asyncio.sleep(self._stage.pace.thinking_s)
            if self._fault is not None and self._fault.code:
                self._fail(self._fault)
                return
            for index, part in enumerate(self._parts):
                match part:
                    case Say(text=text) if self._spoken:
                        await self._speak(index, text)
                    case Say(text=text):
                        await self._write(index, text)
                    case CallTool(name=name, arguments=arguments):
                        await self._call(index, name, json.dumps(arguments))
            self._end("completed", None)
        except Exception as error:  # a bug of the harness must be seen, not only logged
            self._stage.broke(error)

    # --- items --------------------------------------------------------------------

    async def _speak(self, index: int, text: str) -> None:
        audio_format = self._body["audio"]["output"]["format"]
        audio = from_mulaw(audio_format, self._stage.bank.speak(text))
        per_ms = bytes_per_ms(audio_format)
        words = _WORDS.findall(text)
        now = self._add(index, {"type": "message", "role": "assistant", "content": []})
        ids = self._ids(now)
        self._stage.send("response.content_part.added", **ids, part={"type": "audio", "transcript": ""})
        self._stage.voice_locked = True
        said = 0
        while now.audio_bytes < len(audio):
            burst_ms = self._stage.rng.randrange(SHORTEST_BURST_MS, LONGEST_BURST_MS + 1, 20)
            burst = audio[now.audio_bytes : now.audio_bytes + burst_ms * per_ms]
            ahead = now.audio_bytes + len(burst) + WORDS_AHEAD_MS * per_ms
            while said < len(words) and said * len(audio) < ahead * len(words):
                self._words("response.output_audio_transcript.delta", now, words[said])
                said += 1
            self._stage.send_audio(burst, **ids)
            now.audio_bytes += len(burst)
            now.item.audio_ms = now.audio_bytes / per_ms
            if now.audio_bytes < len(audio):
                await asyncio.sleep(len(burst) / per_ms / 1000 / self._stage.pace.speed)
        for word in words[said:]:
            self._words("response.output_audio_transcript.delta", now, word)
        self._close("completed")

    async def _write(self, index: int, text: str) -> None:
        now = self._add(index, {"type": "message", "role": "assistant", "content": []})
        self._stage.send("response.content_part.added", **self._ids(now), part={"type": "text", "text": ""})
        for word in _WORDS.findall(text):
            self._words("response.output_text.delta", now, word)
            await asyncio.sleep(PIECE_S / self._stage.pace.speed)
        self._close("completed")

    async def _call(self, index: int, name: str, arguments: str) -> None:
        call_id = new_id("call", self._stage.rng)
        now = self._add(index, {"type": "function_call", "name": name, "call_id": call_id, "arguments": ""})
        for at in range(0, len(arguments), ARGUMENTS_PIECE):
            piece = arguments[at : at + ARGUMENTS_PIECE]
            now.text += piece
            self._stage.send(
                "response.function_call_arguments.delta",
                **self._call_ids(now),
                delta=piece,
                obfuscation=obfuscation(self._stage.rng),
            )
            await asyncio.sleep(PIECE_S / self._stage.pace.speed)
        self._close("completed")

    def _words(self, kind: str, now: _Open, word: str) -> None:
        now.text += word
        self._stage.send(kind, **self._ids(now), delta=word, obfuscation=obfuscation(self._stage.rng))

    def _add(self, index: int, body: dict[str, Any]) -> _Open:
        item = Item(body={"id": new_id("item", self._stage.rng), "status": "in_progress", **body})
        previous = self._stage.conversation.add(item)
        self._open = _Open(index, item)
        self._output.append(item)
        self._stage.send(
            "response.output_item.added", response_id=self.id, output_index=index, item=item.body
        )
        self._stage.send("conversation.item.added", previous_item_id=previous, item=item.body)
        return self._open

    def _close(self, status: str) -> None:
        """End the open item; `status` is "completed" or "incomplete"."""
        now = self._open
        if now is None:
            raise RuntimeError("no item is open")
        self._open = None
        body = now.item.body
        body["status"] = status
        if body["type"] == "function_call":
            self._close_call(now)
        elif self._spoken:
            self._close_speech(now)
        else:
            self._stage.send("response.output_text.done", **self._ids(now), text=now.text)
            part = {"type": "text", "text": now.text}
            self._stage.send("response.content_part.done", **self._ids(now), part=part)
            body["content"] = [{"type": "output_text", "text": now.text}]
        self._made_text += text_tokens(now.text)
        if status == "completed":  # what was cut is not reported to the conversation as done
            previous = self._stage.conversation.previous_of(now.item.id)
            self._stage.send("conversation.item.done", previous_item_id=previous, item=body)
        self._stage.send("response.output_item.done", response_id=self.id, output_index=now.index, item=body)

    def _close_speech(self, now: _Open) -> None:
        self._stage.send("response.output_audio.done", **self._ids(now))
        self._stage.send("response.output_audio_transcript.done", **self._ids(now), transcript=now.text)
        part = {"type": "audio", "transcript": now.text}
        self._stage.send("response.content_part.done", **self._ids(now), part=part)
        now.item.body["content"] = [{"type": "output_audio", "transcript": now.text}]
        self._made_audio += audio_tokens(now.item.audio_ms, spoken_by_model=True)
        self._stage.ledger.write(
            "said", turn_id=self.id, item_id=now.item.id, text=now.text, audio_bytes=now.audio_bytes
        )

    def _close_call(self, now: _Open) -> None:
        body = now.item.body
        body["arguments"] = now.text
        if body["status"] != "completed":
            return  # a fragment: nobody may answer it
        # Known before it is told: a quick client answers as soon as it has the arguments.
        self._stage.conversation.asked(body["call_id"], body["name"], now.item.id)
        self._stage.law.tool_asked(self.id, body["call_id"])
        self._stage.ledger.write(
            "tool_asked", call_id=body["call_id"], name=body["name"], arguments=json.loads(now.text)
        )
        self._stage.send(
            "response.function_call_arguments.done",
            **self._call_ids(now),
            name=body["name"],
            arguments=now.text,
        )

    # --- the end ------------------------------------------------------------------

    def _fail(self, fault: TurnFault) -> None:
        error = {"type": fault.code, "code": fault.code, "message": fault.message}
        self._end("failed", {"type": "failed", "error": error})

    def _end(self, status: str, details: dict[str, Any] | None) -> None:
        self.over = True
        made = (self._made_text, self._made_audio)
        usage = (
            no_usage() if status == "failed" else self._stage.meter.usage(self._settings, self._history, made)
        )
        output = [item.body for item in self._output]
        done = {**self._body, "status": status, "status_details": details, "output": output, "usage": usage}
        self._stage.ledger.write("turn_ended", turn_id=self.id, status=status)
        heard_of = status == "completed" and bool(output) and self._fault is None
        self._stage.law.turn_ended(made_something=heard_of)
        self._stage.send("response.done", response=done)
        limit = {"name": "tokens", "limit": 40_000, "remaining": 40_000 - usage["total_tokens"] % 40_000}
        self._stage.send("rate_limits.updated", rate_limits=[{**limit, "reset_seconds": 0.5}])
        self._stage.turn_is_over(self)

    def _ids(self, now: _Open) -> dict[str, Any]:
        return {
            "response_id": self.id,
            "item_id": now.item.id,
            "output_index": now.index,
            "content_index": 0,
        }

    def _call_ids(self, now: _Open) -> dict[str, Any]:
        return {
            "response_id": self.id,
            "item_id": now.item.id,
            "output_index": now.index,
            "call_id": now.item.body["call_id"],
        }
