"""transfer_to_human: fetch a person, where the business has one to fetch.

The tool only decides; `Then.TRANSFER` has the call connected once the farewell was heard. `fetch` is for
when code decides (`conversation.py`, `trouble.py`): then a line of ours tells the caller.
"""

import msgspec

from tools import spoken
from tools.arguments import TransferReason, TransferToHuman, Urgency
from tools.errors import Declined
from tools.facts import CallFacts
from tools.kit import Kit
from tools.result import Claim, Gate, Receipt, Reply, Then, ToolResult


async def transfer_to_human(kit: Kit, facts: CallFacts, arguments: TransferToHuman, gate: Gate) -> ToolResult:
    """No response is asked for: the agent has said its farewell in the turn that called this."""
    if facts.nobody_came:
        raise Declined(spoken.nobody_to_connect(), code="nobody_came")
    if not kit.person_is_there:  # there is none, or not at this hour
        facts.nobody_there = True
        if arguments.reason is TransferReason.EMERGENCY:
            facts.lead = msgspec.structs.replace(facts.lead, urgency=Urgency.EMERGENCY.value)
        raise Declined(spoken.nobody_to_connect(), code="nobody_there")
    facts.transfer_reason = arguments.reason.value
    return ToolResult(
        output={"ok": True, "say": spoken.connecting()},
        reply=Reply.NONE,
        then=Then.TRANSFER,
        receipts=(Receipt(Claim.TRANSFERRING),),
    )


def fetch(kit: Kit, facts: CallFacts, reason: TransferReason) -> ToolResult | None:
    """A person, without asking the model or the caller; None where none can be fetched for this caller."""
    if not kit.person_for(facts):
        return None
    facts.transfer_reason = reason.value
    return ToolResult(
        output={"ok": False, "say": spoken.connecting()},
        reply=Reply.NONE,
        then=Then.FETCH,
        receipts=(Receipt(Claim.TRANSFERRING),),
        error_code=reason.value,
    )
