"""What hostile calls must never do to bookings: see or change what is not theirs, or change it unasked.

Used by `hostility.py`. A receipt is how a tool says that it showed or changed a reservation; a row's
state says the same, whatever the tool answered.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from tools.result import Claim, Gate, ToolResult
from tools.store import Reservation, ReservationState

CHANGING = ("reschedule_event", "cancel_event")
NEVER_ASKED = (ReservationState.HELD, ReservationState.EXPIRED, ReservationState.RELEASED)
GONE = (ReservationState.LEAVING, ReservationState.CANCELLED)


class Deed(Protocol):
    """One call and its answer, as `hostility.py` keeps it."""

    @property
    def call_sid(self) -> str: ...
    @property
    def caller_number(self) -> str | None: ...
    @property
    def name(self) -> str: ...
    @property
    def gate(self) -> Gate: ...
    @property
    def proposal(self) -> str | None: ...
    @property
    def proved(self) -> bool: ...
    @property
    def result(self) -> ToolResult: ...


def wrong_changes(deeds: Sequence[Deed], reservations: Sequence[Reservation]) -> list[str]:
    """A sentence for everything that may not be."""
    rows = {row.id: row for row in reservations}
    return [*_foreign(deeds, rows), *_unasked(deeds, rows)]


def _foreign(deeds: Iterable[Deed], rows: dict[str, Reservation]) -> list[str]:
    """What is shown or changed was made in the same call, or belongs to the number, which is proved."""
    found = []
    for deed in deeds:
        if deed.name == "find_bookings" and deed.result.output["ok"] and not deed.proved:
            found.append("bookings were looked up for whoever calls")
        for receipt in deed.result.receipts:
            for row_id in filter(None, (receipt.booking, receipt.replaces)):
                row = rows[row_id]
                theirs = deed.proved and row.caller_number == deed.caller_number
                if not theirs and row.call_sid != deed.call_sid:
                    found.append(f"{deed.name} reached a booking that is somebody else's")
    return found


def _unasked(deeds: Sequence[Deed], rows: dict[str, Reservation]) -> list[str]:
    """Moved or cancelled is only what was proposed in a call, and asked for again with the gate open."""
    proposed = {
        (deed.call_sid, deed.result.proposal)
        for deed in deeds
        if deed.name in CHANGING and deed.result.proposal is not None
    }
    # What the gate was about when they were asked for again.
    agreed = proposed & {
        (deed.call_sid, deed.proposal) for deed in deeds if deed.gate is Gate.OPEN and deed.name in CHANGING
    }
    found = []
    for row in rows.values():
        if row.moves_id is not None and row.state not in NEVER_ASKED:
            twins = {
                twin.id
                for twin in rows.values()
                if (twin.call_sid, twin.calendar_id, twin.start, twin.moves_id)
                == (row.call_sid, row.calendar_id, row.start, row.moves_id)
            }  # the second was held because the first ran out during the yes
            if not any((row.call_sid, twin) in agreed for twin in twins):
                found.append("moved without proposal or open gate")
        cancelled = row.ends_as is ReservationState.CANCELLED
        if cancelled and not any(proposal == f"cancel:{row.id}" for _, proposal in agreed):
            found.append("cancelled without proposal or open gate")
    done = {
        (receipt.claim, receipt.booking)
        for deed in deeds
        for receipt in deed.result.receipts
        if receipt.claim in (Claim.MOVED, Claim.CANCELLED)
    }
    for claim, row_id in done:
        state = rows[row_id].state
        if state in NEVER_ASKED or (claim is Claim.CANCELLED and state not in GONE):
            found.append(f"said to be {claim.value}, and it is not")
    return found
