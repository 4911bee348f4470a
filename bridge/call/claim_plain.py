"""Makes a clause plain, so that few patterns can read many ways of saying the same.

Pure. Small letters, contractions written out, points gone; and the roundabout ways of saying that
something is done put straight: "I was able to book you" is "I have booked you", "consider it
cancelled" is "it is cancelled", "got you in" is "I have got you in". Read `claim_words.py` next.
"""

import re

_CONTRACTIONS = (
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\bcan't\b"), "can not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'m\b"), " am"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'d\b"), " would"),
    (re.compile(r"\blet's\b"), "let us"),
    (re.compile(r"'s\b"), " is"),  # or whose it is, which does no harm
)
# "o'clock" is "oclock", "check-up" is "check up", "Dr." is "dr" in the patterns.
_POINTS = str.maketrans({"-": " ", ".": None, "'": None})

_WE = r"\b(i|we|they|(?:the|our|my) \w+)"
_NOW = r"(?: (?:just|now|already|also|then|\w+ly))*"
# All the ways of having done something, and what was done.
_DID = re.compile(
    rf"{_WE}(?: have| has)?{_NOW} (?:(?:was|were|been){_NOW} able to|managed to|did|gone (?:ahead )?and"
    rf"|went (?:ahead )?and|ended up|(?:finished|completed|done|took the liberty of|taken the liberty of)"
    rf"(?= \w+ing\b))(?: go ahead and)?{_NOW} (?!not\b)([a-z]+)\b"
)
_DOING = re.compile(rf"\bwhile (i|we)(?: am| are)?{_NOW} ([a-z]+)\b")
_STRAIGHT = (
    (
        re.compile(
            r"^((?:your |the )?(?:appointment|booking|visit|reservation|cancellation|text|message)) "
            r"(?=(?:\w+ed|sent|made|complete)\b)"
        ),
        r"\1 is ",
    ),
    (re.compile(r"\bconsider yourself\b"), "you are"),
    (re.compile(r"\bconsider (it|that|(?:the|your|this) \w+)\b"), r"\1 is"),
    (re.compile(r"\b(?:just )?went (?=(?:out|through|off|over|to)\b)"), "has gone "),
    (
        re.compile(
            r"^((?:(?:and|so|okay|ok|yes|yep|there|alright|right|great|done|now|just) )*)(?=(?:have )?got\b"
            r"|(?:(?!need|provid|suppos|assum)\w+ed|put|sent|set|shot) (?:you|it|that|your|him|her|both)\b)"
        ),
        r"\1i have ",
    ),
)
_IRREGULAR = {
    "get": "got", "put": "put", "set": "set", "send": "sent", "bring": "brought", "take": "taken",
    "make": "made", "find": "found", "fit": "fit", "shoot": "shot", "slide": "slid", "hold": "held",
    "let": "let", "cancel": "cancelled",
}  # fmt: skip
_PAST = frozenset({*_IRREGULAR.values(), "took", "gave", "gone"})
_DOUBLES = re.compile(r"(?:^[^aeiou]*[aeiou][bdgmnprt]|fer)$")  # swap, drop, transfer


def plain(text: str) -> str:
    """A clause as the patterns of `claim_words.py` want it."""
    text = text.lower().replace("’", "'")
    for pattern, instead in _CONTRACTIONS:
        text = pattern.sub(instead, text)
    text = " ".join(text.translate(_POINTS).split())
    for pattern, instead in _STRAIGHT:
        text = pattern.sub(instead, text)
    text = _DID.sub(lambda match: f"{match[1]} have {_done(match[2])}", text)
    return _DOING.sub(lambda match: f"{match[1]} am {_doing(match[2])}", text)


def is_past(word: str) -> bool:
    """True for what may be a past form: "booked", "sent"."""
    return word.endswith("ed") or word in _PAST


def _done(verb: str) -> str:
    """ "book", "booking" or "booked" as "booked"."""
    stem = verb.removesuffix("ing") if len(verb) > len("bring") else verb
    for known in (stem, f"{stem}e", stem[:-1]):
        if known in _IRREGULAR:
            return _IRREGULAR[known]
    if is_past(stem):
        return stem
    if stem == verb and _DOUBLES.search(stem):
        stem += stem[-1]
    return f"{stem.removesuffix('e')}ed"


def _doing(verb: str) -> str:
    """ "connect" as "connecting"."""
    if verb.endswith("ing") and len(verb) > len("bring"):
        return verb
    return f"{verb.removesuffix('e')}{verb[-1] if _DOUBLES.search(verb) else ''}ing"
