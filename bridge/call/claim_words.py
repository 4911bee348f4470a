"""How an agent words a claim: patterns for each of the five.

Pure. They work on a clause that `claims.py` has made plain: small letters, "you're" written as
"you are", no punctuation. They want a whole finite phrase ("you are ... booked", "I have ... booked"),
so "you will be booked", "to get you booked" and "booked appointments" fit none of them. What keeps
a claim from being one stands in `claim_doubts.py`.

To add a wording: put the sentence into tests/data/claims.toml, then its words here. `/` separates
words that may stand for each other, and each of them is a regular expression.
"""

import enum
import re

import msgspec

from tools.result import Claim


class Kind(enum.Enum):
    """What a claim tells, which decides what can unmake it."""

    ACT = enum.auto()  # "I have booked you": done, whatever condition follows
    STATE = enum.auto()  # "you are booked": none when it hangs on a condition
    ONGOING = enum.auto()  # "I am sending it": none when it is for later


class Pattern(msgspec.Struct, frozen=True):
    """One way of wording a claim."""

    claim: Claim
    kind: Kind
    words: re.Pattern[str]


def one_of(words: str) -> str:
    """ "a / b c" as a group of alternatives."""
    return f"(?:{'|'.join(word.strip() for word in words.split(' / '))})"


def _patterns(claim: Claim, kind: Kind, *wordings: str) -> tuple[Pattern, ...]:
    return tuple(Pattern(claim, kind, re.compile(wording)) for wording in wordings)


# --- who and what -------------------------------------------------------------------

BOOKING = one_of(
    "appointments? / bookings? / reservations? / visits? / sessions? / meetings? / consult(?:ation)?s? / "
    "cleanings? / check ?ups? / fillings? / haircuts? / exams? / viewings? / tours? / inspections? / "
    "repairs? / "
    "services? / treatments? / tables? / lessons? / jobs? / estimates? / evaluations? / massages? / one / "
    "ones"
)
NOT_A_BOOKING = one_of(
    "insurance / coverage / payment / deposit / identity / number / e ?mail / address / name / file / "
    "records? / "
    "details / information / info / account / doctor / dentist / message / request / line / cancellation / "
    "place / text / code / reminder / question / profile / card / order / membership / subscription / hold / "
    "plan / policy / preferences / notes? / form"
)
SLOT = one_of(
    "slot / time / spot / place / appointment / booking / reservation / visit / session / table / "
    "opening / oclock"
)
CALENDAR = r"(?:\w+ ){0,3}(?:calendar|schedule|diary|books?)"
WHEN = r"(?:(?:for|on|at|to|by|from|this|next|the|half|quarter|past|an?)\b ?)*" + one_of(
    r"\w+day\b / today / tomorrow / tonight / noon / midnight / \d / one / two / three / four / five / "
    r"six / seven / "
    r"eight / nine / ten / eleven / twelve / january / february / march / april / may / june / july / "
    r"august / "
    r"september / october / november / december / first / second / third / fourth / fifth / sixth / "
    r"seventh / "
    r"eighth / ninth / tenth / eleventh / twelfth / \w+teenth / twentieth / thirtieth / twenty / thirty / "
    r"week / "
    r"morning / afternoon / evening / later / earlier / same"
)
YOURS = rf"(?:your|his|her|their)(?!(?: \w+)? {NOT_A_BOOKING}\b)(?: \w+){{1,6}}?"
YOUR_BOOKING = rf"(?:your|his|her|their)(?: \w+){{0,4}}? (?:{BOOKING}|{SLOT}|date(?! of)|day|\w+day)"
THE_BOOKING = (
    r"(?:the|that|this|both|both of the|both of your|all of your|all your|an?)(?: \w+){0,4}? "
    + BOOKING
    + r"(?: (?:with|for|on|at|under|of|in|from|about)(?: \w+){1,5}?)?"
)
IT = r"(?:it|that|this|these|those|everything|both|they both)"
PERSON = r"(?:you\b(?: both| two| all)?|both of you|all of you|he|she)"
THING = rf"\b(?:{PERSON}|{IT}|{YOURS}|{THE_BOOKING})"
OBJECT = rf"(?:you\b(?: both| two)?|him|her|them|{IT}|{YOURS}|{THE_BOOKING})"
# Anybody by name. What else stands before "is booked for" is a day, a time or a dentist.
NAME = (
    r"(?<!dr )(?<!doctor )\b(?!(?:\w+day|today|tomorrow|morning|afternoon|evening|weekend|week|month|day|noon"
    r"|time|slot|oclock|am|pm|\d+|that|which|who|what|there|everyone|everybody|someone|nobody|nothing|it"
    rf"|dentist|doctor|hygienist|line|room|chair|{BOOKING}|{SLOT}|{NOT_A_BOOKING})\b)[a-z]+"
)

