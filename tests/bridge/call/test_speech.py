"""What is said, as a whole: model's speech and ready-made lines in one ledger."""

import base64

from bridge.call import messages as m
from bridge.call.clips import Clip
from bridge.call.orders import Orders
from bridge.call.speech import AgentSpeech

SECOND = base64.b64encode(b"\xff" * 8000).decode()


def test_a_line_behind_speech_that_nobody_looked_at() -> None:
    """The agent's own speech ends where it ends, and the line after it."""
    speech = AgentSpeech(Orders())
    speech.play(m.SpokenAudioArrived("turn", "item", SECOND))
    speech.play_clip(Clip("connecting", "One moment.", SECOND), now=10.0)
    assert speech.ends_at(10.0) == (12.0, 11.0)
