"""find_bookings: what is booked under the calling number, for whoever is proved to be calling.

Gives each booking the id by which `rescheduling.py` and `cancelling.py` may be asked to change it.
"""

from tools import spoken, spoken_changes
from tools.arguments import NoArguments
from tools.changes import local_start, service_name
from tools.facts import CallFacts
from tools.kit import Kit
from tools.proof import must_be_proven
from tools.result import Claim, Gate, Receipt, ToolResult

MOST_SHOWN = 5  # a caller keeps no more in mind


async def find_bookings(kit: Kit, facts: CallFacts, arguments: NoArguments, gate: Gate) -> ToolResult:
    """The soonest bookings, with a receipt for each: they stand, though not by this call's doing."""
    must_be_proven(facts, kit)
    assert facts.caller_number is not None, "nobody else is proved"
    rows = await kit.store.bookings_of(caller_number=facts.caller_number, now=kit.clock.now())
    rows = rows[:MOST_SHOWN]
    entries = [(service_name(kit, row), local_start(kit, row)) for row in rows]
    output = {
        "ok": True,
        "say": spoken_changes.bookings(entries) if entries else spoken_changes.no_bookings(),
        "bookings": [
            {
                "id": facts.show(row),
                "spoken": spoken.spoken_start(start),
                "service": row.service,
                "start": start.isoformat(),
            }
            for row, (_, start) in zip(rows, entries, strict=True)
        ],
    }
    receipts = (
        Receipt(Claim.BOOKED, row.id, says=spoken_changes.bookings([entry]))
        for row, entry in zip(rows, entries, strict=True)
    )
    return ToolResult(output=output, receipts=tuple(receipts))
