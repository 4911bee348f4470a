"""A hundred calls of an hour each, of the pure session alone: model, caller, tools and line are dice.

Nothing waits and nothing is sent; time is a number. Whatever the dice do, the orders must keep to
`rules.py`, and what an hour of talk leaves in the session must not grow with the hour.
"""

import base64
import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable

import msgspec

from bridge.call import messages as m
from bridge.call.clips import Clip, Clips, Line
from bridge.call.session import Session
from tests.soak.memory import Growth, Sample, growth, resident
from tests.soak.rules import Rules
from tools.result import Reply, Then, ToolResult

FRAME = m.FrameArrived("f" * 216)
FRAME_S = 0.02
AUDIO = {ms: base64.b64encode(b"\x55" * (ms * 8)).decode() for ms in range(100, 501, 20)}
CLIPS: Clips = {line: [Clip(f"{line}_{n}", f"{line} {n}", AUDIO[500]) for n in (1, 2)] for line in Line}
MU_LAW = m.ModelConfigured("audio/pcmu", "audio/pcmu")
MOST_TICKS = 50  # without time going on
TOOLS = ("check_availability", "hold_slot", "create_event", "take_message", "wait_for_user")
WORDS = "I have a time on Tuesday at nine in the morning, or one on Friday at half past two."


