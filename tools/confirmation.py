"""send_confirmation: text the caller what was booked or moved in this call, at most once.

The text was queued in the transaction that made it true (`notices.py`); here it is claimed, sent
and settled while the caller is still there to be told. A caller who had not agreed to it may ask
for it after all. The number is the one the network gave; the model has no say in it. How a text
is sent is in `texts.py`.
"""

from tools import spoken
from tools.arguments import SendConfirmation
from tools.errors import Declined, OutcomeUnknown, OutOfTurn, Unavailable
from tools.facts import CallFacts
from tools.kit import Kit
from tools.notices import latest_kind, text_body
from tools.result import Claim, Gate, Receipt, ToolResult
from tools.store import Reservation, Text, TextState, TooManyTexts
from tools.texts import number_to_text, send_claimed


async def send_confirmation(
    kit: Kit, facts: CallFacts, arguments: SendConfirmation, gate: Gate
) -> ToolResult:
    """Text the booking of this call to the caller. Repeating it sends nothing."""
    if facts.booking_id is None:
        raise OutOfTurn("nothing is booked in this call; create_event comes first")
    if facts.confirmation_sent:
        return _sent(facts, spoken.text_already_sent())
    row = await kit.store.reservation(facts.booking_id)
    assert row is not None, "rows of bookings are never deleted during a call"
    text = await kit.store.text(reservation_id=row.id, kind=latest_kind(row))
    if text is None:
        text = await _queued(kit, facts, row, asked=arguments.caller_asks)
    state = text.state
    if state is TextState.PENDING:
        if not await kit.store.claim_text(text_id=text.id, now=kit.clock.now()):
            raise text_unknown()
        state = await send_claimed(kit, text)
    match state:
        case TextState.SENT:
            now_sent = text.state is TextState.PENDING
            return _sent(facts, spoken.text_sent() if now_sent else spoken.text_already_sent())
        case TextState.FAILED | TextState.CANCELLED:
            await number_to_text(kit, facts)  # which may be why, and then says so
            raise Unavailable(spoken.text_failed(), code="text_failed")
        case _:
            raise text_unknown()


def text_unknown() -> OutcomeUnknown:
    """Also what a send_confirmation that ran out of time answers."""
    return OutcomeUnknown(spoken.text_unknown(), code="text_unknown")


async def _queued(kit: Kit, facts: CallFacts, row: Reservation, *, asked: bool) -> Text:
    """A text that was not queued with the booking. Raises Declined."""
    number = await number_to_text(kit, facts)
    if not row.wants_text:
        if not asked:
            problem = "the caller did not agree to a text; leave it at that unless they ask for one"
            raise Declined(spoken.text_not_wanted(), code="not_wanted", problem=problem)
        await kit.store.set_consent(number=number, now=kit.clock.now())
        facts.text_consent = True
    try:
        return await kit.store.queue_text(
            reservation_id=row.id,
            kind=latest_kind(row),
            to=number,
            body=text_body(kit.business, row),
            call_sid=facts.call_sid,
            now=kit.clock.now(),
            caps=kit.business.texts.caps,
        )
    except TooManyTexts as error:
        raise Declined(spoken.texts_used_up(), code="too_many_texts") from error


def _sent(facts: CallFacts, say: str) -> ToolResult:
    facts.confirmation_sent = True
    receipt = Receipt(Claim.TEXTED, facts.booking_id or "")
    return ToolResult(output={"ok": True, "say": say}, receipts=(receipt,))
