"""What must be true of each call of a soak: the checker's rules, on evidence that is cut out for one call.

The neighbours and the database are shared by all calls, so of theirs only what is about this call is shown.
Read `lines.py` next.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from bridge.harness.checker import check
from bridge.harness.evidence import Evidence, Rows
from bridge.harness.google.standin import CalendarStandin
from bridge.harness.ledger import Ledger
from bridge.harness.recording import Recording
from bridge.harness.telephone.telephone import Telephone
from bridge.harness.twilio_rest.standin import TwilioRestStandin
from bridge.store.database import Database
from bridge.store.report import Report
from tests.soak.people import Side
from tests.soak.weather import SILENT, Fate
from tools.business import Business
from tools.clock import Clock
from tools.store import ReservationState

EXPECTED = "the recording's own expectations"  # nobody knows how such a call must end
FALLS_SILENT = "an interrupted agent falls silent"
OPEN = (ReservationState.BOOKING, ReservationState.LEAVING)


class OfOneCall(Report):
    """The store's rows of one call."""

    def __init__(self, database: Database, call_sid: str) -> None:
        super().__init__(database)
        self._call_sid = call_sid

    async def _rows(
        self, query: sa.Select[Any], convert: Callable[[Iterable[sa.Row[Any]]], list[Any]]
    ) -> list[Any]:
        return await super()._rows(query.where(query.selected_columns.call_sid == self._call_sid), convert)


def is_over(rows: Rows) -> bool:
    """The call's row says how it ended, and nothing of its bookings is under way."""
    ended = bool(rows.calls) and all(row.outcome is not None for row in rows.calls)
    return ended and not any(row.state in OPEN for row in rows.reservations)


class Neighbours:
    """What all calls share."""

    def __init__(
        self, calendar: CalendarStandin, rest: TwilioRestStandin, business: Business, clock: Clock
    ) -> None:
        self.calendar = calendar
        self.rest = rest
        self.business = business
        self.clock = clock

    def evidence(
        self,
        recording: Recording,
        telephone: Telephone,
        side: Side,
        rows: Rows,
        log_lines: list[str],
        model_open_after_s: float | None,
    ) -> Evidence:
        """All there is of one call."""
        ours = {row.event_id for row in rows.reservations}
        calendar = Ledger("calendar", float)
        calendar.entries = [e for e in self.calendar.ledger.entries if e.data.get("id") in ours]
        return msgspec.structs.replace(
            self.of_all_calls(recording, rows),
            telephone=telephone.ledger,
            model=side.ledger,
            calendar=calendar,
            sent_audio=bytes(telephone.sent_audio),
            heard_audio=bytes(telephone.heard_audio),
            received_audio=bytes(side.tape.received_audio),
            early_bytes=side.tape.early_bytes,
            spoken=side.tape.spoken,
            calendar_events={
                name: {key: event for key, event in events.items() if key in ours}
                for name, events in self.calendar.events.items()
            },
            messages=[message for message in self.rest.messages if message["to"] == recording.caller],
            model_connections=sum(1 for _ in side.ledger.of("connected")),
            model_open_after_s=model_open_after_s,
            log_lines=log_lines,
        )

    def of_all_calls(self, recording: Recording, rows: Rows) -> Evidence:
        """The rows and the calendar together; of the lines nothing."""
        return Evidence(
            recording=recording,
            telephone=Ledger("telephone", float),
            model=Ledger("model", float),
            calendar=Ledger("calendar", float),
            rest=Ledger("rest", float),
            mail=Ledger("mail", float),
            sent_audio=b"",
            heard_audio=b"",
            received_audio=b"",
            early_bytes=0,
            spoken={},
            calendar_events=self.calendar.events,
            messages=self.rest.messages,
            mails=[],
            model_connections=0,
            model_open_after_s=0.0,
            rows=rows,
            log_lines=[],
            leftovers=[],
            gone_after_s=0.0,
            zone=self.business.tz,
            keep_for=timedelta(minutes=self.business.hold_minutes),
        )


def wrong_with(evidence: Evidence, fate: Fate) -> list[str]:
    """A sentence for everything that is not as it must be, whatever happened to the call."""
    may_differ = {EXPECTED}
    # A model that hears nothing cannot say that the caller speaks; and nobody cuts a farewell short.
    if fate.of_model in SILENT or fate.cut or _said_farewell(evidence):
        may_differ.add(FALLS_SILENT)
    return [
        f"{verdict.rule}: {sentence}"
        for verdict in check(evidence)
        if verdict.rule not in may_differ
        for sentence in verdict.wrong
    ]


def _said_farewell(evidence: Evidence) -> bool:
    left = {"end_call", "transfer_to_human"}
    asked = any(entry.data["name"] in left for entry in evidence.model.of("tool_answered"))
    return asked or any(
        f'"{line}_' in log for log in evidence.log_lines for line in ("goodbye", "connecting")
    )
