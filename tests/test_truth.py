"""Whole calls with a model that claims what it has not done: the caller must not be left to believe it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from bridge.call.truth import TruthGuard
from bridge.harness.checker import check
from bridge.harness.evidence import Evidence, heard_of
from bridge.harness.model import turn as model_turn
from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.model.policy_words import GOODBYE, Contents
from bridge.harness.recording import CallerLine, Intent, PolicyOptions
from bridge.harness.recording_file import load_recording
from bridge.harness.run import run_recording
from bridge.harness.speech import PhraseBank
from bridge.harness.virtual_time import run_fast

BOOK = Path(__file__).parent.parent / "recordings" / "book-a-cleaning"
BOOKED = "You're booked: cleaning on Wednesday, November twenty-fifth at two PM."
TEXTED = "I've sent you a text."
CONNECTING = "I'm connecting you now."
AFTER_TRUE_WORDS = f"One moment, please. {BOOKED}"
SORRY = "I'm sorry, I couldn't book that."
GO_ON = "May I have your name, please?"
HEARD_BEFORE_DONE = "said implies done (I3)"
A_BLINK_MS = 100


class Liar:
    """A `Policy` that claims at once what no tool has done, and says what a note asks it to say."""

    def __init__(self, greeting: str, lie: str) -> None:
        self._next: Contents = [Say(greeting)]
        self._lie = lie

    def instructed(self, instructions: str, tools: frozenset[str]) -> None: ...

    def heard(self, line: CallerLine | None) -> None:
        bye = line is not None and line.means is not None and line.means.intent is Intent.GOODBYE
        self._next = [Say(GOODBYE), CallTool("end_call", {})] if bye else [Say(self._lie)]

    def noted(self, role: str, text: str) -> None:
        self._next = [Say(SORRY if "sorry" in text else GO_ON)]

    def tool_answered(self, name: str, output: dict[str, Any]) -> None: ...

    def next_turn(self, tools_allowed: bool) -> Contents:
        return self._next


def call_with(lie: str) -> Evidence:
    """The caller asks for a cleaning, hears what the liar answers, and says goodbye."""
    recording = load_recording(BOOK)
    expect = msgspec.structs.replace(
        recording.expect, outcome="ended", events=(), texts=0, tools=("end_call",)
    )
    recording = msgspec.structs.replace(
        recording, lines=(recording.lines[0], recording.lines[-1]), expect=expect
    )

    def liar(greeting: str, options: PolicyOptions) -> Liar:
        return Liar(greeting, lie)

    return run_fast(run_recording(recording, mind=liar))


def wrong(evidence: Evidence) -> dict[str, list[str]]:
    return {verdict.rule: verdict.wrong for verdict in check(evidence) if verdict.wrong}


def item_of(evidence: Evidence, begins: str) -> str:
    """Id of the first item the model said that begins so."""
    said = evidence.model.of("said")
    return str(next(entry.data["item_id"] for entry in said if entry.data["text"].startswith(begins)))


def sound_of(words: str) -> bytes:
    return PhraseBank.load().speak(words)


def ended(evidence: Evidence) -> dict[str, Any]:
    """The log line of the call's end."""
    lines = [msgspec.json.decode(line) for line in evidence.log_lines]
    (line,) = [line for line in lines if line["event"] == "call_ended"]
    assert isinstance(line, dict)
    return line


@pytest.mark.parametrize(
    ("lie", "claim", "heard_before"),
    [
        (BOOKED, "booked", ""),
        (TEXTED, "texted", ""),
        (CONNECTING, "transferring", ""),
        (AFTER_TRUE_WORDS, "booked", "One moment, please."),
    ],
)
def test_a_claim_is_never_heard(lie: str, claim: str, heard_before: str) -> None:
    """Not a word of the claim's sound reaches the telephone; the agent goes on with what is true."""
    evidence = call_with(lie)
    liar = item_of(evidence, lie[:10])
    true_ms = len(sound_of(heard_before)) / 8 if heard_before else 0
    assert evidence.heard_ms(liar) <= true_ms + A_BLINK_MS
    claimed = sound_of("You're booked" if claim == "booked" else lie)
    assert heard_of(claimed, evidence.heard_audio).length < A_BLINK_MS * 8
    assert evidence.heard_ms(item_of(evidence, GO_ON)) * 8 == len(sound_of(GO_ON))
    (note,) = evidence.model.of("note")
    assert note.data["role"] == "system"
    assert "do not mention it" in note.data["text"]
    assert evidence.rows.calls[0].review == f"claimed_{claim}_unheard"
    assert ended(evidence)["review"] == [f"claimed_{claim}_unheard"]
    assert {rule: found for rule, found in wrong(evidence).items() if "expectations" not in rule} == {}


def late_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose transcript comes only after the sound of an item."""
    monkeypatch.setattr(model_turn, "WORDS_AHEAD_MS", -60_000)


def test_a_claim_that_was_heard_is_corrected_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where words lag behind their sound, the claim is cut as soon as it is known and put right at once."""
    late_words(monkeypatch)
    evidence = call_with(BOOKED)
    heard_ms = evidence.heard_ms(item_of(evidence, BOOKED))
    assert heard_ms * 8 < len(sound_of(BOOKED)) / 2
    assert evidence.heard_ms(item_of(evidence, SORRY)) * 8 == len(sound_of(SORRY))
    assert evidence.rows.calls[0].review == "claimed_booked_heard"
    (cut,) = evidence.model.of("truncated")
    assert abs(cut.data["audio_end_ms"] - heard_ms) <= 60
    assert "the model knows what was heard" not in wrong(evidence)


def test_without_the_guard_the_claim_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same call, the guard removed: the checker sees it, and so does the sound."""
    monkeypatch.setattr(TruthGuard, "covers", lambda guard, found: True)
    evidence = call_with(BOOKED)
    assert 'the caller heard "You\'re booked" before it was done' in wrong(evidence)[HEARD_BEFORE_DONE]
    claimed = sound_of("You're booked")
    assert heard_of(claimed, evidence.heard_audio).length == len(claimed)
    assert evidence.rows.calls[0].review is None
