"""A text that comes in: what it means, what is done about it, and what it is answered.

`receive` may be done again for the same text, and does it once: the store's keys see to that.
`reply` bounds what is answered, as anybody can have a text sent from any number. STOP and START are
answered by Twilio, which also blocks and unblocks; here they are kept, so that nothing is even tried.
Source: Twilio, "Twilio support for opt-out keywords"; Advanced Opt-Out sends OptOutType along.
"""

import enum
import string

import msgspec
import structlog

from tools.callbacks import TEXT, Callback
from tools.countries import is_texted
from tools.gsm7 import plain
from tools.kit import Kit
from tools.owner import ask
from tools.store import Reservation, TextCaps, TextState, TooManyTexts
from tools.texts import settle
from tools.written import about

log = structlog.get_logger(__name__)

STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS = frozenset({"HELP", "INFO"})
CONFIRM_WORDS = frozenset({"C", "CONFIRM"})
RESCHEDULE_WORDS = frozenset({"RESCHEDULE"})


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A text, as Twilio's webhook has it. Pictures are left out."""

    sid: str  # the same when Twilio tells of it again
    number: str  # E.164, who sent it
    our_number: str  # E.164, to which
    body: str
    opt_out_type: str = ""  # STOP, START or HELP: Twilio took it as that, and has answered


class Meaning(enum.StrEnum):
    STOP = "stop"
    START = "start"
    HELP = "help"
    CONFIRM = "confirm"
    RESCHEDULE = "reschedule"
    OTHER = "other"
    NOTHING = "nothing"  # a picture without words


class Answer(msgspec.Struct, frozen=True):
    """What a text is to be answered."""

    kind: str  # of the row in the outbox
    body: str
    to_stranger: bool = False  # somebody we know nothing of: one in a day is enough


def meaning(text: Incoming) -> Meaning:
    """Keywords count only alone, as Twilio counts them; in any case, with any space or mark around."""
    if text.opt_out_type:
        taken = text.opt_out_type.upper()
        return {"STOP": Meaning.STOP, "START": Meaning.START}.get(taken, Meaning.NOTHING)
    word = _word(text.body)
    for words, found in (
        (STOP_WORDS, Meaning.STOP),
        (START_WORDS, Meaning.START),
        (HELP_WORDS, Meaning.HELP),
        (CONFIRM_WORDS, Meaning.CONFIRM),
        (RESCHEDULE_WORDS, Meaning.RESCHEDULE),
    ):
        if word in words:
            return found
    return Meaning.OTHER if text.body.strip() else Meaning.NOTHING


async def receive(kit: Kit, text: Incoming, *, has_called: bool) -> Answer | None:
    """Do what a text asks for; what it is to be answered, if anything. Raises StoreError.

    `has_called`: the number has called us of late.
    """
    meant = meaning(text)
    log.info("text_received", meaning=meant.value)
    match meant:
        case Meaning.STOP | Meaning.START:
            await _keep(kit, text, opted_out=meant is Meaning.STOP)
            return None
        case Meaning.HELP:
            return _answer(kit, text, "help", kit.business.wording.help_text)
        case Meaning.RESCHEDULE:
            return _answer(kit, text, "reschedule", kit.business.wording.reschedule_text)
        case Meaning.NOTHING:
            return None
    booking = await _next_booking(kit, text.number)
    if meant is Meaning.CONFIRM and booking is not None and await _confirmed(kit, booking):
        body = plain(about(kit.business, booking, kit.business.wording.confirmed_text))
        return Answer("confirmed", body)
    if booking is None and not has_called:
        answer = _answer(kit, text, "help", kit.business.wording.help_text)
        return msgspec.structs.replace(answer, to_stranger=True)
    await _pass_on(kit, text, booking, text.body)
    return _answer(kit, text, "passed_on", kit.business.wording.passed_on_text)


async def reply(kit: Kit, text: Incoming, answer: Answer) -> str | None:
    """The words to answer with, written down as a text of ours; None when there shall be none.

    Raises StoreError. Whoever has opted out is answered nothing, nor is a number abroad, nor
    one that has had its share: replies cost as much as any text.
    """
    if not is_texted(kit.business, text.number):
        return None
    caps = kit.business.texts.caps
    if answer.to_stranger:
        caps = TextCaps(per_call=caps.per_call, per_number=1, in_all=caps.in_all)
    now = kit.clock.now()
    try:
        row = await kit.store.queue_text(
            reservation_id=None,
            kind=answer.kind,
            to=text.number,
            body=answer.body,
            call_sid=text.sid,
            now=now,
            caps=caps,
        )
    except TooManyTexts:
        log.warning("text_not_answered", reason="too_many_texts")
        return None
    if not await kit.store.claim_text(text_id=row.id, now=now):
        return None
    # Twilio sends it, as our answer to its webhook; there is no later word on it.
    await settle(kit, row, TextState.SENT)
    return answer.body


async def _keep(kit: Kit, text: Incoming, *, opted_out: bool) -> None:
    now = kit.clock.now()
    await kit.store.set_opted_out(number=text.number, opted_out=opted_out, now=now)
    if _word(text.body) == "CANCEL":
        booking = await _next_booking(kit, text.number)
        if booking is not None:
            # The network takes it as STOP; who has an appointment may have meant that.
            what = "CANCEL: perhaps the appointment; it has also stopped our texts to this number"
            await _pass_on(kit, text, booking, what)


async def _confirmed(kit: Kit, booking: Reservation) -> bool:
    return await kit.store.confirm_booking(reservation_id=booking.id, now=kit.clock.now())


async def _next_booking(kit: Kit, number: str) -> Reservation | None:
    """The soonest that has not begun yet."""
    now = kit.clock.now()
    bookings = await kit.store.bookings_of(caller_number=number, now=now)
    return next((row for row in bookings if row.start > now), None)


async def _pass_on(kit: Kit, text: Incoming, booking: Reservation | None, message: str) -> None:
    """A task for a person; told again, it is still one."""
    task = Callback(
        call_sid=text.sid,
        key=text.sid,
        number=text.number,
        name=None if booking is None else booking.customer_name,
        message=message,
        reason=TEXT,
    )
    await ask(kit.store, kit.business, task, now=kit.clock.now())


def _answer(kit: Kit, text: Incoming, kind: str, wording: str) -> Answer:
    return Answer(kind, plain(wording.format(business=kit.business.name, number=text.our_number)))


def _word(body: str) -> str:
    return body.strip(string.whitespace + string.punctuation).upper()
