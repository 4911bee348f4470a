"""The words that keep a sentence from being a claim.

Pure. "I could not tell whether it is booked" has the words of a claim in it and claims nothing. These
patterns, like those of `claim_words.py`, work on a clause that `claims.py` has made plain; read it next.
"""

import re

from bridge.call.claim_words import WHEN, one_of


def _anywhere(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b{one_of(words)}\b")


# --- before the claim, in the same clause -------------------------------------------------

NEGATED = _anywhere(
    "not / never / no / nothing / none / neither / nor / nobody / without / cannot / unable / failed / "
    "fail / wrong to"
)
NOT_NEGATED = re.compile(
    r"\b(?:no (?:problem|worries|trouble)|not (?:a problem|to worry|only)|no longer|do not worry)\b"
    r"|^no (?=you|i|we|it|that|your)"
)
# Behind the claim: "I have booked nothing", but not "cancelled, no charge".
NOTHING = re.compile(r"^ (?:not|nothing|none|neither|nobody|no(?! (?:charge|fee|cost|problem|trouble)))\b")
HANGS_ON = _anywhere(
    "if / once / when / whenever / unless / until / till / before / after / whether / in case / "
    "so that(?! is) / "
    "so long as / as long as / as soon as / the moment / by the time / assuming / provided / suppose / "
    r"^say / let us say / imagine / pretend / (?:make|making|be|being) (?:sure|certain) / ensure / "
    r"check(?! ups?\b) / verify / hope / hoping / wish / see (?:that|to it) / in order"
)
REPORTED = _anywhere(
    "said / saying / told / telling you / mentioned / thought / think / believed / assumed / understood / "
    "hear / heard / impression / mistake / as though / as if / wrongly"
)
READ_OUT = _anywhere(
    "(?<!will )(?:see|find) / seeing / looks? like / looks / seems? / appears? / shows? / showing / "
    "according / records / says / found / noticed / recall / remember / know / right now / as of now / "
    "so far / at the moment"
)

# --- anywhere in the clause -----------------------------------------------------------------

UNSURE = _anywhere(
    "automatically / always / maybe / perhaps / nearly / almost / practically / virtually / usually / "
    "normally / typically / generally / tentatively / provisionally / hardly / barely / probably / "
    "hopefully / presumably / possibly / apparently / might / not sure"
)
LONG_AGO = _anywhere(
    r"yesterday / last (?:week|month|year|night|time|spring|summer|fall|autumn|winter|\w+day) / "
    "(?:hours?|days?|weeks?|months?|years?) ago / previously / originally / "
    "last (?:appointment|visit|booking) / when you called / since last \\w+ / "
    "since (?:january|march|may|june|july|october|\\w+day) / "
    r"(?:was|were) (?:\w+ )*in (?:january|february|march|april|may|june|july|august|september|october"
    r"|november|december)"
)
# How things stood before the call is read out, not claimed.
STANDS_ALREADY = _anywhere(
    "currently / still / at the moment / presently / at present / already / automatically / according to / "
    "existing / current / upcoming / you were"
)
FOR_LATER = _anywhere(
    r"later / tomorrow / tonight / soon / shortly / in an? (?:moment|minute|second|bit|few|little) / "
    r"in (?:\w+ )?minutes / "
    "after (?:this|the|we|you|our) / once / when / before / the day / next (?:week|time)"
)
BY_EMAIL = re.compile(r"\b(?:e ?mail|inbox|invite|invitation|letter|fax)")
BY_TEXT = re.compile(r"\b(?:text|sms|message)")
TO_OTHERS = re.compile(
    r"(?<!link )(?<!directions )(?<!way )\bto (?:the|our|my|an?|dr|doctor|him|her|them)\b"
    r"(?! (?:\w+ ){0,2}(?:number|phone|mobile|cell))"
)

# --- after the claim --------------------------------------------------------------------------

ONLY_HELD = _anywhere(
    "minutes? / moments? / on hold / temporarily / while (?:you|we|i) / waiting list / waitlist"
)
BY_OTHERS = re.compile(
    r"^ by (?:the|dr|your|our|some)\b|\bby (?:someone|somebody|another|other|him|her|them)\b"
)
CONDITION = _anywhere(
    rf"if / once / unless / as soon as / when / whenever / until(?! {WHEN}) / provided / assuming / "
    "pending / subject to / as long as"
)
# Behind its comma: a condition, or a question that leaves it to the caller. The next word decides,
# except where one of `OPENS_MORE` begins something longer.
UNMADE_BY = re.compile(
    r"^(?:if|once|unless|provided|assuming|pending|as (?:soon|long)|according|right|correct|yes|yeah"
    r"|(?:is|are|has|have) not|is that (?:right|correct|the one|what)"
    r"|would you like to (?:keep|move|change|reschedule|cancel))\b"
)
OPENS_MORE = frozenset({"is", "would", "as"})
MOST_AFTER = 5  # words of `UNMADE_BY` at most

# What is "booked" beside one of these was booked for another time before.
CONTRAST = _anywhere(
    r"now instead / from \w+day to / rebooked .* instead / instead of / rather than / in place of / "
    r"and not the / new (?:\w+ )?(?:time|slot|day|date)"
)

# --- how a clause or a sentence opens ---------------------------------------------------------

ASKS = re.compile(
    r"(?!(?:so )?what (?:i|we) have|should be\b)"
    r"^(?:(?:and|so|but|or|okay|ok|sorry|now|well|great|sure|alright|perfect|thanks) )*"
    r"(?:is|are|was|were|do|does|did|have|has|had|shall|should|can|could|may|would|will|am"
    r"|what|when|where|which|who|whom|whose|why|how)\b"
)
SUPPOSES = re.compile(
    r"^(?:(?:and|so|but|or|okay|even|then|only) )*"
    r"(?:then(?= (?:you|it|your)\b)|if(?! you (?:look|check)\b)|once|when|whenever|unless|as soon as|until"
    r"|assuming|provided"
    r"|in case|should you|imagine|suppose|say|let us say|the moment|by the time|according to|from what"
    r"|as far as|looking at|going by|as (?:it|things) stands?)\b"
)
# "Just say yes and you are booked", "one more thing and you are all set".
ASKED_FIRST = re.compile(
    r"^(?:(?:just|please|simply|so|now|only|okay) )*"
    r"(?:say|give|tell|confirm|press|reply|let|answer|call|spell|read|just|one|all (?:i|we) need"
    r"|(?:i|we) (?:just|only|still)? ?need|your)\b(?! \w+(?: \w+)? (?:is|are|has|have)\b)"
)

# Where a clause falls into parts, each with a subject of its own.
JOINT = re.compile(
    r"(?<!ahead) (?:and|but|because|though|although|then)(?= "
    r"(?:i|we|you|your|it|that|this|the|an?|everything|both|is|are|would|do|can|shall|just|also"
    r"|sent|booked|texted|moved|cancell?ed|connecting|sending)\b)| so(?= (?:i|we)\b)"
)

# --- between somebody and what is done --------------------------------------------------------

# What takes the doing out of a sentence: "will be booked", "to get it booked", "want it moved".
BLOCKS = frozenset(
    {
        *("will", "would", "can", "could", "should", "shall", "may", "might", "must", "to", "be"),
        *("not", "never", "only", "do", "does", "did", "having", "am", "get", "gets", "getting"),
        *("let", "want", "wanted", "need", "like", "prefer", "keep", "help", "try", "tried"),
        *("trying", "about", "and", "or", "but", "if", "when", "once", "whether", "see", "find"),
        *("which", "who", "with", "from", "until", "before", "after"),
    }
)
# What may stand between without changing anything.
SMALL = frozenset(
    {
        *("been", "being", "now", "all", "just", "already", "also", "both", "then", "indeed"),
        *("instead", "right", "still", "so", "too", "even", "well", "as", "since", "gone", "went"),
        "ahead",
    }
)
