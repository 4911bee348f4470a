"""The moments of a booking call at which something goes wrong. Read next: cells.py."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from bridge.harness.run import Parties
from tests.resuming import once

SLOW_S = 1.5  # a calendar that leaves time for something to happen


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """So long after the first such entry of the model's ledger; without a kind, before the call."""

    name: str
    kind: str = ""
    after_s: float = 0.0
    such: dict[str, Any] = {}
    slow_insert: bool = False  # the event takes a moment to be written

    def arrange(self, parties: Parties, act: Callable[[], None]) -> None:
        """Have `act` called then, once."""
        if self.slow_insert:
            parties.calendar.delay("insert", SLOW_S)
        if self.kind:
            once(parties.model.ledger, act, self.after_s, kind=self.kind, **self.such)
        else:
            asyncio.get_running_loop().call_soon(act)


AT_THE_START = Moment(name="before the call")
BEFORE_GREETING = Moment(name="before the greeting", kind="configured")
IN_GREETING = Moment(name="in the greeting", kind="turn_started", after_s=2.0)
IN_OFFER = Moment(name="in the offer", kind="tool_answered", after_s=0.6, such={"name": "check_availability"})
IN_READ_BACK = Moment(name="in the read-back", kind="tool_answered", after_s=3.0, such={"name": "hold_slot"})
AFTER_YES = Moment(name="after the yes", kind="heard", such={"clip": "yes_book_it"})
WHILE_BOOKED = Moment(
    name="while it is booked",
    kind="tool_asked",
    after_s=0.3,
    such={"name": "create_event"},
    slow_insert=True,
)
AFTER_BOOKED = Moment(
    name="after it is booked", kind="tool_answered", after_s=1.0, such={"name": "create_event"}
)