# --- does what ----------------------------------------------------------------------

ADVERBS = (
    r"(?: (?:now|all|just|already|also|both|then|successfully|officially|definitely|finally|indeed|instead"
    r"|actually|completely|duly|right|currently|still|so|safely|only|gone (?:ahead )?and"
    r"|went (?:ahead )?and))*"
)
HAS = rf"(?:is|are|was|were|has|have|got){ADVERBS}(?: been)?{ADVERBS}"
WENT = r"(?:just )?(?:went|has gone)"
WE_DID = rf"\b(?:i|we)(?: have)?{ADVERBS}"
WE_COULD = rf"\b(?:i|we) (?:(?:was|were|have been){ADVERBS} able|(?:have )?managed) to"
WE_ENDED = rf"{WE_DID} (?:finished|completed|done|taken the liberty of|took the liberty of)"
WE_HAVE = rf"\b(?:i|we){ADVERBS} (?:have{ADVERBS} got|have|got){ADVERBS}"
WE_ARE = rf"(?:\b(?:i|we) (?:am|are){ADVERBS} |^(?:(?:and|now|okay|just) )*)"  # "I am" may be left out
# A clause that is nothing but the word: "Booked!", "All cancelled for you", "Appointment confirmed".
ALONE = r"^(?:(?:all|just|okay|done|and|now) )*(?:your |the )?(?:appointment |booking |visit )?"

# --- booked -------------------------------------------------------------------------

_SEAT = one_of(
    rf"down(?= (?:for|at|on) (?:an? |{WHEN})| with|$) / "
    rf"in(?= {WHEN}|$| with| the (?:diary|calendar|schedule)) / "
    rf"(?:to|on|onto|into|in) {CALENDAR}"
)
_BOOKED = one_of(
    "booked / (?<!re)scheduled / confirmed / reserved / secured / locked in / arranged / finali[sz]ed / "
    "(?:all )?set(?= for| on| up (?:for|on|with)|$| then| now| and| with) / good to go / "
    rf"(?:in|on) {CALENDAR} / (?:down|on) (?:for|at) / down on / in (?:with|for|{WHEN}) / "
    rf"(?:sorted|squared away|slotted in|nailed down|taken care of)(?= {WHEN}| with)"
)
# "Booked up": no room, which is the opposite.
_ROOM_LEFT = (
    r"(?! up\b| solid\b| out\b| until\b| till\b| through\b| all day| the (?:whole|entire|rest)"
    r"| .*\binstead of)"
)
_MADE = one_of(
    "confirmed / arranged / made / created / set up / finali[sz]ed / completed / placed / put through / "
    "processed / "
    "grabbed / blocked(?: off)? / saved"
)
_SEATED = one_of("put / popped / got / added / squeezed / slotted / fit / fitted / entered / placed / signed")

