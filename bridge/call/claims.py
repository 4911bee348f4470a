"""What a sentence of the agent's claims to be done: booked, moved, cancelled, texted, transferring.

Pure. Reads transcripts piece by piece, as they arrive, and judges each clause as early as it is
complete. Small rules in place of a language model, because they must be quick, the same every
time, and open to anybody's correction:

1. A clause ends at a stop, or at a comma once the next word is known ("..., right?").
   A long one is judged on the way, when a claim lies `PATIENCE` words back.
2. A clause is made plain (`claim_plain.py`). A claim says of somebody or something that it is done ("is",
   "has been", "I have"), in the words of `claim_words.py`, or is worded as in `claim_idioms.py`.
3. It is none when asked, denied, reported, read out or supposed: `claim_doubts.py`.
4. How things stand ("you are booked") also hangs on a condition that follows or came before in
   the sentence; what the agent did ("I have booked you") does not.
5. What goes on now ("I am sending it") is none when it is for later.
6. What is booked "instead of" another time is moved.

What the rules find and miss is measured in tests/bridge/call/test_claims.py. Read `claim_judge.py` next, and
`truth.py` for what becomes of a claim.
"""

import re
from collections.abc import Iterator

import msgspec

from bridge.call import claim_doubts as doubts
from bridge.call.claim_judge import claimed
from bridge.call.claim_plain import plain
from bridge.call.claim_words import TRIGGER
from tools.result import Claim

LONGEST_CLAUSE = 40  # words; a text without any stop is judged in pieces
PATIENCE = 8  # words after a claim; what could still unmake it ("if", "up", "until") comes sooner

# A word, a number with its point or colon, a title or "p.m." with their points; a stop; a pause.
_TOKEN = re.compile(
    r"(?P<word>\b(?:dr|mr|mrs|ms|st|prof)\.|\b[ap]\.\s?m\.|\d+(?:[.:,]\d+)*|[^\W_]+(?:['’-][^\W_]+)*)"
    r"|(?P<stop>(?<=\.m\.)\s+(?=(?-i:[A-Z]))|[.!?;:]+)|(?P<pause>[,—–]|(?<=\s)-(?=\s))",
    re.IGNORECASE,
)
# At the end of what has arrived: may still be the beginning of something longer.
_UNFINISHED = re.compile(
    r"(?:\b[ap]\.\s?m?\.?\s*|\b(?:dr|mr|mrs|ms|st|prof)\.|\d[.:,]|[^\W_]['’-]?|-)$", re.IGNORECASE
)


class Found(msgspec.Struct, frozen=True):
    """A claim and where it stands."""

    claim: Claim
    at: int  # characters of the text before the clause that makes it
    clause: str  # the clause as it was said


def claims_in(text: str) -> frozenset[Claim]:
    """What a whole text claims."""
    reader = ClaimReader()
    return frozenset(found.claim for found in (*reader.read(text), *reader.finish()))


class ClaimReader:
    """Reads one item of the agent's, in pieces of any size."""

    def __init__(self) -> None:
        self._text = ""
        self._next = 0  # what was taken in of `_text`
        self._sentence = _Sentence()

    def read(self, words: str) -> list[Found]:
        """Take in more of the item. What is found is told once."""
        self._text += words
        return self._take_in(final=False)

    def finish(self) -> list[Found]:
        """No more of this item will come: its last clause is complete."""
        found = self._take_in(final=True)
        return [*found, *self._sentence.ended(self._text, len(self._text), asked=False)]

    @property
    def length(self) -> int:
        """Characters read so far."""
        return len(self._text)

    def _take_in(self, *, final: bool) -> list[Found]:
        unfinished = None if final else _UNFINISHED.search(self._text, self._next)
        known = len(self._text) if unfinished is None else _start_of_word(self._text, unfinished.start())
        found: list[Found] = []
        for token in _TOKEN.finditer(self._text, self._next):
            if token.end() > known:
                break
            self._next = token.end()
            match token.lastgroup:
                case "word":
                    found += self._sentence.word(self._text, token)
                case "stop":
                    found += self._sentence.ended(self._text, token.start(), asked="?" in token.group())
                    self._sentence = _Sentence()
                case "pause":
                    found += self._sentence.paused(self._text, token.start())
        return found


