"""Judges one part of a clause: what does it claim to be done?

Pure. First the wordings of `claim_idioms.py`; then, for every word in `DONE`, a look back to who or
what it is said of. Reading backwards from "booked": small words are passed over; "is" or "has been"
makes it a state of what stands before; "I have" makes it an act of ours, with anything between ("I have
your visit booked"); "will", "to", "not" and their like end it. Whatever is found is put to the doubts
of `claim_doubts.py`. Read `claims.py` for where the clauses come from.
"""

import re
from collections.abc import Iterator

from bridge.call import claim_doubts as doubts
from bridge.call.claim_idioms import IDIOMS, Kind
from bridge.call.claim_words import DONE, US, Done
from tools.result import Claim

MOST_BETWEEN = 7  # words between somebody and what is done
_ENDS_WITH_US = re.compile(rf"\b{US}$")
_GOES_ON = re.compile(r"$| (?:you|it|that|your|for|to|and|with|under|both)\b")


def claimed(part: str, *, conditional: bool, room: int) -> Iterator[Claim]:
    """What a part of a clause claims.

    `conditional`: words around it make of a state a wish. `room`: so many words must follow a claim.
    """
    if doubts.ASKS.match(part) or doubts.UNSURE.search(part) or doubts.LONG_AGO.search(part):
        return
    for claim, kind, match in _worded_as_claims(part):
        before, after = f"{part[: match.start()].rstrip()} ", part[match.end() :]
        if len(after.split()) >= room and not _unmade(claim, kind, before, match.group(), after, conditional):
            yield claim


def _worded_as_claims(part: str) -> Iterator[tuple[Claim, Kind, re.Match[str]]]:
    for idiom in IDIOMS:
        for match in idiom.words.finditer(part):
            yield idiom.claim, idiom.kind, match
    for done in DONE:
        if done.needs is not None and not done.needs.search(part):
            continue
        for match in done.words.finditer(part):
            after = part[match.end() :]
            kind = _said(done, part[: match.start()].split(), after)
            if kind is not None and not (done.not_about is not None and done.not_about.search(after)):
                yield done.claim, kind, match


def _said(done: Done, words: list[str], after: str) -> Kind | None:
    """How the words before something done say it: as an act of ours, as a state, or not at all."""
    between: list[str] = []
    for at in range(len(words) - 1, -1, -1):
        word, subject = words[at], words[:at]
        close = all(map(_is_small, between))
        coordinated = word == "and" and subject[-1:] in (["ahead"], ["gone"], ["went"])
        if (word in doubts.BLOCKS and not coordinated) or (word == "being" and not done.under_way):
            return None
        if word == "is" and subject[-1:] == ["that"]:
            return Kind.STATE  # "that is your visit booked"
        if word in ("is", "are", "was", "were"):
            return Kind.STATE if close and _may_be(done, subject, after) else None
        if word in ("has", "have", "got"):
            if subject and subject[-1] in doubts.BLOCKS:
                return None
            if _is_us(subject):
                return Kind.ACT if close else Kind.STATE
            passive = "been" in between or done.by_itself
            return Kind.STATE if close and passive and _may_be(done, subject, after) else None
        if word in ("i", "we", "they"):
            return Kind.ACT if close else None
        between.append(word)
        if len(between) > MOST_BETWEEN:
            return None
    alone = all(_is_small(word) or word in ("okay", "done", "great") for word in between)
    return Kind.STATE if alone and _GOES_ON.match(after) else None  # "All cancelled for you"


def _may_be(done: Done, subject: list[str], after: str) -> bool:
    """True when it may be said of that; "there is" only reads out, "texts are" tells of a habit."""
    habit = len(subject) == 1 and subject[0].endswith("s") and subject[0] != "this"
    if not subject or subject[-1] == "there" or habit:
        return False
    if done.not_of is None or not done.not_of.search(" ".join(subject)):
        return True
    return done.even_so is not None and done.even_so.search(after) is not None


def _is_us(subject: list[str]) -> bool:
    """True when those words end with one of us."""
    while subject and (_is_small(subject[-1]) or subject[-1] in ("have", "has")):
        subject = subject[:-1]
    return _ENDS_WITH_US.search(" ".join(subject)) is not None


def _is_small(word: str) -> bool:
    return word in doubts.SMALL or word.endswith("ly")


def _unmade(of: Claim, kind: Kind, before: str, claim: str, after: str, conditional: bool) -> bool:
    """True when the words around a claim keep it from being one."""
    whole = claim + after
    up_to = before + claim + " ".join(after.split(" ")[:2])  # "I have booked nothing"
    if doubts.NEGATED.search(doubts.NOT_NEGATED.sub("", up_to)) or doubts.HANGS_ON.search(before):
        return True
    if doubts.REPORTED.search(before) or doubts.READ_OUT.search(before) or doubts.BY_OTHERS.search(after):
        return True
    if of is Claim.BOOKED and doubts.ONLY_HELD.search(after):
        return True
    if of is Claim.TEXTED and (
        doubts.TO_OTHERS.search(whole) or (doubts.BY_EMAIL.search(whole) and not doubts.BY_TEXT.search(whole))
    ):
        return True
    match kind:
        case Kind.ACT:
            return False
        case Kind.STATE:
            if of is Claim.BOOKED and doubts.STANDS_ALREADY.search(before + whole):
                return True
            return conditional or doubts.CONDITION.search(after) is not None
        case Kind.ONGOING:
            return conditional or doubts.FOR_LATER.search(whole) is not None
