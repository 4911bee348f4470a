"""The truth guard: the agent may say that something is done only when it is.

Pure. A tool's committed result grants a receipt for what it did; a claim that no receipt of this
call covers is an untruth, and `session.py` keeps the caller from hearing it or has it put right.
Audio is sent far ahead of its playing and words run ahead of the audio, so a claim is judged from
the words as they arrive. Read `claims.py` for what counts as a claim.
"""

import re

import msgspec

from bridge.call.claim_doubts import CONTRAST
from bridge.call.claim_words import BOOKING, SLOT, WHEN
from bridge.call.claims import ClaimReader, Found
from tools.result import Claim, Receipt, ToolResult

MOST_UNTRUTHS = 3  # between two utterances of the caller's; then nobody waits for a model that lies
AUDIBLE_MS = 300  # so much of a claim must have sounded before anybody could have understood it
FASTEST_MS = 40  # a character of very fast speech lasts this long: no claim begins earlier

# A moved booking is booked at its new time.
_COVERED_BY = {claim: frozenset({claim}) for claim in Claim} | {
    Claim.BOOKED: frozenset({Claim.BOOKED, Claim.MOVED})
}
_OF_BOOKINGS = frozenset({Claim.BOOKED, Claim.MOVED, Claim.CANCELLED})
_DONE = _OF_BOOKINGS | {Claim.TEXTED}
_PASSED_ON = frozenset({Claim.PASSED_ON})
# It is said of a message as well, where nothing around it speaks of an appointment or a time.
_OF_AN_APPOINTMENT = re.compile(
    rf"\b(?:{BOOKING}|{SLOT}|text|confirmation|calendar|schedule)\b|\b(?:for|at|on|by|from|until) {WHEN}",
    re.IGNORECASE,
)
_IN_GENERAL = re.compile(
    r"\b(?:all set|you(?:'re| are) set|good to go|taken care of|sorted|gone through)\b", re.IGNORECASE
)
# A text with a code tells nothing of a booking.
_DETAILS = re.compile(
    r"\b(?:details?|confirm\w*|appointment|booking|visit|time|address|directions)\b", re.IGNORECASE
)
_WEEKDAY = re.compile(r"\b(mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE)

_SAID = {
    Claim.BOOKED: "that it is booked",
    Claim.MOVED: "that the appointment is moved",
    Claim.CANCELLED: "that the appointment is cancelled",
    Claim.TEXTED: "that a text is sent",
    Claim.TRANSFERRING: "that you are connecting the caller",
}
_HEARD = (
    "The caller may have heard it: say at once, in one short sentence, that this is not so yet, and that "
    "you are sorry."
)
_UNHEARD = "The caller did not hear it: do not mention it."
_NOTHING = "Nothing has been booked, moved, cancelled, texted or passed on in this call."


class Untruth(msgspec.Struct, frozen=True):
    """A claim that no receipt covers."""

    item_id: str
    claim: Claim
    at: int  # characters of the item before the clause that makes it
    said: int  # characters of the item known when it was found

    def was_heard(self, heard_ms: int, queued_ms: int) -> bool:
        """True when the caller may have understood some of it; in doubt they have.

        Words carry no times. Where they run ahead of the audio, the proportion puts the claim too
        early, which is the safe side; where they lag, the fastest speech there is bounds it.
        """
        begins_ms = min(queued_ms * self.at // max(1, self.said), self.at * FASTEST_MS)
        return heard_ms > begins_ms + AUDIBLE_MS

    def review(self, heard: bool) -> str:
        """Why the owner should look at the call: a closed list of five claims, heard or not."""
        return f"claimed_{self.claim.value}_{'heard' if heard else 'unheard'}"


class TruthGuard:
    """The receipts of one call, and whatever is being said."""

    def __init__(self) -> None:
        self._receipts: dict[tuple[Claim, str], str] = {}  # (claim, booking) -> the tool's sentence
        self._proposed = False  # something stands proposed and is not committed
        self._readers: dict[str, ClaimReader] = {}  # by item

    # --- what is true -------------------------------------------------------------

    def learn(self, result: ToolResult) -> None:
        """Take in a tool's answer, before the model can speak about it."""
        if result.closes_gate:
            self._proposed = False
        if result.proposal is not None:
            self._proposed = True
        sentence = str(result.output.get("say", ""))
        for receipt in result.receipts:
            key, words = (receipt.claim, receipt.booking), receipt.says or sentence
            if self._receipts.get(key) == words:
                continue  # told again
            looked_up = receipt.claim is Claim.BOOKED and not result.closes_gate  # nothing was changed
            for stale in [known for known in self._receipts if not looked_up and _voids(receipt, known)]:
                del self._receipts[stale]
            self._receipts[key] = words
        if result.proposal is not None or result.output.get("slots"):
            # Times are spoken about again: what is said to be settled is no message any more.
            self._receipts = {key: words for key, words in self._receipts.items() if key[0] not in _PASSED_ON}

    def covers(self, found: Found) -> bool:
        """True when the claim is about something committed.

        A day that the claim names must be one that a receipt names too. Without a day it is about
        the latest business: while that is only proposed, older receipts say nothing about it.
        """
        sentences = [
            sentence for (claim, _), sentence in self._receipts.items() if claim in _covered_by(found)
        ]
        if not sentences or found.claim not in _OF_BOOKINGS:
            return any(not ("code" in sentence and _DETAILS.search(found.clause)) for sentence in sentences)
        days = _weekdays(found.clause)
        if not days:
            return not self._proposed
        return any(not (known := _weekdays(sentence)) or known & days for sentence in sentences)

    @property
    def true(self) -> str:
        """What tools have proved in this call, in their own sentences."""
        return " ".join(dict.fromkeys(self._receipts.values())) or _NOTHING

    # --- what is said -------------------------------------------------------------

    def read(self, item_id: str, words: str) -> Untruth | None:
        """Take in more of an item. The first untruth in it, as soon as its clause is complete."""
        reader = self._readers.setdefault(item_id, ClaimReader())
        return self._untruth(item_id, reader, reader.read(words))

    def finish(self, item_id: str) -> Untruth | None:
        """No more words of this item will come."""
        reader = self._readers.pop(item_id, None)
        return None if reader is None else self._untruth(item_id, reader, reader.finish())

    def _untruth(self, item_id: str, reader: ClaimReader, found: list[Found]) -> Untruth | None:
        for claim in found:
            if not self.covers(claim):
                return Untruth(item_id, claim.claim, claim.at, reader.length)
        return None

    def note(self, untruth: Untruth, heard: bool) -> str:
        """What the model is told about its untruth."""
        return (
            f"You began to say {_SAID[untruth.claim]}. No tool has answered ok for that, so it is not true "
            f"and you were stopped. {_HEARD if heard else _UNHEARD} What is true: {self.true} "
            "If it should be done, call the tool that does it; otherwise go on."
        )


def _covered_by(found: Found) -> frozenset[Claim]:
    """Receipts of which claims may cover this one."""
    days = _weekdays(found.clause)
    if found.claim is Claim.BOOKED and not days and _IN_GENERAL.search(found.clause):
        # "You're all set" is said of a cancellation, too.
        return _DONE if _OF_AN_APPOINTMENT.search(found.clause) else _DONE | _PASSED_ON
    if found.claim is Claim.MOVED and days and CONTRAST.search(found.clause.lower()):
        return _COVERED_BY[
            Claim.BOOKED
        ]  # "I've booked Friday instead of Thursday": the wish changed, perhaps
    return _COVERED_BY[found.claim]


def _voids(new: Receipt, known: tuple[Claim, str]) -> bool:
    """True when a new receipt makes a known one untrue, or too old to speak of."""
    match new.claim:
        case Claim.CANCELLED:
            return known[0] in (Claim.BOOKED, Claim.MOVED) and new.booking in ("", known[1])
        case Claim.MOVED:
            # Whatever was said of the time it had: booked there, or moved there before.
            replaced = known[0] in (Claim.BOOKED, Claim.MOVED) and known[1] == new.replaces
            return known[0] is Claim.TEXTED or known == (Claim.BOOKED, new.booking) or replaced
        case Claim.BOOKED:
            return known[0] is Claim.TEXTED  # it told of another booking
        case _:
            return False


def _weekdays(text: str) -> frozenset[str]:
    return frozenset(day.lower() for day in _WEEKDAY.findall(text))