BOOKED = (
    *_patterns(
        Claim.BOOKED,
        Kind.STATE,
        rf"{THING} {HAS} {_BOOKED}{_ROOM_LEFT}",
        rf"{THING} {HAS} (?:added|put|entered|signed) {_SEAT}",
        rf"{NAME} (?:is|has been){ADVERBS} (?:all set|booked in|(?:booked|scheduled|down|confirmed)"
        r" (?:for|on|at|with)(?! the (?:rest|whole|day|week|morning|afternoon)))",
        rf"\byour name is{ADVERBS} (?:on|in) {CALENDAR}",
        rf"\b(?:we|they) are{ADVERBS} (?:all set|(?:booked|confirmed) (?:in|for))",
        rf"\bthat is you{ADVERBS} (?:booked|scheduled|confirmed|set|sorted|in)\b",
        rf"\b{SLOT} {HAS} (?:booked|reserved|secured|held) (?:for you\b|(?:under|in) your name)",
        r"\b(?:is|are)(?: now| all)? yours\b",
        rf"\b(?:appointment|booking|reservation) {HAS} (?:made|created|entered|logged|placed|complete[d]?)",
        rf"\b(?:appointment|booking|reservation) {WENT} through",
        r"\byou now have (?:an?|your)(?: \w+){0,3} (?:appointment|booking|reservation)",
        rf"{WE_HAVE} {OBJECT}{ADVERBS} (?:{_SEAT}|{_BOOKED})",
        rf"{WE_HAVE} [a-z]+{ADVERBS} (?:booked|scheduled|down|confirmed) (?:for|on|at|in)\b",
        rf"{ALONE}(?:booked|scheduled|confirmed|reserved)(?: (?:you|it|that|in|for|and|with|under)\b|$)",
        r"\bconsider (?:it|that|yourself) (?:booked|scheduled|done)",
    ),
    *_patterns(
        Claim.BOOKED,
        Kind.ACT,
        rf"{WE_DID} (?:booked|rebooked(?! .*(?:from|instead))|scheduled|reserved|secured|locked in)\b"
        rf"(?! (?:an?|your)(?: \w+)? (?:call|callback|reminder)|(?: \w+)? {NOT_A_BOOKING}\b)",
        rf"{WE_DID} (?:\w+ and )?{_MADE} (?!a note|(?:\w+ )?{NOT_A_BOOKING}\b)"
        rf"(?:(?:the|an?|that|this|your) (?:\w+ ){{0,3}}{SLOT}|you\b|{YOUR_BOOKING}|{THE_BOOKING}"
        rf"|(?:it|that|this)(?= (?:for|now|too)|$)|{WHEN})",
        rf"{WE_DID} {_SEATED} (?:{OBJECT}|your name) (?:{_SEAT}|for {WHEN})",
        rf"{WE_DID} (?:taken|took|claimed) (?:the|that) (?:\w+ ){{0,4}}for you\b",
        rf"{WE_DID} set (?:{OBJECT} up (?:for|on|at) {WHEN}|{YOUR_BOOKING}|{THE_BOOKING})",
        rf"{WE_COULD} (?:book|schedule|reserve|secure|confirm|arrange|fit|squeeze|get) {OBJECT}",
        rf"{WE_ENDED} (?:booking|scheduling|reserving)",
    ),
)

# --- moved --------------------------------------------------------------------------

_CHANGED = one_of("changed / updated / adjusted / modified / amended")  # also said of much else
_MOVED = rf"(?!{_CHANGED})" + one_of(
    "moved / rescheduled / switched / shifted / slid / pushed / bumped / swapped / traded / postponed / "
    "brought forward / put back / pulled forward / rolled over / carried over / rearranged / transferred"
)

MOVED = (
    *_patterns(
        Claim.MOVED,
        Kind.STATE,
        rf"{THING} {HAS} {_MOVED}",
        rf"\b(?:{YOUR_BOOKING}|{THE_BOOKING}) {HAS} {_CHANGED}",
        rf"\b{IT} {HAS} {_CHANGED} (?:to|from) {WHEN}",
        rf"\b(?:{YOURS}|{THE_BOOKING}) (?:is|are) now {WHEN}",
        rf"\b(?:{YOURS}|{THE_BOOKING}) (?:is|are)(?: now)? (?:scheduled|booked|set) .*\binstead of",
        rf"\b(?:{YOURS}|{THE_BOOKING}) (?:is|are) {WHEN}.* now$",
        r"\bwe are all (?:moved|rescheduled|switched)\b",
        rf"\b(?:you are|it is) now (?:on|at) {WHEN}",
        rf"\byou are(?: now)? coming(?: in)? {WHEN}.* instead",
        rf"\bthat is you{ADVERBS} (?:moved|rescheduled|switched)\b",
        rf"\byour new (?:\w+ )?(?:appointment|time|slot|date|booking|visit)(?: time)? is(?: now)? {WHEN}",
        rf"\bthe (?:change|move|switch|reschedul\w+) (?:{HAS} (?:made|done|confirmed|complete|saved)"
        rf"|{WENT} through)",
        rf"{WE_HAVE} {OBJECT}{ADVERBS} (?:{_MOVED}|{_CHANGED})",
        rf"{ALONE}(?:moved|rescheduled|switched)(?: (?:you|it|that|to|and)\b|$)",
        r"\bconsider (?:it|that|yourself) (?:moved|rescheduled)",
    ),
    *_patterns(
        Claim.MOVED,
        Kind.ACT,
        rf"{WE_DID} (?:rescheduled|postponed|rebooked .*(?:from|instead))\b",
        rf"{WE_DID} {_MOVED} {OBJECT}(?! (?:over|on|through)? ?to (?:the|our|a) (?:front|manager|new))",
        rf"{WE_DID} (?:brought|put) {OBJECT}(?: \w+){{0,3}} (?:forward|back)\b",
        rf"{WE_DID} {_CHANGED} (?:{YOUR_BOOKING}|{THE_BOOKING}|(?:it|that|you) (?:to|from)|the (?:time|day"
        rf"|date))\b",
        rf"{WE_DID} made (?:the|that) (?:change|switch|move)\b",
        rf"{WE_COULD} (?:move|reschedule|change|switch|shift|push|bump|swap) {OBJECT}",
        rf"{WE_ENDED} (?:moving|rescheduling)",
    ),
)

