"""How long a call waits for what, and what it tells the model in text.

Pure. Constants with their units and reasons, and what owners may change. Read `session.py`.
"""

import msgspec

PHONE_FORMAT = "audio/pcmu"
OPENING_S = 8.0  # stream accepted, model still not ready: next step
ONSET_S = 0.1  # the model's ear tells of speech about this long after it began
GREETING_NOISE_S = 0.7  # speech shorter than this does not cut the greeting (a cough, a short hello)
ENDLESS_SPEECH_S = 15.0  # speech that never stops is a television, not a caller
RAISED_THRESHOLD = 0.85
LEAVING_S = 12.0  # goodbye and handoff wait so long for the last mark
RETRY_PAUSE_S = 0.4
KEY_NOTE = "(The caller pressed {keys} on the telephone's keypad.)"
NOISE_NOTE = (
    "There has been unbroken noise on the line and nothing the caller said can be made out. "
    "Say so, and offer to be reached by pressing keys: zero for a person."
)


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """How the session behaves where owners differ."""

    threshold: float = 0.5  # how loud speech must be for the model's ear, 0-1
    silence_s: float = 0.5  # of silence end an utterance for the model's ear
