"""One session of the model stand-in: what it does with each client event, and when it speaks.

Everything is sent through one queue, so events leave in the order in which they were decided.
A turn starts only when the ear has taken in an utterance or the client asks for one.
Source: OpenAI, Realtime API (GA). Read next: model/turn.py; model.py opens the socket.
"""

import asyncio
import base64
import binascii
import json
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import msgspec
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from bridge.harness import sound
from bridge.harness.ledger import Ledger
from bridge.harness.model import rules
from bridge.harness.model.conversation import Conversation, Item
from bridge.harness.model.faults import ModelFaults
from bridge.harness.model.law import TurnLaw
from bridge.harness.model.listening import Listening, Speaking, Utterance
from bridge.harness.model.outbox import Outbox, Tape
from bridge.harness.model.policy_types import CallTool, Policy
from bridge.harness.model.senses import Bank, Ear, Recogniser
from bridge.harness.model.settings import first_settings, updated_settings
from bridge.harness.model.shapes import Fault
from bridge.harness.model.turn import Pace, Turn
from bridge.harness.model.wire import Meter, new_id, obfuscation
from bridge.harness.recording import CallerLine

SESSION_S = 3600  # OpenAI ends a session after an hour


class Company(msgspec.Struct, frozen=True):
    """What all sessions of a stand-in share."""

    policy_factory: Callable[[], Policy]
    ear_factory: Callable[[], Ear]
    recogniser: Recogniser
    bank: Bank
    ledger: Ledger
    lines: Mapping[str, CallerLine]
    pace: Pace
    tape: Tape
    faults: ModelFaults