# --- cancelled ----------------------------------------------------------------------

_CANCELLED = one_of("cancell?ed / called off / dropped / scratched / scrubbed / voided / withdrawn")

CANCELLED = (
    *_patterns(
        Claim.CANCELLED,
        Kind.STATE,
        rf"{THING} {HAS} (?:{_CANCELLED}|(?:removed|deleted)$)",
        rf"{THING} {HAS} (?:removed|deleted|taken off|off)(?: from)? {CALENDAR}",
        rf"\b(?:{YOUR_BOOKING}|{THE_BOOKING}) {HAS} (?:released|cleared|axed|nixed|wiped)",
        rf"\bcancellation (?:{HAS} (?:made|done|confirmed|complete[d]?|processed)|{WENT} through)",
        rf"{WE_HAVE} {OBJECT}{ADVERBS} {_CANCELLED}",
        rf"{ALONE}cancell?ed(?: (?:it|that|and|your|for)\b|$)",
        r"\bconsider (?:it|that) cancell?ed",
    ),
    *_patterns(
        Claim.CANCELLED,
        Kind.ACT,
        rf"{WE_DID} {_CANCELLED}\b(?! our\b| (?:\w+ )?{NOT_A_BOOKING}\b)",
        rf"{WE_DID} (?:released|cleared|axed|nixed|wiped) (?:{YOUR_BOOKING}|{THE_BOOKING})",
        rf"{WE_DID} (?:removed|deleted) (?:it|that|{YOUR_BOOKING}|{THE_BOOKING}|{OBJECT} from {CALENDAR})",
        rf"{WE_DID} (?:taken|took) (?:{OBJECT}|your name) (?:off|out of) (?:{CALENDAR}|{WHEN})",
        rf"{WE_DID} (?:processed|made|taken care of|took care of) (?:the|your|that) cancellation",
        rf"{WE_COULD} cancel\b",
        rf"{WE_ENDED} cancell?ing",
    ),
)

# --- texted -------------------------------------------------------------------------

_TEXT = one_of(
    "texts? / text messages? / sms / message / confirmation / code / link / details / directions / address / "
    "summary / reminder / info / information"
)
_SENT = one_of("sent / re ?sent / shot / fired(?: off)? / pinged / popped / dispatched / forwarded / dropped")
_SENDING = one_of("sending / shooting / firing off / pinging")
_OVER = r"(?:over |out |off |along |through )?"
_WHAT = one_of(
    rf"you (?!over|through|across)(?:\w+ ){{0,5}}?(?:{_TEXT}|time|everything|that|it|this|one|copy|map"
    rf"|number)\b / "
    r"(?:an?|the|another|that|this|your(?! (?:message|request|question|note)))"
    rf" (?:(?!your|my|our|the|to)\w+ ){{0,4}}?{_TEXT}\b / "
    r"(?:it|that|them|everything)(?= (?:over|to|now|by|via|right|as|across|out|again|off|just|an?)|$)\b"
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
    *_patterns(
        Claim.TEXTED,
        Kind.STATE,
        r"(?:\b(?:an?|the|that|this|another|your(?! message))(?: \w+){0,3}? |^(?!texts|text messages))"
        rf"{_TEXT}(?: message)?(?: (?:with|from|to)(?: \w+){{1,6}}?)? {HAS} (?:being )?"
        rf"(?:{_SENT}|texted|delivered|out|gone out|{_ON_ITS_WAY})",
        rf"\b(?:it|that|everything) {HAS} (?:being )?(?:(?:{_SENT}|texted) to (?:you|your)|texted\b"
        rf"|{_ON_ITS_WAY})",
        rf"\byou {HAS} (?:sent|texted)(?: \w+){{1,4}}",
        rf"\b{_TEXT} (?:just |has just |has )?(?:went|gone) (?:out|through)",
        rf"\bthere is (?:an?|your)(?: \w+){{0,2}} {_TEXT} (?:{_ON_ITS_WAY}|coming (?:to you|your way)"
        rf"|headed your way)",
        r"\byou should(?: now| already)? (?:have|see|be seeing|have received|have gotten)"
        rf"(?: \w+){{0,3}} {_TEXT}\b",
        rf"^(?:{_TEXT} sent|sent|texted)(?: (?:you|it|that|to)\b|$)",
    ),
    *_patterns(
        Claim.TEXTED,
        Kind.ACT,
        rf"{WE_DID} (?:texted|messaged){_WHOM}",
        rf"{WE_DID} {_SENT} {_OVER}{_WHAT}",
        rf"\b{_TEXT} (?:that )?{WE_DID} (?:{_SENT}|texted)",
        rf"{WE_COULD} (?:send|text) (?:you|it|that|the)\b",
    ),
    *_patterns(
        Claim.TEXTED,
        Kind.ONGOING,
        rf"{WE_ARE}(?:texting|messaging){_WHOM}",
        rf"{WE_ARE}{_SENDING} {_OVER}{_WHAT}",
    ),
)

