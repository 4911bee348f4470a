"""Claims that are worded in ways of their own: "the slot is yours", "I'm putting you through".

Pure. Whole phrases over a plain clause, for what `claim_judge.py` cannot read from a word of
`claim_words.py` and the words before it. Read `claim_judge.py` next.
"""

import enum
import re

import msgspec

from bridge.call.claim_words import (
    BOOKING,
    CALENDAR,
    NOT_A_BOOKING,
    SLOT,
    TEXT,
    THE_BOOKING,
    US,
    WHEN,
    YOURS,
    one_of,
)
from tools.result import Claim


class Kind(enum.Enum):
    """What a claim tells, which decides what can unmake it."""

    ACT = enum.auto()  # "I have booked you": done, whatever condition follows
    STATE = enum.auto()  # "you are booked": none when it hangs on a condition
    ONGOING = enum.auto()  # "I am sending it": none when it is for later


class Idiom(msgspec.Struct, frozen=True):
    """One way of wording a claim."""

    claim: Claim
    kind: Kind
    words: re.Pattern[str]


def _idioms(claim: Claim, kind: Kind, *wordings: str) -> tuple[Idiom, ...]:
    return tuple(Idiom(claim, kind, re.compile(wording)) for wording in wordings)


# --- building blocks ------------------------------------------------------------------

_ADVERBS = r"(?: (?:\w+ly|now|all|just|already|also|both|then|indeed|instead|right|still|so|too|even))*"
_HAS = rf"(?:is|are|was|were|has|have|got){_ADVERBS}(?: been)?{_ADVERBS}"
_WE_DID = rf"\b{US}(?: have| has| is)?{_ADVERBS}"
_WE_HAVE = rf"\b{US}{_ADVERBS} (?:have{_ADVERBS} got|have|got){_ADVERBS}"
_WE_ARE = rf"(?:\b(?:i|we) (?:am|are){_ADVERBS} |^(?:(?:and|now|okay|just) )*)"  # "I am" may be left out
_OBJECT = rf"(?:you\b(?: both| two)?|him|her|them|it|that|both|your name|{YOURS}|{THE_BOOKING})"
# Anybody by name. What else stands before "is booked for" is a day, a time or a dentist.
_NAME = (
    r"(?<!dr )(?<!doctor )\b(?!(?:\w+day|today|tomorrow|morning|afternoon|evening|weekend|week|month|day|noon"
    r"|time|slot|oclock|am|pm|\d+|that|which|who|what|there|everyone|everybody|someone|nobody|nothing|it"
    rf"|dentist|doctor|hygienist|line|room|chair|{BOOKING}|{SLOT}|{NOT_A_BOOKING})\b)[a-z]+"
)


def _made(nouns: str) -> str:
    """ "I have made that change"."""
    did = r"(?:made|done|processed|completed|taken care of|took care of)"
    return rf"{_WE_DID} {did} (?:the|your|that) (?:{nouns})\b"


def _gone_through(nouns: str) -> str:
    """ "The change is made", "the cancellation went through"."""
    done = r"(?:made|done|confirmed|completed?|processed|saved|set|taken care of|recorded|logged)"
    return rf"\b(?:{nouns})(?: to {WHEN})? (?:{_HAS} {done}|has gone through)"


# --- booked -------------------------------------------------------------------------

_SEATED = one_of(
    "put / popped / got / added / squeezed / slotted / pencill?ed / fit / fitted / entered / placed / "
    "signed / set"
)

