"""What a read-back must name, so that a yes to it is a yes to just that.

Pure. Day and hour of the proposal, and what is to be done where that is no booking, in whatever
words the agent chooses: "Wednesday at two", "November 25th, 2:00 p.m." The confirm gate
(`bridge/call/confirm.py`) judges with `names` what the caller has heard. Read `result.py` first.
"""

import re
from datetime import date, datetime, time

from tools.errors import Declined, NotReadBack, ToolError
from tools.facts import CallFacts
from tools.result import ReadBack
from tools.spoken import MONTHS, WEEKDAYS, not_settled, ordinal, spoken_number

MOST_REPEATED = 2  # times; a model that still names nothing, or whose words never arrive, is not believed

_TO_CANCEL = r"\bcancel"
_TO_MOVE = r"\b(?:mov(?:e|ed|ing)|reschedul\w+|chang(?:e|ed|ing)|instead)\b"
_TO_TEXT = r"\b(?:text|message|sms)\b"

_TOKEN = re.compile(r"[a-z]+|\d+(?:st|nd|rd|th)\b|\d+|[.,;!?]")
_SHARP = (
    r"(?: 00\b| oclock\b)?+(?! (?:oh |\d|[a-z]*teen\b|ten\b|eleven\b|twelve\b|(?:twen|thir|for|fif)ty\b))"
)
_NOT_AFTER_PART = r"(?<!\bhalf )(?<!\bpast )(?<!\bquarter to )(?<!ty )"  # half two, forty-two


def to_book(start: datetime, *, asks_to_text: bool = False) -> ReadBack:
    """Of a booking at `start`, on the business's clock. `asks_to_text`: a yes also consents to a text."""
    return ReadBack((_day(start.date()), _time(start.time()), *([_TO_TEXT] if asks_to_text else [])))


def to_move(start: datetime) -> ReadBack:
    """Of moving a booking to `start`, on the business's clock."""
    return ReadBack((_TO_MOVE, _day(start.date()), _time(start.time())))


def to_cancel(start: datetime) -> ReadBack:
    """Of cancelling the booking at `start`, on the business's clock."""
    return ReadBack((_TO_CANCEL, _day(start.date()), _time(start.time())))


def names(read_back: ReadBack, words: str) -> bool:
    """True when the agent's `words` name all that they must."""
    said = _normal(words)
    for pattern in read_back.must_name:
        said, found = re.subn(pattern, ";", said)  # the two of December 2 is no hour as well
        if not found:
            return False
    return True


def once_more(facts: CallFacts, say: str, *, person: bool) -> ToolError:
    """What to raise when the caller answered, but no read-back was named to them.

    `say` is the read-back: the model really says it this time, and waits. `person`: somebody can
    be rung, and is offered when that has not helped.
    """
    facts.read_backs_missed += 1
    if facts.read_backs_missed > MOST_REPEATED:
        return Declined(not_settled(person), code=NotReadBack.code)
    return NotReadBack(say)


def _normal(words: str) -> str:
    """Lower case, one space between words; punctuation stays, as what it parts is no time."""
    words = re.sub(r"\b([ap])\.? ?m\b\.?", r"\1m", words.lower().replace("'", "").replace("’", ""))
    words = re.sub(r"(\d)[:.](?=\d\d\b)", r"\1 ", words)  # 2:30, 2.30
    return " ".join(_TOKEN.findall(words.replace("o clock", "oclock")))


def _day(day: date) -> str:
    """The weekday, or the day of the month: in words only beside its month, as "one second" is no date."""
    month, nth = MONTHS[day.month - 1], ordinal(day.day).replace("-", " ")
    number = _words(day.day)
    said = rf"{WEEKDAYS[day.weekday()]}|{day.day}(?:st|nd|rd|th)"
    beside = rf"{month} (?:the )?(?:{nth}|{number}|{day.day})|(?:{nth}|{day.day}) (?:of )?{month}"
    return rf"\b(?:{said}|{beside})\b".lower()


def _time(at: time) -> str:
    """The hour, on either clock, with its minutes; never with the other half of the day."""
    hour = _hour(at.hour)
    half = r"(?! (?:am|in the morning)\b)" if at.hour >= 12 else r"(?! (?:pm|in the (?:afternoon|evening))\b)"
    if at.minute == 0:
        return rf"{_NOT_AFTER_PART}\b{hour}\b{_SHARP}{half}"
    ways = [
        rf"{hour} (?:oh )?(?:{_words(at.minute)}|{at.minute:02})",
        rf"{_part(at.minute)} (?:past|after) {hour}",
        rf"{_part(60 - at.minute)} (?:to|of|before) {_hour((at.hour + 1) % 24)}",
    ]
    if at.minute == 30:
        ways.append(rf"half {hour}")
    return rf"\b(?:{'|'.join(ways)})\b{half}"


def _hour(hour: int) -> str:
    twelve = hour % 12 or 12
    also = {0: "|midnight", 12: "|noon|midday"}.get(hour, "")
    return rf"(?:{_words(twelve)}|0?{twelve}|{hour:02}{also})"


def _part(minutes: int) -> str:
    """A part of an hour: "quarter", "ten minutes"."""
    name = {15: "quarter|", 30: "half|"}.get(minutes, "")
    return rf"(?:{name}{_words(minutes)}|{minutes})(?: minutes)?"


def _words(number: int) -> str:
    return spoken_number(number).replace("-", " ")
