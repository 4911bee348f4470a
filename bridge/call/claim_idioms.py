"""Claims that are worded in ways of their own: "the slot is yours", "I'm putting you through".

Pure. Whole phrases over a plain clause, see `claim_words.py`. Read `claim_judge.py` next.
"""

import enum
import re

import msgspec

from bridge.call.claim_words import (
    BOOKING,
    CALENDAR,
    CHANGED,
    NOT_A_BOOKING,
    SLOT,
    TEXT,
    US,
    WHEN,
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

_YOURS = rf"(?:your|his|her|their)(?!(?: \w+)? {NOT_A_BOOKING}\b)(?: \w+){{1,6}}?"
_YOUR_BOOKING = rf"(?:your|his|her|their)(?: \w+){{0,4}}? (?:{BOOKING}|{SLOT}|date(?! of)|day|\w+day)"
_THE_BOOKING = (
    r"(?:the|that|this|both|both of the|both of your|all of your|all your|an?)(?: \w+){0,4}? "
    + BOOKING
    + r"(?: (?:with|for|on|at|under|of|in|from|about)(?: \w+){1,5}?)?"
)
_IT = r"(?:it|that|this|these|those|everything|both|they both)"
_PERSON = r"(?:you\b(?: both| two| all)?|both of you|all of you|he|she)"
_THING = rf"\b(?:{_PERSON}|{_IT}|{_YOURS}|{_THE_BOOKING})"
_OBJECT = rf"(?:you\b(?: both| two)?|him|her|them|{_IT}|{_YOURS}|{_THE_BOOKING})"
_ADVERBS = (
    r"(?: (?:\w+ly|now|all|just|already|also|both|then|indeed|instead|right|still|so|too|even"
    r"|gone (?:ahead )?and|went (?:ahead )?and))*"
)
_HAS = rf"(?:is|are|was|were|has|have|got){_ADVERBS}(?: been)?{_ADVERBS}"
_WENT = r"(?:just )?(?:went|has gone)"
_WE_DID = rf"\b{US}(?: have| has| is)?{_ADVERBS}"
_WE_COULD = rf"\b{US} (?:(?:(?:was|were|have been){_ADVERBS} able|(?:have )?managed) to|did)"
_WE_ENDED = rf"{_WE_DID} (?:finished|completed|done|taken the liberty of|took the liberty of)"
_WE_HAVE = rf"\b{US}{_ADVERBS} (?:have{_ADVERBS} got|have|got){_ADVERBS}"
_WE_ARE = rf"(?:\b(?:i|we) (?:am|are){_ADVERBS} |^(?:(?:and|now|okay|just) )*)"  # "I am" may be left out
# Anybody by name. What else stands before "is booked for" is a day, a time or a dentist.
_NAME = (
    r"(?<!dr )(?<!doctor )\b(?!(?:\w+day|today|tomorrow|morning|afternoon|evening|weekend|week|month|day|noon"
    r"|time|slot|oclock|am|pm|\d+|that|which|who|what|there|everyone|everybody|someone|nobody|nothing|it"
    rf"|dentist|doctor|hygienist|line|room|chair|{BOOKING}|{SLOT}|{NOT_A_BOOKING})\b)[a-z]+"
)

# --- booked -------------------------------------------------------------------------

_SEAT = one_of(
    rf"down(?= (?:for|at|on) (?:an? |{WHEN})| with|$) / "
    rf"in(?= {WHEN}|$| with| the (?:diary|calendar|schedule)) / (?:to|on|onto|into|in) {CALENDAR}"
)
_BOOKED = one_of(
    "booked / (?<!re)scheduled / confirmed / reserved / secured / locked in / arranged / finali[sz]ed / "
    "(?:all )?set(?= for| on| up (?:for|on|with)|$| then| now| and| with) / good to go / "
    rf"good for {WHEN} / in (?:the|our) system for {WHEN} / (?:in|on) {CALENDAR} / (?:down|on) (?:for|at) / "
    rf"down on / in (?:with|for|{WHEN}) / "
    rf"(?:sorted|squared away|slotted in|nailed down|taken care of)(?= {WHEN}| with)"
)
# "Booked up": no room, which is the opposite.
_ROOM_LEFT = (
    r"(?! up\b| solid\b| out\b| until\b| till\b| through\b"
    r"| all (?:day|week|morning|afternoon|evening|month)\b| the (?:whole|entire|rest)| .*\binstead of)"
)
_MADE = one_of(
    "confirmed / arranged / made / created / set up / finali[sz]ed / completed / placed / put through / "
    "processed / grabbed / blocked(?: off)? / saved"
)
_SEATED = one_of(
    "put / popped / got / added / squeezed / slotted / pencill?ed / fit / fitted / entered / placed / signed"
)

BOOKED = (
    *_idioms(
        Claim.BOOKED,
        Kind.STATE,
        rf"{_THING} {_HAS} {_BOOKED}{_ROOM_LEFT}",
        rf"{_THING} {_HAS} (?:added|put|entered|signed) {_SEAT}",
        rf"\b{WHEN}(?: \w+){{0,4}} {_HAS} (?:confirmed|locked in|secured|(?:booked|reserved|held"
        rf"|saved) for you)",
        rf"\b{SLOT} {_HAS} (?:booked|reserved|secured|held) (?:for you\b|(?:under|in) your name)",
        rf"{_NAME} (?:is|has been){_ADVERBS} (?:all set|booked in|(?:booked|scheduled|down|confirmed)"
        r" (?:for|on|at|with)(?! the (?:rest|whole|day|week|morning|afternoon)))",
        rf"\byour name is{_ADVERBS} (?:on|in) {CALENDAR}",
        rf"\b(?:we|they) are{_ADVERBS} (?:all set|(?:booked|confirmed) (?:in|for))",
        rf"\bthat is you{_ADVERBS} (?:booked|scheduled|confirmed|set|sorted|in)\b",
        r"\b(?:is|are)(?: now| all)? yours\b",
        r"\byou have (?:now|just|\w+ly) (?:booked|scheduled|reserved)",
        r"\byou are(?: all)? signed up\b(?! for (?:reminders|texts|the))",
        rf"\byou have got yourself an? (?:\w+ )?{BOOKING}",
        r"\byou now have (?:an?|your)(?: \w+){0,3} (?:appointment|booking|reservation)",
        rf"\b(?:appointment|booking|reservation) {_HAS} (?:made|created|entered|logged|placed|complete[d]?)",
        rf"\b(?:appointment|booking|reservation) {_WENT} through",
        rf"{_WE_HAVE} {_OBJECT}{_ADVERBS} (?:{_SEAT}|{_BOOKED})",
        r"^(?:(?:all|just|okay|done|and|now) )*(?:your |the )?(?:appointment |booking |visit )?"
        r"(?:(?:booked|scheduled|confirmed|reserved)(?: (?:you|it|that|in|for|and|with|under)\b)|booked$)",
        r"^(?:your |the )?(?:appointment|booking|visit|reservation) (?:booked|scheduled|confirmed)$",
        r"\bconsider (?:it|that|yourself|(?:the|your) \w+) (?:booked|scheduled|done)",
    ),
    *_idioms(
        Claim.BOOKED,
        Kind.ACT,
        rf"{_WE_DID} (?:booked|rebooked(?! .*(?:from|instead))|scheduled|reserved|secured|locked in)\b"
        rf"(?! (?:an?|your)(?: \w+)? (?:call|callback|reminder)|(?: \w+)? {NOT_A_BOOKING}\b)",
        rf"{_WE_DID} (?:\w+ and )?{_MADE} (?!a note|(?:\w+ )?{NOT_A_BOOKING}\b)"
        rf"(?:(?:the|an?|that|this|your) (?:\w+ ){{0,3}}{SLOT}|you\b|{_YOUR_BOOKING}|{_THE_BOOKING}"
        rf"|(?:it|that|this)(?= (?:for|now|too)|$)|{WHEN})",
        rf"{_WE_DID} {_SEATED} (?:{_OBJECT}|your name) (?:{_SEAT}|for {WHEN})",
        rf"{_WE_DID} (?:\w+ed|put|got|fit) (?:{_OBJECT}|\w+) (?:down|in)\b(?! as\b)(?: \w+){{0,5}}? {WHEN}",
        rf"{_WE_DID} (?:\w+ed|put|got) {_OBJECT} (?:on|onto) (?!.*(?:wait|cancellation"
        rf"|mailing))(?:\w+ ){{1,4}}list\b",
        rf"{_WE_DID} (?:taken|took|claimed) (?:the|that) (?:\w+ ){{0,4}}for you\b",
        rf"{_WE_DID} set (?:{_OBJECT} up (?:for|on|at) {WHEN}|{_YOUR_BOOKING}|{_THE_BOOKING})",
        rf"{_WE_COULD} lock {_OBJECT} in\b",
        rf"{_WE_COULD} (?:book|schedule|reserve|secure|confirm|arrange|fit|squeeze|get|grab)"
        rf" (?:{_OBJECT}|(?:the|an?) (?:\w+ ){{0,4}}{SLOT})",
        rf"{_WE_ENDED} (?:booking|scheduling|reserving)",
    ),
)

# --- moved --------------------------------------------------------------------------

_MOVED = one_of(
    "moved / rescheduled / switched / shifted / slid / pushed / bumped / swapped / traded / postponed / "
    "brought forward / put back / pulled forward / rolled over / carried over / rearranged"
)

MOVED = (
    *_idioms(
        Claim.MOVED,
        Kind.STATE,
        rf"{_THING} {_HAS} {_MOVED}",
        rf"\b{_IT} {_HAS} {CHANGED} (?:to|from) {WHEN}",
        rf"\b(?:{_YOURS}|{_THE_BOOKING}) (?:is|are) now {WHEN}",
        rf"\b(?:{_YOURS}|{_THE_BOOKING}) (?:is|are)(?: now)? (?:scheduled|booked|set) .*\binstead of",
        rf"\b(?:{_YOURS}|{_THE_BOOKING}) (?:is|are) {WHEN}.* now$",
        r"^(?:(?:all|just|okay|done|right) )*(?:moved|rescheduled|switched|swapped|shifted|changed)$",
        rf"{US}(?: have)? switched (?:the two|them|things|you) around",
        r"\bwe are all (?:moved|rescheduled|switched)\b",
        rf"\b(?:you are|it is) now (?:on|at) {WHEN}",
        rf"\byou are(?: now)? coming(?: in)? {WHEN}.* instead",
        rf"\bthat is you{_ADVERBS} (?:moved|rescheduled|switched)\b",
        rf"\byour new (?:\w+ )?(?:appointment|time|slot|date|booking|visit)(?: time)? is(?: now)? {WHEN}",
        rf"\bthe (?:change|move|switch|reschedul\w+)"
        rf" (?:{_HAS} (?:made|done|confirmed|complete|saved)|{_WENT} through)",
        r"\bconsider (?:it|that|yourself|(?:the|your) \w+) (?:moved|rescheduled)",
    ),
    *_idioms(
        Claim.MOVED,
        Kind.ACT,
        rf"{_WE_DID} (?:rescheduled|postponed|rebooked .*(?:from|instead))\b",
        rf"{_WE_DID} {_MOVED} {_OBJECT}(?! (?:over|on|through)? ?to (?:the|our|a) (?:front|manager|new))",
        rf"{_WE_DID} (?:brought|put) {_OBJECT}(?: \w+){{0,3}} (?:forward|back)\b",
        rf"{_WE_DID} (?!transferred){CHANGED} (?:{_YOUR_BOOKING}|{_THE_BOOKING}|(?:it|that|you) (?:to|from)"
        r"|the (?:time|day|date))\b",
        rf"{_WE_DID} put {_OBJECT} (?:on|at|in|for) .*\binstead\b",
        rf"{_WE_DID} made (?:the|that) (?:change|switch|move)\b",
        rf"{_WE_COULD} (?:move|reschedule|change|switch|shift|push|bump|swap) {_OBJECT}",
        rf"{_WE_ENDED} (?:moving|rescheduling)",
    ),
)

# --- cancelled ----------------------------------------------------------------------

CANCELLED = (
    *_idioms(
        Claim.CANCELLED,
        Kind.STATE,
        rf"{_THING} {_HAS} (?:cancell?ed|called off|scratched|scrapped|(?:removed|deleted)$)",
        rf"{_THING} {_HAS} (?:removed|deleted|taken off|off)(?: from)? {CALENDAR}",
        rf"\b(?:{_YOURS}|{_THE_BOOKING}) (?:is|are)(?: now)? off$",
        rf"\bcancellation (?:{_HAS} (?:made|done|confirmed|complete[d]?|processed)|{_WENT} through)",
        r"^(?:your |the )?(?:appointment|booking|visit|reservation) cancell?ed$",
        r"\bconsider (?:it|that|(?:the|your) \w+) cancell?ed",
    ),
    *_idioms(
        Claim.CANCELLED,
        Kind.ACT,
        rf"{_WE_DID} called {_OBJECT} off\b",
        rf"{_WE_DID} cancell?ed\b(?! our\b| (?:\w+ )?{NOT_A_BOOKING}\b)",
        rf"{_WE_DID} (?:removed|deleted) (?:it|that)\b",
        rf"{_WE_DID} (?:taken|took) (?:{_OBJECT}|your name) (?:off|out of) (?:{CALENDAR}|{WHEN})",
        rf"{_WE_DID} (?:processed|made|taken care of|took care of) (?:the|your|that) cancellation",
        rf"{_WE_COULD} cancel\b",
        rf"{_WE_ENDED} cancell?ing",
    ),
)

# --- texted -------------------------------------------------------------------------

_SENT = one_of("sent / re ?sent / shot / fired(?: off)? / pinged / popped / dispatched / forwarded / dropped")
_SENDING = one_of(
    "sending / resending / shooting / firing(?: off)? / pinging / dropping / popping / forwarding"
)
_OVER = r"(?:over |out |off |along |through )?"
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
_ON_ITS_WAY = one_of(
    "on (?:its|it is|their|the) way / en route / coming through / going out / "
    "head(?:ed|ing) (?:over|to you|your way) / coming (?:over|to you|your way)"
)

TEXTED = (
    *_idioms(
        Claim.TEXTED,
        Kind.STATE,
        r"(?:\b(?:an?|the|that|this|another|your(?! message))(?: \w+){0,3}? |^(?!texts|text messages))"
        rf"{TEXT}(?: message)?(?: (?:with|from|to)(?: \w+){{1,6}}?)? {_HAS} (?:being )?"
        rf"(?:{_SENT}|texted|delivered|out|gone out|{_ON_ITS_WAY})",
        rf"\b(?:it|that|everything) {_HAS} (?:being )?(?:texted\b|{_ON_ITS_WAY})",
        rf"\b{TEXT}(?: \w+){{0,4}} (?:is|are)(?: now)? (?:in your (?:text )?(?:messages|texts)"
        rf"|on your phone)\b",
        r"\byou(?: now)? have(?: got)? an?(?: \w+)? (?:text|sms)\b",
        rf"\b{TEXT}(?: with(?: \w+){{1,5}})? (?:just |has just |has )?(?:went|gone) (?:out|through)",
        rf"\bthere is (?:an?|your)(?: \w+){{0,2}} {TEXT} {_ON_ITS_WAY}",
        r"\byou should(?: now| already)? (?:have|see|be seeing|have received|have gotten)"
        rf"(?: \w+){{0,3}} {TEXT}\b",
        rf"^(?:just )?(?:{TEXT} sent|sent|texted)(?: (?:you|it|that|to)\b|$)",
    ),
    *_idioms(
        Claim.TEXTED,
        Kind.ACT,
        rf"{_WE_DID} {_SENT} {_OVER}{_WHAT}",
        rf"{_WE_DID} {_SENT} (?:(?!your|my|our|to)\w+ ){{1,6}}(?:by|in a|via|as a) (?:text|sms|message)\b",
        rf"\b{TEXT} (?:that )?{_WE_DID} (?:{_SENT}|texted)",
        rf"{_WE_DID} hit send\b",
        rf"{_WE_COULD} (?:send|text) (?:you|it|that|the)\b",
    ),
    *_idioms(
        Claim.TEXTED,
        Kind.ONGOING,
        rf"{_WE_ARE}(?:texting|messaging){_WHOM}",
        rf"{_WE_ARE}{_SENDING} {_OVER}{_WHAT}",
        rf"\byou should be (?:getting|seeing|receiving)(?: \w+){{0,3}} {TEXT}\b",
        rf"\b{TEXT} should be (?:coming|arriving|there|with you|on your phone)",
    ),
)

# --- transferring -------------------------------------------------------------------

_CALLER = r"(?:you|your call|this call|the call|us)\b"
_SOMEONE = one_of(
    r"someone / somebody / a person / a human / a colleague / an? \w+ / the \w+(?: \w+)? / my \w+ / "
    r"our \w+(?: \w+)? / him / her"
)

TRANSFERRING = (
    *_idioms(
        Claim.TRANSFERRING,
        Kind.ONGOING,
        rf"{_WE_ARE}(?:connecting|transferring|redirecting|routing|forwarding|switching|linking|escalating)"
        rf" {_CALLER}",
        r"^(?:(?:and|now|okay|alright) )*(?:connecting|transferring)(?: (?:right )?now)?$",
        rf"{_WE_ARE}(?:putting|patching) {_CALLER}(?: \w+)? (?:through|in touch|in|on with|on to|onto"
        rf"|over)\b",
        rf"{_WE_ARE}(?:passing|handing|sending) {_CALLER} (?:over|on|off|along|through|across|to)\b",
        rf"{_WE_ARE}(?:getting|bringing|moving|switching) {_CALLER} (?:over|through|across)\b(?! to {WHEN})",
        rf"{_WE_ARE}(?:sending|passing|handing) (?:your|the|this) call\b",
        r"\byou are(?: now)? going (?:through|over) to\b",
        rf"{_WE_ARE}(?:getting|bringing|putting) (?:{_SOMEONE} (?:on\b|for you)"
        r"|(?:\w+ ){1,4}(?:on|onto|to) the (?:line|phone))",
        rf"{_WE_ARE}(?:looping|bringing|patching|conferencing|pulling) in {_SOMEONE}",
        rf"{_WE_ARE}(?:getting|finding|fetching|grabbing) you {_SOMEONE}",
        rf"{_WE_ARE}(?:paging|adding) {_SOMEONE} (?:now|to the call)",
        rf"{_WE_ARE}(?:ringing|calling|dialing|dialling|fetching) (?!you)(?:\w+ ){{1,4}}(?:for you|now)\b",
        rf"{_WE_ARE}(?:ringing|dialing|dialling) (?:{_SOMEONE}|dr \w+)\b",
        rf"\bwhile (?:i|we) (?:connect|transfer|(?:put|patch) {_CALLER} through|hand|pass|reach"
        r"|get (?:someone|somebody|a person|a human|a colleague|\w+ for you|(?:\w+ ){1,3}on the line))",
        r"\b(?:transfer|connection)(?: is)? (?:underway|under way|in progress|going through)",
        r"\b\w+ is(?: now)? (?:picking up|coming on the line|joining us)\b",
    ),
    *_idioms(
        Claim.TRANSFERRING,
        Kind.ACT,
        rf"{_WE_DID} (?:put|patched|handed|passed) {_CALLER} (?:through|over)",
        rf"{_WE_HAVE} (?:\w+ ){{1,3}}on the line\b",
    ),
)

IDIOMS = BOOKED + MOVED + CANCELLED + TEXTED + TRANSFERRING
