"""The session: one call's decisions, and nothing else.

Pure. `receive(event, now)` answers with the actions that follow; nothing is awaited between,
so two events can never interleave. `deadline()` says when it next wants a `Tick`. Kept in
ledgers, which `state.py` holds: `turns.py` (who may speak), `speech.py` (what was said and heard, and
may it be said), `confirm.py` (may a write go ahead). What follows from what the caller does stands in
`caller.py`; when the model's leg breaks or the caller hears nothing, `recovery.py` and `ladder.py` decide.
The shell that carries it all out is `call.py`.
"""

from bridge.call import caller, ladder, recovery
from bridge.call import messages as m
from bridge.call.clips import Clips, Line
from bridge.call.manners import LONGEST_RETRY_S, PHONE_FORMAT, RATE_LIMITS, RETRY_PAUSE_S, Manners
from bridge.call.model_leg import EXPIRED
from bridge.call.phases import FATAL_FAULTS, EndReason, Phase
from bridge.call.state import CallState
from bridge.call.truth import MOST_UNTRUTHS, Untruth
from tools.result import Gate, Reply, Then, ToolResult

# What shows that the model is at work on the conversation; its ear alone does not.
_SPEECH = (m.SpokenAudioArrived, m.SpokenWordsArrived)
_SIGNS = (
    *(m.ModelOpened, m.ModelConfigured, m.UtteranceCommitted, m.ItemAdded, m.TurnStarted),
    *(m.ItemFinished, m.ToolCalled, m.TurnFinished),
)


