"""How long a call waits for what, and what it tells the model in text.

Pure. Constants with their units and reasons, and what owners may change. Read `session.py`.
"""

import msgspec

PHONE_FORMAT = "audio/pcmu"
ONSET_S = 0.1  # the model's ear tells of speech about this long after it began
GREETING_NOISE_S = 0.7  # speech shorter than this does not cut the greeting (a cough, a short hello)
ENDLESS_SPEECH_S = 15.0  # speech that never stops is a television, not a caller
RAISED_THRESHOLD = 0.85
MOST_ENDLESS = 2  # times in a row that keys are offered against the noise; then a person is fetched
MOST_STRAY_KEYS = 2  # then the caller is told what to do; the next one fetches a person
LEAVING_S = 12.0  # goodbye and handoff wait so long for the last mark
MARKS_LATE_S = 1.0  # and not this much longer than it takes to play them: then no mark comes back
MARK_DELAY_S = 0.5  # a mark is on its way back for so long at most, on a line that works
RETRY_PAUSE_S = 0.4
LONGEST_RETRY_S = 4.0  # a rate limit that lasts longer is no use to somebody on the telephone
RATE_LIMITS = frozenset({"rate_limit_exceeded", "inference_rate_limit_exceeded"})
KEY_NOTE = "(The caller pressed {keys} on the telephone's keypad.)"
NOISE_NOTE = (
    "There has been unbroken noise on the line and nothing the caller said can be made out. "
    "Say so, and offer to be reached by pressing keys: zero for a person."
)
STRAY_KEY_NOTE = (
    "The caller presses keys without a word, and nothing waits for a key. Say in one short sentence that "
    "they can simply tell you what they want, or press zero for a person; offer to put them through."
)
REPROMPT_NOTE = (
    "The caller has said nothing for a while. Ask in one short sentence whether they are still there, or "
    "ask your last question again in other words."
)
MISSED_NOTE = "The caller was speaking when the line broke off: you may have missed it. Ask for it again."


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """How the session behaves where owners differ."""

    threshold: float = 0.5  # how loud speech must be for the model's ear, 0-1
    silence_s: float = 0.5  # of silence end an utterance for the model's ear
