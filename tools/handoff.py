"""transfer_to_human: fetch a person, where the business has one to fetch.

The tool only decides; `Then.TRANSFER` has the call connected once the farewell was heard.
"""

from tools import spoken
from tools.arguments import TransferToHuman
from tools.errors import Declined
from tools.facts import CallFacts
from tools.kit import Kit
from tools.result import Claim, Gate, Receipt, Reply, Then, ToolResult


async def transfer_to_human(kit: Kit, facts: CallFacts, arguments: TransferToHuman, gate: Gate) -> ToolResult:
    """No response is asked for: the agent has said its farewell in the turn that called this."""
    if kit.business.handoff_number is None:
        raise Declined(spoken.nobody_to_connect(), code="no_handoff_number")
    facts.transfer_reason = arguments.reason.value
    return ToolResult(
        output={"ok": True, "say": spoken.connecting()},
        reply=Reply.NONE,
        then=Then.TRANSFER,
        receipts=(Receipt(Claim.TRANSFERRING),),
    )