class Session(CallState):
    """Decides for one call. All `now` are seconds of the call's clock."""

    def __init__(
        self, manners: Manners | None = None, known: ToolResult | None = None, clips: Clips | None = None
    ) -> None:
        """`known`: what is true before anything was said, and may be said."""
        super().__init__(manners or Manners(), clips or {})
        self._turn_failures = 0
        self._deadline: float | None = None
        if known is not None:
            self.speech.truth.learn(known)

    # --- the two questions --------------------------------------------------------

    def receive(self, event: m.Event, now: float) -> list[m.Action]:
        """Take in one event and say what follows, in order."""
        if isinstance(event, m.FrameArrived):
            order = self.frame(event)
            return [] if order is None else [order]
        if isinstance(event, m.AudioSent):  # nor by this: what is due can only come later by it
            self.playback.sent(event.item_id, event.audio_bytes, now)
            self.delays.audio_sent(event.item_id, now)
            return []
        if self.is_live and isinstance(event, _SPEECH):
            if self._speaks_on(event, now):  # nor by this, as long as it is true
                return self.orders.take()
        elif self.phase is not Phase.ENDED:
            self._decide(event, now)
        if self.phase is not Phase.ENDED:
            ladder.act(self, now)
            recovery.reopen_when_due(self, now)
        if self.phase is Phase.LEAVING and self.may_leave(now):
            self.end(now)
        elif self.is_live and self.model.is_ready and self.turns.may_ask(now):
            event_id = self.orders.new_id("ask")
            self.turns.asked(event_id, now)
            # A greeting that opens with a tool would keep the caller waiting for hello.
            self.do(m.CreateTurn(event_id, tools_allowed=self.phase is Phase.TALKING))
        self._deadline = self._next_deadline(now)
        return self.orders.take()

    def frame(self, event: m.FrameArrived) -> m.SendFrame | None:
        """The same for a frame of the caller's: fifty times a second, and nothing is decided by one."""
        if self.model.is_ready and self.phase is not Phase.ENDED:
            return m.SendFrame(event.payload_b64)
        self.model.keep_frame(event.payload_b64)  # before session.updated it is read in the wrong format
        return None

    def deadline(self) -> float | None:
        """When a Tick is wanted, in seconds of the call's clock; None when only events matter."""
        return self._deadline

    def _next_deadline(self, now: float) -> float | None:
        if self.phase is Phase.ENDED:
            return None
        self.silence.look(ladder.scene(self, now), now)
        wishes = [
            self.silence.deadline(),
            self.keypad.deadline(),
            self.ear.deadline(talking=self.phase is Phase.TALKING),
        ]
        if self.is_live and self.model.is_ready:  # elsewhere nothing is asked, so nothing is due
            wishes.append(self.turns.deadline())
        elif self.is_live or self.phase is Phase.OPENING:
            wishes.append(self.model.deadline())
        if self.phase is Phase.LEAVING:
            wishes.append(self.leaves_at(now))
        return min((wish for wish in wishes if wish is not None), default=None)

    # --- deciding -----------------------------------------------------------------

    def _decide(self, event: m.Event, now: float) -> None:
        if isinstance(event, _SIGNS):
            self.silence.model_gave_sign(now)
        match event:
            case m.SpokenAudioArrived() | m.SpokenWordsArrived():
                self._speaks_on(event, now)
            case m.MarkPlayed(name=name):
                self.speech.mark_played(name, now)
                self.delays.mark_played(lambda item_id: self.playback.heard_ms(item_id, now), now)
            case m.SpeechStarted():
                self.delays.caller_began()
                caller.began(self, now)
            case m.SpeechStopped():
                self.delays.caller_stopped(now)
                caller.stopped(self, now)
            case m.UtteranceCommitted(item_id=item_id):
                caller.finished(self, item_id)
            case m.KeyPressed(digit=digit):
                caller.pressed(self, digit, now)
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
                caller.transcribed(self, item_id, text)
            case m.StreamStarted():
                self.began = now
                self._greet_when_ready()
            case m.ModelOpened():
                # Line noise must not cut the first words, so the model's own ear may not interrupt yet.
                greeted = self.phase is Phase.TALKING
                self.do(m.ConfigureModel(self.orders.new_id("configure"), interruptible=greeted))
            case m.ModelConfigured():
                self._model_configured(event, now)
            case m.ModelFaulted():
                self._model_faulted(event, now)
            case m.ModelLegClosed(status=status, reason=reason):
                another = self.model.lost(now, status, reason)
                recovery.model_lost(self, EndReason.MODEL_LOST, now, another=another)
            case m.CallerLegClosed(stopped=True):
                self.leaving.decide(m.NextStep.HANG_UP, EndReason.CALLER_HUNG_UP, now)
                self.end(now)
            case m.CallerLegClosed() | m.ServerStopping():
                lost = isinstance(event, m.CallerLegClosed)
                broken = EndReason.STREAM_LOST if lost else EndReason.SERVER_STOPPING
                self.leaving.unless_decided(m.NextStep.TROUBLE, broken)
                self.end(now)
            case m.Advised(text=text):
                self.advise(text)
            case m.LimitReached(reason=reached):
                self.start_leaving(m.NextStep.PERSON, EndReason(reached), now)
            case m.Tick():
                caller.waited(self, now)

    # --- getting in ---------------------------------------------------------------

    def _model_configured(self, event: m.ModelConfigured, now: float) -> None:
        if (event.input_format, event.output_format) != (PHONE_FORMAT, PHONE_FORMAT):
            # The caller would hear noise: better a person than hiss.
            self.give_up(EndReason.MODEL_FORMAT, now)
            return
        if self.model.configured(now) and self.is_live:
            recovery.tell_new_session(self)
        self._greet_when_ready()

    def _greet_when_ready(self) -> None:
        if self.phase is Phase.OPENING and self.began is not None and self.model.is_ready:
            self.phase = Phase.GREETING
            self.turns.want()
            for role, text in self.model.take_notes():
                self.note(role, text)

    def _model_faulted(self, fault: m.ModelFaulted, now: float) -> None:
        failed = self.turns.faulted(fault.code, fault.about, now)
        refused_settings = fault.about is not None and fault.about.startswith("configure")
        if fault.code in FATAL_FAULTS or refused_settings:
            self.give_up(EndReason.MODEL_FAULT, now)
        elif fault.code == EXPIRED:
            recovery.model_lost(self, EndReason.MODEL_LOST, now, another=self.model.lost(now))
        elif failed:
            self._turn_failed(fault.code, fault.retry_after_s, now)

    # --- the agent speaks ---------------------------------------------------------

    def _turn_started(self, event: m.TurnStarted) -> None:
        self.turn_is_near = False
        self.turns.turn_started(event.turn_id, event.asked_by)
        self.gate.turn_started(event.turn_id)
        self.turn_made_something = False
        if self.phase is Phase.GREETING and self.greeting_turn is None:
            self.greeting_turn = event.turn_id
        elif self.turns.caller_speaking:  # asked for just before: the agent would talk over the caller
            self.speech.kill_turn(event.turn_id)
            self.orders.cancel_turn(event.turn_id)

    def _speaks_on(self, event: m.SpokenAudioArrived | m.SpokenWordsArrived, now: float) -> bool:
        """More of a turn's speech; false when it may not be said."""
        self.silence.model_gave_sign(now)
        if isinstance(event, m.SpokenAudioArrived):
            self._play(event, now)
            return True
        self.gate.words_spoken(event.turn_id, event.item_id, event.words)
        untruth = self.speech.take_words(event)
        self._must_be_true(untruth, event.turn_id, now)
        return untruth is None

    def _play(self, event: m.SpokenAudioArrived, now: float) -> None:
        if self.speech.play(event):
            self.delays.audio_came(event.item_id, now)
            self.turn_made_something = True
            self.silence.model_served(now)
            self.gate.item_spoken(event.turn_id, event.item_id)

    def _must_be_true(self, untruth: Untruth | None, turn_id: str, now: float) -> None:
        """Keep a claim that nothing covers from being heard; have it put right where it was."""
        if untruth is None:
            return
        if self.turns.turn_id == turn_id:
            self.orders.cancel_turn(turn_id)
        self.turn_made_something = True  # cut short by us, which is not the silence of a failed turn
        heard = self.speech.unsay(untruth, turn_id, now)
        self.untruths += 1
        self.stay()
        if self.phase is Phase.LEAVING:
            return  # on the way to a person, who knows better
        if self.untruths >= MOST_UNTRUTHS:
            self.give_up(EndReason.MODEL_UNTRUTHFUL, now)
        else:
            self.note("system", self.speech.truth.note(untruth, heard))

    def _turn_finished(self, event: m.TurnFinished, now: float) -> None:
        if event.usage is not None:
            self.do(m.RecordUsage(event.usage))
        ours = event.turn_id == self.turns.turn_id
        self.turns.turn_finished(event.turn_id)
        if event.turn_id == self.greeting_turn and self.phase is Phase.GREETING:
            self.phase = Phase.TALKING
            self.orders.listen(self.manners.threshold)
        if not ours:
            return
        if event.status == "failed" or (event.status == "completed" and not self.turn_made_something):
            # A finished turn without voice or tool is as silent as a failed one.
            self._turn_failed(event.error_code, event.retry_after_s, now)
            return
        if event.status != "cancelled":
            self._turn_failures = 0
        self._reply_when_batch_is_in()

    def _turn_failed(self, code: str | None, after_s: float | None, now: float) -> None:
        """Once more after a pause, then a person: silence is no answer."""
        self.batches.take_reply(None)  # the next try speaks for what is answered so far
        self._turn_failures += 1
        if code in FATAL_FAULTS or self._turn_failures > 1:
            self.give_up(EndReason.MODEL_FAILED, now)
        else:
            self.turns.want()
            pause_s = after_s if code in RATE_LIMITS and after_s is not None else RETRY_PAUSE_S
            self.turns.wait(now + min(pause_s, LONGEST_RETRY_S))

    # --- tools --------------------------------------------------------------------

    def _tool_called(self, event: m.ToolCalled, now: float) -> None:
        if not self.batches.called(event.turn_id, event.call_id):
            return
        if self.turns.take_wish():  # to speak before this call is answered would be to speak without it
            self.batches.owe_reply(event.turn_id)
        self.turn_made_something = True
        self.silence.model_served(now)
        self.speech.memory.tool_called(event.call_id, event.name)
        gate = self.gate_state(now)
        self.do(m.RunTool(event.call_id, event.name, event.arguments_json, gate, self.gate.proposal))

    def gate_state(self, now: float) -> Gate:
        return self.gate.state(
            lambda item_id: self.playback.heard_share(item_id, now), playing=self.playback.is_playing()
        )

    def _tool_finished(self, event: m.ToolFinished, now: float) -> None:
        result = event.result
        self.speech.truth.learn(result)
        item_id = self._tell_answer(event.call_id, result)
        self.batches.answered(event.call_id, item_id, wants_reply=result.reply is Reply.MODEL)
        self.keypad.want(result.keys_wanted)
        self.patient = result.patient
        if result.closes_gate:
            self.gate.close()
        if result.proposal is not None:
            self.gate.proposed(result.proposal, item_id, result.read_back)
        if result.then is not Then.GO_ON:
            if result.then in (Then.TRANSFER, Then.FETCH):
                if result.then is Then.FETCH or not self.playback.is_playing():
                    self.say(Line.CONNECTING, now)  # the model has said nothing of it, or long ago
                self.start_leaving(m.NextStep.PERSON, EndReason.TRANSFER, now)
            else:
                self.start_leaving(m.NextStep.HANG_UP, EndReason.SAID_GOODBYE, now)
        self._reply_when_batch_is_in()

    def _reply_when_batch_is_in(self) -> None:
        """One turn for the whole batch, once its last answer is on the way and the turn is over."""
        output_item = self.batches.take_reply(self.turns.turn_id)
        if output_item is not None:
            self.turns.want(after_item=output_item or None)

    def _tell_answer(self, call_id: str, result: ToolResult) -> str:
        """Tell the model a tool's answer; the id of the item, "" when it has to wait for a new session."""
        memory = self.speech.memory
        memory.tool_answered(call_id, result.output)
        if call_id not in self.orphans:
            return self.orders.tool_output(call_id, result.output)
        return self.tell("system", memory.late_answer(call_id, result.output))
