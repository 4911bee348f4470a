"""The session: one call's decisions, and nothing else.

Pure. `receive(event, now)` answers with the actions that follow; nothing is awaited between,
so two events can never interleave. `deadline()` says when it next wants a `Tick`. Kept in
three ledgers beside it: `turns.py` (who may speak), `playback.py` (what was heard),
`confirm.py` (may a write go ahead). The shell that carries the actions out is `call.py`.
"""

import enum
import json

import msgspec

from bridge.call import messages as m
from bridge.call.audio import audio_bytes, split_audio
from bridge.call.confirm import ConfirmGate
from bridge.call.playback import FRAME_MS, Cut, Playback
from bridge.call.turns import TurnGate
from tools.result import Gate, Reply, Then

PHONE_FORMAT = "audio/pcmu"
OPENING_S = 8.0  # stream accepted, model still not ready: next step
ONSET_S = 0.1  # the model's ear tells of speech about this long after it began
GREETING_NOISE_S = 0.7  # speech shorter than this does not cut the greeting (a cough, a click)
ENDLESS_SPEECH_S = 15.0  # speech that never stops is a television, not a caller
RAISED_THRESHOLD = 0.85
LEAVING_S = 12.0  # goodbye and handoff wait so long for the last mark
RETRY_PAUSE_S = 0.4
FATAL_FAULTS = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "billing_hard_limit_reached",
        "invalid_api_key",
        "account_deactivated",
        "model_not_found",
        "invalid_model",
        "beta_api_shape_disabled",
    }
)


class Phase(enum.Enum):
    """Where the call is."""

    OPENING = enum.auto()  # one of the legs is not ready
    GREETING = enum.auto()  # until the first turn is generated
    TALKING = enum.auto()
    LEAVING = enum.auto()  # the next step is decided; what was said is still being heard
    ENDED = enum.auto()


class EndReason(enum.StrEnum):
    """Why a stream ended: a closed list."""

    CALLER_HUNG_UP = "caller_hung_up"
    STREAM_LOST = "stream_lost"
    SAID_GOODBYE = "said_goodbye"
    TRANSFER = "transfer"
    KEY_ZERO = "key_zero"
    MODEL_SLOW = "model_slow"
    MODEL_FORMAT = "model_format"
    MODEL_FAULT = "model_fault"
    MODEL_FAILED = "model_failed"
    MODEL_LOST = "model_lost"
    SERVER_STOPPING = "server_stopping"
    SERVER_ERROR = "server_error"  # our own mistake; said by the shell


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """How the session behaves where owners differ."""

    threshold: float = 0.5  # how loud speech must be for the model's ear, 0-1


class _Words(msgspec.Struct):
    """What the agent says in one item."""

    text: str = ""


