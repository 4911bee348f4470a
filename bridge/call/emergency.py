"""Whether what a caller said may tell of an emergency: a small list of words, each with its reason.

Pure. A transcript comes late, may be wrong and may be somebody's joke, so nothing follows from it but
that the agent asks (see `caller.py`). Asking in vain costs one sentence, and not asking may cost more:
in doubt it counts. What is denied ("it's not an emergency") does not, nor what only has the same words
("fire me an email"). English only. To add a wording: a row in tests/bridge/call/test_emergency.py, then
its words here.
"""

import enum
import re


class Emergency(enum.StrEnum):
    """What the words may tell of, as the model is told."""

    HEALTH = "somebody badly hurt or ill"
    FIRE = "fire or smoke"
    GAS = "gas in the air"
    VIOLENCE = "violence"
    SELF_HARM = "somebody in despair"
    SAID_SO = "an emergency"


ASK_NOTE = (
    "What the caller said may tell of {what}. It is only a transcript. Unless you have just done so: ask at "
    "once, in one short sentence, whether this is an emergency, and offer to put them through to a person. "
    "If they say so, call transfer_to_human."
)


def _words(*wordings: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(wordings)})\b")


_BE = r"(?:am|is|are|was|were)"
_NOT = r"(?:not|never|cannot|can't|cant|\w+n't)"
_BUILDING = (
    r"(?:house|home|building|kitchen|apartment|flat|garage|roof|shop|office|basement|attic|car|van|oven"
    r"|stove|wires?|wiring|outlet|socket|fuse box|furnace|boiler|water heater)"
)

_SIGNS = {
    Emergency.HEALTH: _words(
        # What one dies of within minutes.
        rf"{_NOT} (?:really |even |hardly |properly )?(?:breathe|breathing)",
        r"(?:trouble|difficulty|hard|struggling|problems?)(?: to| with| for \w+ to)? breath(?:e|ing)",
        r"stopped breathing|gasping for (?:air|breath)|chok(?:ing|ed)(?! (?:up|back))",
        r"heart attack|cardiac arrest|chest pains?|pains? in (?:my|his|her|the) chest",
        r"(?:having|had|has|have|is|like) a stroke(?! of)|stroke symptoms",
        r"(?<!history of )seizures?(?! (?:medication|medicine|history))|convuls\w+|overdos\w+|anaphyla\w+",
        r"unconscious|unresponsive|passed out|(?:won't|doesn't|does not|will not) wake up",
        r"throat (?:is |has |keeps )?(?:closing|swelling|swollen)",
        r"swallowed (?:\w+ ){0,3}(?:bleach|poison|battery|batteries|pills|detergent)",
        r"electrocuted|electric shock",
        # Blood, but neither a technician who bleeds radiators nor the everyday bleeding of gums.
        rf"{_NOT} stop(?:ped|s)? bleeding",
        r"(?<!stopped )(?<!gums )(?<!gums are )(?<!gum )bleeding(?! (?:gums?|edge|heart|the|my|our|your"
        r"|radiators?|brakes?|valves?|disorder))",
        r"bleed(?:s|ing)? (?:a lot|badly|heavily|everywhere|out)|bled (?:a lot|everywhere)",
        r"blood (?:is )?(?:everywhere|all over|gushing|pouring|spurting)|(?:a lot|lots) of blood",
    ),
    Emergency.FIRE: _words(
        # Fire as a thing that is there; as a verb or in a compound it is something else.
        r"on fire(?! (?:today|this week|lately))|(?:caught|catch(?:es|ing)?) (?:on )?fire",
        r"(?:there(?: is|'s| was)|we have|i have|have got|i see|see) (?:a |an )?(?:\w+ )?fire(?! (?:alarm|pit"
        r"|place|extinguisher|inspection|drill|door|exit|escape|sale|safety|sprinkler|department|station"
        r"|hydrant|insurance|damage|wall|table|sticks?|truck|engine)s?\b)",
        r"fire (?:broke out|is spreading|(?:in|at|inside) (?:the|my|our))",
        r"^(?:help )?fire$",
        rf"{_BUILDING} {_BE} (?:all )?(?:burning|in flames|smoking)(?! (?:area|fuel|oil|wood))|burning down",
        r"smoke (?:is )?(?:coming|pouring|filling|everywhere)|full of smoke|(?:smell|see)(?:s|ing)? smoke",
        r"sparks? (?:is |are )?(?:coming|flying|shooting)",
    ),
    Emergency.GAS: _words(
        r"gas (?:is )?leak(?:s|ing)?(?! (?:detectors?|tests?|sensors?|alarms? installed))",
        r"leaking gas|smell(?:s|ing|ed)?(?: of| like| some| the)? (?:natural )?gas",
        r"carbon monoxide(?! (?:detectors?|sensors?|tests?|inspection))",
        r"carbon monoxide (?:detector|sensor) (?:is |keeps |went )(?:going off|beeping|off)",
    ),
    Emergency.VIOLENCE: _words(
        r"(?:has|have|with|got) a (?:gun|knife)",
        r"(?:someone|somebody|he|she|they|people|a man)(?: \w+)? (?:breaking|broke|broken) in(?:to)?",
        rf"(?:being|been|was|were) (?:attacked|stabbed|shot)|{_BE} (?:hitting|attacking) (?:me|us|her|him)",
    ),
    Emergency.SELF_HARM: _words(
        r"kill(?:ing)? (?:myself|himself|herself|themselves)|suicid(?:e|al)|end(?:ing)? my (?:own )?life",
        rf"want(?:s)? to die|{_NOT} want to live",
    ),
    Emergency.SAID_SO: _words(
        r"(?:this|it|that)(?: is|'s)(?: (?!not\b)\w+)? (?:an|a real|a medical|a dental) emergency",
        r"(?:have|having|got)(?: \w+)? (?:an|a real|a medical|a dental) emergency"
        r"(?! (?:contact|fund|exit|kit|plan))",
        r"(?:need|call|get|send)(?: me| us)?(?: an?| the)? (?:ambulance|paramedics?)",
        r"call(?:ing)? (?:911|nine one one)",
    ),
}

