"""send_confirmation: text the caller what was booked in this call, at most once.

Through the store's outbox: queued, claimed, sent, settled. The number is the one the
network gave; the model has no say in it. The body is the owner's wording with values from
our own rows. How it is sent is in `texts.py`.
"""

from datetime import datetime

from tools import spoken
from tools.arguments import NoArguments
from tools.business import Business
from tools.errors import Declined, OutcomeUnknown, OutOfTurn, Unavailable
from tools.facts import CallFacts
from tools.kit import Kit
from tools.result import Claim, Gate, Receipt, ToolResult
from tools.store import Reservation, TextState
from tools.texts import send_claimed

KIND = "confirmation"


async def send_confirmation(kit: Kit, facts: CallFacts, arguments: NoArguments, gate: Gate) -> ToolResult:
    """Text the booking of this call to the caller. Repeating it sends nothing."""
    if facts.booking_id is None:
        raise OutOfTurn("nothing is booked in this call; create_event comes first")
    if facts.confirmation_sent:
        return _sent(facts, spoken.text_already_sent())
    if facts.caller_number is None:
        raise Declined(spoken.text_without_number(), code="no_number")
    row = await kit.store.reservation(facts.booking_id)
    assert row is not None, "rows of bookings are never deleted during a call"
    text = await kit.store.queue_text(
        reservation_id=row.id,
        kind=KIND,
        to_number=facts.caller_number,
        body=confirmation_body(kit.business, row),
        call_sid=facts.call_sid,
        now=kit.clock.now(),
    )
    match text.state:
        case TextState.SENT:
            return _sent(facts, spoken.text_already_sent())
        case TextState.FAILED:
            raise Unavailable(spoken.text_failed(), code="text_failed")
        case TextState.SENDING | TextState.UNKNOWN:
            raise text_unknown()
        case TextState.PENDING:
            if not await kit.store.claim_text(text_id=text.id, now=kit.clock.now()):
                raise text_unknown()
            match await send_claimed(kit, text):
                case TextState.SENT:
                    return _sent(facts, spoken.text_sent())
                case TextState.FAILED:
                    raise Unavailable(spoken.text_failed(), code="text_failed")
                case _:
                    raise text_unknown()


def text_unknown() -> OutcomeUnknown:
    """Also what a send_confirmation that ran out of time answers."""
    return OutcomeUnknown(spoken.text_unknown(), code="text_unknown")


def confirmation_body(business: Business, row: Reservation) -> str:
    """The text for a booking, in the owner's words and the business's time."""
    service = business.service(row.service)
    start = row.start.astimezone(business.tz)
    return business.wording.confirmation_text.format(
        business=business.name,
        service=row.service if service is None else service.name,
        name=row.customer_name or "you",
        date=written_date(start),
        time=written_time(start),
        address=business.address,
    )


def written_date(start: datetime) -> str:
    """ "Thursday, November 26" """
    return f"{start:%A}, {start:%B} {start.day}"


def written_time(start: datetime) -> str:
    """ "2:30 PM" """
    return f"{start.hour % 12 or 12}:{start:%M} {'AM' if start.hour < 12 else 'PM'}"


def _sent(facts: CallFacts, say: str) -> ToolResult:
    facts.confirmation_sent = True
    receipt = Receipt(Claim.TEXTED, facts.booking_id or "")
    return ToolResult(output={"ok": True, "say": say}, receipts=(receipt,))
