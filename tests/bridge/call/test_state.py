"""The whole session under events in any order: what must hold however a call goes."""

import random
from itertools import pairwise

import pytest

from bridge.call import messages as m
from bridge.call.model_leg import MOST_REOPENINGS
from bridge.call.phases import Phase
from tests.bridge.call.talk import CLIPS, FRAME, Talk, audio, called, configured, only, result
from tools.result import Reply, Then

CALLS = 60  # of each seed
MOST_TICKS = 100  # in the longest pause: more is a timer that spins
PAUSES_S = (0.0, 0.1, 0.5, 2.0, 5.0, 12.0)


class Chaos:
    """A call in which anything may happen next."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.talk = Talk(clips=CLIPS, marks_after_s=rng.choice([0.0, 0.1, 1.0, None]))
        self._number = 0
        self._turn = "t0"
        self._tools: list[str] = []

    def go(self) -> None:
        """One event, then a pause in which every Tick is given that is asked for."""
        self._number += 1
        self.talk.tell(*self.rng.choice([self._model, self._model, self._caller, self._tool, self._leg])())
        ticks = 0
        until = self.talk.now + self.rng.choice(PAUSES_S)
        while (deadline := self.talk.session.deadline()) is not None and deadline <= until:
            ticks += 1
            assert ticks < MOST_TICKS, (self.talk.session.phase, deadline)
            self.talk.at(max(deadline, self.talk.now) - 100.0)
        self.talk.at(until - 100.0)

    def _model(self) -> list[m.Event]:
        turn, item = self._turn, f"a{self._number // 3}"
        match self.rng.randrange(5):
            case 0:
                self._turn = f"t{self._number}"
                asked = only(self.talk.done, m.CreateTurn)
                asked_by = asked[-1].event_id if asked and self.rng.random() < 0.5 else None
                return [m.TurnStarted(self._turn, asked_by)]
            case 1 | 2:
                sound = audio(self.rng.choice([20, 500, 3000]))
                return [m.SpokenWordsArrived(turn, item, "word "), m.SpokenAudioArrived(turn, item, sound)]
            case 3:
                return [m.ItemFinished(turn, item, "message", self.rng.random() < 0.8)]
            case _:
                status = self.rng.choice(["completed", "cancelled", "failed"])
                return [m.TurnFinished(turn, status, error_code="rate_limit_exceeded", retry_after_s=3.0)]

    def _caller(self) -> list[m.Event]:
        item = f"u{self._number}"
        match self.rng.randrange(4):
            case 0:
                return [m.SpeechStarted(item, 0)]
            case 1:
                return [m.SpeechStopped(item, 0), m.UtteranceCommitted(item)][: self.rng.randint(1, 2)]
            case 2:
                return [m.KeyPressed(self.rng.choice("12345*#"))]
            case _:
                return [FRAME]

    def _tool(self) -> list[m.Event]:
        if not self._tools or self.rng.random() < 0.5:
            self._tools.append(f"c{self._number}")
            return [called(self._tools[-1], self.rng.choice(["hold_slot", "create_event"]), self._turn)]
        then = self.rng.choice([Then.GO_ON] * 6 + [Then.HANG_UP, Then.TRANSFER])
        answer = result(
            reply=self.rng.choice(list(Reply)),
            then=then,
            patient=self.rng.random() < 0.3,
            keys_wanted=self.rng.choice([None, None, 6, 0]),
            proposal=self.rng.choice([None, "hold_1"]),
        )
        return [m.ToolFinished(self._tools.pop(0), answer)]

    def _leg(self) -> list[m.Event]:
        match self.rng.randrange(4):
            case 0 | 1:
                return [m.ModelOpened("sess", 0), configured()]
            case 2:
                return [m.ModelFaulted("session_expired", "")]
            case _:
                return [m.ModelLegClosed(None, "", self.rng.choice([None, 429, 503]))]


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_events(seed: int) -> None:
    """One end; two new legs at most; no timer spins; no line twice in a row; no tool twice."""
    rng = random.Random(seed)
    for _ in range(CALLS):
        chaos = Chaos(rng)
        chaos.talk.tell(m.StreamStarted("MZ1"))
        for _ in range(rng.randint(5, 60)):
            chaos.go()
        done = chaos.talk.done
        ended = chaos.talk.session.phase is Phase.ENDED
        assert len(only(done, m.EndStream)) == ended
        assert len(only(done, m.ReopenModel)) <= MOST_REOPENINGS
        clips = [clip.name for clip in only(done, m.RecordClip)]
        assert all(one != other for one, other in pairwise(clips))
        ran = [tool.call_id for tool in only(done, m.RunTool)]
        assert len(ran) == len(set(ran))