BOOKED = (
    *_idioms(
        Claim.BOOKED,
        Kind.STATE,
        rf"{_NAME} (?:is|has been){_ADVERBS} (?:all set|booked in|(?:booked|scheduled|down|confirmed)"
        r" (?:for|on|at|with)(?! the (?:rest|whole|day|week|morning|afternoon)))",
        rf"\b(?:we|they) are{_ADVERBS} (?:all set|(?:booked|confirmed) (?:in|for))",
        rf"\byou are{_ADVERBS} (?:on for {WHEN}|signed up\b(?! for (?:reminders|texts|the \w*(?:list|letter"
        rf"|program))))|^(?:you are|it"
        rf" is) in$",
        rf"\b(?:{US} have|\w+ (?:has|is got))(?: got)? (?:you|him|her)(?: down| in)? {WHEN}",
        r"\byou have (?:(?:now|just|\w+ly) (?:booked|scheduled|reserved)|secured)",
        r"^(?=.*\b(?:now|yourself)\b).*\byou(?: now)? have(?: got)?(?: yourself)?"
        r" (?:an?|your|the)(?: \w+){0,3} (?:appointment|booking|reservation|slot)",
        r"\b(?:is|are)(?: now| all)? yours\b|\b(?:has|is|with)(?: got)? your name on it\b",
        r"\b(?:it|that|everything) (?:is|has)(?: all| now| been)*"
        r" (?:taken care of|sorted|gone through)(?: now)?$",
    ),
    *_idioms(
        Claim.BOOKED,
        Kind.ACT,
        rf"{_WE_DID} (?:got|held|saved|reserved|kept|secured|given|gave|\w+bbed) you"
        rf" (?:an?|the)(?: \w+){{0,3}} (?:{SLOT}|{WHEN})",
        rf"{_WE_DID} {_SEATED} (?!.*\b(?:back|forward)\b){_OBJECT}(?: in| down| up)? {WHEN}",
        rf"{_WE_DID} (?:(?:{_SEATED}|locked) {_OBJECT} in$|{_SEATED} in {_OBJECT})",
        rf"{_WE_DID} (?:taken|took|claimed) (?:the|that) (?:\w+ ){{0,4}}(?:for you|{WHEN})\b",
    ),
)

# --- moved --------------------------------------------------------------------------

# Anything else done to a booking "to Thursday" moves it.
_NO_MOVE = r"book|schedul|add|confirm|assign|limit|text|extend|talk|connect|invit|restrict|agree|appl"
_CHANGE = r"change|move|switch|reschedul\w+"

MOVED = (
    *_idioms(
        Claim.MOVED,
        Kind.STATE,
        rf"^(?=.*\b(?:now|instead)\b).*(?:\b(?:you|it|that) (?:is|are)"
        rf"|\b(?:{YOURS}|{THE_BOOKING}) (?:is|are|starts|begins|takes place)|{US} have(?: now)?(?: got)? you)"
        rf"(?: now| coming(?: in)?)* ?{WHEN}",
        rf"\b(?:your|the) new (?:\w+ )?(?:appointment|time|slot|date|booking|visit)(?: time)? {_HAS}"
        rf" (?:{WHEN}|confirmed|set|booked|in {CALENDAR})",
        rf"\b(?:{YOURS}|{THE_BOOKING}|it|that|you) (?:is|are|has|have)(?: now| just| all)* been "
        rf"(?!{_NO_MOVE})\w+ed"
        rf"(?: over| up| back| out| on)* to {WHEN}",
        r"^(?:(?:all|just|okay|done|right) )*(?:moved|rescheduled|switched|swapped|shifted|changed)$",
        rf"\b(?:it|that) {_HAS} changed$",
        _gone_through(_CHANGE),
    ),
    *_idioms(
        Claim.MOVED,
        Kind.ACT,
        rf"{_WE_DID} (?!{_NO_MOVE})\w+ed {_OBJECT}(?: over| up| back| out| on)* to {WHEN}",
        rf"{_WE_DID} (?:brought|put|pulled) {_OBJECT}(?: \w+){{0,3}} (?:forward|back)\b",
        rf"{_WE_DID} (?:got )?(?:changed (?:it|that)|(?:it|that) changed)(?: in {CALENDAR})?$",
        _made(_CHANGE),
    ),
)

# --- cancelled ----------------------------------------------------------------------

CANCELLED = (
    *_idioms(
        Claim.CANCELLED,
        Kind.STATE,
        rf"\b(?:{YOURS}|{THE_BOOKING})(?<!\bone) (?:is|are)(?: now)? (?:off|gone)(?: now)?$",
        _gone_through("cancellation"),
    ),
    *_idioms(
        Claim.CANCELLED,
        Kind.ACT,
        r"\byou (?:are )?no longer (?:booked|scheduled|down|on|in|have (?:an?|any|that|the)(?: \w+)? "
        r"(?:appointment|booking|visit))",
        rf"\b(?:{YOURS}|{THE_BOOKING}) no longer exists\b",
        rf"{_WE_DID} (?:called {_OBJECT} off|let {_OBJECT} go|(?:got|gotten) rid of {_OBJECT})\b",
        _made("cancellation"),
    ),
)