class Talk:
    """One session, and everything around it."""

    def __init__(self, rng: random.Random, now: float, *, stormy: bool) -> None:
        """`stormy`: the model's leg breaks again and again, and the caller may want to go."""
        self.session = Session(clips=CLIPS)
        self.rules = Rules(now)
        self.over = False
        self.ended = "still up"
        self._rng = rng
        self._stormy = stormy
        self._now = self._framed = now
        self._numbers = itertools.count(1)
        self._agenda: list[tuple[float, int, int, m.Event]] = []  # when, order, the model's session, what
        self._leg = 1  # the model's session; 0 stands for whatever is not of one
        self._turn: str | None = None
        self._speaks_item = ""  # of that turn
        self._stalled = False
        self._speaking = False
        self._plays_until = now
        self._marks_return = rng.random() < 0.95 or not stormy
        self._tell(m.StreamStarted("MZ1"))
        self._soon(0.2, m.ModelOpened("sess", 0), of_model=True)
        self._caller_speaks_later()
        if stormy:
            self._trouble_later()

    def to(self, until: float) -> None:
        """Let everything happen that is due until then, or until the call is over."""
        ticks = 0
        while not self.over:
            deadline = self.session.deadline()
            due = self._agenda[0][0] if self._agenda else until
            at = min(until, due, until if deadline is None else deadline)
            ticks = ticks + 1 if at <= self._now else 0
            if ticks > MOST_TICKS:
                self.rules.wrong.append(f"{self._now:.1f}: time stands still, deadline {deadline}")
                self.over = True
                return
            self._go(max(at, self._now))
            if deadline is not None and deadline <= self._now:
                self._tell(m.Tick())
            elif self._agenda and self._agenda[0][0] <= self._now:
                _, _, leg, event = heapq.heappop(self._agenda)
                if leg in (0, self._leg) and not (leg and self._stalled):
                    self._happens(event)
            elif self._now >= until:
                return

    # --- time -----------------------------------------------------------------------

    def _go(self, now: float) -> None:
        """Frames come all the while."""
        receive, frames = self.session.receive, int((now - self._framed) / FRAME_S)
        self._framed += frames * FRAME_S
        for _ in range(frames):
            receive(FRAME, now)
        self._now = now
        self.rules.waited(now)

    def _soon(self, seconds: float, event: m.Event, *, of_model: bool = False) -> None:
        leg = self._leg if of_model else 0
        heapq.heappush(self._agenda, (self._now + seconds, next(self._numbers), leg, event))

    def _new(self, kind: str) -> str:
        return f"{kind}_{next(self._numbers)}"

    # --- the session ----------------------------------------------------------------

    def _tell(self, event: m.Event) -> None:
        self.rules.told(event, self._now)
        for action in self.session.receive(event, self._now):
            self.rules.ordered(action, self._now)
            self._carry_out(action)
        self.rules.has_heard_enough()

    def _carry_out(self, action: m.Action) -> None:
        match action:
            case m.ConfigureModel():
                self._soon(0.05, MU_LAW, of_model=True)
            case m.ReopenModel():
                self._leg, self._turn, self._stalled, self._speaking = self._leg + 1, None, False, False
                self._opens()
            case m.CreateTurn(event_id=event_id):
                self._asked(event_id)
            case m.CancelTurn(turn_id=turn_id) if turn_id == self._turn:
                self._cut(turn_id, "client_cancelled")
            case m.SendNote(item_id=item_id):
                self._soon(0.03, m.ItemAdded(item_id, "message"), of_model=True)
            case m.SendToolOutput(item_id=item_id, call_id=call_id):
                self._soon(0.03, m.ItemAdded(item_id, "function_call_output", call_id), of_model=True)
            case m.RunTool(call_id=call_id, name=name):
                self._soon(
                    self._rng.choice((0.01, 0.3, 1.0, 5.0)), m.ToolFinished(call_id, self._result(name))
                )
            case m.PlayAudio(item_id=item_id, audio_bytes=count):
                self._plays_until = max(self._plays_until, self._now) + count / 8000
                self._soon(0.0, m.AudioSent(item_id, count))
            case m.SendMark(name=name) if self._marks_return:
                self._soon(max(0.0, self._plays_until - self._now) + 0.02, m.MarkPlayed(name))
            case m.ClearPlayback():
                self._plays_until = self._now  # its marks still come back, when they would have come
            case m.EndStream(reason=reason):
                self.over, self.ended = True, str(reason)
            case _:
                pass

    def _result(self, name: str) -> ToolResult:
        dice = self._rng.random()
        if name == "wait_for_user":
            return ToolResult(output={"ok": True}, reply=Reply.NONE, patient=dice < 0.3)
        if self._stormy and dice < 0.02:
            return ToolResult(output={"ok": True, "say": ""}, reply=Reply.NONE, then=Then.HANG_UP)
        if name == "hold_slot":
            return ToolResult(output={"ok": True, "say": WORDS}, proposal=self._new("hold"))
        return ToolResult(output={"ok": dice < 0.8, "say": WORDS}, closes_gate=name == "create_event")

    # --- what happens ----------------------------------------------------------------

    def _happens(self, event: m.Event) -> None:
        match event:
            case m.SpeechStarted():
                self._speaking = True
                if self._turn is not None and self._rng.random() < 0.9:
                    self._cut(self._turn, "turn_detected")
            case m.SpeechStopped():
                self._speaking = False
                self._caller_speaks_later()
            case m.ModelConfigured() if self._leg > 1:  # a new ear: what the old one heard is forgotten
                self._caller_speaks_later()
            case m.UtteranceCommitted(item_id=item_id):
                self._soon(
                    self._rng.uniform(0.3, 2), m.UtteranceTranscribed(item_id, WORDS[:40]), of_model=True
                )
                if self._turn is None:
                    self._begins(None)
            case m.ModelLegClosed() | m.ModelFaulted(code="session_expired"):
                self._turn, self._speaking = None, False
                self._leg += 1
            case m.ModelFaulted(code="stall"):  # the dice's word for a leg that says nothing any more
                self._stalled = True
                self._trouble_later()
                return
            case m.TurnFinished(turn_id=turn_id) if turn_id == self._turn:
                self._turn = None
            case m.TurnStarted(turn_id=turn_id) if turn_id != self._turn:
                return  # cut before it began
            case m.SpokenAudioArrived() | m.SpokenWordsArrived() | m.ToolCalled() if (
                event.turn_id != self._turn
            ):
                if self._rng.random() < 0.8:  # late pieces of what was cut come now and then
                    return
            case _:
                pass
        self._tell(event)

    def _opens(self) -> None:
        dice = self._rng.random()
        if self._stormy and dice < 0.15:
            self._soon(
                0.2, m.ModelLegClosed(None, "refused", self._rng.choice((401, 429, 503))), of_model=True
            )
        elif not self._stormy or dice > 0.25:  # else it is mute
            self._soon(0.3, m.ModelOpened("sess", 0), of_model=True)

    def _trouble_later(self) -> None:
        kinds: tuple[m.Event, ...] = (
            m.ModelLegClosed(1011, "server error"),
            m.ModelFaulted("session_expired", "the hour is over"),
            m.ModelFaulted("stall", ""),
            m.ModelFaulted("something_new", "who knows"),
            m.KeyPressed(self._rng.choice("0123456789*#")),
            m.Advised("There is a minute left."),
        )
        event = self._rng.choice(kinds)
        self._soon(
            self._rng.expovariate(1 / 120), event, of_model=not isinstance(event, m.KeyPressed | m.Advised)
        )

    # --- the caller -------------------------------------------------------------------

    def _caller_speaks_later(self) -> None:
        """After the agent, into it, or long after; once in a while somebody has left the television on."""
        rng, item_id = self._rng, self._new("u")
        begins = rng.uniform(0.3, 14.0)
        ends = begins + (rng.uniform(15, 25) if rng.random() < 0.01 else rng.uniform(0.3, 4.0))
        self._soon(begins, m.SpeechStarted(item_id, 0), of_model=True)
        self._soon(ends, m.SpeechStopped(item_id, 0), of_model=True)
        self._soon(ends + 0.01, m.UtteranceCommitted(item_id), of_model=True)
        if rng.random() < 0.02:
            self._soon(begins, m.KeyPressed(rng.choice("123456789*#")))

    # --- the model --------------------------------------------------------------------

    def _asked(self, event_id: str) -> None:
        if self._turn is not None:
            code = "conversation_already_has_active_response"
            self._soon(0.03, m.ModelFaulted(code, "", event_id), of_model=True)
        elif self._rng.random() > 0.002:  # else it is lost on the way
            self._begins(event_id)

    def _begins(self, asked_by: str | None) -> None:
        rng, turn = self._rng, self._new("t")
        self._turn, self._speaks_item = turn, ""
        at = rng.uniform(0.05, 0.6)
        self._soon(at, m.TurnStarted(turn, asked_by), of_model=True)
        if self._stormy and rng.random() < 0.02:
            self._soon(at + 0.2, m.TurnFinished(turn, "failed", error_code="server_error"), of_model=True)
            return
        calls = rng.choice((0, 0, 0, 1, 1, 2))
        if rng.random() < 0.85 or not (calls or self._stormy):
            at = self._speaks(turn, at + rng.uniform(0.1, 0.5))
        for _ in range(calls):
            at += 0.1
            call = m.ToolCalled(turn, self._new("i"), self._new("c"), rng.choice(TOOLS), "{}")
            for _ in range(rng.choice((1, 1, 2))):  # the same call stands in several events
                self._soon(at, call, of_model=True)
        usage = m.Usage(input_audio=500, output_audio=300)
        self._soon(at + 0.05, m.TurnFinished(turn, "completed", usage=usage), of_model=True)

    def _speaks(self, turn: str, at: float) -> float:
        rng, item_id = self._rng, self._new("a")
        self._speaks_item = item_id
        for _ in range(rng.randint(3, 18)):
            burst_ms = rng.randrange(100, 501, 20)
            self._soon(
                at, m.SpokenWordsArrived(turn, item_id, rng.choice(WORDS.split()) + " "), of_model=True
            )
            self._soon(at, m.SpokenAudioArrived(turn, item_id, AUDIO[burst_ms]), of_model=True)
            at += burst_ms / 5000
        self._soon(at, m.ItemFinished(turn, item_id, "message", True), of_model=True)
        return at

    def _cut(self, turn: str, reason: str) -> None:
        if turn == self._turn:
            if self._speaks_item:
                self._soon(0.02, m.ItemFinished(turn, self._speaks_item, "message", False), of_model=True)
            self._soon(0.02, m.TurnFinished(turn, "cancelled", reason), of_model=True)


