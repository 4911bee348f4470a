"""A call whose stream broke goes on in another: what comes next, and with which facts.

Shell. Any process may be asked; all it needs is in the store: the snapshot of a moment before the break,
and the rows, which say what has come of bookings since. Read `bridge/store/resuming.py` for when a call
may be resumed, `bridge/call/resumption.py` for how it begins again.
"""

import structlog

from bridge.call.phases import BROKEN
from bridge.call.resumption import Resumption, known_of, note_back, note_of
from bridge.call.snapshot import Snapshot, SnapshotError, decode
from bridge.store.calls import CallRow
from bridge.store.resuming import AfterStream, ResumeStore
from tools.business import Business
from tools.clock import Clock
from tools.facts import CallFacts
from tools.resuming import true_again

log = structlog.get_logger(__name__)


class Resuming:
    """Resumed calls of one business. Every function raises StoreError."""

    def __init__(self, *, store: ResumeStore, business: Business, clock: Clock) -> None:
        self._store = store
        self._business = business
        self._clock = clock

    async def after_stream(self, call_sid: str, *, begin: bool, asked: bool) -> AfterStream:
        """What comes after a call's stream.

        `begin`: if it may be resumed, it is. `asked`: this process tells the telephone what comes next.
        """
        return await self._store.after_stream(
            call_sid=call_sid, broken=BROKEN, now=self._clock.now(), begin=begin, asked=asked
        )

    async def begin(self, row: CallRow, fresh: CallFacts) -> tuple[CallFacts, Resumption]:
        """The facts of a call that goes on, and what its stream begins with. `fresh`: known anyway."""
        kept = await self.snapshot(row, fresh)
        lasted = self._clock.now() - row.started_at
        return kept.facts, Resumption(
            stream=row.resumes,
            note=self._note(row, kept),
            known=known_of(self._business, kept.facts),
            said=kept.said,
            greeted=kept.greeted,
            spent=kept.spent,
            lasted_s=max(0.0, lasted.total_seconds()),
        )

    def _note(self, row: CallRow, kept: Snapshot) -> str:
        if not row.resumes:  # nothing broke: nobody came to the telephone
            return note_back(self._business, kept.facts)
        return note_of(self._business, kept.facts, kept.said) if kept.greeted else ""

    async def snapshot(self, row: CallRow, fresh: CallFacts) -> Snapshot:
        """The call's latest snapshot, made true by the store's rows."""
        kept = Snapshot(facts=fresh)
        try:
            found = decode(row.snapshot or "", self._business.tz)
        except SnapshotError as error:
            log.warning("snapshot_unread", call_sid=row.call_sid, error=str(error))
        else:
            if found.facts.call_sid == row.call_sid:
                kept = found
        facts = kept.facts
        facts.caller_number, facts.our_number = fresh.caller_number, fresh.our_number
        facts.attested = fresh.attested
        facts.nobody_came = facts.nobody_came or fresh.nobody_came
        shown = [facts.hold_id, facts.unconfirmed_id, *(each.id for each in facts.found.values())]
        if facts.next_booking is not None:
            shown.append(facts.next_booking.id)
        rows = await self._store.reservations_of(
            call_sid=row.call_sid, ids=[each for each in shown if each is not None]
        )
        true_again(facts, self._business, rows, self._clock.now())
        return kept


def facts_of(call_sid: str, row: CallRow | None) -> CallFacts:
    """What is known of a call by its row alone."""
    return CallFacts(
        call_sid=call_sid,
        caller_number=row.caller_number if row else None,
        our_number=row.our_number if row else "",
        # The store was too slow for the webhook: then nobody vouches for anything.
        attested=row is not None and row.attested,
    )
