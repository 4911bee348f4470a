"""Judges one part of a clause: what does it claim to be done?

Pure. First the wordings of `claim_idioms.py`; then, for every word in `DONE`, a look back to who or
what it is said of. Reading backwards from "booked": small words are passed over; "is" or "has been"
makes it a state of what stands before; "I have" or "I put" makes it an act of ours, with anything
between ("I have your visit booked", "I put you down"); "will", "to", "not" and their like end it.
Whatever is found is put to the doubts of `claim_doubts.py`. Read `claims.py` for where the clauses
come from.
"""

import re
from collections.abc import Iterator, Sequence

from bridge.call import claim_doubts as doubts
from bridge.call.claim_idioms import GENERAL, IDIOMS, Idiom, Kind
from bridge.call.claim_plain import is_past
from bridge.call.claim_words import DONE, US, Done
from tools.result import Claim

Worded = tuple[Claim, Kind, re.Match[str]]

MOST_BETWEEN = 7  # words between somebody and what is done
# "Texts are sent" tells of a habit, "your texts are sent" does not.
_ENDS_WITH_US = re.compile(rf"\b{US}$")
_MANY = re.compile(
    r"^(?!(?:your|the|this|both|these|those|his|her|their)\b)(?!.* your\b).*(?:(?<!s)s|people)$"
)
_ACTED = re.compile(rf"\b{US}(?: have)?(?: just| \w+ly)* \w+ed\b")
_GOES_ON = re.compile(r"$| (?:you|it|that|your|for|to|and|with|under|both)\b")


def claimed(part: str, *, conditional: bool, room: int) -> Iterator[Claim]:
    """What a part of a clause claims.

    `conditional`: words around it make of a state a wish. `room`: so many words must follow a claim.
    """
    if doubts.ASKS.match(part) or doubts.UNSURE.search(part) or doubts.LONG_AGO.search(part):
        return

    def stands(claim: Claim, kind: Kind, match: re.Match[str]) -> bool:
        before, after = f"{part[: match.start()].rstrip()} ", part[match.end() :]
        in_time = len(after.split()) >= room
        return in_time and not _unmade(claim, kind, before, match.group(), after, conditional)

    found = [worded for worded in _worded_as_claims(part) if stands(*worded)]
    for claim, _, _ in found or filter(lambda worded: stands(*worded), _idioms_in(part, GENERAL)):
        yield claim


def _idioms_in(part: str, idioms: Sequence[Idiom]) -> Iterator[Worded]:
    for idiom in idioms:
        for match in idiom.words.finditer(part):
            yield idiom.claim, idiom.kind, match


def _worded_as_claims(part: str) -> Iterator[Worded]:
    yield from _idioms_in(part, IDIOMS)
    for done in DONE:
        if done.needs is not None and not done.needs.search(part):
            continue
        for match in done.words.finditer(part):
            after = part[match.end() :]
            words = part[: match.start()].split()
            if done.not_with is not None and done.not_with.search(" ".join(words[-MOST_BETWEEN:])):
                continue
            kind = _said(done, words, after)
            if kind is not None and not (done.not_about is not None and done.not_about.search(after)):
                yield done.claim, kind, match


def _said(done: Done, words: list[str], after: str) -> Kind | None:
    """How the words before something done say it: as an act of ours, as a state, or not at all."""
    between: list[str] = []
    for at in range(len(words) - 1, -1, -1):
        word, subject = words[at], words[:at]
        close = all(map(_is_small, between))
        passive = all(_is_small(each) or is_past(each) for each in between)
        if word == "and" and (not between or is_past(between[-1])):
            if _ACTED.search(" ".join(subject)):
                return Kind.ACT  # "I have moved this and booked that"
            between = []
            continue
        if word in doubts.BLOCKS or (word == "being" and not done.under_way):
            return None
        if word == "is" and subject[-1:] == ["that"]:
            return Kind.STATE  # "that is your visit booked"
        if word in ("is", "are", "was", "were"):
            return Kind.STATE if passive and _may_be(done, subject, after) else None
        if word in ("has", "have", "got"):
            if subject and subject[-1] in doubts.BLOCKS:
                return None
            if _is_us(subject):
                if done.of is not None and not _object(between):
                    return None
                return Kind.ACT if close or _acts(between) else Kind.STATE
            passive = passive and ("been" in between or done.by_itself)
            return Kind.STATE if passive and _may_be(done, subject, after) else None
        if _ENDS_WITH_US.search(" ".join(words[: at + 1])):
            return Kind.ACT if (close and done.of is None) or _acts(between) else None
        between.append(word)
        if len(between) > MOST_BETWEEN:
            return None
    alone = all(_is_small(word) or word in ("okay", "done", "great") for word in between)
    return Kind.STATE if alone and _GOES_ON.match(after) else None  # "All cancelled for you"


def _acts(between: list[str]) -> bool:
    """True when the words between, read backwards, begin with something done: "I put you down"."""
    verb = next((word for word in reversed(between) if not _is_small(word)), "")
    return is_past(verb) and _object(between)


def _object(between: list[str]) -> bool:
    """True when somebody or something stands among the words between."""
    return any(not _is_small(word) and not is_past(word) for word in between)


def _may_be(done: Done, subject: list[str], after: str) -> bool:
    """True when it may be said of that; "there is" only reads out, "texts are" tells of a habit."""
    habit = done.of is None and _MANY.search(" ".join(subject)) is not None
    if not subject or subject[-1] == "there" or habit:
        return False
    if done.of is not None and not done.of.search(" ".join(subject)):
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
    if doubts.NEGATED.search(doubts.NOT_NEGATED.sub("", before + claim)) or doubts.NOTHING.match(after):
        return True
    if doubts.HANGS_ON.search(before):
        return True
    if doubts.REPORTED.search(before) or doubts.READ_OUT.search(before) or doubts.BY_OTHERS.search(after):
        return True
    if of is Claim.BOOKED and doubts.ONLY_HELD.search(after):
        return True
    if of is Claim.TEXTED and (
        doubts.TO_OTHERS.search(whole)
        or (doubts.BY_EMAIL.search(before + whole) and not doubts.BY_TEXT.search(whole))
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
