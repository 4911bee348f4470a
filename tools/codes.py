"""Codes of six digits that are texted to a caller's number and read back: making, hearing, comparing.

Pure. A code is never 0 in any place: 0 on the keypad is a person, and "oh" is heard as a letter. What is
kept of a code is a digest that only this server can make, over the call and the number as well, so that
a code of another call or number is of no use. Read `identity.py` next.
"""

import hashlib
import hmac
import random
import re

KIND = "code"  # of a text that carries one, in the outbox
LENGTH = 6
DIGITS = "123456789"
HIDDEN = "*" * LENGTH  # what is written down in a code's place
_LABEL = b"callbridge: key of the codes that are texted"
_CODE = re.compile(rf"[1-9]{{{LENGTH}}}")
_APART = re.compile(r"[\s.,;:/_–—-]+")
_SPOKEN = dict(
    zip(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), DIGITS, strict=True)
)
_REPEATED = {"double": 2, "triple": 3}
_DIGIT = "|".join((r"\d", *_SPOKEN, *_REPEATED, "zero", "oh"))
_RUN = re.compile(rf"\b(?:{_DIGIT})(?:{_APART.pattern[:-1]}*(?:{_DIGIT}))*\b", re.IGNORECASE)


def key_of(secret: str) -> bytes:
    """The server's key for its digests, derived from a secret that all its processes share."""
    return hmac.digest(secret.encode(), _LABEL, hashlib.sha256)


def new_code(source: random.Random) -> str:
    """A code; `source` must be one that nobody can foretell (`random.SystemRandom`)."""
    return "".join(source.choice(DIGITS) for _ in range(LENGTH))


def digest(key: bytes, *, call_sid: str, number: str, code: str) -> str:
    """What is kept of a code: hex, of no use without the key, and for this call and number only.

    Without a key 531,441 codes are tried in a moment by whoever has read the database.
    """
    return hmac.digest(key, "\n".join((call_sid, number, code)).encode(), hashlib.sha256).hex()


def heard_code(words: str) -> str | None:
    """The code in what was said or keyed: "4 2 7, 1 9 3", "four two seven one double nine"; None if none."""
    digits, times = "", 1
    for word in filter(None, _APART.split(words.casefold())):
        if word in _REPEATED and times == 1:
            times = _REPEATED[word]
            continue
        spoken = _SPOKEN.get(word, word)
        if times > 1 and len(spoken) > 1:
            return None
        digits += spoken * times
        times = 1
    return digits if _CODE.fullmatch(digits) and times == 1 else None


def without_codes(text: str) -> str:
    """A transcript without what may be a code in it. Longer numbers stay: they are of something else."""
    return _RUN.sub(lambda run: HIDDEN if heard_code(run.group()) else run.group(), text)
