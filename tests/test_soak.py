"""A small soak, some seconds: `make soak` holds the large one. See `tests/soak/`.

And that it can fail: what leaks or breaks a rule is found.
"""

import random

import pytest

from bridge.call.model_leg import ModelLeg
from bridge.call.session import Session
from bridge.call.turns import TurnGate
from bridge.harness.virtual_time import run_fast
from tests.soak import talks
from tests.soak.lines import Plan
from tests.soak.memory import Sample, growth
from tests.soak.run import soak
from tests.soak.talks import Talk

KB = 1000


def quiet(_: str) -> None:
    """Says nothing."""


def held(seats: int = 4, minutes: int = 4) -> talks.Result:
    return talks.hold(7, minutes, seats, quiet)


def test_calls_through_sockets() -> None:
    """Some calls at once, with faults: every one is as it must be, and nothing is left of any."""
    result = run_fast(soak(Plan(seed=3, minutes=0.5, calls=4), quiet))
    assert result.wrong == []
    assert result.calls >= 4
    assert result.most_at_once == 4


def test_talks_of_the_pure_session() -> None:
    """Whatever the dice do, no order breaks a rule."""
    assert held(seats=8, minutes=8).wrong == []


def test_two_turns_asked_for_at_once_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test can fail: a gate that does not look whether somebody has the floor."""
    monkeypatch.setattr(TurnGate, "may_ask", lambda gate, now: gate._wanted)
    assert any(each.split(": ")[1].startswith("asked") for each in held().wrong)


def test_a_session_told_too_early_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test can fail: a leg that counts as ready before it is configured."""
    monkeypatch.setattr(ModelLeg, "is_ready", True, raising=False)
    monkeypatch.setattr(ModelLeg, "__setattr__", _but_not_ready)
    assert any("not configured" in each for each in held().wrong)


def _but_not_ready(leg: ModelLeg, name: str, value: object) -> None:
    if name != "is_ready":
        object.__setattr__(leg, name, value)


def test_silence_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test can fail: a session that never looks at the time leaves the caller alone."""
    monkeypatch.setattr(Session, "deadline", lambda session: None)
    monkeypatch.setattr(Talk, "_caller_speaks_later", lambda talk: None)
    talk = Talk(random.Random("any"), 0.0, stormy=False)
    talk.to(60.0)
    assert any("nobody has been heard" in each for each in talk.rules.wrong)


def test_time_that_stands_still_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test can fail: a session that wants a tick again and again, and makes nothing of it."""
    monkeypatch.setattr(Session, "deadline", lambda session: 0.0)
    talk = Talk(random.Random("any"), 0.0, stormy=False)
    talk.to(60.0)
    assert any("time stands still" in each for each in talk.rules.wrong)


def test_an_hour_of_talk_is_not_kept() -> None:
    """What was said and heard long ago is forgotten: only the last of it, and ids."""
    talk = Talk(random.Random("calm"), 0.0, stormy=False)
    talk.to(3000.0)
    assert not talk.over
    speech = talk.session.speech
    assert len(speech.playback._items) < 60
    assert len(speech.memory._turns) < 30
    assert len(speech._transcript._words) < 10


def test_growth_is_told_from_noise() -> None:
    """A leak of so much per call shows, whatever the samples look like in between."""
    flat = [Sample(number * 10, 100_000 * KB + number % 3 * KB) for number in range(30)]
    leaking = [Sample(each.calls, each.used + int(each.calls) * 50 * KB) for each in flat]
    warming = [Sample(each.calls, each.used - (5000 * KB if each.calls < 50 else 0)) for each in flat]
    assert abs(growth(flat).per_call) < KB
    assert abs(growth(warming).per_call) < KB
    assert 45 * KB < growth(leaking).per_call < 55 * KB