# --- texted -------------------------------------------------------------------------

_ON_PHONE = r"(?:on|in) your (?:\w+ )?(?:phone|mobile|cell|messages|texts)\b"
_SENDING = one_of("(?:re)?sending / shooting / firing(?: off)? / pinging / dropping / popping / forwarding")
_WHAT = one_of(
    rf"you (?!over|through|across)(?:\w+ ){{0,5}}?(?:{TEXT}|time|everything|that|it|this|one|copy|map|number"
    r"|form)\b / (?:an?|the|another|that|this|your(?! (?:message|request|question|note)))"
    rf" (?:(?!your|my|our|the|to)\w+ ){{0,4}}?{TEXT}\b / "
    r"(?:it|them|everything)\b(?! to (?:the|our|my|dr)) / "
    r"that(?= (?:over|to|now|by|via|right|as|across|out|again|off|just|an?)|$)\b"
)
_WHOM = (
    r"(?: (?:you|it|that|everything)\b"
    r"| (?:the|your|an?) (?:\w+ ){0,3}(?:details|address|code|link|confirmation|phone|number|mobile|cell)|$)"
)

TEXTED = (
    *_idioms(
        Claim.TEXTED,
        Kind.STATE,
        r"\b(?:you(?: now)? have(?: got)?|there is) an?(?: \w+){0,2} (?:text|sms)\b",
        r"\byou should(?: now| already)? (?:have|see|be (?:seeing|getting|receiving)"
        rf"|have received|have gotten)(?: \w+){{0,3}} {TEXT}\b",
        rf"\b{TEXT} is(?: now)? out$",
        rf"\bshould(?: now| already)? be (?:with you|{_ON_PHONE})",
        rf"\bthere is an?(?: \w+){{0,2}} {TEXT} {_ON_PHONE}",
        r"\byou should(?: now| already)? have (?:it|that)(?: \w+)? (?:by )?now\b",
        r"^(?:just )?(?:sent|texted)(?: (?:you|it|that|to)\b|$)",
    ),
    *_idioms(
        Claim.TEXTED,
        Kind.ACT,
        rf"{_WE_DID} (?!offer|promis|show|book|need|ask)\w+ed you (?:an?|the|that|another)(?: \w+)? (?:text"
        rf"|sms|link)\b",
        rf"{_WE_DID} (?!offer|promis|show|ask)\w+ed (?:an?|the|that|your) (?:\w+ )?{TEXT} (?:\w+ )?to you\b",
        rf"{_WE_DID} (?:sent|put|\w+ed) (?:\w+ )*(?:in|into|by|via|as) (?:an? )?(?:text|sms)\b",
    ),
    *_idioms(
        Claim.TEXTED,
        Kind.ONGOING,
        rf"{_WE_ARE}(?:texting|messaging){_WHOM}",
        rf"{_WE_ARE}getting (?:that|the|an?|your) (?:\w+ )?{TEXT} (?:out|over|off|to)\b",
        rf"{_WE_ARE}{_SENDING} (?:over |out |off |along |through )?{_WHAT}",
    ),
)

# --- transferring -------------------------------------------------------------------

_CALLER = r"(?:you|your call|this call|the call|us)\b"
_SOMEONE = r"(?:someone|somebody|an? \w+|(?:the|my|our) \w+(?: \w+)?|him|her)"

