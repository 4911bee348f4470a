"""A session to talk to: its time, the telephone's part of sending and marks, and shortcuts.

Read `test_session.py` next.
"""

import base64
from typing import Any

from bridge.call import messages as m
from bridge.call.clips import Clip, Clips, Line
from bridge.call.session import Session
from tools.result import ToolResult

FRAME = m.FrameArrived("f" * 216)


def audio(ms: int) -> str:
    return base64.b64encode(b"\x55" * (ms * 8)).decode()


def result(**changes: Any) -> ToolResult:
    return ToolResult(output={"ok": True, "say": "Fine."}, **changes)


CLIP_MS = 1000
CLIPS: Clips = {
    line: [Clip(f"{line}_{n}", f"{line} {n}", audio(CLIP_MS)) for n in (1, 2, 3)] for line in Line
}


class Talk:
    """Drives a session: keeps the time, and plays the telephone's part of sending, playing and marks."""

    def __init__(
        self,
        *,
        marks_after_s: float | None = 0.0,
        known: ToolResult | None = None,
        clips: Clips | None = None,
    ) -> None:
        """`marks_after_s`: how long a mark is on its way back; None: none ever comes."""
        self.session = Session(known=known, clips=clips)
        self.now = 100.0
        self.done: list[m.Action] = []
        self._marks_after_s = marks_after_s
        self._plays_until = 0.0
        self._marks: list[tuple[float, str]] = []  # when each comes back, and its name

    def at(self, seconds: float) -> "Talk":
        """Go to `seconds` after the call began, giving every mark and Tick that falls due on the way."""
        target = 100.0 + seconds
        while True:
            deadline = self.session.deadline()
            mark = self._marks[0][0] if self._marks else None
            due = min((time for time in (deadline, mark) if time is not None), default=None)
            if due is None or due > target:
                break
            self.now = max(self.now, due)
            self.tell(m.MarkPlayed(self._marks.pop(0)[1]) if due == mark else m.Tick())
        self.now = target
        return self

    def tell(self, *events: m.Event) -> list[m.Action]:
        """Give events; audio that is played is sent at once. Returns the new actions."""
        new: list[m.Action] = []
        for event in events:
            actions = self.session.receive(event, self.now)
            self.done += actions
            for action in actions:
                new.append(action)
                match action:
                    case m.PlayAudio(item_id=item_id, audio_bytes=count):
                        self._plays_until = max(self._plays_until, self.now) + count / 8000
                        new += self.tell(m.AudioSent(item_id, count))
                    case m.SendMark(name=name):
                        if self._marks_after_s is not None:
                            self._marks.append((self._plays_until + self._marks_after_s, name))
                    case m.ClearPlayback():
                        self._plays_until = self.now
                        cleared, self._marks = self._marks, []
                        new += self.tell(*(m.MarkPlayed(name) for _, name in cleared))
        return new

    def greeted(self) -> "Talk":
        """A call whose greeting was spoken and heard."""
        self.tell(m.StreamStarted("MZ1"), m.ModelOpened("sess", 0), configured())
        self.turn("t_greeting", "greeting", 1000)
        return self.at(1.0)

    def turn(self, turn: str, item: str, ms: int, words: str = "ten words") -> list[m.Action]:
        """A whole spoken turn, generated at once."""
        return self.tell(
            m.TurnStarted(turn),
            m.SpokenWordsArrived(turn, item, words),
            m.SpokenAudioArrived(turn, item, audio(ms)),
            m.ItemFinished(turn, item, "message", True),
            m.TurnFinished(turn, "completed"),
        )

    def says(self, item: str = "u1", seconds: float = 1.0) -> list[m.Action]:
        """The caller speaks for a while."""
        new = self.tell(m.SpeechStarted(item, 0))
        self.at(self.now - 100.0 + seconds)
        return new + self.tell(m.SpeechStopped(item, 0), m.UtteranceCommitted(item))


def configured(output: str = "audio/pcmu") -> m.ModelConfigured:
    return m.ModelConfigured("audio/pcmu", output)


def kinds(actions: list[m.Action]) -> list[str]:
    return [type(action).__name__ for action in actions]


def only(actions: list[m.Action], kind: type[m.Action]) -> list[Any]:
    return [action for action in actions if isinstance(action, kind)]


def called(call_id: str, name: str = "check_availability", turn: str = "t1") -> m.ToolCalled:
    """The model asks for a tool, in a turn."""
    return m.ToolCalled(turn, f"item_{call_id}", call_id, name, "{}")
