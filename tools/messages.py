"""take_message: keep what the caller wants passed on, as a task for a person."""

from tools import spoken
from tools.arguments import TakeMessage
from tools.business import Business
from tools.callbacks import MESSAGE, Callback, urgency_of
from tools.errors import OutcomeUnknown, OutOfTurn
from tools.facts import CallFacts, Message
from tools.kit import Kit
from tools.lead import callback_note
from tools.owner import ask
from tools.result import Claim, Gate, Receipt, ToolResult
from tools.store import StoreUnavailable

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
    message = Message(arguments.message, arguments.name, arguments.best_time)
    if message not in facts.messages:  # whether or not it is written now: see `tasks_left`
        facts.messages.append(message)
    try:
        await ask(kit.store, kit.business, _task_of(kit.business, facts, message), now=kit.clock.now())
    except StoreUnavailable as error:
        raise message_unknown() from error
    facts.message_taken = True
    say = spoken.message_taken(callable_back=facts.caller_number is not None or told)
    return ToolResult(output={"ok": True, "say": say}, receipts=(Receipt(Claim.PASSED_ON),))


def tasks_left(business: Business, facts: CallFacts) -> list[Callback]:
    """What is written down at the end of a call, perhaps once more: tasks that may not stand, and every
    message, since what was told after it, an email address, say, belongs to the same task.
    """
    messages = [_task_of(business, facts, message) for message in facts.messages]
    return [*messages, *facts.unwritten.values()]


def _task_of(business: Business, facts: CallFacts, message: Message) -> Callback:
    note = callback_note(facts.lead, facts.caller_number, business.fields)
    return Callback(
        call_sid=facts.call_sid,
        key=message.words,
        number=facts.caller_number,
        name=message.name or facts.held_name or facts.lead.name,
        message=f"{message.words}\n{note}".strip(),
        reason=MESSAGE,
        urgency=urgency_of(MESSAGE, facts.lead, facts.transfer_reason),
        best_time=message.best_time or facts.lead.best_time,
    )


def message_unknown() -> OutcomeUnknown:
    """Also what a take_message that ran out of time answers."""
    return OutcomeUnknown(spoken.message_unknown(), code="message_unknown")
