"""The words of a claim: who and what it is about, and what is done.

Pure. Regular expressions over a clause that `claims.py` has made plain: small letters, "you're" written
as "you are", no punctuation. `DONE` holds in any sentence that says of somebody or something that it
is done; what is said in other ways stands in `claim_idioms.py`, and what keeps a sentence from being
a claim in `claim_doubts.py`. Read `claim_judge.py` for how they work together.

To add a wording: put the sentence into tests/data/claims.toml, then its words here. In `one_of`, `/`
separates words that may stand for each other.
"""

import re

import msgspec

from tools.result import Claim


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """Words for something done, and what else must be so for them to claim it."""

    claim: Claim
    words: re.Pattern[str]
    needs: re.Pattern[str] | None = None  # what it must be about, somewhere in the clause
    of: re.Pattern[str] | None = None  # what it must be said of: how the words before it end
    not_of: re.Pattern[str] | None = None  # what it must not be said of: how the words before it end
    even_so: re.Pattern[str] | None = None  # how the words after it go on if it may be said of that, too
    not_with: re.Pattern[str] | None = None  # what we must not have done it to: words before it
    not_about: re.Pattern[str] | None = None  # what it must not be done to: how the words after it begin
    by_itself: bool = False  # "has moved" says it as well as "has been moved"
    under_way: bool = False  # "is being sent" counts


def one_of(words: str) -> str:
    """ "a / b c" as a group of alternatives."""
    return f"(?:{'|'.join(word.strip() for word in words.split(' / '))})"


