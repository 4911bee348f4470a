"""The scripted caller: decides, 20 ms at a time, when the next step of the script begins.

Pure. A step waits for what a person would wait for, judged on what was played out to them:
the agent has spoken and is quiet, is so far into a sentence, or nobody says anything.
Read next: mouthpiece.py (what the caller sends) and stream_client.py (which acts).
"""

from collections.abc import Sequence
from typing import Protocol

from bridge.harness.telephone.stretches import FRAME_MS, Stretches

# After our clip the agent may still be audible for a moment: the sentence we cut into, until
# it is cleared. That tail is no answer. If the sentence goes on longer, it was not cut at all,
# and what we hear counts as the agent speaking to us.
TAIL_MS = 1000


class CallerStep(Protocol):
    """What the caller does next (one of the first four) and when (whichever comes first)."""

    @property
    def clip(self) -> str | None: ...
    @property
    def press(self) -> str | None: ...
    @property
    def press_code(self) -> bool: ...
    @property
    def hang_up(self) -> bool: ...
    @property
    def text(self) -> str: ...
    @property
    def after_quiet_ms(self) -> int | None: ...
    @property
    def into_sentence_ms(self) -> int | None: ...
    @property
    def if_silent_ms(self) -> int | None: ...


class Caller:
    """Goes through the steps, in order, over all streams of one call."""

    def __init__(self, steps: Sequence[CallerStep]) -> None:
        self._steps = steps
        self._next = 0
        self._stretches_then = 0  # stretches the agent had begun when our last step began
        self._since_step_ms = 0  # since our last step ended
        self._spoken_to = False  # the agent has been audible since our last step
        self._silent_ms = 0  # nothing audible from either side

    def tick(self, agent: Stretches, speaking: bool) -> tuple[int, CallerStep] | None:
        """The step that begins now, with its index, or None.

        Called once per 20 ms with the agent as heard up to now; `speaking` is true while a
        clip of ours is being sent, or keys are being pressed.
        """
        audible = agent.length_ms > 0 and agent.quiet_ms == 0
        self._silent_ms = 0 if audible or speaking else self._silent_ms + FRAME_MS
        self._since_step_ms = 0 if speaking else self._since_step_ms + FRAME_MS
        answering = agent.count > self._stretches_then or self._since_step_ms > TAIL_MS
        if audible and answering and not speaking:  # a reply we talked over is no reply
            self._spoken_to = True
        if speaking or self._next == len(self._steps):
            return None
        step = self._steps[self._next]
        if not self._due(step, agent, answering):
            return None
        index = self._next
        self._next += 1
        self._stretches_then = agent.count
        self._since_step_ms = 0
        self._spoken_to = False
        self._silent_ms = 0
        return index, step

    def _due(self, step: CallerStep, agent: Stretches, answering: bool) -> bool:
        quiet, sentence, silent = step.after_quiet_ms, step.into_sentence_ms, step.if_silent_ms
        if quiet is None and sentence is None and silent is None:
            return True
        return (
            (quiet is not None and self._spoken_to and agent.quiet_ms >= quiet)
            or (sentence is not None and answering and agent.length_ms > 0 and agent.length_ms >= sentence)
            or (silent is not None and self._silent_ms >= silent)
        )