class Session:
    """Decides for one call. All `now` are seconds of the call's clock."""

    def __init__(self, manners: Manners | None = None) -> None:
        self.phase = Phase.OPENING
        self.turns = TurnGate()
        self.playback = Playback()
        self.gate = ConfirmGate()
        self._manners = manners or Manners()
        self._actions: list[m.Action] = []
        self._ids = 0
        self._began: float | None = None
        self._stream_ready = False
        self._model_ready = False
        self._turn_failures = 0
        self._turn_made_something = False  # audio or a tool call came in the running turn
        self._greeting_turn: str | None = None
        self._words: dict[str, _Words] = {}
        self._recorded: set[str] = set()
        self._dead_turns: set[str] = set()
        self._running: set[str] = set()  # call ids of tools not answered yet
        self._asked_tools: set[str] = set()  # every call id ever seen: one output each
        self._reply_wanted = False  # some tool of the batch wants the model to speak
        self._last_output: str | None = None
        self._speech_since: float | None = None
        self._interrupt_at: float | None = None
        self._leave: tuple[m.NextStep, EndReason] | None = None
        self._leave_by = 0.0

    # --- the two questions --------------------------------------------------------

    def receive(self, event: m.Event, now: float) -> list[m.Action]:
        """Take in one event and say what follows, in order."""
        self._actions = []
        if self.phase is not Phase.ENDED:
            self._decide(event, now)
        if self.phase is Phase.LEAVING and self._may_leave(now):
            self._end(now)
        elif self.phase in (Phase.GREETING, Phase.TALKING) and self.turns.may_ask(now):
            event_id = self._new_id("ask")
            self.turns.asked(event_id, now)
            # A greeting that opens with a tool would keep the caller waiting for hello.
            self._do(m.CreateTurn(event_id, tools_allowed=self.phase is Phase.TALKING))
        return self._actions

    def deadline(self) -> float | None:
        """When a Tick is wanted, in seconds of the call's clock; None when only events matter."""
        if self.phase is Phase.ENDED:
            return None
        wishes = [self.turns.deadline() if self.phase is not Phase.LEAVING else None, self._interrupt_at]
        if self.phase is Phase.OPENING and self._began is not None:
            wishes.append(self._began + OPENING_S)
        if self.phase is Phase.LEAVING:
            wishes.append(self._leave_by)
        elif self._speech_since is not None and self.phase is Phase.TALKING:
            wishes.append(self._speech_since + ENDLESS_SPEECH_S)
        return min((wish for wish in wishes if wish is not None), default=None)

    # --- deciding -----------------------------------------------------------------

    def _decide(self, event: m.Event, now: float) -> None:
        match event:
            case m.FrameArrived(payload_b64=payload):
                if self._model_ready:  # before that it would be read in the wrong format
                    self._do(m.SendFrame(payload))
            case m.SpokenAudioArrived():
                self._play(event)
            case m.AudioSent(item_id=item_id, audio_bytes=count):
                self.playback.sent(item_id, count, now)
            case m.MarkPlayed(name=name):
                ended = self.playback.mark_played(name, now)
                if ended is not None:
                    whole_ms = self.playback.queued_ms(ended)
                    self._record_agent(Cut(ended, whole_ms, whole_ms, True))
            case m.SpokenWordsArrived(item_id=item_id, words=words):
                if not self.playback.is_dead(item_id):
                    self._words.setdefault(item_id, _Words()).text += words
            case m.SpeechStarted():
                self._caller_began(now)
            case m.SpeechStopped():
                self._speech_since = None
                self._interrupt_at = None  # too short to cut the greeting
                self.turns.caller_stopped(now)
            case m.UtteranceCommitted():
                self._caller_finished()
            case m.KeyPressed(digit=digit):
                self._key(digit, now)
            case m.TurnStarted():
                self._turn_started(event)
            case m.ItemAdded(item_id=item_id):
                self.turns.item_accepted(item_id)
                self.gate.item_accepted(item_id)
            case m.ItemFinished(item_id=item_id):
                mark = self.playback.finish(item_id)
                if mark is not None:
                    self._do(m.SendMark(mark))
            case m.ToolCalled():
                self._tool_called(event, now)
            case m.TurnFinished():
                self._turn_finished(event, now)
            case m.ToolFinished():
                self._tool_finished(event, now)
            case m.UtteranceTranscribed(item_id=item_id, text=text):
                self._do(m.RecordTurn(item_id, "caller", text))
            case m.StreamStarted():
                self._stream_ready = True
                self._began = now
                self._greet_when_ready()
            case m.ModelOpened():
                # Line noise must not cut the first words, so the model's own ear may not interrupt yet.
                self._do(m.ConfigureModel(self._new_id("configure"), interruptible=False))
            case m.ModelConfigured():
                self._model_configured(event, now)
            case m.ModelFaulted(code=code, about=about):
                self.turns.faulted(code, about, now)
                refused_settings = about is not None and about.startswith("configure")
                if code in FATAL_FAULTS or refused_settings:
                    self._give_up(EndReason.MODEL_FAULT, now)
            case m.ModelLegClosed():
                self._give_up(EndReason.MODEL_LOST, now)
            case m.CallerLegClosed(stopped=True):
                self._leave = (m.NextStep.HANG_UP, EndReason.CALLER_HUNG_UP)
                self._end(now)
            case m.CallerLegClosed():
                self._leave = self._leave or (m.NextStep.TROUBLE, EndReason.STREAM_LOST)
                self._end(now)
            case m.ServerStopping():
                self._leave = self._leave or (m.NextStep.TROUBLE, EndReason.SERVER_STOPPING)
                self._end(now)
            case m.Tick():
                self._tick(now)

    def _tick(self, now: float) -> None:
        if self._interrupt_at is not None and now >= self._interrupt_at:
            self._interrupt_at = None
            self._interrupt(now)
        if self.phase is Phase.OPENING and self._began is not None and now >= self._began + OPENING_S:
            self._give_up(EndReason.MODEL_SLOW, now)
        if (
            self._speech_since is not None
            and now >= self._speech_since + ENDLESS_SPEECH_S
            and self.phase is Phase.TALKING
        ):
            self._speech_since = None
            self.turns.caller_stopped(now)
            self._do(m.SetListening(self._new_id("listen"), True, RAISED_THRESHOLD))
            self._do(m.ClearInput(self._new_id("clear")))
            self._note(
                "system",
                "There has been unbroken noise on the line and nothing the caller said can be made out. "
                "Say so, and offer to be reached by pressing keys: zero for a person.",
            )

    # --- getting in ---------------------------------------------------------------

    def _model_configured(self, event: m.ModelConfigured, now: float) -> None:
        if (event.input_format, event.output_format) != (PHONE_FORMAT, PHONE_FORMAT):
            # The caller would hear noise: better a person than hiss.
            self._give_up(EndReason.MODEL_FORMAT, now)
            return
        self._model_ready = True
        self._greet_when_ready()

    def _greet_when_ready(self) -> None:
        if self.phase is Phase.OPENING and self._stream_ready and self._model_ready:
            self.phase = Phase.GREETING
            self.turns.want()

    # --- the agent speaks ---------------------------------------------------------

    def _turn_started(self, event: m.TurnStarted) -> None:
        self.turns.turn_started(event.turn_id, event.asked_by)
        self.gate.turn_started(event.turn_id)
        self._turn_made_something = False
        if self.phase is Phase.GREETING and self._greeting_turn is None:
            self._greeting_turn = event.turn_id

    def _play(self, event: m.SpokenAudioArrived) -> None:
        if self.playback.is_dead(event.item_id):
            return
        if event.turn_id in self._dead_turns:
            self.playback.kill(event.item_id)
            return
        self._turn_made_something = True
        self.gate.item_spoken(event.turn_id, event.item_id)
        for piece in split_audio(event.audio_b64):
            count = audio_bytes(piece)
            mark = self.playback.queue(event.item_id, count)
            self._do(m.PlayAudio(event.item_id, piece, count))
            if mark is not None:
                self._do(m.SendMark(mark))

    def _turn_finished(self, event: m.TurnFinished, now: float) -> None:
        if event.usage is not None:
            self._do(m.RecordUsage(event.usage))
        ours = event.turn_id == self.turns.turn_id
        self.turns.turn_finished(event.turn_id)
        if event.turn_id == self._greeting_turn and self.phase is Phase.GREETING:
            self.phase = Phase.TALKING
            self._do(m.SetListening(self._new_id("listen"), True, self._manners.threshold))
        if not ours:
            return
        if event.status == "failed" or (event.status == "completed" and not self._turn_made_something):
            self._turn_failures += 1  # a finished turn without voice or tool is as silent as a failed one
            if event.error_code in FATAL_FAULTS or self._turn_failures > 1:
                self._give_up(EndReason.MODEL_FAILED, now)
            else:
                self.turns.want()
                self.turns.wait(now + RETRY_PAUSE_S)
            return
        if event.status != "cancelled":
            self._turn_failures = 0
        self._reply_when_batch_is_in()

    def _record_agent(self, cut: Cut) -> None:
        words = self._words.get(cut.item_id)
        if words is None or cut.item_id in self._recorded:
            return
        self._recorded.add(cut.item_id)
        whole = cut.heard_ms >= cut.queued_ms and cut.finished
        # Deltas carry no times, so what was heard is estimated by proportion, and labelled so.
        text = words.text if whole else words.text[: round(len(words.text) * cut.heard_ms / cut.queued_ms)]
        self._do(m.RecordTurn(cut.item_id, "agent", text.strip(), cut.heard_ms, cut.queued_ms, cut=not whole))

    # --- the caller speaks --------------------------------------------------------

    def _caller_began(self, now: float) -> None:
        self._speech_since = now
        self.turns.caller_began()
        self.gate.caller_began(lambda item_id: self.playback.heard_share(item_id, now - ONSET_S))
        if self.phase is Phase.LEAVING:
            return  # a "bye" over our goodbye must not cut it
        if self._greeting_is_playing():
            self._interrupt_at = now + GREETING_NOISE_S
        else:
            self._interrupt(now)

    def _greeting_is_playing(self) -> bool:
        return self.phase is Phase.GREETING or (
            self.playback.is_playing() and not self._recorded and self._greeting_turn is not None
        )

    def _caller_finished(self) -> None:
        self.gate.caller_finished()
        if self.phase is Phase.LEAVING and self._leave and self._leave[0] is m.NextStep.HANG_UP:
            self.phase = Phase.TALKING  # "wait, one more thing": the model answers and says goodbye anew
            self._leave = None

    def _interrupt(self, now: float) -> None:
        """Barge-in: silence at once, and the model told how much was heard."""
        if self.turns.turn_id is not None:
            self._dead_turns.add(self.turns.turn_id)
            if self.phase is Phase.GREETING:  # the model's ear was told not to interrupt: we do
                self._do(m.CancelTurn(self._new_id("cancel"), self.turns.turn_id))
        if not self.playback.is_playing():
            return
        self._do(m.ClearPlayback())
        for cut in self.playback.clear(now):
            self._record_agent(cut)
            if cut.heard_ms <= 0:
                self._do(m.DeleteItem(self._new_id("delete"), cut.item_id))
                continue
            self._do(m.RecordInterruption(cut.item_id, cut.heard_ms))
            heard_ms = min(cut.heard_ms, cut.queued_ms - FRAME_MS)  # the cut must lie within the audio
            if heard_ms > 0:
                self._do(m.TruncateItem(self._new_id("truncate"), cut.item_id, heard_ms))

    def _key(self, digit: str, now: float) -> None:
        if digit == "0":
            self._silence(now)
            self._leave = (m.NextStep.PERSON, EndReason.KEY_ZERO)
            self._end(now)
            return
        self.gate.caller_began(lambda item_id: self.playback.heard_share(item_id, now))
        self.gate.caller_finished()
        self._silence(now)
        self._note("user", f"(The caller pressed {digit} on the telephone's keypad.)")

    def _silence(self, now: float) -> None:
        """Our own interruption: the model's ear heard nothing, so its turn is cancelled by us."""
        if self.turns.turn_id is not None and self.phase is Phase.TALKING:
            self._do(m.CancelTurn(self._new_id("cancel"), self.turns.turn_id))
        self._interrupt(now)

    # --- tools --------------------------------------------------------------------

    def _tool_called(self, event: m.ToolCalled, now: float) -> None:
        if event.call_id in self._asked_tools:
            return  # the same call appears in several events
        self._turn_made_something = True
        self._asked_tools.add(event.call_id)
        self._running.add(event.call_id)
        self._do(m.RunTool(event.call_id, event.name, event.arguments_json, self.gate_state(now)))

    def gate_state(self, now: float) -> Gate:
        return self.gate.state(lambda item_id: self.playback.heard_share(item_id, now))

    def _tool_finished(self, event: m.ToolFinished, now: float) -> None:
        self._running.discard(event.call_id)
        result = event.result
        item_id = self._new_id("output")
        self._last_output = item_id
        self._do(
            m.SendToolOutput(
                self._new_id("answer"), item_id, event.call_id, json.dumps(result.output, ensure_ascii=False)
            )
        )
        if result.closes_gate:
            self.gate.close()
        if result.proposal is not None:
            self.gate.proposed(result.proposal, item_id)
        self._reply_wanted |= result.reply is Reply.MODEL
        if result.then is not Then.GO_ON:
            if result.then is Then.TRANSFER:
                self._start_leaving(m.NextStep.PERSON, EndReason.TRANSFER, now)
            else:
                self._start_leaving(m.NextStep.HANG_UP, EndReason.SAID_GOODBYE, now)
        self._reply_when_batch_is_in()

    def _reply_when_batch_is_in(self) -> None:
        """One turn for the whole batch, once its last answer is on the way and the turn is over."""
        if self._reply_wanted and not self._running and self.turns.turn_id is None:
            self._reply_wanted = False
            self.turns.want(after_item=self._last_output)

    def _note(self, role: str, text: str) -> None:
        item_id = self._new_id("note")
        self._do(m.SendNote(self._new_id("tell"), item_id, role, text))
        self.turns.want(after_item=item_id)

    # --- leaving ------------------------------------------------------------------

    def _start_leaving(self, step: m.NextStep, reason: EndReason, now: float) -> None:
        """Go once everything said so far has been heard; bounded."""
        if self.phase in (Phase.GREETING, Phase.TALKING):
            self.phase = Phase.LEAVING
            self._leave = (step, reason)
            self._leave_by = now + LEAVING_S
            self.turns.forget_wish()

    def _may_leave(self, now: float) -> bool:
        if now >= self._leave_by:
            return True
        busy = self.turns.turn_id is not None or self._speech_since is not None or self._running
        return not busy and not self.playback.is_playing()

    def _give_up(self, reason: EndReason, now: float) -> None:
        """The model cannot go on: a person, at once. What is already decided stands."""
        if self.phase is not Phase.LEAVING:  # else the goodbye or farewell is still being heard
            self._leave = (m.NextStep.TROUBLE, reason)
            self._end(now)

    def _end(self, now: float) -> None:
        if self._leave is None:
            raise RuntimeError("a call ended without a next step: every way into LEAVING sets one")
        step, reason = self._leave
        self.phase = Phase.ENDED
        for cut in self.playback.unfinished(now, lambda item_id: item_id not in self._recorded):
            self._record_agent(cut)
        self._do(m.EndStream(step, reason))

    # --- small helpers ------------------------------------------------------------

    def _do(self, action: m.Action) -> None:
        self._actions.append(action)

    def _new_id(self, kind: str) -> str:
        """Ids are counted, not random: replaying the events gives the same actions."""
        self._ids += 1
        return f"{kind}_{self._ids}"
