"""take_message: keep what the caller wants passed on, as a task for a person."""

from datetime import datetime

from tools import spoken
from tools.arguments import TakeMessage
from tools.business import Business
from tools.errors import OutcomeUnknown, OutOfTurn
from tools.facts import CallFacts, Message
from tools.kit import Kit
from tools.lead import callback_note
from tools.result import Claim, Gate, Receipt, ToolResult
from tools.store import BookingStore, StoreUnavailable

LEAST_DIGITS = 7  # of a telephone number


async def take_message(kit: Kit, facts: CallFacts, arguments: TakeMessage, gate: Gate) -> ToolResult:
    """The number is the caller's own, as the network gave it; nobody can have another one rung.

    From a withheld number the caller is asked once for one. Whatever number was told stands in the
    message, with everything else that `details.py` was told, for a person to judge.
    """
    told = facts.lead.callback_number is not None
    digits = sum(character.isdigit() for character in arguments.message)
    if facts.caller_number is None and not told and digits < LEAST_DIGITS and not facts.number_asked:
        facts.number_asked = True
        raise OutOfTurn("message: the caller's number is withheld; ask for one and add it to the message")
    message = Message(arguments.message, arguments.name)
    try:
        await keep(kit.store, kit.business, facts, message, kit.clock.now())
    except StoreUnavailable as error:
        raise message_unknown() from error
    facts.messages.append(message)
    facts.message_taken = True
    say = spoken.message_taken(callable_back=facts.caller_number is not None or told)
    return ToolResult(output={"ok": True, "say": say}, receipts=(Receipt(Claim.PASSED_ON),))


async def keep(
    store: BookingStore, business: Business, facts: CallFacts, message: Message, now: datetime
) -> None:
    """The task for a message, with all that the caller has told. Raises StoreError.

    Kept once more when the call ends, it is the same task: what was told after the message, an email
    address, say, stands in it too.
    """
    note = callback_note(facts.lead, facts.caller_number, business.fields)
    await store.add_callback(
        call_sid=facts.call_sid,
        number=facts.caller_number,
        name=message.name or facts.held_name or facts.lead.name,
        message=f"{message.words}\n{note}".strip(),
        reason="message",
        now=now,
        key=message.words,
    )


def message_unknown() -> OutcomeUnknown:
    """Also what a take_message that ran out of time answers."""
    return OutcomeUnknown(spoken.message_unknown(), code="message_unknown")
