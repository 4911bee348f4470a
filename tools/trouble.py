"""When a call has run into the same trouble twice: code decides, and the model tries no further.

The first time the tool's own sentence offers a way on (other times, a message). The second time a person
is fetched where the calendar fails, and offered where a time was taken again or the business does not do
what is asked for; where nobody is there, a message is offered. Used by `dispatch.py`, which every
answer of a tool passes.
"""

import msgspec

from tools import spoken
from tools.arguments import TransferReason
from tools.errors import Declined
from tools.facts import CallFacts
from tools.handoff import fetch
from tools.kit import Kit
from tools.result import ToolResult

TWICE = 2
# Codes of answers. Certainly nothing was done, and the calendar is why:
_CALENDAR_FAILED = frozenset({"calendar_unavailable", "not_booked", "not_moved"})
# Nobody knows what was done. That has to be said, so it counts and the answer stays as it is.
_UNDECIDED = frozenset({"booking_unknown", "move_unknown", "cancel_unknown"})


def after(kit: Kit, facts: CallFacts, result: ToolResult) -> ToolResult:
    """The answer that is given in the place of `result`, nearly always itself."""
    match result.error_code:
        case "slot_taken":
            facts.times_taken += 1
            return result if facts.times_taken < TWICE else _with_a_way_on(kit, facts, result)
        case "unknown_service":
            facts.unknown_services += 1
            return result if facts.unknown_services < TWICE else _unsupported(kit, facts)
        case code if code in _UNDECIDED:
            facts.calendar_failures += 1
        case code if code in _CALENDAR_FAILED:
            facts.calendar_failures += 1
            if facts.calendar_failures >= TWICE:
                return _fetched(kit, facts, result)
    return result


def _fetched(kit: Kit, facts: CallFacts, result: ToolResult) -> ToolResult:
    """A person in the place of another apology; where there is none, the apology offers a message."""
    fetched = fetch(kit, facts, TransferReason.CALENDAR_FAILING)
    if fetched is None:
        return result
    return msgspec.structs.replace(fetched, closes_gate=result.closes_gate, error_code=result.error_code)


def _with_a_way_on(kit: Kit, facts: CallFacts, result: ToolResult) -> ToolResult:
    """Other times, and somebody to talk to: the next one may be taken again."""
    say = f"{result.output['say']} {spoken.way_on(kit.person_for(facts))}"
    return msgspec.structs.replace(result, output={**result.output, "say": say})


def _unsupported(kit: Kit, facts: CallFacts) -> ToolResult:
    return Declined(spoken.not_settled(kit.person_for(facts)), code="unsupported_service").result()
