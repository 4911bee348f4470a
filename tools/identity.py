"""send_code, check_code: prove that whoever is calling has the telephone of the calling number at hand.

A caller number can be forged; a text to it cannot be read by the forger. So bookings are shown and
changed for a number that the network vouches for, or for one whose code was told in this very call.
Read `codes.py` for what a code is and what is kept of it.
"""

import random
from datetime import timedelta

import msgspec
import structlog

from tools import spoken_identity as spoken
from tools.arguments import CheckCode, NoArguments
from tools.codes import HIDDEN, KIND, LENGTH, digest, heard_code, new_code
from tools.errors import Declined, OutOfTurn, ToolError, Unavailable
from tools.facts import CallFacts
from tools.gsm7 import plain
from tools.kit import Kit
from tools.result import Claim, Gate, Receipt, ToolResult
from tools.store import CodeCheck, StoreError, Text, TextCaps, TextState, TooManyCodes, TooManyTexts
from tools.texts import number_to_text, send_claimed

log = structlog.get_logger(__name__)

LIVES = timedelta(minutes=10)
# Nobody needs more. Whoever forges a number can have its owner texted five times a day, and guess fifteen
# of 531,441 codes. That there must be such limits: OWASP ASVS 5, chapter 6.
PER_CALL = 2
PER_DAY = 5  # to one number, in 24 hours
TRIES = 3  # in one call

_SOURCE = random.SystemRandom()


async def send_code(kit: Kit, facts: CallFacts, arguments: NoArguments, gate: Gate) -> ToolResult:
    """Text a new code to the calling number; an earlier one of this call is void with it."""
    if facts.may_see_bookings:
        raise OutOfTurn("this caller is known already; no code is needed")
    number = await number_to_text(kit, facts)
    if facts.codes_sent >= PER_CALL:
        raise _not_sent(kit, facts, "too_many_codes")
    code, now = new_code(_SOURCE), kit.clock.now()
    try:
        await kit.store.add_code(
            number=number,
            call_sid=facts.call_sid,
            digest=digest(kit.code_key, call_sid=facts.call_sid, number=number, code=code),
            now=now,
            expires_at=now + LIVES,
            per_day=PER_DAY,
        )
        text = await _queued(kit, facts, number)
    except (TooManyCodes, TooManyTexts) as error:
        raise _not_sent(kit, facts, "too_many_codes") from error
    facts.codes_sent += 1
    match await _sent(kit, text, code):
        case TextState.SENT:
            return ToolResult(
                output={"ok": True, "say": spoken.code_sent()},
                receipts=(Receipt(Claim.TEXTED),),
                keys_wanted=LENGTH,
            )
        case TextState.UNKNOWN:
            return text_unknown()
        case _:
            raise _not_sent(kit, facts, "text_failed")


async def check_code(kit: Kit, facts: CallFacts, arguments: CheckCode, gate: Gate) -> ToolResult:
    """Compare what the caller said or keyed with the code of this call. Three tries."""
    number = facts.caller_number
    if facts.proved_by_code:
        return ToolResult(output={"ok": True, "say": spoken.code_right()}, keys_wanted=0)
    if number is None or not facts.codes_sent:
        raise OutOfTurn("no code was sent in this call; send_code comes first")
    code = heard_code(arguments.code)
    if code is None:
        return _asked_again(spoken.code_misheard(), "code_misheard")
    if facts.wrong_codes >= TRIES:  # also when another code was sent: the tries are the call's
        return _dead(kit, facts)
    try:
        check = await kit.store.check_code(
            number=number,
            call_sid=facts.call_sid,
            digest=digest(kit.code_key, call_sid=facts.call_sid, number=number, code=code),
            now=kit.clock.now(),
            tries=TRIES,
        )
    except StoreError as error:
        log.warning("code_not_checked", error=type(error).__name__)
        raise unchecked(kit, facts) from error
    match check:
        case CodeCheck.RIGHT:
            facts.proved_by_code = True
            return ToolResult(output={"ok": True, "say": spoken.code_right()}, keys_wanted=0)
        case CodeCheck.WRONG:
            facts.wrong_codes += 1
            if facts.wrong_codes < TRIES:
                return _asked_again(spoken.code_wrong(), "code_wrong")
    return _dead(kit, facts)


def text_unknown() -> ToolResult:
    """Neither sent nor failed; also what a send_code that ran out of time answers. The code may arrive."""
    say = spoken.code_text_unknown()
    return ToolResult(output={"ok": False, "say": say}, error_code="text_unknown", keys_wanted=LENGTH)


def unchecked(kit: Kit, facts: CallFacts) -> ToolError:
    """Right or wrong cannot be told, so nothing is proved; also of a check_code that ran out of time."""
    return Unavailable(spoken.code_unchecked(kit.person_for(facts)), code="code_unchecked")


async def _queued(kit: Kit, facts: CallFacts, number: str) -> Text:
    """The outbox's row, without the code: what the database never had, nobody can read in it.

    So only this call can send it. Recovery, which would send a row left behind, knows this kind
    and lets it be: its code is no longer known to anybody. Raises TooManyTexts.
    """
    rules = kit.business.texts
    return await kit.store.queue_text(
        reservation_id=None,
        kind=KIND,
        to=number,
        body=code_body(kit, HIDDEN),
        call_sid=facts.call_sid,
        now=kit.clock.now(),
        caps=TextCaps(per_call=rules.per_call, per_number=rules.per_number, in_all=rules.in_all),
    )


async def _sent(kit: Kit, text: Text, code: str) -> TextState:
    """What became of the text. One whose fate is unknown stays so: it is never sent again."""
    if not await kit.store.claim_text(text_id=text.id, now=kit.clock.now()):
        return TextState.CANCELLED  # the number takes no texts, or has said so this moment
    return await send_claimed(kit, msgspec.structs.replace(text, body=code_body(kit, code)))


def code_body(kit: Kit, code: str) -> str:
    wording = kit.business.wording.code_text
    return plain(wording.format(business=kit.business.name, code=code))


def _asked_again(say: str, error_code: str) -> ToolResult:
    return ToolResult(output={"ok": False, "say": say}, error_code=error_code, keys_wanted=LENGTH)


def _dead(kit: Kit, facts: CallFacts) -> ToolResult:
    say = spoken.code_dead(kit.person_for(facts))
    return ToolResult(output={"ok": False, "say": say}, error_code="code_dead", keys_wanted=0)


def _not_sent(kit: Kit, facts: CallFacts, code: str) -> Declined:
    return Declined(spoken.code_not_sent(kit.person_for(facts)), code=code)
