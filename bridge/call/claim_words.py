"""How an agent words a claim, and the words that keep a sentence from being one.

Pure. The patterns work on a clause that `claims.py` has made plain: small letters, "you're"
written as "you are", no punctuation. They want a whole finite phrase ("you are ... booked", "I have
... booked"), so "you will be booked", "to get you booked" and "booked appointments" fit none of
them. Read `claims.py` next, for how a clause is found and judged.
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


# --- building blocks ----------------------------------------------------------------

ADVERBS = (
    r"(?: (?:now|all|just|already|also|both|then|successfully|officially|definitely|finally|indeed|instead"
    r"|actually|completely|duly|right|currently|still|so|safely|only|gone (?:ahead )?and|went (?:ahead )?and))*"
)
HAS = rf"(?:is|are|was|were|has|have|got){ADVERBS}(?: been)?{ADVERBS}"
_OPENS = r"^(?:(?:all|just|okay|done|and|now) )*"
WE_DID = rf"\b(?:i|we)(?: have)?{ADVERBS}"
WE_COULD = rf"\b(?:i|we) (?:(?:was|were|have been){ADVERBS} able|(?:have )?managed) to"
WE_ENDED = rf"{WE_DID} (?:finished|completed|done|taken the liberty of|took the liberty of)"
WE_HAVE = rf"\b(?:i|we){ADVERBS} (?:have{ADVERBS} got|have|got){ADVERBS}"
BOOKING = (
    r"(?:appointments?|bookings?|reservations?|visits?|sessions?|meetings?|consult(?:ation)?s?|cleanings?"
    r"|check ?ups?|fillings?|haircuts?|exams?|viewings?|tours?|inspections?|repairs?|services?|treatments?"
    r"|tables?|lessons?|jobs?|estimates?|evaluations?|massages?|one|ones)"
)
NOT_A_BOOKING = (
    r"(?:insurance|coverage|payment|deposit|identity|number|e ?mail|address|name|file|records?|details"
    r"|information|info|account|doctor|dentist|message|request|line|cancellation|place|text|code"
    r"|reminder|question|profile|card|order|membership|subscription|hold|plan|policy|preferences|notes?|form)"
)
SLOT = r"(?:slot|time|spot|place|appointment|booking|reservation|visit|session|table|opening|oclock)"
ABOUT = rf"(?: (?:with|for|on|at|under|of|in|from|about)(?: \w+){{1,5}}?)?"
YOURS = rf"(?:your|his|her|their)(?!(?: \w+)? {NOT_A_BOOKING}\b)(?: \w+){{1,6}}?"
THE_BOOKING = (
    rf"(?:the|that|this|both|both of the|both of your|all of your|all your|an?)(?: \w+){{0,4}}? "
    rf"{BOOKING}{ABOUT}"
)
IT = r"(?:it|that|this|these|those|everything|both|they both)"
PERSON = r"(?:you\b(?: both| two| all)?|both of you|all of you|he|she)"
# Anybody by name; what else stands before "is booked for" is a day, a time or a dentist.
NAME = (
    r"(?<!dr )(?<!doctor )\b(?!(?:\w+day|today|tomorrow|morning|afternoon|evening|weekend|week|month|day|noon"
    r"|time|slot|oclock|am|pm|\d+|that|which|who|what|there|everyone|everybody|someone|nobody|nothing|it"
    r"|dentist|doctor|hygienist|line|room|chair"
    rf"|{BOOKING}|{SLOT}|{NOT_A_BOOKING})\b)[a-z]+"
)
YOUR_BOOKING = rf"(?:your|his|her|their)(?: \w+){{0,4}}? (?:{BOOKING}|{SLOT}|date(?! of)|day|\w+day)"
THING = rf"\b(?:{PERSON}|{IT}|{YOURS}|{THE_BOOKING})"
OBJECT = rf"(?:you\b(?: both| two)?|him|her|them|{IT}|{YOURS}|{THE_BOOKING})"
WHEN = (
    r"(?:(?:for|on|at|to|by|from|this|next|the|half|quarter|past|an?)\b ?)*"
    r"(?:\w+day\b|today|tomorrow|tonight|noon|midnight|\d|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|eleven|twelve|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\w+teenth|twentieth"
    r"|thirtieth|twenty|thirty|week|morning|afternoon|evening|later|earlier|same)"
)
CALENDAR = r"(?:\w+ ){0,3}(?:calendar|schedule|diary|books?)"


def _patterns(claim: Claim, kind: Kind, *wordings: str) -> tuple[Pattern, ...]:
    return tuple(Pattern(claim, kind, re.compile(wording)) for wording in wordings)


# --- booked -------------------------------------------------------------------------

_BOOKED = (
    rf"(?:booked|(?<!re)scheduled|confirmed|reserved|secured|locked in|arranged|finali[sz]ed"
    rf"|(?:all )?set(?= for| on| up (?:for|on|with)|$| then| now| and| with)|(?:in|on) {CALENDAR}"
    rf"|(?:down|on) (?:for|at)|down on|in (?:with|for|{WHEN})|good to go)"
)
_BOOK = r"(?:book|schedule|reserve|secure|confirm|arrange|fit|squeeze|get)"
_NO_SLOT = r"(?! up\b| solid\b| out\b| until\b| till\b| through\b| all day| the (?:whole|entire|rest)| .*\binstead of)"
_SEAT = rf"(?:down(?= (?:for|at|on) (?:an? |{WHEN})| with|$)|in(?= {WHEN}|$| with| the (?:diary|calendar|schedule))|(?:to|on|onto|into|in) {CALENDAR})"

BOOKED = (
    *_patterns(
        Claim.BOOKED,
        Kind.STATE,
        rf"{THING} {HAS} {_BOOKED}{_NO_SLOT}",
        rf"{NAME} (?:is|has been){ADVERBS} (?:all set|booked in|(?:booked|scheduled|down|confirmed) (?:for|on|at|with)"
        rf"(?! the (?:rest|whole|day|week|morning|afternoon)))",
        rf"\byour name is{ADVERBS} (?:on|in) {CALENDAR}",
        rf"\b(?:we|they) are{ADVERBS} (?:all set|(?:booked|confirmed) (?:in|for))",
        rf"\b{SLOT} {HAS} (?:booked|reserved|secured|held) (?:for you\b|(?:under|in) your name)",
        r"\b(?:is|are)(?: now| all)? yours\b",
        rf"\b(?:appointment|booking|reservation) (?:{HAS} (?:made|created|entered|logged|placed|complete[d]?)|(?:just )?(?:went|has gone) through)",
        rf"\bthat is you{ADVERBS} (?:booked|scheduled|confirmed|set|sorted|in)\b",
        rf"{THING} {HAS} (?:added|put|entered|signed) {_SEAT}",
        r"\byou now have (?:an?|your)(?: \w+){0,3} (?:appointment|booking|reservation)",
        rf"{_OPENS}(?:(?:your |the )?(?:appointment |booking |visit )?(?:booked|scheduled|confirmed|reserved))"
        r"(?: (?:you|it|that|in|for|and|with|under)\b|$)",
        r"\bconsider (?:it|that|yourself) (?:booked|scheduled|done)",
        rf"{WE_HAVE} {OBJECT}{ADVERBS} (?:{_SEAT}|{_BOOKED})",
    ),
    *_patterns(
        Claim.BOOKED,
        Kind.ACT,
        rf"{WE_DID} (?:booked|(?:re)?booked(?! .*(?:from|instead))|scheduled|reserved|secured|locked in)\b"
        rf"(?! (?:an?|your)(?: \w+)? (?:call|callback|reminder)|(?: \w+)? {NOT_A_BOOKING}\b)",
        rf"{WE_DID} (?:\w+ and )?(?:confirmed|arranged|made|created|set up|finali[sz]ed|completed|placed|put through|processed|grabbed|blocked(?: off)?|saved)"
        rf" (?!a note|(?:\w+ )?{NOT_A_BOOKING}\b)(?:(?:the|an?|that|this|your) (?:\w+ ){{0,3}}{SLOT}|you\b"
        rf"|{YOUR_BOOKING}|{THE_BOOKING}|(?:it|that|this)(?= (?:for|now|too)|$)|{WHEN})",
        rf"{WE_DID} (?:put|popped|got|added|squeezed|slotted|fit|fitted|entered|placed|signed)"
        rf" (?:{OBJECT}|your name) (?:{_SEAT}|for {WHEN})",
        rf"{WE_DID} (?:taken|took|claimed) (?:the|that) (?:\w+ ){{0,4}}for you\b",
        rf"{WE_DID} set (?:{OBJECT} up (?:for|on|at) {WHEN}|{YOUR_BOOKING}|{THE_BOOKING})",
        rf"{WE_COULD} {_BOOK} {OBJECT}",
        rf"{WE_ENDED} (?:booking|scheduling|reserving)",
    ),
)

# --- moved --------------------------------------------------------------------------

_MOVED = (
    r"(?:moved|rescheduled|switched|shifted|slid|pushed|bumped|swapped|postponed|brought forward|put back|changed"
    r"|updated|transferred|adjusted)"
)
_CHANGED = r"(?:changed|updated|adjusted|modified|amended)"

MOVED = (
    *_patterns(
        Claim.MOVED,
        Kind.STATE,
        rf"\b(?:{PERSON}|{YOURS}|{THE_BOOKING}) {HAS} (?!{_CHANGED}){_MOVED}",
        rf"\b{IT} {HAS} (?!{_CHANGED}){_MOVED}",
        rf"\b(?:{YOUR_BOOKING}|{THE_BOOKING}) {HAS} {_CHANGED}",
        rf"\b{IT} {HAS} {_CHANGED} (?:to|from) {WHEN}",
        rf"\b(?:{YOURS}|{THE_BOOKING}) (?:is|are) now {WHEN}",
        rf"\b(?:{YOURS}|{THE_BOOKING}) (?:is|are)(?: now)? (?:scheduled|booked|set) .*\binstead of",
        rf"\bthat is you{ADVERBS} (?:moved|rescheduled|switched)\b",
        rf"\b(?:you are|it is) now (?:on|at) {WHEN}",
        rf"\byou are(?: now)? coming(?: in)? {WHEN}.* instead",
        rf"\byour new (?:\w+ )?(?:appointment|time|slot|date|booking|visit)(?: time)? is(?: now)? {WHEN}",
        rf"\bthe (?:change|move|switch|reschedul\w+) (?:{HAS} (?:made|done|confirmed|complete|saved)"
        rf"|(?:just )?(?:went|has gone) through)",
        rf"{_OPENS}(?:(?:your |the )?(?:appointment |booking |visit )?(?:moved|rescheduled|switched))"
        r"(?: (?:you|it|that|to|and)\b|$)",
        r"\bconsider (?:it|that|yourself) (?:moved|rescheduled)",
        rf"{WE_HAVE} {OBJECT}{ADVERBS} {_MOVED}",
    ),
    *_patterns(
        Claim.MOVED,
        Kind.ACT,
        rf"{WE_DID} (?:rescheduled|postponed|rebooked .*(?:from|instead))\b",
        rf"{WE_DID} (?!{_CHANGED}){_MOVED} {OBJECT}(?! (?:over|on|through)? ?to (?:the|our|a) (?:front|manager|new))",
        rf"{WE_DID} (?:brought|put) {OBJECT}(?: \w+){{0,3}} (?:forward|back)\b",
        rf"{WE_DID} {_CHANGED} (?:{YOUR_BOOKING}|{THE_BOOKING}|(?:it|that|you) (?:to|from)|the (?:time|day|date))\b",
        rf"{WE_DID} made (?:the|that) (?:change|switch|move)\b",
        rf"{WE_COULD} (?:move|reschedule|change|switch|shift|push|bump|swap) {OBJECT}",
        rf"{WE_ENDED} (?:moving|rescheduling)",
    ),
)

# --- cancelled ----------------------------------------------------------------------

_CANCELLED = r"(?:cancell?ed|called off|dropped|scratched|scrubbed|voided|withdrawn)"
_GONE = rf"(?:removed|deleted|taken off|off)(?: from)? {CALENDAR}"

CANCELLED = (
    *_patterns(
        Claim.CANCELLED,
        Kind.STATE,
        rf"{THING} {HAS} (?:{_CANCELLED}|{_GONE}|(?:removed|deleted)$)",
        rf"\bcancellation (?:{HAS} (?:made|done|confirmed|complete[d]?|processed)"
        rf"|(?:just )?(?:went|has gone) through)",
        rf"{_OPENS}(?:(?:your |the )?(?:appointment |booking |visit )?cancell?ed)(?: (?:it|that|and|your|for)\b|$)",
        r"\bconsider (?:it|that) cancell?ed",
        rf"{WE_HAVE} {OBJECT}{ADVERBS} {_CANCELLED}",
    ),
    *_patterns(
        Claim.CANCELLED,
        Kind.ACT,
        rf"{WE_DID} {_CANCELLED}\b(?! our\b| (?:\w+ )?{NOT_A_BOOKING}\b)",
        rf"{WE_DID} (?:removed|deleted) (?:it|that|{YOUR_BOOKING}|{THE_BOOKING}|{OBJECT} from {CALENDAR})",
        rf"{WE_DID} (?:taken|took) (?:{OBJECT}|your name) (?:off|out of) (?:{CALENDAR}|{WHEN})",
        rf"{WE_DID} (?:processed|made|taken care of|took care of) (?:the|your|that) cancellation",
        rf"{WE_COULD} cancel\b",
        rf"{WE_ENDED} cancell?ing",
    ),
)

# --- texted -------------------------------------------------------------------------

_TEXT = (
    r"(?:texts?|text messages?|sms|message|confirmation|code|link|details|directions|address|summary"
    r"|reminder|info|information)"
)
_SENT = r"(?:sent|re ?sent|shot|fired off|pinged|forwarded|dropped)"
_WHAT = (
    rf"(?:you (?!over|through|across)(?:\w+ ){{0,5}}?(?:{_TEXT}|time|everything|that|it|this|one|copy|map|number)"
    rf"|(?:an?|the|another|that|this|your(?! (?:message|request|question|note))) (?:(?!your|my|our|the|to)\w+ ){{0,4}}?{_TEXT}"
    rf"|(?:it|that|them|everything)(?= (?:over|to|now|by|via|right|as|across|out|again|off|just|an?)|$))\b"
)
_WHOM = r"(?: (?:you|it|that|everything)\b| (?:the|your|an?) (?:\w+ ){0,3}(?:details|address|code|link|confirmation|phone|number|mobile|cell)|$)"
_ON_ITS_WAY = (
    r"(?:on (?:its|it is|their|the) way|en route|coming through|going out|headed to you|heading your way)"
)
_SENDING = rf"(?:\b(?:i|we) (?:am|are){ADVERBS} |^(?:(?:and|now|okay|just) )*)"

TEXTED = (
    *_patterns(
        Claim.TEXTED,
        Kind.STATE,
        rf"(?:\b(?:an?|the|that|this|another|your(?! message))(?: \w+){{0,3}}? |^(?!texts|text messages)){_TEXT}(?: message)?"
        rf"(?: (?:with|from|to)(?: \w+){{1,6}}?)? {HAS} (?:being )?(?:{_SENT}|texted|delivered|out|gone out|{_ON_ITS_WAY})",
        rf"\b(?:it|that|everything) {HAS} (?:being )?(?:(?:{_SENT}|texted) to (?:you|your)|texted\b|{_ON_ITS_WAY})",
        rf"\byou {HAS} (?:sent|texted)(?: \w+){{1,4}}",
        rf"\b{_TEXT} (?:just |has just |has )?(?:went|gone) (?:out|through)",
        rf"\bthere is (?:an?|your)(?: \w+){{0,2}} {_TEXT} (?:{_ON_ITS_WAY}|coming (?:to you|your way)|headed your way)",
        rf"\byou should(?: now| already)? (?:have|see|be seeing|have received|have gotten)(?: \w+){{0,3}} {_TEXT}\b",
        rf"^(?:{_TEXT} sent|sent|texted)(?: (?:you|it|that|to)\b|$)",
    ),
    *_patterns(
        Claim.TEXTED,
        Kind.ACT,
        rf"{WE_DID} (?:texted|messaged){_WHOM}",
        rf"{WE_DID} {_SENT} (?:over |out |off |along |through )?{_WHAT}",
        rf"\b{_TEXT} (?:that )?{WE_DID} (?:{_SENT}|texted)",
        rf"{WE_COULD} (?:send|text) (?:you|it|that|the)\b",
    ),
    *_patterns(
        Claim.TEXTED,
        Kind.ONGOING,
        rf"{_SENDING}(?:texting|messaging){_WHOM}",
        rf"{_SENDING}(?:sending|shooting|firing off|pinging) (?:over |out |off )?{_WHAT}",
    ),
)

# --- transferring -------------------------------------------------------------------

_CALLER = r"(?:you|your call|this call|the call|us)\b"
_SOMEONE = r"(?:someone|somebody|a person|a human|a colleague|an? \w+|the \w+(?: \w+)?|my \w+|our \w+(?: \w+)?|him|her)"
_JUST_ME = r"^(?:(?:and|now|okay|alright) )*"

TRANSFERRING = (
    *_patterns(
        Claim.TRANSFERRING,
        Kind.ONGOING,
        rf"{_SENDING}(?:connecting|transferring|redirecting|routing|forwarding|switching) {_CALLER}",
        rf"{_JUST_ME}(?:connecting|transferring)(?: (?:right )?now)?$",
        rf"{_SENDING}(?:putting|patching) {_CALLER}(?: \w+)? (?:through|in touch|in|on with)\b",
        rf"{_SENDING}(?:passing|handing|sending) {_CALLER} (?:over|on|off|along|through|to)\b",
        rf"{_SENDING}(?:getting|bringing|putting) (?:{_SOMEONE} (?:on\b|for you)|(?:\w+ ){{1,4}}(?:on|to) the (?:line|phone))",
        rf"{_SENDING}looping in {_SOMEONE}",
        rf"{_SENDING}(?:ringing|calling|dialing|dialling) {_SOMEONE} (?:for you|now|right now)",
        rf"\bwhile (?:i|we) (?:connect|transfer|(?:put|patch) {_CALLER} through|hand|pass|get someone)",
        r"\b(?:transfer|connection) is (?:underway|under way|in progress|going through)",
    ),
    *_patterns(
        Claim.TRANSFERRING,
        Kind.STATE,
        rf"\b(?:you|your call) (?:is|are|have|has){ADVERBS}(?: been| being){{0,2}}{ADVERBS}"
        rf" (?:connected|transferred|put through|patched through|handed over|passed over|forwarded)"
        rf"(?! to (?:{WHEN}|the automated))",
    ),
    *_patterns(
        Claim.TRANSFERRING,
        Kind.ACT,
        rf"{WE_DID} (?:connected|transferred|forwarded) {_CALLER}(?! to {WHEN})",
        rf"{WE_DID} (?:put|patched|handed|passed) {_CALLER} (?:through|over)",
    ),
)

PATTERNS = BOOKED + MOVED + CANCELLED + TEXTED + TRANSFERRING

# --- what keeps a sentence from being a claim -------------------------------------------

# Before the claim, in the same clause.
NEGATED = re.compile(
    r"\b(?:not|never|no|nothing|none|neither|nor|nobody|without|cannot|unable|failed|fail|wrong to)\b"
)
NOT_NEGATED = re.compile(
    r"\b(?:no (?:problem|worries|trouble)|not (?:a problem|to worry|only)|do not worry)\b"
    r"|^no (?=you|i|we|it|that|your)"
)
HANGS_ON = re.compile(
    r"\b(?:if|once|when|whenever|unless|until|till|before|after|whether|in case|so that|so long as"
    r"|as long as|as soon as|the moment|by the time|assuming|provided|suppose|imagine|pretend"
    r"|(?:make|making|be|being) (?:sure|certain)|ensure|check|verify|hope|hoping|wish|see (?:that|to it)|in order)\b"
)
REPORTED = re.compile(
    r"\b(?:said|saying|told|telling you|mentioned|thought|think|asked|claimed|believed|assumed|understood|hear|heard|impression|mistake|as though|as if|wrongly)\b"
)
READ_OUT = re.compile(
    r"\b(?:(?<!will )(?:see|find)|seeing|looks? like|looks|seems?|appears?|shows?|showing|according|records|says|found"
    r"|noticed|recall|remember|know|right now|as of now|so far|at the moment)\b"
)
UNSURE = re.compile(r"\b(?:maybe|perhaps|probably|hopefully|presumably|possibly|apparently|might|not sure)\b")

# Anywhere in the clause.
LONG_AGO = re.compile(
    r"\b(?:yesterday|last (?:week|month|year|night|time|spring|summer|fall|autumn|winter|\w+day)"
    r"|(?:hours?|days?|weeks?|months?|years?) ago|previous(?:ly)?|prior|originally|last (?:appointment|visit|booking)|when you called)\b"
)
FOR_LATER = re.compile(
    r"\b(?:later|tomorrow|tonight|soon|shortly|in an? (?:moment|minute|second|bit|few|little)|in (?:\w+ )?minutes"
    r"|after (?:this|the|we|you|our)|once|when|before|the day|next (?:week|time))\b"
)
BY_EMAIL = re.compile(r"\b(?:e ?mail|inbox|invite|invitation|letter|fax)")
BY_TEXT = re.compile(r"\b(?:text|sms|message)")
ONLY_HELD = re.compile(
    r"\b(?:minutes?|moments?|on hold|temporarily|while (?:you|we|i)|waiting list|waitlist)\b"
)
STANDS_ALREADY = re.compile(
    r"\b(?:currently|still|at the moment|presently|already|automatically|according to|existing|current"
    r"|upcoming|at present|you were|was already)\b"
)
TO_OTHERS = re.compile(
    r"\bto (?:the|our|my|an?|dr|doctor|him|her|them)\b(?! (?:\w+ ){0,2}(?:number|phone|mobile|cell))"
)

# After the claim.
CONDITION = re.compile(
    r"\b(?:if|once|unless|as soon as|when|whenever|until|provided|assuming|pending|subject to|as long as)\b"
)
# ... or after its comma: a condition, or a question that leaves it to the caller. The next word
# decides, except for words that begin longer questions.
UNMADE_BY = re.compile(
    r"^(?:if|once|unless|provided|assuming|pending|as (?:soon|long)|according|right|correct|yes|yeah|(?:is|are|has|have) not"
    r"|is that (?:right|correct|the one|what)|would you like to (?:keep|move|change|reschedule|cancel))\b"
)
OPENS_MORE = frozenset({"is", "would", "as"})
MOST_AFTER = 5  # words of `UNMADE_BY` at most

# How a clause or sentence opens.
ASKS = re.compile(
    r"^(?:(?:and|so|but|or|okay|ok|sorry|now|well|great|sure|alright|perfect|thanks) )*"
    r"(?:is|are|was|were|do|does|did|have|has|had|shall|should|can|could|may|would|will|am"
    r"|what|when|where|which|who|whom|whose|why|how)\b"
)
SUPPOSES = re.compile(
    r"^(?:(?:and|so|but|or|okay|even|then|only) )*(?:according to|from what|as far as|if|once|when|whenever|unless|as soon as|until|assuming"
    r"|provided|in case|should you|imagine|suppose|say|let us say|the moment|by the time|looking at|going by|as (?:it|things) stands?)\b"
)
# "Just say yes and you are booked", "one more thing and you are all set", "then you are booked".
ASKED_FIRST = re.compile(
    r"^(?:(?:just|please|simply|so|now|only|okay) )*(?:say|give|tell|confirm|press|reply|let|answer|call|spell"
    r"|read|just|one|all (?:i|we) need|(?:i|we) (?:just|only|still)? ?need|your)\b(?! \w+(?: \w+)? (?:is|are|has|have)\b)"
)
# A clause falls into parts here, each with a subject of its own.
JOINT = re.compile(
    r"(?<!ahead) (?:and|but|because|though|although|then)(?= (?:i|we|you|your|it|that|this|the|an?|everything|both|is|are"
    r"|would|do|can|shall|just|also|sent|booked|texted|moved|cancell?ed|connecting|sending)\b)| so(?= (?:i|we)\b)"
)

# Where a claim may begin: from here on a long clause is watched (see `PATIENCE`).
TRIGGER = re.compile(
    r"book|schedul|confirm|reserv|secur|arrang|\bset\b|cancel|mov|switch|shift|push|chang|text|sent|send|messag"
    r"|transfer|connect|through|calendar|way\b|down\b"
)