class Result(msgspec.Struct, kw_only=True):
    """What came of it."""

    ends: Counter[str] = msgspec.field(default_factory=Counter)  # how the calls ended
    wrong: list[str] = msgspec.field(default_factory=list)
    memory: Growth | None = None


def hold(
    seed: int, minutes: int, seats: int, say: Callable[[str], None], *, stormy_seats: float = 0.5
) -> Result:
    """So many seats for so long; when a call in one is over, the next begins there at once."""
    result, samples = Result(), list[Sample]()
    dice = [random.Random(f"{seed}/talk/{seat}") for seat in range(seats)]
    stormy = [seat < seats * stormy_seats for seat in range(seats)]
    talks = [Talk(dice[seat], 0.0, stormy=stormy[seat]) for seat in range(seats)]
    for minute in range(1, minutes + 1):
        for seat in range(seats):
            while True:
                talk = talks[seat]
                talk.to(minute * 60.0)
                if not talk.over:
                    break
                result.ends[talk.ended] += 1
                result.wrong += [f"seat {seat}: {each}" for each in talk.rules.wrong]
                talks[seat] = Talk(dice[seat], talk._now + 1.0, stormy=stormy[seat])
        samples.append(Sample(minute * seats / minutes, resident()))
        if minute % 5 == 0:
            say(f"{minute:3} min  {result.ends.total()} talks over, {samples[-1].used / 1e6:.1f} MB")
    for seat, talk in enumerate(talks):
        result.ends[talk.ended] += 1
        result.wrong += [f"seat {seat}: {each}" for each in talk.rules.wrong]
    if len(samples) >= 6:
        result.memory = growth(samples)
    return result