def _start_of_word(text: str, at: int) -> int:
    """Where the word that reaches to `at` begins."""
    while at > 0 and not text[at - 1].isspace():
        at -= 1
    return at


class _Sentence:
    """The sentence being said: its clauses one after another."""

    def __init__(self) -> None:
        self._begin: int | None = None  # of the clause, in the text
        self._words = 0  # of the clause
        self._triggered = 0  # words since the first that a claim might begin with
        self._told: set[Claim] = set()
        self._pause: int | None = None  # the clause ended here; the words after it help to judge it
        self._following: list[re.Match[str]] = []
        self._asked = False  # the sentence opened as a question
        self._supposed = False  # it opened with a condition
        self._contrast = False  # it names another time, too

    def word(self, text: str, token: re.Match[str]) -> Iterator[Found]:
        """The next word is complete."""
        if self._pause is not None:
            self._following.append(token)
            longer = self._following[0].group().lower() in doubts.OPENS_MORE
            if not longer or len(self._following) >= doubts.MOST_AFTER:
                yield from self._close_clause(text)
            return
        if self._begin is None:
            self._begin = token.start()
        self._words += 1
        if self._triggered or TRIGGER.search(token.group().lower()):
            self._triggered += 1
        if self._words >= LONGEST_CLAUSE:
            self._pause = token.end()
        elif self._triggered > PATIENCE:
            yield from self._judge(text, token.end(), complete=False)

    def paused(self, text: str, at: int) -> Iterator[Found]:
        """A comma or a dash."""
        if self._pause is not None:
            yield from self._close_clause(text)
        if self._begin is not None:
            self._pause = at

    def ended(self, text: str, at: int, *, asked: bool) -> Iterator[Found]:
        """A stop, or no more words. `asked`: it was a question mark."""
        if self._pause is not None:
            yield from self._close_clause(text)
        if self._begin is not None:
            yield from self._judge(text, at, asked=asked)

    def _close_clause(self, text: str) -> Iterator[Found]:
        """Judge the clause before the pause; the words after it open the next one."""
        assert self._pause is not None
        following, self._following = self._following, []
        after = plain(text[following[0].start() : following[-1].end()]) if following else ""
        yield from self._judge(text, self._pause, after=after)
        self._begin = self._pause = None
        self._words = self._triggered = 0
        for token in following:
            yield from self.word(text, token)

    def _judge(
        self, text: str, end: int, *, complete: bool = True, asked: bool = False, after: str = ""
    ) -> Iterator[Found]:
        """What the clause up to `end` claims and has not been told."""
        assert self._begin is not None
        said = text[self._begin : end]
        clause = plain(said)
        self._supposed |= doubts.SUPPOSES.match(clause) is not None
        self._asked |= doubts.ASKS.match(clause) is not None and not self._supposed
        self._contrast |= doubts.CONTRAST.search(clause) is not None
        if self._asked:
            return
        unmade = self._supposed or doubts.UNMADE_BY.match(after) is not None
        asked_first = doubts.ASKED_FIRST.match(clause) is not None
        parts = _parts(clause)
        for number, (joint, part) in enumerate(parts):
            last = number == len(parts) - 1
            if asked and last:
                break
            room = 0 if complete or not last else PATIENCE
            conditional = unmade or joint == "then" or (asked_first and number > 0)
            claims = set(claimed(part, conditional=conditional, room=room))
            if Claim.BOOKED in claims and (self._contrast or Claim.MOVED in claims):
                claims = claims - {Claim.BOOKED} | {Claim.MOVED}
            for claim in sorted(claims):
                if claim not in self._told:
                    self._told.add(claim)
                    yield Found(claim, self._begin, said)


def _parts(clause: str) -> list[tuple[str, str]]:
    """A clause where it falls into parts with a subject each, every one with the word that joins it."""
    joints = list(doubts.JOINT.finditer(clause))
    begins = [0, *(joint.end() for joint in joints)]
    ends = [*(joint.start() for joint in joints), len(clause)]
    joined_by = ["", *(joint.group().strip() for joint in joints)]
    return [(by, clause[begin:end].strip()) for by, begin, end in zip(joined_by, begins, ends, strict=True)]
