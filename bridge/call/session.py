"""The session: one call's decisions, and nothing else.

Pure. `receive(event, now)` answers with the actions that follow; nothing is awaited between,
so two events can never interleave. `deadline()` says when it next wants a `Tick`. Ledgers beside it:
`turns.py` (who may speak), `speech.py` (said, heard, true?), `confirm.py`. The shell is `call.py`.
"""

from bridge.call import messages as m
from bridge.call.batch import Batches
from bridge.call.confirm import ConfirmGate
from bridge.call.keys import Keypad
from bridge.call.manners import (
    ENDLESS_SPEECH_S,
    GREETING_NOISE_S,
    KEY_NOTE,
    LEAVING_S,
    NOISE_NOTE,
    ONSET_S,
    OPENING_S,
    PHONE_FORMAT,
    RAISED_THRESHOLD,
    RETRY_PAUSE_S,
    Manners,
)
from bridge.call.orders import Orders
from bridge.call.phases import FATAL_FAULTS, EndReason, Phase
from bridge.call.speech import AgentSpeech
from bridge.call.truth import MOST_UNTRUTHS, Untruth
from bridge.call.turns import TurnGate
from tools.result import Gate, Reply, Then, ToolResult


class Session:
    """Decides for one call. All `now` are seconds of the call's clock."""

    def __init__(self, manners: Manners | None = None, known: ToolResult | None = None) -> None:
        """`known`: what is true before anything was said, and may be said."""
        self.phase = Phase.OPENING
        self._orders = Orders()
        self.turns = TurnGate()
        self.speech = AgentSpeech(self._orders)
        self.playback = self.speech.playback
        self.gate = ConfirmGate()
        self.keypad = Keypad()
        self._manners = manners or Manners()
        self._began: float | None = None
        self._stream_ready = False
        self._model_ready = False
        self._turn_failures = 0
        self._untruths = 0  # since the caller last spoke
        self._turn_made_something = False  # audio or a tool call came in the running turn
        self._greeting_turn: str | None = None
        self._batches = Batches()
        self._early_keys: list[str] = []  # pressed before the model could be told
        self._speech_since: float | None = None
        self._interrupt_at: float | None = None
        self._leave: tuple[m.NextStep, EndReason] | None = None
        self._leave_by = 0.0
        if known is not None:
            self.speech.truth.learn(known)

    # --- the two questions --------------------------------------------------------

    def receive(self, event: m.Event, now: float) -> list[m.Action]:
        """Take in one event and say what follows, in order."""
        if self.phase is not Phase.ENDED:
            self._decide(event, now)
        if self.phase is Phase.LEAVING and self._may_leave(now):
            self._end(now)
        elif self.phase in (Phase.GREETING, Phase.TALKING) and self.turns.may_ask(now):
            event_id = self._orders.new_id("ask")
            self.turns.asked(event_id, now)
            # A greeting that opens with a tool would keep the caller waiting for hello.
            self._do(m.CreateTurn(event_id, tools_allowed=self.phase is Phase.TALKING))
        return self._orders.take()

    def deadline(self) -> float | None:
        """When a Tick is wanted, in seconds of the call's clock; None when only events matter."""
        if self.phase is Phase.ENDED:
            return None
        wishes = [self._interrupt_at, self.keypad.deadline()]
        if self.phase in (Phase.GREETING, Phase.TALKING):  # elsewhere nothing is asked, so nothing is due
            wishes.append(self.turns.deadline())
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
                self.speech.mark_played(name, now)
            case m.SpokenWordsArrived():
                self.gate.words_spoken(event.turn_id, event.item_id, event.words)
                self._must_be_true(self.speech.take_words(event), event.turn_id, now)
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
            case m.ItemFinished():
                self._must_be_true(self.speech.finish(event), event.turn_id, now)
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
                self._do(m.ConfigureModel(self._orders.new_id("configure"), interruptible=False))
            case m.ModelConfigured():
                self._model_configured(event, now)
            case m.ModelFaulted(code=code, about=about):
                failed = self.turns.faulted(code, about, now)
                refused_settings = about is not None and about.startswith("configure")
                if code in FATAL_FAULTS or refused_settings:
                    self._give_up(EndReason.MODEL_FAULT, now)
                elif failed:
                    self._turn_failed(code, now)
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
        if (keys := self.keypad.overdue(now)) is not None:
            self._keys_complete(keys)
        if self.phase is Phase.OPENING and self._began is not None and now >= self._began + OPENING_S:
            self._give_up(EndReason.MODEL_SLOW, now)
        if (
            self._speech_since is not None
            and now >= self._speech_since + ENDLESS_SPEECH_S
            and self.phase is Phase.TALKING
        ):
            self._speech_since = None
            self.turns.caller_stopped(now)
            self._orders.listen(RAISED_THRESHOLD)
            self._do(m.ClearInput(self._orders.new_id("clear")))
            self._note("system", NOISE_NOTE)

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
            for digit in self._early_keys:
                self._note("user", KEY_NOTE.format(keys=digit))

    # --- the agent speaks ---------------------------------------------------------

    def _turn_started(self, event: m.TurnStarted) -> None:
        self.turns.turn_started(event.turn_id, event.asked_by)
        self.gate.turn_started(event.turn_id)
        self._turn_made_something = False
        if self.phase is Phase.GREETING and self._greeting_turn is None:
            self._greeting_turn = event.turn_id
        elif self.turns.caller_speaking:  # asked for just before: the agent would talk over the caller
            self.speech.kill_turn(event.turn_id)
            self._orders.cancel_turn(event.turn_id)

    def _play(self, event: m.SpokenAudioArrived) -> None:
        if self.speech.play(event):
            self._turn_made_something = True
            self.gate.item_spoken(event.turn_id, event.item_id)

    def _must_be_true(self, untruth: Untruth | None, turn_id: str, now: float) -> None:
        """Keep a claim that nothing covers from being heard; have it put right where it was."""
        if untruth is None:
            return
        if self.turns.turn_id == turn_id:
            self._orders.cancel_turn(turn_id)
        self._turn_made_something = True  # cut short by us, which is not the silence of a failed turn
        heard = self.speech.unsay(untruth, turn_id, now)
        self._untruths += 1
        self._stay()
        if self.phase is Phase.LEAVING:
            return  # on the way to a person, who knows better
        if self._untruths >= MOST_UNTRUTHS:
            self._give_up(EndReason.MODEL_UNTRUTHFUL, now)
        else:
            self._note("system", self.speech.truth.note(untruth, heard))

    def _turn_finished(self, event: m.TurnFinished, now: float) -> None:
        if event.usage is not None:
            self._do(m.RecordUsage(event.usage))
        ours = event.turn_id == self.turns.turn_id
        self.turns.turn_finished(event.turn_id)
        if event.turn_id == self._greeting_turn and self.phase is Phase.GREETING:
            self.phase = Phase.TALKING
            self._orders.listen(self._manners.threshold)
        if not ours:
            return
        if event.status == "failed" or (event.status == "completed" and not self._turn_made_something):
            # A finished turn without voice or tool is as silent as a failed one.
            self._turn_failed(event.error_code, now)
            return
        if event.status != "cancelled":
            self._turn_failures = 0
        self._reply_when_batch_is_in()

    def _turn_failed(self, code: str | None, now: float) -> None:
        """Once more after a pause, then a person: silence is no answer."""
        self._batches.take_reply(None)  # the next try speaks for what is answered so far
        self._turn_failures += 1
        if code in FATAL_FAULTS or self._turn_failures > 1:
            self._give_up(EndReason.MODEL_FAILED, now)
        else:
            self.turns.want()
            self.turns.wait(now + RETRY_PAUSE_S)

    # --- the caller speaks --------------------------------------------------------

    def _caller_began(self, now: float) -> None:
        self._speech_since = now
        self.turns.caller_began()
        self.gate.caller_began(lambda item_id: self.playback.heard_share(item_id, now - ONSET_S))
        if self.phase is Phase.LEAVING:
            return  # a "bye" over our goodbye must not cut it
        if self._greeting_is_playing():
            # The ear says that it was short only after its own stretch of silence.
            self._interrupt_at = now + GREETING_NOISE_S + self._manners.silence_s
        else:
            self._interrupt(now)

    def _greeting_is_playing(self) -> bool:
        return self.phase is Phase.GREETING or (
            self.playback.is_playing() and self.speech.nothing_recorded and self._greeting_turn is not None
        )

    def _caller_finished(self) -> None:
        self.gate.caller_finished()
        self._untruths = 0
        self._stay()  # "wait, one more thing": the model answers and says goodbye anew

    def _interrupt(self, now: float) -> None:
        """Barge-in: silence at once, and the model told how much was heard."""
        if self.turns.turn_id is not None:
            self.speech.kill_turn(self.turns.turn_id)
            if self.phase is Phase.GREETING:  # the model's ear was told not to interrupt: we do
                self._orders.cancel_turn(self.turns.turn_id)
        self.speech.clear(now, by_caller=True)

    def _key(self, digit: str, now: float) -> None:
        if digit == "0":
            self._silence(now)
            self._leave = (m.NextStep.PERSON, EndReason.KEY_ZERO)
            self._end(now)
            return
        if not self._model_ready:
            self._early_keys.append(digit)
            return
        self.gate.caller_began(lambda item_id: self.playback.heard_share(item_id, now))
        self._stay()  # also for the first of several keys: nobody hangs up meanwhile
        if self.phase is Phase.LEAVING:
            return  # on the way to a person
        self._silence(now)
        if (keys := self.keypad.press(digit, now)) is not None:
            self._keys_complete(keys)

    def _keys_complete(self, keys: str) -> None:
        self._caller_finished()
        if self.phase is not Phase.LEAVING:
            self._note("user", KEY_NOTE.format(keys=keys))

    def _silence(self, now: float) -> None:
        """Our own interruption: the model's ear heard nothing, so its turn is cancelled by us."""
        if self.turns.turn_id is not None and self.phase is Phase.TALKING:
            self._orders.cancel_turn(self.turns.turn_id)
        self._interrupt(now)

    # --- tools --------------------------------------------------------------------

    def _tool_called(self, event: m.ToolCalled, now: float) -> None:
        if not self._batches.called(event.turn_id, event.call_id):
            return
        if self.turns.take_wish():  # to speak before this call is answered would be to speak without it
            self._batches.owe_reply(event.turn_id)
        self._turn_made_something = True
        gate = self.gate_state(now)
        self._do(m.RunTool(event.call_id, event.name, event.arguments_json, gate, self.gate.proposal))

    def gate_state(self, now: float) -> Gate:
        return self.gate.state(
            lambda item_id: self.playback.heard_share(item_id, now), playing=self.playback.is_playing()
        )

    def _tool_finished(self, event: m.ToolFinished, now: float) -> None:
        result = event.result
        self.speech.truth.learn(result)
        item_id = self._orders.tool_output(event.call_id, result.output)
        self._batches.answered(event.call_id, item_id, wants_reply=result.reply is Reply.MODEL)
        self.keypad.want(result.keys_wanted)
        if result.closes_gate:
            self.gate.close()
        if result.proposal is not None:
            self.gate.proposed(result.proposal, item_id, result.read_back)
        if result.then is not Then.GO_ON:
            if result.then is Then.TRANSFER:
                self._start_leaving(m.NextStep.PERSON, EndReason.TRANSFER, now)
            else:
                self._start_leaving(m.NextStep.HANG_UP, EndReason.SAID_GOODBYE, now)
        self._reply_when_batch_is_in()

    def _reply_when_batch_is_in(self) -> None:
        """One turn for the whole batch, once its last answer is on the way and the turn is over."""
        output_item = self._batches.take_reply(self.turns.turn_id)
        if output_item is not None:
            self.turns.want(after_item=output_item)

    def _note(self, role: str, text: str) -> None:
        self.turns.want(after_item=self._orders.note(role, text))

    # --- leaving ------------------------------------------------------------------

    def _start_leaving(self, step: m.NextStep, reason: EndReason, now: float) -> None:
        """Go once everything said so far has been heard; bounded."""
        if self.phase in (Phase.GREETING, Phase.TALKING):
            self.phase = Phase.LEAVING
            self._leave = (step, reason)
            self._leave_by = now + LEAVING_S
            self.turns.forget_wish()

    def _stay(self) -> None:
        """Take back a goodbye: there is more to say."""
        if self.phase is Phase.LEAVING and self._leave and self._leave[0] is m.NextStep.HANG_UP:
            self.phase = Phase.TALKING
            self._leave = None

    def _may_leave(self, now: float) -> bool:
        if now >= self._leave_by:
            return True
        busy = self.turns.turn_id is not None or self._speech_since is not None
        return not busy and not self._batches.is_running and not self.playback.is_playing()

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
        self.speech.close(now)
        self._do(m.EndStream(step, reason))

    def _do(self, action: m.Action) -> None:
        self._orders.do(action)