# --- transferring -------------------------------------------------------------------

_CALLER = r"(?:you|your call|this call|the call|us)\b"
_SOMEONE = one_of(
    r"someone / somebody / a person / a human / a colleague / an? \w+ / the \w+(?: \w+)? / my \w+ / "
    r"our \w+(?: \w+)? / "
    "him / her"
)
_CONNECTED = one_of(
    "connected / transferred / put through / patched through / handed over / passed over / forwarded"
)

TRANSFERRING = (
    *_patterns(
        Claim.TRANSFERRING,
        Kind.ONGOING,
        rf"{WE_ARE}(?:connecting|transferring|redirecting|routing|forwarding|switching|linking) {_CALLER}",
        r"^(?:(?:and|now|okay|alright) )*(?:connecting|transferring)(?: (?:right )?now)?$",
        rf"{WE_ARE}(?:putting|patching) {_CALLER}(?: \w+)? (?:through|in touch|in|on with)\b",
        rf"{WE_ARE}(?:passing|handing|sending) {_CALLER} (?:over|on|off|along|through|to)\b",
        rf"{WE_ARE}(?:getting|bringing|putting) {_SOMEONE} (?:on\b|for you)",
        rf"{WE_ARE}(?:getting|bringing|putting) (?:\w+ ){{1,4}}(?:on|to) the (?:line|phone)",
        rf"{WE_ARE}looping in {_SOMEONE}",
        rf"{WE_ARE}(?:ringing|calling|dialing|dialling) {_SOMEONE} (?:for you|now|right now)",
        rf"\bwhile (?:i|we) (?:connect|transfer|(?:put|patch) {_CALLER} through|hand|pass|get someone)",
        r"\b(?:transfer|connection)(?: is)? (?:underway|under way|in progress|going through)",
    ),
    *_patterns(
        Claim.TRANSFERRING,
        Kind.STATE,
        rf"\b(?:you|your call) (?:is|are|have|has){ADVERBS}(?: been| being){{0,2}}{ADVERBS} {_CONNECTED}"
        rf"(?! to (?:{WHEN}|the automated))",
    ),
    *_patterns(
        Claim.TRANSFERRING,
        Kind.ACT,
        rf"{WE_DID} (?:connected|transferred|forwarded) {_CALLER}(?! to {WHEN})",
        rf"{WE_DID} (?:put|patched|handed|passed) {_CALLER} (?:through|over)",
        rf"{WE_HAVE} (?:\w+ ){{1,3}}on the line\b",
    ),
)

PATTERNS = BOOKED + MOVED + CANCELLED + TEXTED + TRANSFERRING

# Where a claim may begin: from here on a long clause is watched (see `claims.PATIENCE`).
TRIGGER = re.compile(
    r"book|schedul|confirm|reserv|secur|arrang|\bset\b|cancel|mov|switch|shift|push|chang|text|sent|send"
    r"|messag"
    r"|transfer|connect|through|calendar|way\b|down\b"
)