def _any(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b{one_of(words)}\b")


# --- who and what -------------------------------------------------------------------

BOOKING = one_of(
    "appointments? / bookings? / reservations? / visits? / sessions? / meetings? / consult(?:ation)?s? / "
    "cleanings? / check ?ups? / fillings? / haircuts? / exams? / viewings? / tours? / inspections? / "
    "repairs? / services? / treatments? / tables? / lessons? / jobs? / estimates? / evaluations? / "
    "massages? / one / ones"
)
NOT_A_BOOKING = one_of(
    "insurance / coverage / payment / deposit / identity / number / e ?mail / address / name / file / "
    "records? / details / information / info / account / doctor / dentist / message / request / line / "
    "cancellation / text / code / reminder / question / profile / card / order / membership / "
    "subscription / staff / maintenance / time off / hold / plan / policy / preferences / notes? / form / "
    "date of birth / invoice / fee"
)
SLOT = one_of(
    "slot / time / spot / seat / place / appointment / booking / reservation / visit / session / table / "
    "opening / oclock"
)
TEXT = one_of(
    "texts? / text messages? / sms / message / confirmation / code / link / details / directions / address / "
    "summary / reminder / info / information"
)
CALENDAR = (
    r"(?:\w+ ){0,3}(?:calendar|schedule|diary|books?|system|board|roster|docket"
    r"|(?<!wait )(?<!waiting )(?<!cancellation )(?<!mailing )list)\b"
)
_MONTH = (
    "january / february / march / april / may / june / july / august / september / october / november /"
    " december"
)
WHEN = r"(?:(?:for|on|at|to|by|from|this|next|the|half|quarter|past|an?)\b ?)*" + one_of(
    r"\w+day\b / today / tomorrow / tonight / noon / midnight / \d / one / two / three / four / five / six / "
    f"seven / eight / nine / ten / eleven / twelve / {_MONTH} / first / second / third / fourth / fifth /"
    f" sixth / "
    r"seventh / eighth / ninth / tenth / eleventh / twelfth / \w+teenth / twentieth / thirtieth / twenty / "
    "thirty / week / morning / afternoon / evening / later / earlier / same"
)
# Whoever acts for the business.
US = (
    r"(?:i|we|they|(?:the|our|my) (?:system|office|team|front desk|desk|calendar|scheduler|clinic|salon|shop"
    r"|practice|dispatcher|assistant|coordinator|colleague))"
)
CHANGED = r"(?:changed|updated|adjusted|modified|amended|replaced)"  # also said of much else

_IT = r"(?:it|that|this|these|those|everything|both)"
YOURS = rf"(?:your|his|her|their)(?!(?: \w+)? {NOT_A_BOOKING}\b)(?: \w+){{1,6}}?"
THE_BOOKING = (
    r"(?:the|that|this|both|both of the|both of your|all of your|all your|an?)(?: \w+){0,4}? "
    + BOOKING
    + r"(?: (?:with|for|on|at|under|of|in|from|about)(?: \w+){1,5}?)?"
)
_PERSON = r"(?:you(?: both| two| all)?|both of you|all of you|he|she)"

# --- of whom and of what it says something else ---------------------------------------

# Of a day, a time or a dentist "booked" says the opposite: no room.
_NOT_BOOKABLE = re.compile(
    r"^(?!.*\b(?:your|both)(?: \w+)? (?:slot|spot|time|appointments|bookings|for \w+)$).*\b"
    + one_of(
        r"\w*day / today / tomorrow / tonight / mornings? / afternoons? / evenings? / weekend / week / "
        r"month / noon / midnight / times? / slots? / hours? / openings? / oclock / am / pm / \d+ / one / "
        r"two / three / four / five / "
        "six / seven / eight / nine / ten / eleven / twelve / thirty / fifteen / everyone / everybody / "
        "someone / "
        r"somebody / nobody / we / they / calendar / schedule / year / everything before \w+ / "
        r"(?<!with )(?:dr|doctor) \w+ / "
        "dentists? / doctors? / vets? / hygienists? / stylists? / technicians? / rooms? / chairs? / tables / "
        "appointments / bookings / patients? / customers? / which / who"
    )
    + rf"$|\b{NOT_A_BOOKING}$"
)
_NO_ROOM = (
    r" up\b| solid\b| out\b| until\b| till\b| through\b| all (?:day|week|morning|afternoon|evening|month)\b"
    r"| the (?:whole|entire|rest)"
)
_NOT_BOOKED = re.compile(
    rf"^(?:{_NO_ROOM}| no\b| (?:an?|your)(?: \w+)? (?:call|callback|reminder)\b"
    rf"|(?: (?!in|under|for|on|at)\w+){{0,2}} {NOT_A_BOOKING}\b"
    r")"
)
A_BUSINESS = r"(?:office|salon|clinic|shop|practice|company|branch|surgery|studio|garage|team|business)"
_OF_OURS = re.compile(rf"\b(?:our|we|they|who|which|{A_BUSINESS}|hours)(?: \w+)?$|\b{NOT_A_BOOKING}$")
_SOMETHING_ELSE = re.compile(
    rf"^(?: (?!(?:on|at|from|with|without|by)\b)\w+){{0,2}} (?:{NOT_A_BOOKING}|hours|on to|our)\b"
    r"|^ (?:on )?to (?:the next|a new)\b"
)
_NOT_TO_THE_CALLER = re.compile(
    r"^(?: (?:the|our|my|an?|dr) (?!(?:minute|moment|second|little|few)\b"
    r"|(?:\w+ ){0,4}(?:details|address|code|link|confirmation|text|sms|message|info|information|directions"
    r"|summary|reminder|form|map|quote)\b)| your (?:message|request|question|note)"
    r"| (?:the|our|my|dr) \w+ (?:your|the|an?)\b| (?:\w+ )?out a\b"
    r"| (?!you|it|that|this|them|over|out|off|along|through|everything|another|both|all|to"
    r"|by)\w{3,} (?:an?|the|your)\b)"
)

# --- what is done ---------------------------------------------------------------------

DONE = (
    Done(
        claim=Claim.BOOKED,
        words=_any(
            r"(?<!\bfully )(?<!completely )(?<!always )(?:(?:re)?booked|scheduled|reserved|arranged|lined up)"
        ),
        not_of=_NOT_BOOKABLE,
        even_so=_any(r"for you / (?:in|under) (?:your|the) (?:\w+ )?name"),
        not_about=_NOT_BOOKED,
    ),
    Done(  # of a time, too
        claim=Claim.BOOKED,
        words=_any(
            r"confirmed(?! (?:(?:that )?with (?:the|our)|that|to)\b) / secured / locked (?:in|down) /"
            r" finali[sz]ed"
        ),
        not_of=re.compile(
            rf"\b(?:{NOT_A_BOOKING}|times|slots|appointments(?<!your appointments)(?<!both appointments)|who"
            rf"|which)$"
        ),
        not_about=_NOT_BOOKED,
    ),
    Done(
        claim=Claim.BOOKED,
        words=_any(
            "made / created / placed / completed? / saved / processed / put through / set up / "
            "gone through / gone ahead with / marked / registered / allocated / assigned / given / claimed / "
            "taken(?!.* (?:off|out)) / recorded / grabbed / nabbed / snagged / lined up / fixed / slated / "
            "approved / accepted / logged"
        ),
        needs=_any(rf"{BOOKING}(?! request) / slot / spot / oclock"),
        not_of=_NOT_BOOKABLE,
        not_about=_NOT_BOOKED,
        by_itself=True,
    ),
    Done(
        claim=Claim.BOOKED,
        words=re.compile(
            rf"\b(?:(?:down|in)(?! {one_of(_MONTH)})(?= (?:for|with|the (?:last|first|next)|{WHEN}|right"
            rf"|between|back to back)\b)"
            rf"|(?:in|on|onto|into|to) {CALENDAR}|(?:all )?set(?: up)?(?= (?:for|with)\b| on {WHEN}|$)"
            rf"|(?:good|sorted|squared away|slotted|nailed down|taken care of|lined up|pencill?ed in)"
            rf"(?= (?:for you\b|{WHEN}))|good(?= for {WHEN})|good to go)"
        ),
        of=re.compile(rf"\b(?:{_PERSON}|{_IT}|your name|{YOURS}|{THE_BOOKING}|{BOOKING}|\w+ing)$"),
        not_with=_any(rf"(?!name){NOT_A_BOOKING} / off / changed / moved / checked / written / noted"),
        not_about=re.compile(rf"{_NOT_BOOKED.pattern}|^ for the (?:team|office|staff|doctor|dentist)"),
    ),
    Done(
        claim=Claim.MOVED,
        words=_any(
            "rescheduled / postponed / moved / shifted / switched / bumped / pushed / swapped / slid / "
            "nudged / knocked / shuffled / rearranged / deferred / delayed / exchanged / traded / flipped / "
            "put (?:back|off) / brought (?:forward|back) / pulled (?:forward|in) / carried over / "
            "rolled over"
        ),
        needs=_any(
            rf"{BOOKING} / {SLOT} / dates? / days? / \w+day / week / month / morning / afternoon / "
            "yours? / you / it / that / this / everything / both"
        ),
        not_of=_OF_OURS,
        not_about=_SOMETHING_ELSE,
        by_itself=True,
    ),
    Done(
        claim=Claim.MOVED,
        words=_any(rf"{CHANGED} / transferred(?= to {WHEN})"),
        needs=_any(rf"{BOOKING} / {SLOT} / dates? / times? / days? / to {WHEN} / over"),
        not_of=_OF_OURS,
        not_about=_SOMETHING_ELSE,
        by_itself=True,
    ),
    Done(
        claim=Claim.CANCELLED,
        words=_any(
            "cancell?ed / terminated / called off / scratched / scrapped / scrubbed / voided / withdrawn /"
            " revoked / "
            "rescinded / binned / axed / nixed"
        ),
        not_of=_OF_OURS,
        not_about=re.compile(rf"{_SOMETHING_ELSE.pattern}|^ out of\b"),
    ),
    Done(
        claim=Claim.CANCELLED,
        words=re.compile(rf"\b(?:(?:off|out of) (?:{CALENDAR}|{WHEN})|from {CALENDAR})"),
        of=re.compile(rf"\b(?:{_IT}|{_PERSON}|your name|{YOURS}|{THE_BOOKING})$"),
    ),
    Done(
        claim=Claim.TEXTED,
        words=re.compile(
            r"\b(?:on (?:its|it is|their|the) way|(?:winging|making) its way|en route"
            r"|head(?:ed|ing) (?:over|out|to you|your way)|coming (?:over|through|to you)"
            r"|(?:gone|going) (?:out|over|to)\b"
            r"|\w+ing (?:over )?(?:your way|to your)\b|in an? text\b|(?:in|on|to) your (?:\w+ )?(?:phone"
            r"|mobile|cell|messages|texts))"
        ),
        of=re.compile(
            rf"\b(?:it|that|they|everything|(?:{TEXT}|instructions|form)"
            r"(?: (?:with|from|to|for|of)(?: \w+){1,6}?)?)$"
        ),
        by_itself=True,
        under_way=True,
    ),
    Done(
        claim=Claim.CANCELLED,
        words=_any(
            "removed / deleted / taken (?:off|out|down) / pulled / dropped / freed up / released / cleared / "
            "struck / crossed / wiped / erased / undone / ditched / let go"
        ),
        needs=_any(rf"calendar / schedule / diary / books? / list / {BOOKING} / slot / spot / oclock"),
        not_of=_OF_OURS,
        not_about=_SOMETHING_ELSE,
    ),
    Done(
        claim=Claim.TEXTED,
        words=_any("texted / messaged"),
        not_of=re.compile(r"\b(?:we|they|who|which|our)$"),
        not_about=re.compile(
            r"^ (?:the|our|my|dr)\b(?! (?:\w+ ){0,3}(?:details|address|code|link|number|phone))"
        ),
        under_way=True,
    ),
    Done(
        claim=Claim.TEXTED,
        words=_any(
            "sent / re ?sent / shot / fired(?: off)? / forwarded / delivered / shared / pushed / "
            "dispatched / dropped / popped"
        ),
        needs=re.compile(
            rf"\b(?:{TEXT}|form|map|quote|texted)\b|^(?:it|that|they|everything) "
            r"|\bsent (?:it|that|them|everything)\b(?! back)"
        ),
        not_of=re.compile(
            r"\b(?:invoice|prescription|parts|mailing|(?<!text )message|request|question|note|who|which|team"
            r"|office|manager|technician|engineer|mechanic|plumber|dentist|doctor)s?$"
        ),
        not_about=_NOT_TO_THE_CALLER,
        by_itself=True,
        under_way=True,
    ),
    Done(
        claim=Claim.TRANSFERRING,
        words=_any(
            "connected / transferred / put (?:through|on|over) / patched / handed / passed / routed / "
            "redirected / escalated / forwarded"
        ),
        needs=_any("(?:you|your call|the call|this call)(?! (?:appointment|account))"),
        not_of=re.compile(r"\b(?:who|which|message|request|account|line|office)$"),
        not_about=re.compile(
            rf"^(?: from\b| hold\b| you (?:the|an?|your|that|this)\b| (?:it|that|this|your (?!call)\w+|the "
            rf"(?!call)\w+|an? \w+)\b"
            rf"| to (?:{WHEN}|the automated)| the (?:waiting )?list|.* automated)"
        ),
        under_way=True,
    ),
)

# Where a claim may begin: from here on a long clause is watched (see `claims.PATIENCE`).
TRIGGER = re.compile(
    r"book|schedul|confirm|reserv|secur|arrang|\bset\b|cancel|mov|switch|shift|push|chang|text|sent|send"
    r"|messag"
    r"|transfer|connect|through|calendar|way\b|down\b"
)