_SUBJECT = r"(?:there|he|she|they|we|i|my|our|somebody|someone)"
# Before the words, in the same clause: what takes them back. "I don't know if" does not.
_DENIED = re.compile(
    rf"\b(?:no(?: (?!{_SUBJECT}\b)\w+)?$|{_NOT}|without|nothing|isn't|neither|nor|instead of|in case of)\b"
)
# What was denied of somebody else is not denied of whoever comes next: "don't hang up, my dad passed out".
_ANEW = re.compile(rf"^.*\b{_SUBJECT}\b(?:'\w+)?")
_UNSURE = re.compile(rf"\b{_NOT} (?:know|sure|certain|tell)\b")
_CLAUSE_END = re.compile(r"[.!?;:,\n]+|\b(?:but|and|because)\b")
_NEAR = 5  # words: a denial further away is about something else


def emergencies(text: str) -> frozenset[Emergency]:
    """What a caller's words may tell of; empty nearly always."""
    clauses = [clause.strip() for clause in _CLAUSE_END.split(text.lower().replace("’", "'"))]
    return frozenset(
        kind
        for kind, signs in _SIGNS.items()
        for clause in clauses
        if any(_counts(clause, sign) for sign in signs.finditer(clause))
    )


def _counts(clause: str, sign: re.Match[str]) -> bool:
    """Whether it is said, and not denied."""
    if re.match(rf"{_SUBJECT}\b", sign[0]):
        return True
    before = _UNSURE.sub("", clause[: sign.start()])
    near = " ".join(_ANEW.sub("", before).split()[-_NEAR:])
    return _DENIED.search(near) is None