TRANSFERRING = (
    *_idioms(
        Claim.TRANSFERRING,
        Kind.ONGOING,
        rf"{_WE_ARE}(?:connecting|transferring|redirecting|routing|forwarding|switching|linking|escalating)"
        rf" {_CALLER}",
        r"^(?:(?:and|now|okay|alright) )*(?:connecting|transferring)(?: (?:right )?now)?$",
        rf"{_WE_ARE}\w+ing {_CALLER}(?: \w+)? (?:through|over|across|off)"
        rf"(?: (?:to|with)\b(?! {WHEN})|$| now)",
        rf"{_WE_ARE}(?:putting|patching) {_CALLER}(?: \w+)? (?:through|in touch|in to|on with|on to|onto)\b",
        rf"{_WE_ARE}(?:passing|handing|sending) {_CALLER}(?: \w+)? to\b",
        rf"{_WE_ARE}(?:getting|bringing|putting) (?:\w+ ){{1,4}}(?:on|onto|to) the (?:line|phone|call)",
        rf"{_WE_ARE}(?:bringing|putting) (?!you|it|that)(?:\w+ ){{1,2}}on(?: now)?$",
        rf"{_WE_ARE}(?:getting|fetching|grabbing) (?:you )?{_SOMEONE} (?:for you|now|right now)\b",
        rf"{_WE_ARE}(?:looping|bringing|patching|conferencing|pulling) (?:in {_SOMEONE}|(?:\w+ ){{1,3}}in\b)",
        rf"{_WE_ARE}(?:ringing|calling) through\b",
        rf"{_WE_ARE}(?:ringing|calling|dialing|dialling|paging) (?!you)"
        rf"(?:{_SOMEONE}|(?:\w+ ){{1,4}}(?:for you|now)\b)",
        r"\b(?:it|you|your call) (?:is|are)(?: now)? (?:ringing|going|on your way|on its way)"
        r" (?:straight )?(?:through|over) to\b",
        r"\b(?:your|this|the) call is(?: now)? (?:on its way|going) to\b",
        r"\b(?:he|she|\w+(?<!there)) is(?: now| just)? (?:picking up|coming on(?: the line)?|joining (?:us"
        r"|the call)"
        r"|on the line(?! with))\b",
        r"\b(?:transfer|connection)(?: is)? (?:underway|under way|in progress|going through)",
    ),
    *_idioms(Claim.TRANSFERRING, Kind.ACT, rf"{_WE_HAVE} (?:\w+ ){{1,3}}on the line\b"),
)

IDIOMS = BOOKED + MOVED + CANCELLED + TEXTED + TRANSFERRING

# Where nothing of the above is found: whatever else was done for a day or an hour is taken for a booking,
# save for what is only said, seen, wished or corrected.
_NO_BOOKING = one_of(
    "add / allow / appl / ask / call / cancel / chang / charg / check / clear / clos / connect / count /"
    " delet / "
    "describ / expect / explain / fill / finish / forward / hop / hous / invit / limit / list / look /"
    " mention / miss / mov / "
    "need / not / offer / open / pass / plan / prefer+ / pric / promis / propos / pull / quot / reach /"
    " receiv / remov / "
    "request / shar / show / start / stopp / suggest / suppos / talk / text / transferr / tri / turn / updat"
    " / us / "
    "visit / wait / want / work"
)
_FOR_WHEN = rf"(?:for|on|at|off|the|next|this) {WHEN}"
_SOME_DONE = rf"(?!{_NO_BOOKING}ed\b)\w{{3,}}ed"
_FOR_YOU = rf"(?=.*\b(?:you|your|him|her)\b)(?!.*\b{NOT_A_BOOKING}\b)"
GENERAL = (
    *_idioms(
        Claim.BOOKED,
        Kind.ACT,
        rf"\b{US}{_ADVERBS} (?:have|just){_ADVERBS} {_FOR_YOU}{_SOME_DONE}\b(?: \w+){{0,8}}? {_FOR_WHEN}",
        rf"{_WE_DID} {_FOR_YOU}(?=.*\bfor (?:you|him|her)\b){_SOME_DONE}\b(?: \w+){{0,8}}? {_FOR_WHEN}",
    ),
    *_idioms(
        Claim.BOOKED,
        Kind.STATE,
        rf"{_WE_HAVE} {_FOR_YOU}(?:\w+ ){{1,6}}?{_SOME_DONE}\b(?: \w+){{0,4}}? {_FOR_WHEN}",
        rf"\b(?:you|it|{YOURS}|{THE_BOOKING}) {_HAS} {_SOME_DONE} (?:\w+ ){{0,4}}?{_FOR_WHEN}",
    ),
)
