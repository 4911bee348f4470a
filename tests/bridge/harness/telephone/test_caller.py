"""The scripted caller waits for what a person would wait for."""

from bridge.harness.recording import CallerLine
from bridge.harness.telephone.caller import TAIL_MS, Caller
from bridge.harness.telephone.stretches import FRAME_MS, Stretches

LOUD = b"\x20\xa0" * 80
QUIET = b"\xff" * 160


class Scene:
    """Plays frames to a caller and notes at which ms which step began."""

    def __init__(self, *steps: CallerLine) -> None:
        self.caller = Caller(steps)
        self.agent = Stretches()
        self.now_ms = 0
        self.begun: list[tuple[int, int]] = []  # ms, index of the step

    def play(self, frame: bytes, length_ms: int, *, speaking: bool = False) -> "Scene":
        for _ in range(length_ms // FRAME_MS):
            self.now_ms += FRAME_MS
            self.agent.hear(frame)
            begun = self.caller.tick(self.agent, speaking)
            if begun is not None:
                self.begun.append((self.now_ms, begun[0]))
        return self


def test_after_quiet_waits_for_the_agent_to_speak_first() -> None:
    """Silence before the greeting is no turn to speak; silence after it is."""
    scene = Scene(CallerLine(clip="a", after_quiet_ms=600))
    scene.play(QUIET, 3000).play(LOUD, 1000).play(QUIET, 580)
    assert scene.begun == []
    scene.play(QUIET, 20)
    assert scene.begun == [(4600, 0)]


def test_after_quiet_is_not_fooled_by_a_breath() -> None:
    """Only quiet in one piece counts."""
    scene = Scene(CallerLine(clip="a", after_quiet_ms=600))
    scene.play(LOUD, 500).play(QUIET, 500).play(LOUD, 500).play(QUIET, 580)
    assert scene.begun == []


def test_second_line_waits_for_an_answer_to_the_first() -> None:
    """What the agent said before our line is no answer to it."""
    scene = Scene(CallerLine(clip="a", after_quiet_ms=400), CallerLine(clip="b", after_quiet_ms=400))
    scene.play(LOUD, 500).play(QUIET, 400).play(QUIET, 1000, speaking=True).play(QUIET, 5000)
    assert [index for _, index in scene.begun] == [0]
    scene.play(LOUD, 500).play(QUIET, 400)
    assert [index for _, index in scene.begun] == [0, 1]


def test_into_sentence_interrupts() -> None:
    """A barge-in begins so far into what the agent is saying now."""
    scene = Scene(CallerLine(clip="a", into_sentence_ms=1200))
    scene.play(LOUD, 600).play(QUIET, 1000).play(LOUD, 1180)
    assert scene.begun == []
    scene.play(LOUD, 20)
    assert scene.begun == [(2800, 0)]


def test_tail_of_an_interrupted_sentence_is_no_answer() -> None:
    """The moment until the agent is cleared does not count as the agent speaking to us."""
    scene = Scene(CallerLine(clip="a", into_sentence_ms=200), CallerLine(clip="b", after_quiet_ms=400))
    scene.play(LOUD, 200).play(LOUD, 300, speaking=True).play(LOUD, TAIL_MS - 100).play(QUIET, 2000)
    assert [index for _, index in scene.begun] == [0]


def test_sentence_that_was_not_cut_counts_in_the_end() -> None:
    """An agent that talks on over us is listened to after a second."""
    scene = Scene(CallerLine(clip="a", into_sentence_ms=200), CallerLine(clip="b", after_quiet_ms=400))
    scene.play(LOUD, 200).play(LOUD, 300, speaking=True).play(LOUD, TAIL_MS + 100).play(QUIET, 400)
    assert [index for _, index in scene.begun] == [0, 1]


def test_two_interruptions_need_two_sentences() -> None:
    """The same sentence is not interrupted twice while it is dying away."""
    scene = Scene(CallerLine(clip="a", into_sentence_ms=200), CallerLine(clip="b", into_sentence_ms=200))
    scene.play(LOUD, 200).play(LOUD, 400, speaking=True).play(LOUD, 200).play(QUIET, 1000)
    assert [index for _, index in scene.begun] == [0]
    scene.play(LOUD, 200)
    assert [index for _, index in scene.begun] == [0, 1]


def test_if_silent_counts_both_sides() -> None:
    """Neither the agent nor our own line may have been audible."""
    scene = Scene(CallerLine(clip="a", if_silent_ms=1000), CallerLine(hang_up=True, if_silent_ms=1000))
    scene.play(QUIET, 900).play(LOUD, 100).play(QUIET, 980)
    assert scene.begun == []
    scene.play(QUIET, 20)
    assert scene.begun == [(2000, 0)]
    scene.play(QUIET, 3000, speaking=True).play(QUIET, 980)
    assert len(scene.begun) == 1
    scene.play(QUIET, 20)
    assert scene.begun == [(2000, 0), (6000, 1)]


def test_step_without_condition_begins_at_once_after_the_last() -> None:
    """It waits for nothing but our own line to end."""
    scene = Scene(CallerLine(clip="a", if_silent_ms=100), CallerLine(press="1"), CallerLine(hang_up=True))
    scene.play(QUIET, 100).play(QUIET, 200, speaking=True).play(QUIET, 40)
    assert scene.begun == [(100, 0), (320, 1), (340, 2)]


def test_exhausted_script_does_nothing() -> None:
    """The caller stays on the line."""
    assert Scene().play(LOUD, 1000).play(QUIET, 5000).begun == []