class ModelSession:
    """A connected client and the conversation with it."""

    def __init__(
        self, websocket: ServerConnection, company: Company, model: str, seed: str, unix_time: int
    ) -> None:
        self.rng = random.Random(seed)
        self.settings = first_settings(new_id("sess", self.rng), model, unix_time + SESSION_S)
        self.conversation = Conversation()
        self.conversation_id = new_id("conv", self.rng)
        self.law = TurnLaw()
        self.meter = Meter()
        self.bank = company.bank
        self.ledger = company.ledger
        self.pace = company.pace
        self.voice_locked = False
        self._websocket = websocket
        self._company = company
        self._name = seed  # in the ledger
        self._policy = company.policy_factory()
        self._listening = Listening(company.ear_factory, lambda: new_id("item", self.rng))
        self._listening.configure(self.settings)
        self._configured = False
        self._turn: Turn | None = None
        self._turn_ids: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._outbox = Outbox(websocket, self.rng, company.tape)

    async def run(self) -> None:
        """Serve the client until the socket closes. Leaves no task behind."""
        self._start(self._outbox.write())
        faults = self._company.faults
        faults.sessions.append(self)
        if faults.take_mute():
            self.stall()
        self.send("session.created", session=self.settings)
        try:
            while True:
                self._receive(await self._websocket.recv())
        except ConnectionClosed:
            pass
        finally:
            faults.sessions.remove(self)
            if self._turn is not None:
                self._tasks.add(self._turn.task)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- sending ------------------------------------------------------------------

    def send(self, kind: str, **fields: Any) -> None:
        self._outbox.put(kind, fields)

    def send_audio(self, audio: bytes, **ids: Any) -> None:
        self._outbox.put_audio(audio, ids)

    def _answer_fault(self, fault: Fault, event_id: str | None) -> None:
        error = {
            "type": "invalid_request_error",
            "code": fault.code,
            "message": fault.message,
            "param": fault.param,
            "event_id": event_id,
        }
        self.send("error", error=error)
        self.ledger.write("fault_sent", code=fault.code, param=fault.param, about=event_id)
        if fault.breach:
            self.ledger.write("breach", what=fault.code, detail=fault.message)

    def broke(self, error: Exception) -> None:
        """The harness itself is at fault: that fails the run too, and is told where it is looked for."""
        self.ledger.write("breach", what="the model stand-in broke", detail=repr(error))
        self._start(self._websocket.close(1011, "the stand-in broke"))

    # --- faults: see faults.py ------------------------------------------------------

    def stall(self) -> None:
        self._outbox.stalled = True
        self.ledger.write("stalled", session=self._name)
        if self._turn is not None:
            self._turn.task.cancel()

    def leave(self, code: int, reason: str) -> None:
        self._start(self._websocket.close(code, reason))

    def vanish(self) -> None:
        self._websocket.transport.abort()

    def babble(self, messages: Sequence[str | bytes]) -> None:
        async def send() -> None:
            for message in messages:
                await self._websocket.send(message)

        self._start(send())

    def complain(self, code: str, message: str) -> None:
        self._answer_fault(Fault(code, message, breach=False), None)

    # --- receiving ----------------------------------------------------------------

    def _receive(self, message: str | bytes) -> None:
        try:
            event = rules.client_event(message)
            if self._outbox.stalled:
                return  # whoever says nothing any more does nothing either
            self._handle(event)
        except Fault as fault:
            self._answer_fault(fault, rules.event_id_of(message))
        except Exception as error:  # whatever a policy or a bank does wrong
            self.broke(error)

    def _handle(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "input_audio_buffer.append":
                self._append(event["audio"])
            case "session.update":
                self._update(event["session"])
            case "response.create":
                self._create(event.get("response", {}))
            case "response.cancel":
                self._cancel(event.get("response_id"))
            case "conversation.item.create":
                self._create_item(event["item"], event.get("previous_item_id"))
            case "conversation.item.truncate":
                self._truncate(event["item_id"], event["audio_end_ms"])
            case "conversation.item.delete":
                self.conversation.delete(event["item_id"])
                self.ledger.write("deleted", item_id=event["item_id"])
                self.send("conversation.item.deleted", item_id=event["item_id"])
            case "conversation.item.retrieve":
                item = self.conversation.get(event["item_id"], "retrieve")
                self.send("conversation.item.retrieved", item=item.body)
            case "input_audio_buffer.clear":
                self._listening.clear()
                self.send("input_audio_buffer.cleared")
            case "input_audio_buffer.commit":
                self._commit(new_id("item", self.rng), self._listening.commit())

    def _update(self, patch: dict[str, Any]) -> None:
        self.settings = updated_settings(self.settings, patch, has_spoken=self.voice_locked)
        tools = frozenset(str(tool["name"]) for tool in self.settings["tools"])
        self._policy.instructed(self.settings["instructions"], tools)
        if not self._configured:
            received_bytes = len(self._company.tape.received_audio)
            self.ledger.write("listens", received_bytes=received_bytes, session=self._name)
        self._configured = True
        self._listening.configure(self.settings)
        self.ledger.write("configured", session=self.settings)
        self.send("session.updated", session=self.settings)

    # --- the caller's voice -------------------------------------------------------

    def _append(self, audio_b64: str) -> None:
        try:
            audio = base64.b64decode(audio_b64, validate=True)
        except binascii.Error:
            raise Fault("invalid_value", "Invalid 'audio'. Expected base64-encoded audio.", "audio") from None
        tape = self._company.tape
        if self._configured:
            tape.received_audio += audio
        else:
            if not tape.early_bytes:
                detail = "audio before the first session.updated is read as PCM at 24 kHz"
                self.ledger.write("breach", what="append before session.updated", detail=detail)
            tape.early_bytes += len(audio)
        for noticed in self._listening.append(audio):
            match noticed:
                case Speaking():
                    self._caller_began(noticed)
                case Utterance():
                    self._caller_finished(noticed)

    def _caller_began(self, speaking: Speaking) -> None:
        start_ms = speaking.audio_start_ms
        self.ledger.write("speech_started", item_id=speaking.item_id, audio_start_ms=start_ms)
        self.send("input_audio_buffer.speech_started", audio_start_ms=start_ms, item_id=speaking.item_id)
        if self._turn is not None and self._detection()["interrupt_response"]:
            self._turn.cut("turn_detected")

    def _caller_finished(self, utterance: Utterance) -> None:
        end_ms = utterance.audio_end_ms
        self.ledger.write("speech_stopped", item_id=utterance.item_id, audio_end_ms=end_ms)
        self.send("input_audio_buffer.speech_stopped", audio_end_ms=end_ms, item_id=utterance.item_id)
        self._commit(utterance.item_id, utterance.mulaw)
        if not self._detection()["create_response"]:
            return
        try:
            self._begin_turn("vad", {})
        except Fault as busy:  # a turn that may not be interrupted: nobody asked, so about no event
            self._answer_fault(busy, None)

    def _commit(self, item_id: str, mulaw: bytes) -> None:
        """The caller's words become part of the conversation, and are understood."""
        body = {
            "id": item_id,
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        self.send(
            "input_audio_buffer.committed",
            previous_item_id=self.conversation.last_id(),
            item_id=item_id,
        )
        self._add(Item(body=body, audio_ms=sound.length_ms(mulaw)), None)
        self.law.words_came()
        recognised = self._company.recogniser.recognise(mulaw)
        line = None if recognised.clip is None else self._company.lines.get(recognised.clip)
        text = "" if line is None else line.text
        self.ledger.write("heard", item_id=item_id, clip=recognised.clip, score=recognised.score, text=text)
        self._policy.heard(line)
        if self.settings["audio"]["input"]["transcription"] is not None:
            self._start(self._transcribe(item_id, text, sound.length_ms(mulaw) / 1000))

    async def _transcribe(self, item_id: str, text: str, seconds: float) -> None:
        kind = "conversation.item.input_audio_transcription"
        half_s = self.rng.uniform(0.1, 0.5) * self.pace.transcript_s
        words = text.split(" ") if text else []
        await asyncio.sleep(half_s)
        for number, word in enumerate(words):
            delta = word if number == 0 else f" {word}"
            padding = obfuscation(self.rng)
            self.send(f"{kind}.delta", item_id=item_id, content_index=0, delta=delta, obfuscation=padding)
        await asyncio.sleep(half_s)
        usage = {"type": "duration", "seconds": round(seconds)}
        self.send(f"{kind}.completed", item_id=item_id, content_index=0, transcript=text, usage=usage)

    def _detection(self) -> dict[str, Any]:
        detection: dict[str, Any] = self.settings["audio"]["input"]["turn_detection"]
        return detection

    # --- turns --------------------------------------------------------------------

    def _create(self, params: dict[str, Any]) -> None:
        if self._turn is None and not params.keys() & {"input", "instructions"}:
            breach = self.law.breach_of_asking()
            if breach is not None:
                self.ledger.write("breach", what="response.create", detail=breach)
        self._begin_turn("client", params)

    def _begin_turn(self, by: str, params: dict[str, Any]) -> None:
        running = self._turn
        if running is not None:
            raise Fault(
                "conversation_already_has_active_response",
                f"Conversation already has an active response in progress: {running.id}.",
                # The ear may begin a turn between a client's check and its request. Only a
                # client that asked for the running one as well has itself to blame.
                breach=by == running.by == "client",
            )
        tools_allowed = params.get("tool_choice", self.settings["tool_choice"]) != "none"
        fault = self._company.faults.take_turn()
        parts = [] if fault and fault.code else self._policy.next_turn(tools_allowed)
        if not tools_allowed and any(isinstance(part, CallTool) for part in parts):
            raise RuntimeError("the policy calls a tool in a turn without tools")
        self._turn = Turn(self, by, parts, params, fault)
        self._turn_ids.add(self._turn.id)
        self._tasks.add(self._turn.task)
        self._turn.task.add_done_callback(self._tasks.discard)

    def turn_is_over(self, turn: Turn) -> None:
        """Called by the turn, right after its response.done."""
        self._turn = None

    def _cancel(self, turn_id: str | None) -> None:
        if self._turn is None or turn_id not in (None, self._turn.id):
            # A turn that ended while the cancel was under way is a race nobody can avoid.
            known = turn_id in self._turn_ids
            message = "Cancellation failed: no active response found"
            raise Fault("response_cancel_not_active", message, breach=not known)
        self._turn.cut("client_cancelled")

    # --- items --------------------------------------------------------------------

    def _create_item(self, body: dict[str, Any], after: str | None) -> None:
        item_id = body.get("id") or new_id("item", self.rng)
        item = Item(body={**body, "id": item_id})
        if body["type"] != "function_call_output":
            item.body["status"] = "completed"
        if body["type"] == "function_call_output":
            call = self.conversation.answer(body["call_id"])
            self._add(item, after)
            output = _as_object(body["output"])
            self.law.tool_answered(call.call_id)
            self.ledger.write("tool_answered", call_id=call.call_id, name=call.name, output=output)
            self._policy.tool_answered(call.name, output)
            return
        self._add(item, after)
        if body["type"] == "message":
            text = " ".join(part["text"] for part in body["content"])
            self.law.words_came()
            self.ledger.write("note", role=body["role"], text=text)
            self._policy.noted(body["role"], text)

    def _add(self, item: Item, after: str | None) -> None:
        previous = self.conversation.add(item, after)
        self.send("conversation.item.added", previous_item_id=previous, item=item.body)
        self.send("conversation.item.done", previous_item_id=previous, item=item.body)

    def _truncate(self, item_id: str, audio_end_ms: int) -> None:
        self.conversation.truncate(item_id, audio_end_ms)
        sent = len(self._company.tape.spoken.get(item_id, b""))
        self.ledger.write("truncated", item_id=item_id, audio_end_ms=audio_end_ms, audio_bytes=sent)
        self.send("conversation.item.truncated", item_id=item_id, content_index=0, audio_end_ms=audio_end_ms)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _as_object(output: str) -> dict[str, Any]:
    """A tool's output as the policy takes it."""
    try:
        value = json.loads(output)
    except ValueError:
        value = output
    return value if isinstance(value, dict) else {"output": value}
